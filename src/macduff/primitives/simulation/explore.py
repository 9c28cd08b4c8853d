"""Seeds are not coverage: first each operation at each preemption point of reference runs, then seeds (rule 30)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .backend import Simulated

__all__ = ["Explored", "Operation", "Scenario", "explore", "same_twice"]

Operation: TypeAlias = Callable[[], object]
Scenario: TypeAlias = Callable[[Simulated], tuple[Operation, Mapping[str, Operation]]]
"""Builds one world on the simulation that it is given; returns its main and the operations that may be injected."""


@dataclass
class Explored:
    """What was covered; its text is one line to print."""

    seeds: int = 0
    references: dict[int, int] = field(default_factory=dict)
    injected: dict[str, int] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        return self.seeds + len(self.references) + sum(self.injected.values())

    def __str__(self) -> str:
        points = ", ".join(f"{points} of seed {seed}" for seed, points in self.references.items())
        each = ", ".join(f"{name} at {count}" for name, count in self.injected.items())
        return f"{self.runs} runs: points {points or 'none'}; injected {each or 'nothing'}; {self.seeds} seeds"


def explore(
    scenario: Scenario,
    *,
    references: Iterable[int] = (1,),
    seeds: Iterable[int] = (),
    operations: Iterable[str] | None = None,
    each: Callable[[Simulated], object] | None = None,
    **options: object,
) -> Explored:
    """Run the scenario by every seed of `references` with each operation injected at each point, then by `seeds`.

    operations: those to inject; None for all. each: called after each run, to look at what it visited. Raises the first
    SimulationFailed, which says how to replay it.
    """
    explored = Explored()
    wanted = None if operations is None else list(operations)

    def run(seed: int, inject: tuple[int, str] | None = None) -> tuple[Simulated, list[str]]:
        sim = Simulated(seed, **options)
        main, found = scenario(sim)
        if inject is not None:
            sim.inject(inject[0], _named(found[inject[1]], inject[1]))
        sim.run(main)
        if each is not None:
            each(sim)
        return sim, list(found)

    for seed in references:
        sim, found = run(seed)
        explored.references[seed] = sim.points
        for name in found if wanted is None else wanted:
            for point in range(1, sim.points + 1):
                run(seed, (point, name))
                explored.injected[name] = explored.injected.get(name, 0) + 1
    for seed in seeds:
        run(seed)
        explored.seeds += 1
    return explored


def _named(operation: Operation, name: str) -> Operation:
    def injected() -> object:
        return operation()

    injected.__name__ = name
    return injected


def same_twice(scenario: Scenario, seed: int, **options: object) -> None:
    """Run a seed twice; AssertionError at the first place where the traces differ (rule 29)."""
    traces = []
    for _ in range(2):
        sim = Simulated(seed, **options)
        sim.run(scenario(sim)[0])
        traces.append(sim.trace)
    first, second = traces
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        assert one == other, f"seed {seed}: entry {number} of the trace: expected {one} again, got {other}"
    assert len(first) == len(second), f"seed {seed}: expected {len(first)} entries again, got {len(second)}"

