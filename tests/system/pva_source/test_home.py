"""Devices of another Process mounted over PVAccess: its server, our source, two programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Aborted, DeviceFailed, DState, Process, Severity
from macduff.sources import PvaDevice
from macduff.sources.pva.library import PVA
from macduff.values import VDouble
from tests.support import eventually
from tests.support.play import Client
from tests.system.tango_source.home import Home


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    home = Home("pva").start()
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    yield home
    home.kill()
    PVA.join(10.0)


def test_a_device_of_another_process(home: Home) -> None:
    with Process() as process:
        stage = PvaDevice("STAGE", "STAGE")
        process.add(stage)
        eventually(lambda: "position" in stage.fields and stage.health.value == "OK", "connected", 10.0)
        fields = stage.fields
        assert {"position", "mode", "trace", "home", "fail"} <= set(fields) and "abort_" not in fields
        position, view = stage.attributes["position"], process.view("STAGE")
        eventually(lambda: position.value == 1.0, "its value")
        vtype = VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4))
        eventually(lambda: position.vtype == vtype, "its type, with the limits of the set point's PV")
        view.put(position=4.5, mode="slow", readback=True)
        eventually(lambda: position.alarm.severity is Severity.MINOR, "its alarm")
        view.home()
        with pytest.raises(DeviceFailed, match="the stage is on fire"):
            view.fail()
        holding = Client(process).call("STAGE", "hold")
        eventually(lambda: stage.state.value is DState.Running, "its state")
        view.abort()
        assert holding.kind() == Aborted.kind
        eventually(lambda: stage.state.value is DState.Idle, "aborted there too")
        home.kill()
        eventually(lambda: stage.health.alarm.severity is Severity.INVALID, "its death", 5.0)
        home.start()
        eventually(lambda: view.position == 1.0 and stage.health.value == "OK", "its return", 5.0)
