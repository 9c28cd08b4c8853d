"""Whole Tango devices wrapped with no class written, in no database and in one."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest

from macduff import Aborted, BadValue, DeviceFailed, Disconnected, DState, NotFound, NotWriteable, Process, Severity
from macduff.config import read
from macduff.protocol.model import SEvent
from macduff.sources import TangoDevice, tango_device
from macduff.sources.tango.library import TANGO
from macduff.values import VArray, VDouble, VEnum, VInt, VString
from tests.support import eventually
from tests.support.play import Client
from tests.system.tango_source.server import DEVICE, Database, TangoProgram

# libtango keeps its connections to servers, and what its events come by, until the program ends
pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")
both = pytest.mark.parametrize("server", ["events", "plain"], indirect=True)


def fresh(device: TangoDevice) -> bool:
    """Every attribute but the one that the device cannot read is known."""
    sourced = [attribute for attribute in device.attributes.values() if attribute.source is not None]
    bad = [attribute.name for attribute in sourced if attribute.alarm.severity is Severity.INVALID]
    return len(sourced) > 3 and bad in ([], ["broken"])


@pytest.fixture
def wrapped(process: Process, server: TangoProgram) -> TangoDevice:
    device = TangoDevice("ONE", server.device, period=0.1)
    process.add(device)
    eventually(lambda: fresh(device), "all connected", 10.0)
    return device


@both
def test_attributes_and_commands_are_what_the_device_says(
    wrapped: TangoDevice, server: TangoProgram, caplog: pytest.LogCaptureFixture
) -> None:
    fields = wrapped.fields
    assert list(fields)[:3] == ["health", "state", "status"] and {"x", "MoveTo", "Stop", "Init"} <= set(fields)
    x = wrapped.attributes["x"]
    assert x.vtype == VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4), alarm=(-4.5, 4.5))
    assert (x.value, x.writable, x.label, x.description) == (1.0, True, "X", "Where it is")
    assert wrapped.attributes["count"].vtype == VInt(16)
    assert wrapped.attributes["mode"].value == "fast"
    assert wrapped.attributes["image"].vtype == VArray("uint16", ndim=2)
    assert not wrapped.attributes["image"].writable
    move = wrapped.methods["MoveTo"]
    assert (dict(move.takes), dict(move.returns)) == ({"argin": VDouble()}, {"return": VDouble()})
    assert "mm" in move.description
    mixed = wrapped.methods["Mixed"]
    assert dict(mixed.takes) == {"numbers": VArray("float64"), "texts": VArray(VString())}
    assert {name: vtype.name for name, vtype in mixed.returns.items()} == {"numbers": "VArray", "texts": "VArray"}


@both
def test_names_that_clash_get_an_underscore_and_what_has_no_type_is_left_out(
    wrapped: TangoDevice, caplog: pytest.LogCaptureFixture
) -> None:
    """Rule 34: Update and State are macduff's own names, and Door differs from the attribute door in case alone."""
    assert {"Update_", "Reset_", "State_", "Status_", "Door_"} <= set(wrapped.fields)
    assert isinstance(wrapped.methods["Door_"].returns["return"], VEnum)
    assert "state_names" not in wrapped.fields, "images of text have no type here"
    left_out = [record for record in caplog.get_records("setup") if record.levelno >= logging.WARNING]
    assert [record.getMessage().startswith("ONE: state_names is left out") for record in left_out] == [True]


@both
def test_puts_and_calls_go_there_with_its_verdicts(
    wrapped: TangoDevice, process: Process, server: TangoProgram
) -> None:
    view = process.view("ONE")
    assert view.MoveTo(3.0) == 6.0
    eventually(lambda: view.x == 3.0, "what the command did")
    view.put(x=2.25, text="né", readback=True)
    assert (view.x, view.text) == (2.25, "né")
    assert view.Lengths(["a", "bcd"]).tolist() == [1.0, 3.0] and view.Door_() == "CLOSE"
    mixed = view.Mixed([1.0, 2.0], ["a"])
    assert (mixed["numbers"].tolist(), mixed["texts"]) == ([2, 2], ("a",))
    with pytest.raises(DeviceFailed, match=r"ONE.MoveTo: ValueError: too far"):
        view.MoveTo(200.0)
    with pytest.raises(BadValue, match=r"ONE.MoveTo\(argin\): expected a number"):
        view.MoveTo("far")
    with pytest.raises(BadValue, match="expected a value from -5 to 5 mm"):
        view.x = 9.0
    with pytest.raises(NotWriteable):
        view.door = "CLOSE"
    with pytest.raises(NotFound, match="expected a method of ONE"):
        raise Client(process).call("ONE", "Nope").wait().error
    assert server.tell(commands=True) == ["MoveTo(3.0)", "MoveTo(200.0)"]


