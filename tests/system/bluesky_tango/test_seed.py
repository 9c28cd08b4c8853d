"""The lines of code of the document that Tango devices in plans began with: each runs, against a real Tango server."""

from __future__ import annotations

import pytest
from bluesky import plan_stubs as bps
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from ophyd_async.core import NotConnectedError

from macduff.bluesky import CommsConnector, TangoAttrRW, TangoComm, TangoCommand, TangoMotor, make_tango_signals
from tests.system.bluesky_tango.server import MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class TangoMotorComm(TangoComm):
    """`class TangoMotorComm(TangoComm):` with `position: TangoAttrRW` and so on, line for line."""

    position: TangoAttrRW
    velocity: TangoAttrRW
    state: TangoAttrRW
    stop: TangoCommand


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


def test_a_comm_whose_device_is_not_there_fails_as_a_whole(server: MotorProgram, run_engine: RunEngine) -> None:
    with pytest.raises(NotConnectedError, match="TangoMotorComm"), CommsConnector():
        TangoMotorComm(server.device("test/motor/nobody"))
