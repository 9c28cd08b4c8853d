"""The twins in memory: `simulate: true`, on threads and in the simulation."""

from __future__ import annotations

import pytest

from examples.epics.devices import Camera, Motor
from macduff import PV, Attribute, Device, DState, Process, PVAttribute, Scpi, Severity, VAction, VDouble, VEnum, VInt
from macduff.primitives import simulated
from macduff.sources import Simulation
from tests.support import eventually


class Bench(Device):
    """Sources of both kinds, none of which can be reached."""

    volts = Attribute(VDouble(units="V", control=(0, 30)), source=Scpi("VOLT?", "VOLT {value}", simulate=5.0))
    amps = Attribute(VDouble(), source=Scpi("CURR?", period=0.1))
    mode = PVAttribute(VEnum(["slow", "fast"]), "X:MODE", rbv_suffix="_RBV")
    press = PVAttribute(VAction(), "X:PRESS.PROC")
    read_only = PVAttribute(VInt(), "X:COUNT", read_only=True, simulate=7)


def test_a_put_echoes_to_value_and_set_point() -> None:
    with Process() as process:
        process.add(bench := Bench("BENCH"), simulate=True)
        view = process.view("BENCH")
        assert (view.volts, view.amps, view.mode, view.read_only) == (5.0, 0.0, "slow", 7)
        assert all(a.alarm.severity is Severity.NONE for a in bench.attributes.values())
        view.put(volts=3.0, mode="fast", readback=True)
        view.press = None
        assert (view.volts, bench.volts.setpoint, view.mode) == (3.0, 3.0, "fast")
        assert not bench.read_only.writable and bench.volts.writable


def test_a_motor_and_a_camera_run_in_virtual_time() -> None:
    """Ten minutes of exposure in no time, and the same again from the same seed."""

    def run(seed: int) -> tuple[object, ...]:
        with simulated(seed=seed) as sim:

            def main() -> tuple[object, ...]:
                with Process(backend=sim) as process:
                    process.add(Motor("X", "X"), simulate=True)
                    process.add(Camera("CAM", "CAM:"), simulate=True)
                    x, camera = process.view("X"), process.view("CAM")
                    where = x.move(2.0)
                    camera.configure(exposure=60.0, frames=10)
                    began = sim.clock.monotonic()
                    camera.run()
                    took = sim.clock.monotonic() - began
                    return round(where, 3), camera.state, camera.completed_steps, took > 599

            return sim.run(main)

    assert run(1) == (2.0, DState.Ready, 10, True)
    assert run(2) == run(2)


def test_a_behaviour_that_fails_is_seen() -> None:
    def broken(sim: Simulation) -> None:
        sim.next_put()
        raise RuntimeError("no such luck")

    class Broken(Device):
        x = PVAttribute(VInt(), "X", simulate=broken)

    with Process() as process:
        process.add(device := Broken("BROKEN"), simulate=True)
        process.view("BROKEN").x = 1
        eventually(lambda: device.x.alarm.severity is Severity.INVALID, "INVALID")
        assert device.x.alarm.message == "the simulation failed: RuntimeError: no such luck"


def test_a_behaviour_ends_with_its_device_and_moves_others() -> None:
    ended = []

    def ticking(sim: Simulation) -> None:
        try:
            while True:
                sim.wait(0.01)
                sim.update(sim.value + 1)
                if sim.value == 3:
                    sim.of("other").invalid("pulled out")
                if sim.value == 5:
                    sim.of("other").update(sim.value)
        finally:
            ended.append(True)

    class Ticking(Device):
        ticks = PVAttribute(VInt(), "X", simulate=ticking)
        other = PVAttribute(VInt(), "Y")

    with Process() as process:
        process.add(device := Ticking("TICKING"), simulate=True)
        eventually(lambda: device.other.alarm.message == "pulled out" or device.other.value == 5, "pulled out")
        eventually(lambda: device.other.value == 5, "plugged in")
        with pytest.raises(LookupError, match=r"TICKING\.nothing"):
            binding = device.ticks._binding
            binding.simulation.of("nothing")  # type: ignore[union-attr]  # a simulated one
        process.remove("TICKING")
        eventually(lambda: ended == [True], "the end of the behaviour")


def test_what_a_pv_declares() -> None:
    with pytest.raises(ValueError, match="rbv or rbv_suffix"):
        PV("X", rbv="Y", rbv_suffix="_RBV")
    with pytest.raises(ValueError, match="a query or a command"):
        Scpi(None)
    with pytest.raises(ValueError, match="above 0"):
        Scpi("X?", period=0)
    assert repr(Scpi("X?", "X {value}", period=0.5)) == "Scpi('X?', 'X {value}', period=0.5)"
    assert not Scpi("X?").writable and Scpi(None, "*RST").writable
