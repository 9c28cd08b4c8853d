"""How figures come about: CPU time of a process, pairs of runs in turn, medians of their ratios.

Wall time says little on a machine that others use, so costs are CPU time (user and system, of all threads), and two
things are compared by runs in turn, A B A B: whatever the machine does meanwhile happens to both.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import psutil

__all__ = ["Figure", "Options", "cpu_of", "in_turn", "percentile"]


@dataclass(frozen=True)
class Options:
    """How thorough to be. rounds: pairs of runs. seconds: each run. tiny: sizes that only show that it works.

    soak: minutes for what must not grow with time.
    """

    rounds: int = 7
    seconds: float = 2.0
    tiny: bool = False
    soak: float = 0.5

    def size(self, usual: int, tiny: int) -> int:
        """How many of something."""
        return tiny if self.tiny else usual


@dataclass
class Figure:
    """One line of the table. `value`, `low`, `high`: the median and the extremes, or what `note` says they are."""

    name: str
    unit: str
    value: float
    low: float
    high: float
    target: float | None = None
    at_most: bool = True
    parts: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(
        cls, name: str, unit: str, values: Sequence[float], target: float | None = None, *, at_most: bool = True,
        parts: dict[str, float] | None = None, note: str = "",
    ) -> Figure:  # fmt: skip
        """From the values of all rounds."""
        middle = statistics.median(values)
        return cls(name, unit, middle, min(values), max(values), target, at_most, parts or {}, note)

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None when there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


def cpu_of(pid: int) -> float:
    """Seconds of CPU time that a process has used, all its threads together, those that have ended too."""
    if platform.system() == "Linux":
        return time.clock_gettime((~pid << 3) | 2)  # its CPU clock, in ns; what /proc says is in hundredths of a second
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def in_turn(rounds: int, *runs: Callable[[], Awaitable[dict[str, float]]]) -> list[list[dict[str, float]]]:
    """The results of each of the runs, in their order, round after round."""
    found: list[list[dict[str, float]]] = [[] for _ in runs]
    for _ in range(rounds):
        for results, run in zip(found, runs, strict=True):
            results.append(await run())
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them are; share from 0 to 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
