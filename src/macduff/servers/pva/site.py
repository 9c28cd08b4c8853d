"""All that the server's thread has: the names, the devices behind them, and p4p's server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from p4p.server import Server, StaticProvider

from ..following import Follower
from .beacons import Beacons
from .mirror import DeviceMirror, is_small

if TYPE_CHECKING:
    from macduff.core import Process
    from macduff.protocol.model import DeviceModel

__all__ = ["Site"]

QUICK_REST = 3.0
"""The Process thread does something else for so many times as long as it has posted."""
LOG = logging.getLogger("macduff.servers.pva")


class Site:
    """Serves one Process. conf: p4p's, by the names of environment variables."""

    def __init__(self, process: Process, conf: dict[str, str], *, read_only: bool) -> None:
        self.process = process
        self.time_ns: Callable[[], int] = process.backend.clock.time_ns
        self.follower = Follower(
            process, self._show, self._wake, read_only=read_only, quick=self._quick,
            prompt=lambda outcome: is_small(outcome.value),
        )  # fmt: skip
        self._monotonic: Callable[[], float] = process.backend.clock.monotonic
        self._next_quick = 0.0
        self._conf = conf
        self._provider = StaticProvider("macduff")
        self._names: dict[str, Any] = {}
        self._woken = threading.Event()
        self._ended = False
        self._listed = False
        self._came = False
        self._of_process: DeviceMirror | None = None

    def run(self, began: Callable[[dict[str, str]], None]) -> None:
        """Serve until `end`; began: called with p4p's configuration when clients can connect."""
        server = beacons = None
        try:
            self.follower.start()
            while not self._ended:
                self._woken.clear()
                self.follower.turn()
                if self._listed:
                    self._list_again()
                if server is None and self.follower.complete:
                    server = Server([self._provider], conf=self._conf, useenv=False)
                    beacons = Beacons(server.conf())
                    beacons.send()
                    self._came = False
                    began(server.conf())
                if beacons is not None and self._came:
                    self._came = False
                    beacons.send()
                self._woken.wait()
        finally:
            if server is not None:
                server.stop()
            self.follower.close()

    def end(self) -> None:
        """From any thread."""
        self._ended = True
        self._woken.set()

    def _wake(self) -> None:
        self._woken.set()

    # the server's thread

    def add(self, name: str, shared: Any) -> None:
        """Give a PV its name. One that is taken is not given again: which of two it would be is chance."""
        if name in self._names:
            LOG.error("%s: expected a name for a PV that no other has, got one that has been given", name)
            return
        self._names[name] = shared
        self._provider.add(name, shared)

    def remove(self, name: str, shared: Any) -> None:
        """Take the name back, and hang up on who is connected."""
        if self._names.get(name) is shared:
            del self._names[name]
            self._provider.remove(name)

    def listed(self) -> None:
        """A device came or went."""
        self._listed = True

    def _list_again(self) -> None:
        self._listed = False
        if self._of_process is not None:
            self._of_process.pvi.renew()

    def _show(self, device: DeviceModel) -> DeviceMirror:
        mirror = DeviceMirror(self, device)
        if device.name == ".":
            self._of_process = mirror
        self._came = True
        self.listed()
        return mirror

    # any thread

    def _quick(self, mirror: DeviceMirror, changes: Mapping[str, Any]) -> bool:
        """A few changes now and then are posted by the Process thread: that is cheaper than to wake ours for them.
        When that would take much of its time, ours is woken, for many at a time.
        """
        began = self._monotonic()
        if began < self._next_quick:
            return False
        try:
            if not mirror.quick(changes):
                return False
        except Exception:  # no concern of the Process, nor of its other listeners
            LOG.exception("it cannot be shown right: %s", ", ".join(changes))
        ended = self._monotonic()
        self._next_quick = ended + QUICK_REST * (ended - began)
        return True

    def wrong(self, name: str, error: Exception) -> None:
        """Something cannot be shown; logged on the server's thread, for p4p's are none of Python's."""
        self.follower.later(lambda _: LOG.error("%s: %s", name, error, exc_info=error))
