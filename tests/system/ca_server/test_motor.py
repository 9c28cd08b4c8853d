"""A motor as a motor record: by hand, and by ophyd-async's client for motor records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from macduff import Attribute, Device, DState, Process, VDouble, publish_method
from macduff.devices import Motor
from macduff.servers.ca import CaServer
from tests.support import random_name
from tests.system.ca_server.lab import Client, udp_socket

pytestmark = pytest.mark.allow_threads("*calls*")  # those of the Process that all tests here share


@pytest.fixture
def motor(process: Process, server: CaServer) -> Iterator[Motor]:
    motor = Motor(random_name())
    process.add(motor)
    motor.velocity.update(20.0)
    yield motor
    process.remove(motor.name, force=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("VAL", 0.0), ("RBV", 0.0), ("DMOV", 1), ("MOVN", 0), ("STOP", 0), ("HLM", 10.0), ("LLM", -10.0), ("EGU", "mm"),
        ("PREC", 4), ("VELO", 20.0), ("VMAX", 1000.0), ("ACCL", 1.0), ("OFF", 0.0), ("DIR", 0), ("RTYP", "motor"),
        ("DHLM", 10.0), ("DRBV", 0.0), ("HLS", 0), ("MRES", 0.0001),
    ],
)  # fmt: skip
def test_it_has_the_fields_of_a_motor_record(motor: Motor, client: Client, field: str, value: object) -> None:
    assert client.get(f"{motor.name}.{field}") == value


def test_a_put_moves_and_is_done_when_the_move_is(motor: Motor, client: Client) -> None:
    name = motor.name
    for field in ("DMOV", "MOVN", "RBV", "VAL"):
        client.monitor(f"{name}.{field}")
        client.event(f"{name}.{field}")
    assert client.put(name, 2.0) is None
    assert motor.position.value == 2.0
    assert (client.events(f"{name}.DMOV"), client.events(f"{name}.MOVN")) == ([0, 1], [1, 0])
    assert client.events(f"{name}.RBV")[-1] == 2.0
    assert client.events(f"{name}.VAL") == [2.0]


def test_a_move_of_no_length_has_a_beginning_and_an_end(motor: Motor, client: Client) -> None:
    client.monitor(f"{motor.name}.DMOV")
    client.event(f"{motor.name}.DMOV", value=1)
    assert client.put(f"{motor.name}.VAL", 0.0) is None
    assert client.events(f"{motor.name}.DMOV") == [0, 1]


def test_stop_ends_a_move_that_was_begun_elsewhere_too(motor: Motor, client: Client, process: Process) -> None:
    name = motor.name
    client.monitor(f"{name}.MOVN")
    call = process.request_call(name, "move", {"target": 10.0}, lambda outcome: None)
    client.event(f"{name}.MOVN", value=1)
    assert client.put(f"{name}.STOP", 1) is None
    client.event(f"{name}.MOVN", value=0)
    assert client.get(f"{name}.DMOV") == 1
    assert 0.0 <= motor.position.value < 10.0
    assert call is not None


def test_limits_refuse_and_can_be_put(motor: Motor, client: Client) -> None:
    name = motor.name
    client.monitor(f"{name}.DMOV")
    client.event(f"{name}.DMOV")
    assert client.put(name, 10.5) is not None
    assert client.events(f"{name}.DMOV") == [], "nothing moved"
    client.monitor(f"{name}.HLM")
    client.event(f"{name}.HLM", value=10.0)
    assert client.put(f"{name}.HLM", 11.0) is None
    client.event(f"{name}.HLM", value=11.0)
    assert client.put(name, 10.5) is None
    assert client.get(f"{name}.RBV") == 10.5


def test_velocity_and_time_of_acceleration(motor: Motor, client: Client) -> None:
    name = motor.name
    assert client.put(f"{name}.VELO", 4.0) is None
    assert motor.velocity.value == 4.0
    assert client.get(f"{name}.ACCL") == pytest.approx(4.0 / 20.0)
    assert client.put(f"{name}.ACCL", 0.5) is None
    assert motor.acceleration.value == 8.0
    assert client.put(f"{name}.ACCL", 0.0) is not None
    assert client.put(f"{name}.OFF", 1.0) is not None


class Slit(Device):
    """A motor by a position that is put."""

    position = Attribute(VDouble(units="um", control=(0, 100)), 0.0, writable=True)
    velocity = Attribute(VDouble(), 1.0)

    @publish_method(busy="allow")
    def stop(self) -> None:
        """Nothing moves long."""


def test_a_position_that_is_put_makes_a_motor_too(process: Process, client: Client) -> None:
    slit = Slit(random_name())
    process.add(slit)
    assert client.put(slit.name, 12.5) is None
    assert slit.position.value == 12.5
    assert client.get(f"{slit.name}.RBV") == 12.5
    assert slit.state.value is DState.Idle
    process.remove(slit.name)


def test_what_is_no_motor_has_no_record(process: Process, client: Client) -> None:
    device = Device(random_name())
    process.add(device)
    assert "error" in client.ask("get", pv=device.name, timeout=0.3)
    process.remove(device.name)


def test_ophyd_asyncs_motor_moves_stops_and_keeps_the_limits(motor: Motor, server: CaServer) -> None:
    script = Path(__file__).with_name("motor_child.py")
    with udp_socket() as repeater:
        environment = {**os.environ, **server.environment, "EPICS_CA_REPEATER_PORT": str(repeater.getsockname()[1])}
        ended = subprocess.run(
            [sys.executable, str(script), motor.name], env=environment, capture_output=True, text=True, timeout=50
        )
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout.splitlines()[-1])
    assert seen["described"] == "mm"
    assert seen["after a move"] == 1.5
    assert seen["done"] == [1, 0, 1, 0, 1]
    assert seen["stopped on the way"] is True
    assert "motor limits are" in seen["limits"]
    assert seen["velocity"] == 5.0
    assert seen["acceleration time"] == pytest.approx(0.25)
    assert seen["configuration"]["m-velocity"] == 20.0
