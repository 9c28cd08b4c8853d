"""Each planted defect is found, by the means that it names (rule 30)."""

from __future__ import annotations

import pytest

from macduff.primitives.simulation import Simulated, SimulationFailed, explore
from tests.simulated.core.planted import DEFECTS
from tests.simulated.core.world import beamline, random_beamline

SEEDS = range(4000)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", DEFECTS)
def test_it_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    means, patch = DEFECTS[name]
    patch(monkeypatch)
    with pytest.raises(SimulationFailed, match=r"replay it with simulated\(seed=") as found:
        if means == "seeds":
            explore(random_beamline, references=(), seeds=SEEDS)
        else:
            explore(beamline, references=(1,), operations=[means])
    print(
        f"\n{name}: found by {means} at seed {found.value.seed}, {found.value.injected}: {found.value}".split("\n")[1]
    )
    replays(name, found.value, means)


def replays(name: str, found: SimulationFailed, means: str) -> None:
    """The run that failed fails again in the same way."""
    sim = Simulated(found.seed)
    main, operations = (random_beamline if means == "seeds" else beamline)(sim)
    for point in found.injected:
        sim.inject(point, operations[means])
    with pytest.raises(SimulationFailed) as again:
        sim.run(main)
    assert again.value.point == found.point
