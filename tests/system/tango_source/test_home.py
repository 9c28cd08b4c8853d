"""Devices of another Process mounted over Tango: its server, our source, two programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from macduff import Aborted, DeviceFailed, DState, Process, Severity
from macduff.sources import TangoDevice
from macduff.sources.tango.library import TANGO
from macduff.values import VDouble
from tests.support import eventually
from tests.support.play import Client
from tests.system.tango_source.home import Home

# libtango keeps its connections to servers, and what its events come by, until the program ends
pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


@pytest.fixture
def home() -> Iterator[Home]:
    home = Home("tango").start()
    yield home
    home.kill()
    TANGO.join(10.0)


def test_a_device_of_another_process(home: Home) -> None:
    with Process() as process:
        stage = TangoDevice("STAGE", f"{home.address}/hutch/macduff/stage#dbase=no", period=0.2)
        process.add(stage)
        eventually(lambda: "position" in stage.fields and stage.health.value == "OK", "connected", 10.0)
        fields = stage.fields
        assert {"position", "mode", "trace", "home", "fail", "scale"} <= set(fields) and "abort_" not in fields
        position, view = stage.attributes["position"], process.view("STAGE")
        eventually(lambda: position.value == 1.0, "its value")
        assert position.vtype == VDouble(units="mm", precision=3, control=(-5, 5), warning=(-4, 4))
        view.put(position=4.5, mode="slow", readback=True)
        eventually(lambda: position.alarm.severity is Severity.MINOR, "its alarm")
        assert view.scale(2.0) == 9.0 and view.home() is None
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
