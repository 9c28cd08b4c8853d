"""The ready-made diode."""

from __future__ import annotations

from functools import partial

import pytest

from macduff import Process
from macduff.devices import Diode, Motor
from macduff.primitives import simulated
from macduff.primitives.simulation import Simulated
from tests.support.play import BACKENDS, Client, Inbox, play

backends = pytest.mark.parametrize("backend", BACKENDS)


def laboratory(process: Process, seed: int = 0) -> Diode:
    motor = Motor("X")
    diode = Diode("DIODE", motor=motor, centre=1.5, width=0.5, seed=seed)
    process.add(motor)
    process.add(diode)
    process.view("X").put(velocity=500.0, acceleration=5000.0)
    return diode


@backends
def test_its_current_is_a_peak_over_the_motors_position(backend: str) -> None:
    def scenario(process: Process) -> None:
        laboratory(process)
        found = {}
        for position in (-8.0, 1.0, 1.5, 2.0, 8.0):
            process.view("X").move(position)
            found[position] = process.view("DIODE").measure(exposure=0.02)
        assert found[1.5] == pytest.approx(100, abs=10)
        assert found[1.0] == pytest.approx(61, abs=10)
        assert found[2.0] == pytest.approx(61, abs=10)
        assert found[-8.0] == pytest.approx(2, abs=10)
        assert found[8.0] == pytest.approx(2, abs=10)

    play(backend, scenario)


@backends
def test_it_is_read_while_nobody_measures(backend: str) -> None:
    """Whoever moves the motor sees it."""

    def scenario(process: Process) -> None:
        diode, inbox = laboratory(process), Inbox(process)
        process.listen(inbox, "DIODE", "current")
        process.view("X").move(1.5)
        inbox.until(lambda _: diode.current.value > 80)

    play(backend, scenario)


@backends
def test_the_motor_is_not_its_own(backend: str) -> None:
    """An abort of the diode leaves the motor alone; others drive that while it measures."""

    def scenario(process: Process) -> None:
        laboratory(process)
        client = Client(process)
        measure = client.call("DIODE", "measure", exposure=3600.0)
        assert process.view("X").move(1.0) == 1.0
        move = client.call("X", "move", target=2.0)
        assert client.call("DIODE", "abort").kind() == "ok"
        assert (measure.kind(), move.kind()) == ("Aborted", "ok")

    play(backend, scenario)


def measured(seed: int, exposure: float) -> list[float]:
    """Twenty measurements beside the beam."""
    found: list[float] = []

    def main(sim: Simulated) -> None:
        with Process(backend=sim) as process:
            laboratory(process, seed)
            found.extend(process.view("DIODE").measure(exposure=exposure) for _ in range(20))

    sim = simulated(seed=1)
    sim.run(partial(main, sim))
    return found


def test_the_same_seed_gives_the_same_noise_and_longer_exposures_less() -> None:
    assert measured(1, 0.1) == measured(1, 0.1)
    assert measured(1, 0.1) != measured(2, 0.1)
    short, long = measured(1, 0.01), measured(1, 10.0)
    assert max(long) - min(long) < (max(short) - min(short)) / 5
