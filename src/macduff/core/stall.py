"""Reports code that keeps the interpreter lock: nothing in Python can end it, or see it while it lasts (rule 22)."""

from __future__ import annotations

import faulthandler
import logging
import re
import tempfile
from typing import TYPE_CHECKING

from ..values import Severity
from .watchdog import authors_line

if TYPE_CHECKING:
    from .call import Call
    from .device import Device
    from .loop import Timer
    from .process import Process

__all__ = ["StallWatch"]

LOG = logging.getLogger("macduff.core")
THREAD = re.compile(r"^(?:Current thread|Thread) 0x([0-9a-f]+).*\n((?: +File .*\n?)+)", re.MULTILINE)
FRAME = re.compile(r"^ +File \"(.*)\", line (\d+) in (.*)$", re.MULTILINE)


class StallWatch:
    """Has the interpreter's own C thread write down where everybody is when the Process thread gets no turn.

    One a Python process, because the interpreter has one such timer. Times in seconds.
    """

    def __init__(self, process: Process, after: float, step: float) -> None:
        self._process = process
        self._after = after
        self._step = step
        self._file = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - open as long as the Process runs
        self._due = 0.0
        self._shown: dict[tuple[Device, str], Timer] = {}
        self._tick()

    def _tick(self) -> None:
        clock = self._process.backend.clock
        if self._due and clock.monotonic() - self._due > self._after:
            self._report(clock.monotonic() - self._due)
        self._file.seek(0)
        self._file.truncate()
        faulthandler.dump_traceback_later(self._after, file=self._file)
        self._due = clock.monotonic() + self._step
        self._process._later(self._step, self._tick)

    def _report(self, late: float) -> None:
        self._file.seek(0)
        places = {int(ident, 16): _line(frames) for ident, frames in THREAD.findall(self._file.read())}
        suspects: list[Call] = []
        for device in self._process._devices.values():
            suspects += [call for call in device._machine.calls if call.thread in places and call.flag is None]
        for call in suspects:
            where = places[call.thread or 0]
            text = f"{call.name} kept the interpreter from everybody for {late:.1f} s, at {where}"
            LOG.error("%s.%s", call.device.name, text)
            self._show(call.device, f"stall {call.name}", text)
        if not suspects:
            LOG.error(
                "nothing ran for %.1f s; threads were at %s", late, "; ".join(places.values()) or "unknown places"
            )

    def _show(self, device: Device, key: str, text: str) -> None:
        """In `health` until there was no stall by that method for a while: it is over when it can be told of."""
        shown = self._shown.get((device, key))
        if shown is not None:
            shown.cancel()
        device._machine.problem(key, Severity.MINOR, text)
        self._shown[device, key] = self._process._later(self._process.limits.stall_shown, self._over, device, key)

    def _over(self, device: Device, key: str) -> None:
        del self._shown[device, key]
        device._machine.problem(key)

    def close(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        self._file.close()


def _line(frames: str) -> str:
    """Of a thread's frames, as faulthandler writes them, the one that an author should look at."""
    return authors_line((file, (int(line), name)) for file, line, name in FRAME.findall(frames))
