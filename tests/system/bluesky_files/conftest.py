"""Tango motors and the demonstration, each in a process of its own, and a RunEngine whose runs are kept in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop

from examples.bluesky.to_files import Camera
from macduff.bluesky import CommsConnector, MacduffDevice, TangoMotor, tango_motor
from macduff.client import Client, connect
from tests.support.engine import ended_run_engine
from tests.system.bluesky_files.kept import Keeper, demo
from tests.system.bluesky_tango.server import MOTORS, MotorProgram


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The websocket of `macduff demo`."""
    with demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="package")
def motors() -> Iterator[MotorProgram]:
    with MotorProgram("events") as program:
        yield program


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """Somebody else's eyes on the demonstration; DET is Idle at the beginning, also after a test that aborted it."""
    with connect(address) as found:
        if found["DET"].state != "Idle":
            found["DET"].reset()
        yield found


@pytest.fixture
def run_engine() -> Iterator[RunEngine]:
    with ended_run_engine() as engine:
        yield engine


@pytest.fixture
def keeper(run_engine: RunEngine, tmp_path: Path) -> Keeper:
    return Keeper(run_engine, tmp_path)


@pytest.fixture
def det(run_engine: RunEngine, address: str, client: Client) -> Iterator[Any]:
    yield from connected(MacduffDevice(f"{address}/DET", "det"))


@pytest.fixture
def camera(run_engine: RunEngine, address: str, client: Client) -> Iterator[Any]:
    """DET with its pictures in events."""
    yield from connected(Camera(f"{address}/DET", "camera"))


def connected(device: MacduffDevice) -> Iterator[MacduffDevice]:
    call_in_bluesky_event_loop(device.connect())
    yield device
    call_in_bluesky_event_loop(device.disconnect())


@pytest.fixture
def axes(run_engine: RunEngine, motors: MotorProgram) -> tuple[TangoMotor, TangoMotor]:
    """Two motors, quick ones."""
    with CommsConnector():
        x, y = (tango_motor(motors.device(name), name[-3:]) for name in MOTORS[:2])
    for motor in (x, y):
        call_in_bluesky_event_loop(motor.comm.velocity.put(1e4))
    return x, y
