"""A power supply on a wire: another process that splits, delays, merges and drops its replies."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

from macduff import (
    Aborted,
    Attribute,
    BadValue,
    Device,
    Disconnected,
    Process,
    Scpi,
    Severity,
    Tcp,
    TimedOut,
    VDouble,
    VInt,
    VString,
    idle_task,
)
from macduff.core.family import family
from macduff.protocol.model import SEvent
from macduff.values import Reading
from tests.support import eventually, free_port, random_name
from tests.system.bench import Bench
from tests.system.sources.conftest import on_all_backends
from tests.system.sources.supply import Mixed, Supply


def good(device: Device) -> bool:
    """Whether every attribute that is read from the instrument is valid."""
    return all(
        attribute.alarm.severity is not Severity.INVALID
        for attribute in device.attributes.values()
        if isinstance(attribute.source, Scpi) and attribute.source.query is not None
    )


def supply(process: Process, bench: Bench, **options: Any) -> Supply:
    device = Supply(random_name("PSU"), bench.address, **options)
    process.add(device)
    eventually(lambda: all(good(member) for member in family(device)), "all queries answered")
    return device


def readings(process: Process, device: Device, name: str = "") -> SimpleQueue[Any]:
    queue: SimpleQueue[Any] = SimpleQueue()
    process.listen(queue, device.name, name, every=True)
    return queue


def drained(queue: SimpleQueue[Any]) -> list[tuple[str, Reading]]:
    found = []
    while not queue.empty():
        item = queue.get()
        assert item[0] is SEvent.Changes, item
        found += [(name, change) for name, change in item[2].items() if isinstance(change, Reading)]
    return found


@on_all_backends
def test_the_supply_of_the_documentation(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    view, first = process.view(psu.name), process.view(f"{psu.name}:OUT1")
    assert view.identity == "ACME,Supply,42,1.0"
    assert view.name_plate == 'bench "A"'
    assert view.wave[:3].tolist() == [1.0, 2.5, -3.0] and view.wave[3] != view.wave[3]
    assert (first.voltage, first.on, first.mode) == (0.0, False, "CV")
    first.voltage, first.on, first.mode = 5.0, True, "CC"
    assert (first.voltage, first.on, first.mode) == (5.0, True, "CC")
    assert first.attributes["voltage"].setpoint == 5.0
    eventually(lambda: first.measured == 5.0, "the measured voltage follows")
    assert process.view(f"{psu.name}:OUT2").measured == 0.0
    first.ramp(7.0, 10.0)
    assert first.voltage == 7.0
    view.name_plate = 'rack "B"; *RST'
    assert view.name_plate == 'rack "B"; *RST'
    view.all_off()
    assert first.on is False
    with pytest.raises(BadValue, match="0 to 30 V"):
        first.voltage = 31.0
    assert bench.order()["overlaps"] == 0


def test_a_command_is_confirmed_by_its_query_before_the_put_is_done(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    bench.log()
    process.view(f"{psu.name}:OUT2").voltage = 3.25
    log = bench.log()
    at = log.index("VOLT 3.25,(@2)")
    assert log[at + 1] == "VOLT? (@2)"  # nothing of anybody else's in between, although polls are due all the time


def test_the_front_panel_is_seen_by_polling(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    bench.order(set=["OUTP", 2, "1"])
    bench.order(set=["VOLT", 2, "4.5"])
    out2 = process.devices[f"{psu.name}:OUT2"]
    eventually(lambda: out2.attributes["measured"].value == 4.5, "a poll that sees the front panel")
    assert out2.attributes["voltage"].value == 0.0  # no period: asked when connecting and after its own command


@on_all_backends
def test_exchanges_never_overlap(process: Process, bench: Bench) -> None:
    """However many ask at once, a line is sent only after the reply to the one before."""
    psu = supply(process, bench)
    view = process.view(psu.name)
    bench.faults(slow=0.2, seconds=0.002)

    def ask(n: int) -> bool:
        return all(int(view.ask_meanwhile(f"MARK? (@{n})")) // 1_000_000 == n for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(1, 9)))
    assert bench.order()["overlaps"] == 0
    assert bench.order()["connections"] == 1


@pytest.mark.parametrize("fault", ["split", "slow", "late", "merge", "drop", "garbage", "nonsense", "double", "close"])
def test_no_reply_is_taken_for_another_querys(process: Process, bench: Bench, fault: str) -> None:
    """Each answer says to which query it belongs; whatever goes wrong, none is shown as another's, and all heal."""
    harmless = fault in ("split", "slow")  # in time, so nothing is suspect
    device = Mixed(random_name("MIX"), bench.address, period=0.01, timeout=2.0 if harmless else 0.05)
    process.add(device)
    eventually(lambda: good(device), "all queries answered")
    heard = readings(process, device)
    bench.faults(**{fault: 0.05, "seconds": 0.01 if harmless else 0.08, "seed": 1})
    eventually(lambda: heard.qsize() > 400, "some hundred replies")
    bench.faults()
    before = time.time_ns()
    eventually(
        lambda: all(a.time > before and good(device) for a in device.attributes.values() if a.source is not None),
        "all values new and valid",
        timeout=20.0,
    )
    found = [(name, reading) for name, reading in drained(heard) if name.startswith("mark")]
    for name, reading in found:
        assert reading.value // 1_000_000 == int(name[4:]), (name, reading)
    assert bench.order()["overlaps"] == 0
    if harmless:
        assert bench.order()["connections"] == 1
        assert all(reading.alarm.severity is not Severity.INVALID for _, reading in found)
    else:
        assert bench.order()["connections"] > 1
        reasons = {reading.alarm.message for _, reading in found if reading.alarm.severity is Severity.INVALID}
        assert reasons and all(bench.address in reason or "MARK?" in reason for reason in reasons)