@both
def test_its_state_is_ours(wrapped: TangoDevice, server: TangoProgram) -> None:
    assert (wrapped.state.value, wrapped.status.value, wrapped.attributes["State_"].value) == (
        DState.Idle, "ready", "ON",
    )  # fmt: skip
    server.tell(state="MOVING", status="on its way")
    eventually(lambda: wrapped.state.value is DState.Running and wrapped.status.value == "on its way", "Running")
    server.tell(state="FAULT", status="it broke")
    eventually(lambda: wrapped.state.value is DState.Fault, "Fault")
    eventually(lambda: "FAULT: it broke" in wrapped.health.value, "why")
    assert wrapped.health.alarm.severity is Severity.MAJOR
    server.tell(state="ON")
    eventually(lambda: wrapped.state.value is DState.Idle and "FAULT" not in wrapped.health.value, "well again")


def test_abort_stops_it_and_ends_what_waits_here(wrapped: TangoDevice, process: Process, server: TangoProgram) -> None:
    """Rule 20: calls ended by an abort return Aborted; the device itself is told to Stop."""
    view, errors = process.view("ONE"), list[BaseException]()

    def sleep() -> None:
        try:
            view.Sleep(0.5)
        except Aborted as error:
            errors.append(error)

    sleeping = threading.Thread(target=sleep, name="sleeping")
    sleeping.start()
    eventually(lambda: server.tell(commands=True) == ["Sleep"], "the command under way")
    view.abort()
    sleeping.join(5.0)
    assert len(errors) == 1 and "ONE.Sleep was ended by abort" in str(errors[0])
    assert server.tell(commands=True) == ["Sleep", "Stop"]
    view.reset()
    assert server.tell(commands=True) == ["Sleep", "Stop", "Reset"]


def test_attributes_that_come_are_seen(wrapped: TangoDevice, process: Process, server: TangoProgram) -> None:
    class Inbox:
        def __init__(self) -> None:
            self.told = 0

        def put(self, item: tuple[object, ...]) -> None:
            self.told += item[0] is SEvent.Changes and "" in item[2]  # type: ignore[operator]  # the changes

    inbox = Inbox()
    listener = process.listen(inbox, "ONE")
    server.tell(grow=True)
    eventually(lambda: "extra" in wrapped.attributes and wrapped.attributes["extra"].value == 4.5, "the new one")
    eventually(lambda: inbox.told, "told to who listens")
    process.unlisten(listener)


def test_it_dies_and_comes_back_another(wrapped: TangoDevice, process: Process, server: TangoProgram) -> None:
    view = process.view("ONE")
    server.kill()
    eventually(lambda: wrapped.health.alarm.severity is Severity.INVALID, "INVALID", 5.0)
    assert wrapped.attributes["x"].alarm.severity is Severity.INVALID and "cannot be reached" in wrapped.health.value
    began = time.monotonic()
    with pytest.raises(Disconnected, match="is away"):
        view.MoveTo(1.0)
    assert time.monotonic() - began < 1.0
    server.start("other")
    eventually(lambda: "MoveTo" not in wrapped.fields and fresh(wrapped), "healed, another", 8.0)
    assert (view.x, wrapped.attributes["x"].vtype) == (40, VInt(units="um"))
    assert view.mode == "text" and wrapped.attributes["wave"].value == ("text", "now")
    eventually(lambda: wrapped.health.value == "OK", "well")


def test_a_device_in_a_database(caplog: pytest.LogCaptureFixture) -> None:
    """It need not have been defined when it was added."""
    with Database() as database, Process() as process:
        program = TangoProgram("events", database.host)
        device = tango_device(program.device, period=0.1)
        assert device.name == DEVICE.replace("/", ":")
        process.add(device)
        eventually(lambda: "not defined" in device.health.value, "the database's word", 10.0)
        database.register()
        with program:
            eventually(lambda: fresh(device), "connected", 10.0)
            assert process.view(device.name).MoveTo(2.0) == 4.0
            program.tell(push={"x": 3.5})
            eventually(lambda: device.attributes["x"].value == 3.5, "an event")
            program.kill()
            eventually(lambda: device.health.alarm.severity is Severity.INVALID, "INVALID", 5.0)
            program.start()
            eventually(lambda: fresh(device) and device.attributes["x"].value == 1.0, "healed", 8.0)
    TANGO.join(10.0)


def test_a_configuration_may_name_it(tmp_path: Path, server: TangoProgram) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(f"devices:\n  - {{class: TangoDevice, name: ONE, device: '{server.device}', period: 0.1}}\n")
    (plan,) = read(file).devices
    with Process() as process:
        device = plan.make({})
        process.add(device)
        assert isinstance(device, TangoDevice)
        eventually(lambda: fresh(device), "connected", 10.0)


@pytest.mark.parametrize("name", ["a/b", "a/b/c/d", "tango://127.0.0.1:1/a/b", ""])
def test_a_name_that_is_none_is_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match="expected domain/family/member"):
        TangoDevice("ONE", name)
