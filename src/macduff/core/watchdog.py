"""Names the methods that hold their lock too long, and says where threads are (rule 22). Process thread only."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from ..values import Severity

if TYPE_CHECKING:
    from .call import Call
    from .process import Process

__all__ = ["Watchdog"]

STEP = 0.25
"""Seconds between two looks."""


class Watchdog:
    """Looks at all running calls, again and again, on backends where it can."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._sees = "watchdog" in process.backend.capabilities
        if self._sees:
            process._later(STEP, self._watch)

    def where(self, call: Call) -> str:
        """File, line and function at which a call is."""
        if not self._sees:
            return "a place that this backend cannot tell"
        frame = sys._current_frames().get(call.thread or 0)
        if frame is None:
            return "an unknown place"
        stack = traceback.extract_stack(frame)
        own = [entry for entry in stack if "macduff/core" not in entry.filename.replace("\\", "/")] or stack
        return f"{own[-1].filename}:{own[-1].lineno} in {own[-1].name}"

    def _watch(self) -> None:
        self._process._later(STEP, self._watch)
        for device in self._process._devices.values():
            for call in device._machine.calls:
                self._look(call)

    def _look(self, call: Call) -> None:
        device = call.device
        held = device._clock.monotonic() - call.since if call.holds else 0.0
        if held <= self._process.limits.watchdog:
            self.over(call)
        elif not call.reported:
            call.reported = True
            text = f"{call.name} has held the lock for {held:.1f} s without a wait, at {self.where(call)}"
            device._machine.problem(_key(call), Severity.MINOR, text)

    def over(self, call: Call) -> None:
        """It waits, has ended or was given up: what was reported is so no longer."""
        if call.reported:
            call.reported = False
            call.device._machine.problem(_key(call))


def _key(call: Call) -> str:
    """Two calls may have the same name."""
    return f"watchdog {call.name} {id(call)}"
