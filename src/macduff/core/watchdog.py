"""Names the methods that hold their lock too long, and says where threads are (rule 22). Process thread only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import takewhile
from types import FrameType
from typing import TYPE_CHECKING

from ..telling import authors
from ..values import Severity

if TYPE_CHECKING:
    from .call import Call
    from .process import Process

__all__ = ["Place", "Watchdog", "authors_line"]

Place = tuple[str, tuple[int, str]]
"""File, line and function."""

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
        """File, line and function at which a call is: the author's, though it waits in a library."""
        if not self._sees:
            return "a place that this backend cannot tell"
        return authors_line(_frames(sys._current_frames().get(call.thread or 0)))

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


def authors_line(places: Iterable[Place]) -> str:
    """Of where a worker is, the innermost first, the line that an author should look at; else the innermost."""
    within = list(takewhile(lambda place: not _begins_calls(place[0]), places))
    if not within:
        return "an unknown place"
    file, (line, name) = authors(reversed(within)) or within[0]
    return f"{file}:{line} in {name}"


def _begins_calls(file: str) -> bool:
    """What is outside of it is the worker's own, and no author's."""
    return file.replace("\\", "/").endswith("macduff/core/manager.py")


def _frames(frame: FrameType | None) -> Iterator[Place]:
    while frame is not None:
        yield frame.f_code.co_filename, (frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back


def _key(call: Call) -> str:
    """Two calls may have the same name."""
    return f"watchdog {call.name} {id(call)}"
