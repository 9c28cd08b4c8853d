"""Whole devices wrapped by their PVI, with no class written."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from macduff import BadValue, Disconnected, DState, NotWriteable, Process, Severity
from macduff.config import read
from macduff.sources import PvaDevice, pva_device
from macduff.values import VArray, VDouble, VEnum, VInt, VString
from tests.support import eventually
from tests.system.pva_source.server import PvaProgram


def fresh(device: PvaDevice) -> bool:
    return len(device.attributes) > 3 and all(
        a.alarm.severity is not Severity.INVALID for a in device.attributes.values()
    )


@pytest.fixture
def wrapped(process: Process, server: PvaProgram) -> PvaDevice:
    device = PvaDevice("ONE", server.prefix)
    process.add(device)
    eventually(lambda: fresh(device) and device.attributes["x"].setpoint == 3.0, "all connected", 10.0)
    return device


def test_attributes_and_methods_are_what_the_pvi_lists(
    wrapped: PvaDevice, server: PvaProgram, caplog: pytest.LogCaptureFixture
) -> None:
    fields = wrapped.fields
    assert list(fields) == [
        "health", "state", "status", "x", "state_", "mode", "image", "sub_i", "sub_names", "abort", "reset", "go",
    ]  # fmt: skip
    x = wrapped.attributes["x"]
    assert (x.value, x.setpoint, x.writable) == (2.5, 3.0, True)
    assert x.vtype == VDouble(units="mm", precision=3, display=(-10, 10), control=(0, 5), warning=(-4, 4))
    assert x.time == 1_700_000_000_250_000_000
    assert wrapped.attributes["mode"].vtype == VEnum(["slow", "fast"])
    assert wrapped.attributes["image"].vtype == VArray("uint16", ndim=2)
    assert wrapped.attributes["sub_i"].vtype == VInt(32)
    assert wrapped.attributes["sub_names"].vtype == VArray(VString())
    assert not wrapped.attributes["state_"].writable, "no state of macduff's: a name with an underscore"
    assert (wrapped.state.value, wrapped.health.value) == (DState.Idle, "OK")
    assert dict(wrapped.methods["go"].takes) == {}
    warned = [record.getMessage() for record in caplog.get_records("setup") if record.levelno >= logging.WARNING]
    assert sorted(text.split(" is left out")[0] for text in warned) == ["ONE: odd", "ONE: wrong"]


def test_puts_and_calls_go_there_with_its_verdicts(wrapped: PvaDevice, process: Process, server: PvaProgram) -> None:
    view = process.view("ONE")
    view.put(mode="slow", sub_i=-3, readback=True)
    assert (view.mode, view.sub_i) == ("slow", -3)
    view.x = 4.0
    assert server.tell(took="X") == ["4.0"]
    view.go()
    assert server.tell(took="FLAG") == ["True"]
    with pytest.raises(BadValue, match="expected a value from 0 to 5 mm"):
        view.x = 6.0
    with pytest.raises(NotWriteable):
        view.state_ = "slow"
    view.abort()  # the device has nothing that stops it: nothing happens


def test_another_list_of_pvs_is_another_device(wrapped: PvaDevice, process: Process, server: PvaProgram) -> None:
    prefix = server.prefix
    server.tell(pvi={
        "x": {"rw": f"{prefix}I"}, "Stop": {"x": f"{prefix}FLAG"}, "text": {"r": f"{prefix}TEXT"},
        "reset": {"x": f"{prefix}I"},
    })  # fmt: skip
    eventually(lambda: "text" in wrapped.fields and "mode" not in wrapped.fields, "the new members")
    view = process.view("ONE")
    eventually(lambda: getattr(view, "x", None) == 7, "the same name, another PV")
    eventually(lambda: fresh(wrapped), "all connected")
    view.abort()
    assert server.tell(took="FLAG") == ["True"], "abort sets off Stop"
    view.reset()
    assert server.tell(took="I") == ["1"]


def test_a_list_that_goes_and_comes_back_the_same(wrapped: PvaDevice, process: Process, server: PvaProgram) -> None:
    """Its PVs were there all the time; they are INVALID only as long as the list is not."""
    changes: list[object] = []

    class Inbox:
        def put(self, item: tuple[object, ...]) -> None:
            changes.append(item)

    inbox = Inbox()
    listener = process.listen(inbox, "ONE", "mode", every=True)
    server.tell(again=True)
    eventually(lambda: changes, "INVALID")
    eventually(lambda: fresh(wrapped) and wrapped.health.value == "OK", "healed", 10.0)
    assert process.view("ONE").mode == "fast"
    process.unlisten(listener)


def test_it_dies_and_comes_back(wrapped: PvaDevice, process: Process, server: PvaProgram) -> None:
    view = process.view("ONE")
    server.kill()
    eventually(lambda: wrapped.health.alarm.severity is Severity.INVALID, "INVALID", 5.0)
    assert "disconnected" in wrapped.health.value
    began = time.monotonic()
    with pytest.raises(Disconnected, match="is away"):
        view.go()
    assert time.monotonic() - began < 1.0
    server.start()
    eventually(lambda: fresh(wrapped) and wrapped.health.value == "OK", "healed", 20.0)
    view.go()
    assert server.tell(took="FLAG") == ["True"]


def test_what_is_no_pvi_says_so(process: Process, server: PvaProgram) -> None:
    server.tell(pvi={"no": {"r": f"{server.prefix}NONE"}})
    device = pva_device(server.prefix)
    assert device.name == server.prefix.removesuffix(":")
    process.add(device)
    eventually(lambda: device.health.value == "OK", "a device of nothing", 10.0)
    other = pva_device(f"{server.prefix}X", "OTHER")
    process.add(other)
    assert other.health.alarm.severity is Severity.INVALID, "there is no such PV"


def test_a_configuration_may_name_it(tmp_path: Path, server: PvaProgram) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(f"devices:\n  - {{class: PvaDevice, name: ONE, prefix: '{server.prefix}'}}\n")
    (plan,) = read(file).devices
    with Process() as process:
        device = plan.make({})
        process.add(device)
        assert isinstance(device, PvaDevice)
        eventually(lambda: fresh(device), "connected", 10.0)
