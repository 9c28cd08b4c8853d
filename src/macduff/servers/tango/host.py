"""The server's own thread: Tango's life, and what is done in it turn by turn."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import tango
import tango.globals

from macduff.errors import MacduffError
from macduff.protocol.model import DeviceModel

from ..following import Follower
from .devices import Devices
from .mirror import TangoMirror
from .places import Place, database_place, plain_place
from .shown import ShownAttribute
from .taps import Tap

if TYPE_CHECKING:
    from .server import TangoServer

__all__ = ["Host"]

LOG = logging.getLogger("macduff.servers.tango")

PAUSE = 0.25
"""Seconds between two looks at what Tango does by itself, such as being told to end."""
SOON = 0.01
"""The same while events wait for their turn."""
FAREWELL = 0.1
"""Seconds that the last events have to leave: what ZMQ still has when it ends is lost."""
PATIENCE = 10.0
"""Seconds that the Process may take to show its devices."""


class Host:
    """Runs Tango. `guard` is held while Tango devices are used, so that a restart waits before it destroys them."""

    def __init__(self, server: TangoServer) -> None:
        self.process = server.process
        self.limits = server.limits
        self.address = ""
        self.stopping = False
        self.guard = threading.RLock()
        self._place: Place = database_place(server) if server.database else plain_place(server)
        self.devices = Devices(self, server.domain, self._place)
        self.follower = Follower(self.process, self._show, self.wake, read_only=server.read_only)
        self._taps: dict[Tap, None] = {}
        self._woken = threading.Lock()
        self._woken.acquire()
        self._hurry = False  # whether events wait for their turn
        self._next_tick = 0.0
        self._util: Any = None

    now = staticmethod(time.monotonic)
    time_ns = staticmethod(time.time_ns)

    @property
    def admin_address(self) -> str:
        """Of the admin device of this very server."""
        return self._place.admin_address()

    # from any thread

    def wake(self) -> None:
        with suppress(RuntimeError):  # it is awake already
            self._woken.release()

    def stop(self) -> None:
        self.stopping = True
        self.wake()

    def tap(self, shown: ShownAttribute) -> Tap:
        """Every change of an attribute from here on. NotFound when the device or its attribute is gone."""
        tap = Tap(shown, self.process, self.limits.every_changes, self.wake, self.now())
        self._taps[tap] = None
        return tap

    def untap(self, tap: Tap) -> None:
        self._taps.pop(tap, None)

    # the life of the thread

    def run(self, ready: Future[None]) -> None:
        try:
            with tango.EnsureOmniThread():
                self._run(ready)
        except BaseException as error:
            if ready.done():
                LOG.exception("the Tango server ended")
                raise
            if isinstance(error, tango.DevFailed):
                error = MacduffError(f"TangoServer.start: {'; '.join(each.desc for each in error.args)}")
            ready.set_exception(error)

    def _run(self, ready: Future[None]) -> None:
        try:
            self._gather()
            with self._place.environment():
                self._place.register(list(self.devices.mirrors.values()))
                self._util = self.devices.util = tango.Util.init(self._place.arguments())
                self.devices.add_classes()
                self._util.set_auto_alarm_on_change_event(False)
                self._util.server_set_event_loop(self._turns)
                self._util.server_init()
            self.address = self._place.address
            ready.set_result(None)
            self._util.server_run()
            if not self.stopping:
                LOG.warning("Tango told its server to end: the devices are on Tango no more")
        finally:
            self._end()

    def _gather(self) -> None:
        """Learn of all devices before there is a Tango server, so that it starts with their classes."""
        self.follower.start()
        deadline = self.now() + PATIENCE
        while not self.follower.complete:
            if not self._woken.acquire(timeout=max(0.0, deadline - self.now())):
                raise TimeoutError("TangoServer.start: expected a Process that was started, got no word from it")
            self.follower.turn()

    def _show(self, model: DeviceModel) -> TangoMirror:
        return self.devices.show(model)

    def _turns(self) -> bool:
        """Called by Tango again and again; True ends the server. What is raised here would end it too.

        It returns now and then, for between two calls Tango looks whether it was told to end.
        """
        try:
            until = self.now() + PAUSE
            while not self.stopping and not self._util.is_svr_shutting_down() and self.now() < until:
                if self._woken.acquire(timeout=SOON if self._hurry else PAUSE):
                    self._work()
                if self.now() >= self._next_tick or self.devices.restless:
                    self._tick()
            if self.stopping and not self._util.is_svr_shutting_down():
                self._say_farewell()
        except Exception:
            LOG.exception("the Tango server goes on after an error")
        # Tango begins its shutdown for True: one that has begun, for somebody told Tango to end, must not begin twice.
        return self.stopping and not self._util.is_svr_shutting_down()

    def _say_farewell(self) -> None:
        with self.guard:
            told = self.devices.farewell()
        if told:
            time.sleep(FAREWELL)

    def _work(self) -> None:
        """Something came."""
        with self.guard:
            if self.devices.restarts():
                return
            self.follower.turn()
            if self._taps:
                now = self.now()
                for tap in self._taps.copy():
                    tap.drain(now)
                    self._hurry = self._hurry or tap.waits

    def _tick(self) -> None:
        """Now and then, whether or not something came."""
        now = self.now()
        with self.guard:
            if self.devices.restarts():
                self._hurry = True
                return
            self.follower.turn()  # what came while Tango restarted wakes nobody any more
            for tap in self._taps.copy():
                tap.drain(now)
                tap.tick(now)
            self._hurry = any(tap.waits for tap in self._taps.copy())
            self._next_tick = now + (SOON if self._hurry else PAUSE)
            self.devices.rest(now)
        self.devices.arming.turn()
        self.devices.restart_if_wanted()

    def _end(self) -> None:
        with self.guard:
            self.stopping = True
            self.follower.close()
            for tap in self._taps.copy():
                tap.close()
            self._taps.clear()
        if self._util is not None:
            try:
                self._util.server_cleanup()
            finally:
                tango.Util.cleanup()
                tango.globals.cleanup_classes()
                self._util = None
        self.devices.clear()
