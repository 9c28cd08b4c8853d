"""A Process with its servers, from its start to its orderly end (rule 28)."""

from __future__ import annotations

import errno
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.servers import Reserving, Server, make_server
from . import exits
from .announce import announce, check_announce, withdraw
from .signals import Ending

if TYPE_CHECKING:
    from ..config import ServerPlan
    from ..core import Process

__all__ = ["run_servers"]

log = logging.getLogger("macduff.serve")

SWITCH_INTERVAL = 0.0005
"""Seconds that a busy thread may keep the interpreter; at Python's own 5 ms an abort takes ten times longer."""

GARBAGE = 10_000
"""New objects between two looks for garbage. Every update makes some that live for a second, so there is much to look
at and nothing to find: at Python's own 700 that took a fifth of the Process thread's time."""


def run_servers(
    process: Process,
    fill: Callable[[Process], None],
    plans: Iterable[ServerPlan],
    announced: Path | None,
    ready: Callable[[dict[str, dict[str, Any]]], None],
) -> int:
    """Start `process`, let `fill` add the devices, start the servers, say so, serve until a signal; the exit code.

    Ends in order: nothing new, abort, do_close (all this the Process does), then the servers, so that the last replies
    still reach their clients. Whatever can be known to fail before a device is made does so then.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(GARBAGE, 10, 10)
    if announced:
        check_announce(announced)
        withdraw(announced)
    servers: list[tuple[Server, ServerPlan]] = []
    with Ending().handled() as ending:
        process.start()
        try:
            for plan in plans:
                server = make_server(process, plan)
                servers.append((server, plan))
                if isinstance(server, Reserving):
                    _address(server.reserve, plan)
            fill(process)
            listening = {}
            for server, plan in () if ending.wished else servers:
                _address(server.start, plan)
                listening[plan.kind] = {"address": server.address, "environment": server.environment}
            if not ending.wished:
                if announced:
                    announce(announced, listening)
                ready(listening)
            ending.wait()
            log.info("ending on %s; once more ends at once", ending.signal.name if ending.signal else "request")
        finally:
            stuck = process.stop()
            for server, _ in reversed(servers):
                server.stop()
            if announced:
                withdraw(announced)
        if stuck:
            log.error("ended although these still run: %s", ", ".join(stuck))
            logging.shutdown()
            os._exit(exits.FAILED)  # the interpreter would wait for them
    return ending.code


def _address(take: Callable[[], object], plan: ServerPlan) -> None:
    """Have a server take its address; what is wrong with that is told with its place in the configuration."""
    try:
        take()
    except ImportError as error:  # an extra; the message says which
        raise exits.Failure(str(error)) from error
    except OSError as error:
        where = {name: plan.where.get(name, f"servers.{plan.kind}.{name}") for name in ("host", "port")}
        if error.errno == errno.EADDRINUSE:
            other = "another program has; stop that or choose another (0: any free one)"
            message = f"{where['port']}: expected a free port, got {plan.port}, which {other}"
        elif error.errno == errno.EACCES:
            other = "this user may not take; choose one from 1024 on"
            message = f"{where['port']}: expected a free port, got {plan.port}, which {other}"
        else:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
            got = f"{plan.host!r}: {reason}"
            message = f"{where['host']}: expected an address of this machine, got {got}"
        raise exits.Failure(message) from error
