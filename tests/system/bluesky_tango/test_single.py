"""Devices of one attribute or one command, and comms as devices, against a real Tango server."""

from __future__ import annotations

import warnings
from typing import Any, cast

import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.protocols import Locatable, Movable, Triggerable
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop

from macduff.bluesky import (
    CommsConnector,
    TangoAttrRW,
    TangoComm,
    TangoCommand,
    TangoDevice,
    TangoSingleAttributeDevice,
    TangoSingleCommandDevice,
)
from tests.system.bluesky_tango.server import OTHER, MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class StationComm(TangoComm):
    lim_ited_value: TangoAttrRW[float]
    wave: TangoAttrRW
    camel_case: TangoAttrRW[int]
    reset: TangoCommand


async def test_an_attribute_that_can_be_written_makes_the_device_movable(server: MotorProgram) -> None:
    """It could not be moved."""
    async with CommsConnector():
        device = TangoSingleAttributeDevice(server.device(OTHER), "lim_ited_value", "limit")
    assert all(isinstance(device, protocol) for protocol in (Movable, Locatable))
    await cast(Any, device).set(3.5)
    assert (await device.read())["limit"]["value"] == 3.5
    assert list(await device.describe()) == ["limit"] and device.hints == {"fields": ["limit"]}
    assert await cast(Any, device).locate() == {"setpoint": 3.5, "readback": 3.5}


async def test_an_attribute_that_cannot_be_written_does_not_and_nobody_is_warned(server: MotorProgram) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async with CommsConnector():
            device = TangoSingleAttributeDevice(server.device(OTHER), "fixed")
    assert not any(isinstance(device, protocol) for protocol in (Movable, Locatable))
    assert (await device.read())["fixed"]["value"] == 4.5


async def test_one_command(server: MotorProgram) -> None:
    async with CommsConnector():
        double = TangoSingleCommandDevice(server.device(OTHER), "Double")
        reset = TangoSingleCommandDevice(server.device(OTHER), "Reset", "reset")
    assert await double.execute(0.0) == 0.0
    assert isinstance(reset, Triggerable)
    await reset.trigger()
    assert (double.name, reset.name, await reset.read()) == ("Double", "reset", {})


async def test_a_comm_is_a_device_of_all_its_attributes(server: MotorProgram) -> None:
    async with CommsConnector():
        station = TangoDevice(StationComm(server.device(OTHER)), "station", configuration=["camel_case"])
    assert list(await station.read()) == ["station-lim_ited_value", "station-wave"]
    assert list(await station.read_configuration()) == ["station-camel_case"]


async def test_arrays_are_described(server: MotorProgram) -> None:
    """They could not be."""
    async with CommsConnector():
        station = TangoDevice(StationComm(server.device(OTHER)), "station")
    key = (await station.describe())["station-wave"]
    assert key["dtype"] == "array" and len(key["shape"]) == 1
    assert list((await station.read())["station-wave"]["value"]) == [1.0, 2.0]


async def test_a_device_connects_by_itself_or_simulated(server: MotorProgram) -> None:
    station = TangoDevice(StationComm(server.device(OTHER)))
    await station.connect()
    assert station.comm.connected and station.name == "test-other-one"
    simulated = TangoDevice(StationComm("no/such/device"), "sim")
    await simulated.connect(mock=True)
    await simulated.comm.signals["lim_ited_value"].set(2.0)
    assert (await simulated.read())["sim-lim_ited_value"]["value"] == 2.0


async def test_only_hints_that_can_be_read_can_be_readings(server: MotorProgram) -> None:
    with pytest.raises(TypeError, match=r"TangoDevice: expected hints of StationComm .*'reset'"):
        TangoDevice(StationComm(server.device(OTHER)), readings=["reset"])


def test_in_plans(server: MotorProgram, run_engine: RunEngine) -> None:
    with CommsConnector():
        limit = TangoSingleAttributeDevice(server.device(OTHER), "lim_ited_value", "limit")
        station = TangoDevice(StationComm(server.device(OTHER)), "station", configuration=["camel_case"])
        reset = TangoSingleCommandDevice(server.device(OTHER), "Reset", "reset")
    documents: list[tuple[str, Any]] = []
    run_engine(bp.scan([station], limit, 1, 3, 3), lambda name, document: documents.append((name, document)))
    events = [document for name, document in documents if name == "event"]
    assert [event["data"]["limit"] for event in events] == [1.0, 2.0, 3.0]
    assert [event["data"]["station-lim_ited_value"] for event in events] == [1.0, 2.0, 3.0]
    run_engine(bps.trigger(reset, wait=True))
    assert call_in_bluesky_event_loop(limit.read())["limit"]["value"] == 0.0


def test_configuring_between_runs(server: MotorProgram, run_engine: RunEngine) -> None:
    with CommsConnector():
        station = TangoDevice(StationComm(server.device(OTHER)), "station", configuration=["camel_case"])
    run_engine(bps.prepare(station, {"camel_case": 5}, wait=True))
    old, new = station.configure({"camel_case": 6})
    assert (old["station-camel_case"]["value"], new["station-camel_case"]["value"]) == (5, 6)


def test_configure_in_a_plan_says_what_to_use(server: MotorProgram, run_engine: RunEngine) -> None:
    """Bluesky calls it in its loop, where it would wait for itself."""
    with CommsConnector():
        station = TangoDevice(StationComm(server.device(OTHER)), "station", configuration=["camel_case"])
    with pytest.raises(RuntimeError, match=r"use `yield from bps\.prepare"):
        run_engine(bps.configure(station, {"camel_case": 6}))
