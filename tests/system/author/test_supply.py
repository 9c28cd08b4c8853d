"""The power supply of the documentation: SCPI over TCP, against an instrument in another process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.supply.supply import Output, Supply
from macduff import Attribute, BadValue, Disconnected, Process, Severity, TimedOut
from macduff.primitives import simulated
from tests.support import eventually
from tests.support.play import Client
from tests.system.bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.fixture
def process(bench: Bench) -> Iterator[Process]:
    """With the supply PSU, once everything was read from the instrument."""
    with Process() as process:
        process.add(Supply("PSU", bench.address))
        eventually(lambda: not invalid(process), "everything read")
        yield process


def invalid(process: Process) -> list[str]:
    """What is not known of the instrument."""
    return [
        f"{device.name}.{attribute.name}: {attribute.alarm.message}"
        for device in process.devices.values()
        for attribute in device.attributes.values()
        if attribute.alarm.severity is Severity.INVALID
    ]


def output(process: Process, number: int = 1) -> Output:
    found = process.devices[f"PSU:OUT{number}"]
    assert isinstance(found, Output)
    return found


def volts(bench: Bench, number: int = 1) -> list[float]:
    """The set points that the instrument was sent, in order."""
    lines = [line for line in bench.log() if line.startswith("VOLT ") and line.endswith(f"(@{number})")]
    return [float(line.split()[1].split(",")[0]) for line in lines]


def test_one_class_many_outputs_each_with_its_own_lines(process: Process, bench: Bench) -> None:
    """`{n}` is the constructor's argument; the outputs share one wire."""
    assert process.view("PSU").identity == "ACME,Supply,42,1.0"
    process.view("PSU:OUT2").voltage = 5.0
    process.view("PSU:OUT2").on = True
    eventually(lambda: output(process, 2).measured.value == 5.0, "the second output measured")
    assert output(process, 1).measured.value == 0.0
    assert "VOLT 5.0,(@2)" in bench.log()
    assert bench.order()["connections"] == 1


def test_a_ramp_goes_in_steps_and_returns_what_is_measured(process: Process, bench: Bench) -> None:
    view = process.view("PSU:OUT1")
    view.on = True
    measured = view.ramp(2.5, rate=10.0)
    sent = volts(bench)
    assert sent == pytest.approx([1.0, 2.0, 2.5])
    assert measured == 2.5, "what was measured at the end, not on the way"
    assert view.ramp(1.0, rate=10.0) == 1.0
    assert volts(bench) == pytest.approx([1.5, 1.0])


def test_what_is_beyond_the_limits_is_refused_and_nothing_is_sent(process: Process, bench: Bench) -> None:
    """Rule 31; design 4: control limits refuse."""
    view = process.view("PSU:OUT1")
    with pytest.raises(BadValue, match=r"PSU:OUT1\.voltage: expected a value from 0 to 30 V, got 31"):
        view.voltage = 31.0
    with pytest.raises(BadValue, match=r"PSU:OUT1\.ramp\(rate\): expected a value from 0\.01 to 10 V/s, got 0"):
        view.ramp(1.0, rate=0.0)
    with pytest.raises(BadValue, match=r"PSU:OUT1\.ramp\(target\): expected a value from 0 to 30 V, got 50"):
        view.ramp(50.0, rate=2.0)
    assert volts(bench) == []


def test_the_instrument_of_the_example_says_when_its_port_is_taken(bench: Bench) -> None:
    port = bench.address.rpartition(":")[2]
    script = Path(__file__).parents[3] / "examples/supply/instrument.py"
    done = subprocess.run([sys.executable, script, port], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr.startswith(f"port {port}: Address already in use; another one: ")
    assert done.stderr.count("\n") == 1


def test_an_abort_ends_a_ramp_where_it_is(process: Process, bench: Bench) -> None:
    """Rules 20, 21: not one line more after the abort."""
    client = Client(process)
    ramp = client.call("PSU:OUT1", "ramp", target=30.0, rate=5.0)
    eventually(lambda: output(process).voltage.value > 0.5, "the ramp under way")
    assert client.call("PSU:OUT1", "abort").kind() == "ok"
    assert ramp.kind() == "Aborted"
    lines = bench.log()[:0]
    while sum(line.startswith("MEAS") for line in lines) < 4:  # four polls of two outputs: 0.4 s
        time.sleep(0.05)
        lines += bench.log()
    assert not any(line.startswith("VOLT ") for line in lines)


def test_all_off(process: Process, bench: Bench) -> None:
    for number in (1, 2):
        process.view(f"PSU:OUT{number}").on = True
    bench.log()
    process.view("PSU").all_off()
    assert [line for line in bench.log() if line.startswith("OUTP ")] == ["OUTP 0,(@1)", "OUTP 0,(@2)"]
    assert not output(process, 1).on.value
    assert not output(process, 2).on.value


def test_an_instrument_that_goes_away_is_seen_and_comes_back_by_itself(process: Process, bench: Bench) -> None:
    """Design 8: INVALID with the reason; it heals alone."""
    bench.order(listen=False)
    eventually(lambda: len(invalid(process)) >= 7, "all attributes INVALID")
    assert bench.address in "".join(invalid(process))
    with pytest.raises((Disconnected, TimedOut)):
        process.view("PSU:OUT1").ramp(1.0, rate=10.0)
    bench.order(set=["VOLT", 1, "4.5"])
    bench.order(listen=True)
    eventually(lambda: not invalid(process), "all attributes valid again", 10.0)
    assert output(process).voltage.value == 4.5


def test_a_lost_reply_is_an_error_of_the_ramp_and_the_next_one_works(process: Process, bench: Bench) -> None:
    view = process.view("PSU:OUT1")
    bench.faults(only="^VOLT", drop=1.0, times=1)
    with pytest.raises((Disconnected, TimedOut)):
        view.ramp(1.0, rate=10.0)
    eventually(lambda: not invalid(process), "the wire back", 10.0)
    view.ramp(0.5, rate=10.0)
    assert output(process).voltage.value == 0.5


def test_without_an_instrument_every_attribute_has_its_twin() -> None:
    """`simulate: true`; and half an hour's ramp on the simulated backend takes no time."""

    def main() -> float:
        with Process(backend=backend) as process:
            process.add(Supply("PSU", "127.0.0.1:1"), simulate=True)
            began = backend.clock.monotonic()
            process.view("PSU:OUT1").ramp(18.0, rate=0.01)
            voltage: Attribute[float] = output(process).voltage
            assert (voltage.value, voltage.setpoint, invalid(process)) == (18.0, 18.0, [])
            return backend.clock.monotonic() - began

    backend = simulated(seed=1)
    with backend:
        assert backend.run(main) >= 1799.0
