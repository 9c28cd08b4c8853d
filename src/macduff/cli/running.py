"""A Process with its servers, from its start to its orderly end (rule 28)."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..config.servers import Server, environment_of, make_server
from . import exits
from .announce import announce, withdraw

if TYPE_CHECKING:
    from ..config import ServerPlan
    from ..core import Process

__all__ = ["Ending", "run_servers"]

log = logging.getLogger("macduff.serve")

SWITCH_INTERVAL = 0.0005
"""Seconds that a busy thread may keep the interpreter; at Python's own 5 ms an abort takes ten times longer."""


class Ending:
    """The wish to end: by SIGINT, SIGTERM or SIGHUP; a second one ends the process on the spot."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        # Of what could wake the main thread, this may be used in a signal handler; threading.Event may deadlock there.
        self._wishes: SimpleQueue[signal.Signals] = SimpleQueue()

    def wait(self) -> None:
        """Wait until somebody wishes the end; to be called by the main thread, once."""
        self._wishes.get()

    @property
    def wished(self) -> bool:
        return self.signal is not None

    @property
    def code(self) -> int:
        return exits.INTERRUPTED if self.signal is signal.SIGINT else exits.OK

    @contextmanager
    def handled(self) -> Iterator[Ending]:
        """Take the signals, except those that whoever started us ignores: nohup, a shell with a background job."""
        wishes = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        taken = [number for number in wishes if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._take) for number in taken}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            os._exit(128 + number)
        self.signal = signal.Signals(number)
        self._wishes.put(self.signal)


def run_servers(
    process: Process,
    fill: Callable[[Process], None],
    plans: Iterable[ServerPlan],
    announced: Path | None,
    ready: Callable[[dict[str, dict[str, Any]]], None],
) -> int:
    """Start `process`, let `fill` add the devices, start the servers, say so, serve until a signal; the exit code.

    Ends in order: nothing new, abort, do_close (all this the Process does), then the servers, so that the last replies
    still reach their clients.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    if announced:
        withdraw(announced)
    started: list[Server] = []
    with Ending().handled() as ending:
        process.start()
        try:
            fill(process)
            listening = {}
            for plan in () if ending.wished else plans:
                server = make_server(process, plan)
                _start(server, plan)
                started.append(server)
                listening[plan.kind] = {
                    "address": server.address,
                    "environment": environment_of(plan.kind, server.address),
                }
            if not ending.wished:
                if announced:
                    announce(announced, listening)
                ready(listening)
            ending.wait()
            log.info("ending on %s; once more ends at once", ending.signal.name if ending.signal else "request")
        finally:
            stuck = process.stop()
            for server in reversed(started):
                server.stop()
            if announced:
                withdraw(announced)
        if stuck:
            log.error("ended although these still run: %s", ", ".join(stuck))
            logging.shutdown()
            os._exit(exits.FAILED)  # the interpreter would wait for them
    return ending.code


def _start(server: Server, plan: ServerPlan) -> None:
    try:
        server.start()
    except OSError as error:
        where = f"servers.{plan.kind}: {plan.host}:{plan.port}"
        raise exits.Failure(
            f"{where}: expected a free address, got {error.strerror or error}; choose another port"
        ) from error
