"""Runs the idle tasks of all devices, each device's one at a time (rule 27). Process thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import MacduffError
from ..values import Severity
from .call import Call
from .failing import Defect

if TYPE_CHECKING:
    from .device import Device
    from .process import Process

__all__ = ["Due", "IdleTasks"]


class Due(NamedTuple):
    """An idle task whose time has come."""

    name: str
    period: float
    failures: int = 0


class IdleTasks:
    """The scheduler of idle tasks; their bodies run in the pool."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def schedule(self, device: Device, name: str, period: float) -> None:
        """Begin to run an idle task every `period` seconds."""
        self._process._later(period, self._due, device, Due(name, period))

    def next(self, device: Device) -> None:
        """One has ended, or was given up: the next that waited for it may run."""
        waiting = device._machine.idle_due
        if waiting:
            self._due(device, waiting.popleft())

    def _due(self, device: Device, due: Due) -> None:
        if device._removed:
            return
        machine, manager = device._machine, self._process._manager
        if any(call.kind == "idle" for call in machine.calls):
            machine.idle_due.append(due)
            return
        if manager.full:
            self._process._later(due.period, self._due, device, due)
            return

        def ended(call: Call) -> None:
            failures = self._failures(call, due)
            after = due.period
            if failures:
                after = min(after * 2 ** min(failures, 20), max(after, self._process.limits.idle_backoff_most))
            self._process._later(after, self._due, device, due._replace(failures=failures))
            self.next(device)

        call = Call(device, due.name, "idle", getattr(device, due.name), ended)
        call.mark = -1  # stays so when it is skipped
        manager.run(call)

    @staticmethod
    def _failures(call: Call, due: Due) -> int:
        """How often it has failed in a row; shown as an alarm of the device until it succeeds."""
        machine, error = call.device._machine, call.outcome[1]
        key = f"idle {due.name}"
        if isinstance(error, MacduffError):
            text = str(error) if isinstance(error, Defect) else f"{due.name}: {error}"
            machine.problem(key, Severity.MAJOR, text)
            return due.failures + 1
        if error is None and call.mark >= 0:
            machine.problem(key)
            return 0
        return due.failures
