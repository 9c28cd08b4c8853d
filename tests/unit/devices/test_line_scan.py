"""The ready-made scan of a diode over a motor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from macduff import BadValue, Busy, DState, Held, Process
from macduff.devices import Diode, LineScan, Motor
from tests.support.play import BACKENDS, Client, Inbox, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def laboratory(process: Process) -> LineScan:
    motor = Motor("X")
    diode = Diode("DIODE", motor=motor)
    scan = LineScan("SCAN", motor=motor, diode=diode)
    for device in (motor, diode, scan):
        process.add(device)
    process.view("X").put(velocity=500.0, acceleration=5000.0)
    return scan


def configure(process: Process, points: int = 9) -> None:
    process.view("SCAN").configure(begin=0.0, end=4.0, points=points, exposure=0.005)


def test_a_scan_finds_the_peak(backend: str) -> None:
    def scenario(process: Process) -> None:
        scan = laboratory(process)
        configure(process)
        assert (scan.state.value, scan.total_steps.value) == (DState.Ready, 9)
        process.view("SCAN").run()
        assert scan.positions.value.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
        assert scan.positions.value[np.argmax(scan.values.value)] == 2.0
        assert scan.values.value.max() == pytest.approx(100, abs=20)

    play(backend, scenario)


def test_positions_values_and_steps_grow_together(backend: str) -> None:
    """Rule 4: never half a set."""

    def scenario(process: Process) -> None:
        scan, inbox = laboratory(process), Inbox(process)
        process.listen(inbox, "SCAN")
        configure(process)
        process.view("SCAN").run()
        seen: list[dict[str, Any]] = [item[2] for item in inbox.items if item[0].name == "Changes"]
        points = [change for change in seen if "positions" in change]
        assert len(points) >= 3
        for change in points:
            done = change["completed_steps"].value if "completed_steps" in change else 0
            assert change["positions"].value.tolist() == scan.positions.value[:done].tolist()
            assert change["values"].value.tolist() == scan.values.value[:done].tolist()

    play(backend, scenario)


def test_pause_rewind_and_resume(backend: str) -> None:
    """Rule 17: what was rewound is measured again, and stands there once."""

    def scenario(process: Process) -> None:
        scan, inbox = laboratory(process), Inbox(process)
        view, client = process.view("SCAN"), Client(process)
        process.listen(inbox, "SCAN", "completed_steps")
        configure(process, points=41)
        run = client.call("SCAN", "run")
        inbox.until(lambda _: scan.completed_steps.value >= 3)
        view.pause()
        before = scan.values.value
        assert view.completed_steps == len(before) == len(scan.positions.value)
        view.rewind(2)
        view.resume()
        assert run.kind() == "ok"
        assert scan.positions.value == pytest.approx(np.linspace(0, 4, 41))
        kept = len(before) - 2
        assert scan.values.value[:kept].tolist() == before[:kept].tolist()
        assert scan.values.value[kept : kept + 2].tolist() != before[kept:].tolist()

    play(backend, scenario)


def test_motor_and_diode_are_the_scans_until_it_has_ended(backend: str) -> None:
    """Rule 23: whoever moves the motor is told who has it; after the run it is free, with nothing more to do."""

    def scenario(process: Process) -> None:
        laboratory(process)
        x, diode, scan = (process.view(name) for name in ("X", "DIODE", "SCAN"))
        configure(process)
        with pytest.raises(Held, match=r"X\.move: expected a device that is free, got one held by SCAN until"):
            x.move(3.0)
        with pytest.raises(Held, match="held by SCAN"):
            x.velocity = 1.0
        with pytest.raises(Held, match="held by SCAN"):
            diode.measure()
        scan.run()
        assert scan.state is DState.Idle
        assert x.move(3.0) == 3.0
        configure(process)
        scan.reset()
        assert x.move(1.0) == 1.0

    play(backend, scenario)


def test_an_abort_stops_the_motor_and_frees_it(backend: str) -> None:
    """Rule 20; and what was measured stays to be seen."""

    def scenario(process: Process) -> None:
        scan, inbox, client = laboratory(process), Inbox(process), Client(process)
        process.listen(inbox, "SCAN", "completed_steps")
        configure(process, points=10_000)
        run = client.call("SCAN", "run")
        inbox.until(lambda _: scan.completed_steps.value >= 2)
        assert client.call("SCAN", "abort").kind() == "ok"
        assert run.kind() == "Aborted"
        assert scan.state.value is DState.Aborted
        assert len(scan.values.value) == scan.completed_steps.value >= 2
        assert process.view("X").move(1.0) == 1.0
        process.view("SCAN").reset()
        configure(process)
        assert len(scan.values.value) == 0
        process.view("SCAN").run()
        assert len(scan.values.value) == 9

    play(backend, scenario)


def test_a_busy_motor_refuses_it(backend: str) -> None:
    def scenario(process: Process) -> None:
        scan, client = laboratory(process), Client(process)
        process.view("X").velocity = 0.001
        move = client.call("X", "move", target=9.0)
        with pytest.raises(Busy, match=r"SCAN\.configure: expected X free, got it busy with X\.move"):
            configure(process)
        assert scan.state.value is DState.Idle
        process.view("X").abort()
        assert move.kind() == "Aborted"

    play(backend, scenario)


@pytest.mark.parametrize("name", ["begin", "end"])
def test_where_the_motor_cannot_go_is_refused_before_anything_changes(backend: str, name: str) -> None:
    """Rule 18: validate raising is no Fault."""

    def scenario(process: Process) -> None:
        scan = laboratory(process)
        with pytest.raises(BadValue, match=rf"SCAN\.{name}: expected a value from -10 to 10 mm, got 50"):
            process.view("SCAN").configure(**{name: 50.0})
        assert scan.state.value is DState.Idle
        assert process.view("X").move(1.0) == 1.0

    play(backend, scenario)
