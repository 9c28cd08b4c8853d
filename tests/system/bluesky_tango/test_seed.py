"""The lines of code of the document that Tango devices in plans began with: each runs, against a real Tango server."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import tango
from bluesky import plan_stubs as bps
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from ophyd_async.core import NotConnectedError, Signal

from macduff.bluesky import (
    CommsConnector,
    ConnectSimilarlyNamed,
    TangoAttrR,
    TangoAttrRW,
    TangoAttrW,
    TangoComm,
    TangoCommand,
    TangoMotor,
    TangoPipeR,
    TangoPipeRW,
    TangoPipeW,
    TangoSingleAttributeDevice,
    TangoSingleCommandDevice,
    make_tango_signals,
    tango_connector,
    tango_motor,
)
from tests.system.bluesky_tango.server import MOTORS, MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class TangoMotorComm(TangoComm):
    """`class TangoMotorComm(TangoComm):` with `position: TangoAttrRW` and so on, line for line."""

    position: TangoAttrRW
    velocity: TangoAttrRW
    state: TangoAttrRW
    stop: TangoCommand


class Scheduled(TangoMotorComm):
    """Notes who connects it."""

    calls: ClassVar[list[str]] = []

    async def connect(self, *args: Any, **kwargs: Any) -> None:
        self.calls.append("connect")
        await super().connect(*args, **kwargs)


@tango_connector
async def connect_scheduled(comm: Scheduled, proxy: Any) -> None:
    comm.calls.append("connector")
    comm.state.warns_read_only = False
    await ConnectSimilarlyNamed(comm, proxy)


def test_the_signals_are_made_and_not_connected() -> None:
    """`motor_comm.position` of type TangoAttrRW; "instantiates (not connects)"."""
    motor_comm = TangoMotorComm("test/motor/one")
    assert motor_comm.dev_name == "test/motor/one"
    assert {name: type(signal) for name, signal in make_tango_signals(motor_comm).items()} == {
        "position": TangoAttrRW, "velocity": TangoAttrRW, "state": TangoAttrRW, "stop": TangoCommand,
    }  # fmt: skip
    assert not motor_comm.connected


def test_without_a_device_name_there_is_no_comm() -> None:
    """`TangoMotorComm()` is prose: "inherits self.dev_name from an argument passed to it"."""
    with pytest.raises(TypeError, match="dev_name"):
        TangoMotorComm()  # type: ignore[call-arg]  # what is refused


def test_the_comm_of_the_document_is_a_motor(server: MotorProgram, run_engine: RunEngine) -> None:
    """`CommsConnector()` as a context manager around the comm and its device; "upon exit the connect method is called".

    `state: TangoAttrRW` on the read-only State connects, with one warning, and refuses a put.
    """
    with pytest.warns(UserWarning) as warned, CommsConnector():
        motor_comm = TangoMotorComm(server.device())
        motor = TangoMotor(motor_comm, "motor")  # type: ignore[arg-type]  # a comm with the same hints
        before = motor_comm.connected
    assert not before
    assert len(warned) == 1 and "State" in str(warned[0].message)
    assert motor_comm.connected
    for name, signal in motor_comm.signals.items():
        assert (signal.proxy, signal.dev_name) == (motor_comm.position.proxy, server.device())
        assert signal.signal_name == name.capitalize()
    run_engine(bps.mv(motor, 2.5))
    assert call_in_bluesky_event_loop(motor_comm.position.get_value()) == 2.5
    with pytest.raises(Exception, match="State"):
        call_in_bluesky_event_loop(motor_comm.state.put("ON"))


def test_the_comm_is_connected_by_its_connector(server: MotorProgram, run_engine: RunEngine) -> None:
    """It "finds the connector method needed to connect all the signals belonging to the Comm and schedules the
    connection with the CommsConnector"; "upon exit from the CM the Comm's connect method gets called".
    """
    Scheduled.calls.clear()
    with CommsConnector():
        motor_comm = Scheduled(server.device())
        assert motor_comm.calls == []
    assert motor_comm.calls == ["connect", "connector"] and motor_comm.connected


async def test_connecting_reads_attributes_and_looks_commands_up(server: MotorProgram) -> None:
    """It "verifies that the signal is available by attempting to read from it via the DeviceProxy", or "exists in the
    list of the commands belonging to the device, provided by the self.proxy.get_command_list() method".
    """
    reads, stops, position, stop = TangoAttrR(int), TangoAttrR(int), TangoAttrRW(), TangoCommand()
    await reads.connect(server.device(), "Reads")
    await stops.connect(server.device(), "Stops")
    before = (await reads.get_value(), await stops.get_value())
    await position.connect(server.device(), "Position")
    await stop.connect(server.device(), "Stop")
    assert (await reads.get_value(), await stops.get_value()) == (before[0] + 1, before[1])
    assert stop.signal_name in stop.proxy.get_command_list()
    assert isinstance(stop.proxy, tango.DeviceProxy)
    assert stop.proxy.get_green_mode() == tango.GreenMode.Asyncio


def test_what_plans_call(server: MotorProgram, run_engine: RunEngine) -> None:
    """`read()`, `describe()`, "and for movable devices: set()"; "the hostname and port of the Tango Device Server that
    the device is hosted on" are in "the "source" field of each entry in the TangoDevice describe() method dictionary".
    """
    with CommsConnector():
        motor = tango_motor(server.device(), "motor")
        single = TangoSingleAttributeDevice(server.device(), "Velocity", "velocity")
        command = TangoSingleCommandDevice(server.device(), "Stop")
    for device in (motor, single):
        described = call_in_bluesky_event_loop(device.describe())
        assert described.keys() == call_in_bluesky_event_loop(device.read()).keys()
        for key in described.values():
            assert key["source"].startswith(f"tango://127.0.0.1:{server.port}/{MOTORS[0]}/")
    run_engine(bps.mv(single, 500.0, motor, 1.5))
    values = {**call_in_bluesky_event_loop(motor.read()), **call_in_bluesky_event_loop(single.read())}
    assert (values["motor-position"]["value"], values["velocity"]["value"]) == (1.5, 500.0)
    run_engine(bps.trigger(command, wait=True))


async def test_pipes_are_signals_too() -> None:
    """It says "Each of the attributes, pipes and commands are implemented as Ophyd Signals"."""
    for cls in (TangoAttrR, TangoAttrW, TangoAttrRW, TangoPipeR, TangoPipeW, TangoPipeRW):
        assert issubclass(cls, Signal)
    signals: list[Any] = [TangoPipeR(name="it"), TangoPipeRW(name="it"), TangoAttrR(name="it"), TangoAttrRW(name="it")]
    for signal in signals:
        with pytest.raises(NotConnectedError, match="'it'"):  # "must be connected before Bluesky plans can interact"
            await signal.read()
    with pytest.raises(NotConnectedError, match="'it'"):
        await TangoCommand("it").execute()


def test_a_comm_whose_device_is_not_there_fails_as_a_whole(server: MotorProgram, run_engine: RunEngine) -> None:
    with pytest.raises(NotConnectedError, match="TangoMotorComm"), CommsConnector():
        TangoMotorComm(server.device("test/motor/nobody"))
