"""What a simulation can be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """How a run goes; the same seed and options give the same run.

    inject: a callable for a preemption point, by its number from 1: run there, at once, as a new task.
    switching: how probable another task is at each point; None: the seed chooses.
    drift: how probable it is, at each step, that the next timer within `drift_window` seconds goes off although tasks
    are ready. step_limit: most points without time passing. time_limit: most simulated seconds.
    """

    inject: Mapping[int, Callable[[], object]] = field(default_factory=dict)
    switching: float | None = None
    drift: float = 0.02
    drift_window: float = 0.12
    step_limit: int = 200_000
    time_limit: float = 86_400.0

    def __post_init__(self) -> None:
        for name, value in (("switching", self.switching), ("drift", self.drift)):
            if value is not None and not 0.0 <= value <= 1.0:
                raise ValueError(f"simulated: {name}: expected a probability, 0 to 1, got {value!r}")

    def call(self, seed: int, injected: Mapping[int, str]) -> str:
        """The Python expression that makes the same simulation again."""
        parts = [f"seed={seed}"]
        if injected:
            parts.append("inject={" + ", ".join(f"{point}: {name}" for point, name in injected.items()) + "}")
        plain = Options()
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name != "inject" and value != getattr(plain, one.name):
                parts.append(f"{one.name}={value!r}")
        return f"simulated({', '.join(parts)})"
