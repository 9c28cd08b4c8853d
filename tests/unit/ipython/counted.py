"""A device that has made 3 of 10 steps, and a bar that keeps what it is shown."""

from __future__ import annotations

from collections.abc import Callable

from macduff.ipython.progress import Progress
from macduff.values import VInt
from tests.unit.client.memory import FakeDevice, attribute, stage


def counting() -> FakeDevice:
    scan = stage("SCAN")
    scan.fields["completed_steps"] = attribute("completed_steps", VInt(), 3)
    scan.fields["total_steps"] = attribute("total_steps", VInt(), 10)
    return scan


class FakeBar:
    """Calls back when it is shown."""

    def __init__(self, on_show: Callable[[], object] = lambda: None) -> None:
        self.lines: list[str] = []
        self._on_show = on_show

    def show(self, progress: Progress, now: float) -> None:
        self.lines.append(progress.text())
        self._on_show()

    def close(self, progress: Progress, now: float) -> None:
        self.lines.append(f"end: {progress.text()}")
