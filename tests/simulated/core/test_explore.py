"""Each operation at each preemption point of reference runs, then seeds (rule 30). The reports are printed (-s)."""

from __future__ import annotations

import os

import pytest

from macduff.primitives.simulation import Explored, Simulated, explore, same_twice
from tests.simulated.core.observing import VISITED
from tests.simulated.core.world import World, beamline, paced_beamline, random_beamline

OPERATIONS = list(World(Simulated(0)).operations())
SEEDS = int(os.environ.get("MACDUFF_SEEDS", "10000"))
PARTS = 10


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_at_every_point(operation: str) -> None:
    """No illegal transition, no reply lost or doubled, no step lost or done twice, no deadlock, wherever it comes."""
    explored = explore(beamline, references=(1,), operations=[operation])
    report(explored)
    assert explored.injected[operation] == explored.references[1] > 500


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_by_seeds(part: int) -> None:
    """Two clients and everything that they may do, in an order that the seed chooses."""
    share = SEEDS // PARTS
    explored = explore(random_beamline, references=(), seeds=range(part * share, (part + 1) * share))
    report(explored)
    assert explored.seeds == share


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(2))
def test_by_seeds_before_listeners_with_a_period(part: int) -> None:
    """Replies come behind what they speak of, nothing goes back and nothing is lost in a lull."""
    share = SEEDS // PARTS
    explored = explore(paced_beamline, references=(), seeds=range(part * share, (part + 1) * share))
    report(explored)
    assert explored.seeds == share


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_few_seeds_quickly(seed: int) -> None:
    """The part of it for `make check`."""
    explore(random_beamline, references=(), seeds=range(seed * 1_000_000, seed * 1_000_000 + 60))
    explore(paced_beamline, references=(), seeds=range(seed * 1_000_000, seed * 1_000_000 + 30))


@pytest.mark.parametrize("seed", range(12))
def test_a_seed_replays_exactly(seed: int) -> None:
    """Rule 29: whole traces are equal."""
    same_twice(random_beamline, seed)


def report(explored: Explored) -> None:
    """What was covered, for whoever runs it with -s."""
    pairs = ", ".join(f"{one}/{other} {count}" for (one, other), count in sorted(VISITED.items()))
    print(f"\n{explored}\n(state, event) and (state, state) pairs so far: {pairs}")
