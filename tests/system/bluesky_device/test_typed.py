"""MacduffDevice with type hints, in mock mode, and what is refused on connecting."""

from __future__ import annotations

from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.protocols import Flyable, Movable, Pausable
from bluesky.run_engine import call_in_bluesky_event_loop
from ophyd_async.core import (
    Command,
    NotConnectedError,
    SignalR,
    SignalRW,
    StrictEnum,
    TriggerableCommand,
    get_mock_execute,
    set_mock_value,
)

from macduff.bluesky import MacduffDevice
from macduff.client import Client
from tests.support import free_port
from tests.system.bluesky_device.home import Connect, Engine, each_way


class Stage(MacduffDevice):
    """A motor, for type checkers too."""

    position: SignalR[float]
    velocity: SignalRW[float]
    move: Command[[float], float]
    stop_: TriggerableCommand


class Camera(MacduffDevice):
    exposure: SignalRW[float]
    counter: SignalR[int]
    run: TriggerableCommand
    configure_: Command[[float], None]
    pause_: TriggerableCommand
    resume_: TriggerableCommand


class Health(StrictEnum):
    GOOD = "good"


class WrongType(MacduffDevice):
    position: SignalR[str]


class WrongAccess(MacduffDevice):
    position: SignalRW[float]


class WrongLabels(MacduffDevice):
    state: SignalR[Health]


class WrongKind(MacduffDevice):
    position: TriggerableCommand


class WrongName(MacduffDevice):
    positon: SignalR[float]


def connect_mock(cls: type[MacduffDevice], address: str) -> Any:
    device = cls(address, cls.__name__.lower())
    call_in_bluesky_event_loop(device.connect(mock=True))
    return device


@each_way
def test_a_typed_device_works_as_the_other(engine: Engine, connected: Connect, client: Client) -> None:
    x = connected("X", Stage)
    engine(bps.mv(x.velocity, 3.0, x, 0.1))
    assert client["X"].velocity == 3
    assert client["X"].position == 0.1
    assert {"acceleration", "low_limit"} <= {name for name, _ in x.children()}
    engine(bps.mv(x.velocity, 2.0))


@each_way
@pytest.mark.parametrize(
    "cls, says",
    [
        (WrongType, "position: expected str"),
        (WrongAccess, "position: expected one that can be put"),
        (WrongLabels, "state: expected Health"),
        (WrongKind, "position: expected a method"),
        (WrongName, "expected positon, got a device with .*position"),
    ],
)
def test_a_hint_that_the_device_does_not_bear_out_is_refused(connected: Connect, cls: Any, says: str) -> None:
    with pytest.raises((TypeError, NotConnectedError), match=says):
        connected("X", cls)


@pytest.mark.parametrize(
    "path, says",
    [("NOTHING", "NOTHING"), ("", "expected the name of a device"), ("A/B", "expected no path")],
)
def test_an_address_that_means_no_device_is_told(connected: Connect, path: str, says: str) -> None:
    with pytest.raises((ValueError, NotConnectedError), match=says):
        connected(path)


def test_a_server_that_is_not_there_is_told(engine: Engine) -> None:
    device = MacduffDevice(f"ws://127.0.0.1:{free_port()}/DET")
    with pytest.raises(NotConnectedError, match="DET"):
        call_in_bluesky_event_loop(device.connect())


def test_a_scheme_that_is_not_known_is_told(engine: Engine) -> None:
    with pytest.raises(ValueError, match=r"schemes are ws, .*, pva, tango"):
        call_in_bluesky_event_loop(MacduffDevice("gopher://localhost/DET").connect())


@pytest.mark.parametrize("address", ["ws://127.0.0.1:1/NOWHERE", "pva://NOWHERE", "tango://127.0.0.1:1/no/where/one"])
def test_in_mock_mode_a_typed_device_moves_and_runs_without_a_server(engine: Engine, address: str) -> None:
    x, camera = connect_mock(Stage, address), connect_mock(Camera, address)
    able = [[isinstance(device, kind) for kind in (Movable, Flyable, Pausable)] for device in (x, camera)]
    assert able == [[True, False, False], [False, True, True]]
    set_mock_value(camera.counter, 7)
    engine(bp.scan([camera], x, 1, 2, 2))
    assert engine.data("stage") == [1, 2]
    assert engine.data("camera-counter") == [7, 7]
    assert get_mock_execute(x.move).await_count == 2
    assert get_mock_execute(camera.run).await_count == 2