def test_leftovers_of_an_adapter_are_settled(process: Process, bench: Bench) -> None:
    """An adapter to a serial line sends a late reply to whoever is connected then: settle lets it pass."""
    psu = supply(process, bench, timeout=0.1, settle=0.2)
    bench.faults(only="LABEL", late_elsewhere=1.0, times=1, seconds=0.15)
    with pytest.raises(TimedOut, match=r"'LABEL\?'"):
        psu_view = process.view(psu.name)
        psu_view.ask("LABEL?")
    assert process.view(psu.name).ask("*IDN?") == "ACME,Supply,42,1.0"
    assert bench.order()["connections"] == 2


def test_what_comes_unasked_is_not_the_next_reply(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    view = process.view(psu.name)
    bench.order(say="3.14159")
    assert view.ask("*IDN?") == "ACME,Supply,42,1.0"
    view.tell("BABBLE")
    eventually(lambda: "BABBLE" in bench.log(), "the babble")
    eventually(lambda: bench.order()["connections"] > 1, "a new connection")
    assert view.ask("*IDN?") == "ACME,Supply,42,1.0"


def test_a_time_out_is_invalid_with_the_query_and_heals(process: Process, bench: Bench) -> None:
    psu = supply(process, bench, timeout=0.1)
    out1 = process.devices[f"{psu.name}:OUT1"]
    heard = readings(process, out1)
    bench.faults(only=r"MEAS:VOLT\? \(@1\)", drop=1.0, times=1)
    measured = out1.attributes["measured"]
    eventually(lambda: measured.alarm.severity is Severity.INVALID, "INVALID")
    assert "'MEAS:VOLT? (@1)'" in measured.alarm.message and "within 0.1 s" in measured.alarm.message
    assert measured.value == 0.0  # the last value stays
    eventually(lambda: measured.alarm.severity is Severity.NONE, "healed")
    others = [reading for name, reading in drained(heard) if name in ("voltage", "on", "mode")]
    assert all(reading.alarm.severity is Severity.NONE for reading in others)  # the others were never in doubt


def test_a_query_that_is_never_answered_does_not_hold_up_the_others(process: Process, bench: Bench) -> None:
    class Deaf(Device):
        fine = Attribute(VInt(), source=Scpi("MARK? (@1)", period=0.02))
        deaf = Attribute(VDouble(), source=Scpi("NOTHING?", period=0.02))

    device = Deaf(random_name("DEAF"), wire=Tcp(bench.address, timeout=0.1))
    process.add(device)
    eventually(lambda: device.fine.alarm.severity is Severity.NONE, "an answer")
    heard = readings(process, device, "fine")
    eventually(lambda: heard.qsize() > 40 and device.deaf.alarm.severity is Severity.INVALID, "replies in between")
    found = drained(heard)
    assert all(reading.alarm.severity is Severity.NONE for _, reading in found)
    assert "NOTHING?" in device.deaf.alarm.message


def test_garbage_is_invalid_and_names_the_query(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    measured = process.devices[f"{psu.name}:OUT1"].attributes["measured"]
    bench.faults(only=r"MEAS:VOLT\? \(@1\)", nonsense=1.0, times=1)
    eventually(lambda: measured.alarm.severity is Severity.INVALID, "INVALID")
    message = measured.alarm.message
    assert message == f"{psu.name}:OUT1.measured (MEAS:VOLT? (@1)): expected a number (float64), got 'NONSENSE'"
    eventually(lambda: measured.alarm.severity is Severity.NONE, "healed")


def test_a_reply_without_end_costs_a_bounded_memory(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    with pytest.raises(BadValue, match="at most 1048576 bytes"):
        process.view(psu.name).ask("ENDLESS?")
    assert process.view(psu.name).ask("*IDN?") == "ACME,Supply,42,1.0"


def test_away_and_back(process: Process, bench: Bench) -> None:
    """A lost instrument: INVALID with the reason, puts fail at once, and all heals alone."""
    psu = supply(process, bench)
    out1 = process.devices[f"{psu.name}:OUT1"]
    process.view(out1.name).voltage = 2.0
    bench.order(listen=False)
    eventually(lambda: "Connection refused" in out1.attributes["voltage"].alarm.message, "INVALID with the reason")
    assert bench.address in psu.identity.alarm.message and psu.identity.value == "ACME,Supply,42,1.0"
    began = time.monotonic()
    with pytest.raises(Disconnected, match="Connection refused"):
        process.view(out1.name).voltage = 3.0
    with pytest.raises(Disconnected, match="Connection refused"):
        process.view(psu.name).ask("*IDN?")
    assert time.monotonic() - began < 0.5
    bench.order(set=["VOLT", 1, "2.5"], listen=True)
    eventually(lambda: all(good(member) for member in family(psu)), "healed", timeout=10.0)
    assert out1.attributes["voltage"].value == 2.5  # asked anew


def test_started_before_the_instrument(process: Process) -> None:
    port = free_port()
    psu = Supply(random_name("PSU"), f"127.0.0.1:{port}")
    process.add(psu)
    eventually(lambda: "refused" in psu.identity.alarm.message, "INVALID with the reason")
    with Bench(2, "--port", str(port)):
        eventually(lambda: psu.identity.value.startswith("ACME"), "an identity", timeout=10.0)
        process.remove(psu.name)


@on_all_backends
def test_an_exchange_lets_others_in(process: Process, bench: Bench) -> None:
    """Rule 8: an exchange on a wire releases the device's lock."""
    psu = supply(process, bench)
    view = process.view(psu.name)
    bench.faults(only="LABEL", slow=1.0, seconds=0.4)
    ended: list[str] = []
    slow = threading.Thread(target=lambda: ended.append(view.ask_meanwhile("LABEL?")), name="slow")
    slow.start()
    eventually(lambda: "LABEL?" in bench.log(), "the query")
    began = time.monotonic()
    view.where()
    assert time.monotonic() - began < 0.2 and not ended
    slow.join()
    assert ended == ['"bench ""A"""']


@on_all_backends
def test_abort_ends_a_wait_for_a_reply(process: Process, bench: Bench) -> None:
    psu = supply(process, bench, timeout=5.0)
    view = process.view(psu.name)
    bench.faults(only="LABEL", drop=1.0)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            view.ask("LABEL?")
        except Aborted as error:
            errors.append(error)

    asking = threading.Thread(target=ask, name="asking")
    asking.start()
    eventually(lambda: "LABEL?" in bench.log(), "the query")
    began = time.monotonic()
    view.abort()
    asking.join()
    assert len(errors) == 1 and time.monotonic() - began < 1.0


@on_all_backends
def test_exchanges_in_do_connect_and_in_idle_tasks(process: Process, bench: Bench) -> None:
    class Asking(Device):
        mark = Attribute(VInt(), source=Scpi("MARK? (@1)"))
        connected = Attribute(VString(), "")
        count = Attribute(VInt(), 0)

        def do_connect(self) -> None:
            self.connected.update(self.connected.value + self.wire.exchange("*IDN?"))

        @idle_task(period=0.02)
        def look(self) -> None:
            self.count.update(int(self.wire.exchange("COUNT?")))

    device = Asking(random_name("ASKING"), wire=Tcp(bench.address))
    process.add(device)
    eventually(lambda: device.count.value > 5, "some looks")
    assert device.connected.value == "ACME,Supply,42,1.0"  # at the first attempt
    assert device.health.value == "OK"


def test_commands_that_are_answered(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    view = process.view(psu.name)
    view.acked = 7
    assert view.acked == 7
    with pytest.raises(BadValue, match=r"expected the answer 'DONE', got 'OK'"):
        view.unacked = 7
    assert view.ask("*IDN?") == "ACME,Supply,42,1.0"


def test_a_slow_instrument_builds_no_backlog(process: Process, bench: Bench) -> None:
    """Twenty queries every 10 ms to an instrument that needs 20 ms for each; a put still comes through, and soon."""
    device = Mixed(random_name("MIX"), bench.address, period=0.01, timeout=1.0)
    device.add_attribute("label_text", Attribute(VString(), source=Scpi("LABEL?", "LABEL {value:q}")))
    process.add(device)
    eventually(lambda: good(device), "all queries answered")
    heard = readings(process, device)
    bench.faults(slow=1.0, seconds=0.02)
    eventually(lambda: heard.qsize() > 25, "a while")
    bench.log()
    process.view(device.name).label_text = "urgent"
    between = bench.log()
    assert between.index('LABEL "urgent"') < 20  # not behind the 20 queries that are due
    eventually(lambda: heard.qsize() > 50, "a while")
    asked = [line for line in bench.log() if line.startswith("MARK")]
    counts = [asked.count(f"MARK? (@{n})") for n in range(1, 21)]
    assert max(counts) - min(counts) <= 1  # fair: nobody twice before all had their turn


def test_carriage_returns(process: Process) -> None:
    with Bench(1, "--crlf") as bench:

        class Simple(Device):
            identity = Attribute(VString(), source=Scpi("*IDN?"))

        strict = Simple(random_name(), wire=Tcp(bench.address, terminator="\r\n"))
        process.add(strict)
        eventually(lambda: strict.identity.value == "ACME,Supply,42,1.0", "an identity")
        process.remove(strict.name)
        process.add(lax := Simple(random_name(), wire=Tcp(bench.address, send_terminator="\r\n")))
        eventually(lambda: lax.identity.value == "ACME,Supply,42,1.0", "an identity")


def test_a_removed_device_lets_go_of_the_instrument(process: Process, bench: Bench) -> None:
    psu = supply(process, bench)
    process.remove(psu.name)
    eventually(lambda: not any(t.name.startswith("macduff wire") for t in threading.enumerate()), "no thread left")
    with pytest.raises(Disconnected, match="closed"):
        psu.wire.exchange("*IDN?")
    again = supply(process, bench)
    assert process.view(again.name).ask("*IDN?") == "ACME,Supply,42,1.0"


@on_all_backends
def test_simulated(process: Process) -> None:
    psu = Supply("PSU", "192.0.2.1:5025")
    process.add(psu, simulate=True)
    output = process.view("PSU:OUT1")
    output.voltage = 3.0
    assert output.voltage == 3.0
    output.ramp(5.0, 10.0)
    assert output.voltage == 5.0
    with pytest.raises(Disconnected, match="simulated"):
        process.view("PSU").ask("*IDN?")
    assert not any(t.name.startswith("macduff wire") for t in threading.enumerate())


def test_a_source_without_a_wire_is_refused(process: Process) -> None:
    class Wireless(Device):
        identity = Attribute(VString(), source=Scpi("*IDN?"))

    with pytest.raises(TypeError, match=r"expected a device with a wire, such as .*Tcp\(address\)"):
        process.add(Wireless("X"))
