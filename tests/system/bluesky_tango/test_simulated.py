"""Comms and devices without any Tango: `sim_mode=True` and ophyd-async's mock mode, of everything there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.protocols import Movable, Triggerable
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from ophyd_async.core import Array1D, StrictEnum, get_mock_execute, get_mock_put, init_devices, set_mock_value

from macduff.bluesky import (
    CommsConnector,
    TangoAttrR,
    TangoAttrRW,
    TangoAttrW,
    TangoComm,
    TangoCommand,
    TangoDevice,
    TangoMotor,
    TangoMotorComm,
    TangoPipeR,
    TangoPipeRW,
    TangoPipeW,
    TangoSingleAttributeDevice,
    TangoSingleCommandDevice,
    TangoSinglePipeDevice,
    tango_motor,
)


class Door(StrictEnum):
    SHUT = "shut"
    OPEN = "open"


class EverythingComm(TangoComm):
    bare: TangoAttrR
    bare_w: TangoAttrW
    bare_rw: TangoAttrRW
    number: TangoAttrRW[float]
    whole: TangoAttrR[int]
    flag: TangoAttrRW[bool]
    text: TangoAttrRW[str]
    door: TangoAttrRW[Door]
    wave: TangoAttrR[Array1D[np.float64]]
    image: TangoAttrR[np.ndarray]
    names: TangoAttrR[Sequence[str]]
    pipe: TangoPipeR
    pipe_w: TangoPipeW
    pipe_rw: TangoPipeRW
    run: TangoCommand


async def test_a_comm_of_everything() -> None:
    async with CommsConnector(sim_mode=True):
        comm: Any = EverythingComm("no/such/device")
    assert not comm.connected and comm.mock is not None
    firsts = {"bare": 0.0, "number": 0.0, "whole": 0, "flag": False, "text": "", "door": Door.SHUT, "pipe": {}}
    for hint, first in firsts.items():
        assert await comm.signals[hint].get_value() == first, hint
    for hint, value in (("bare_rw", "x"), ("number", 2.5), ("flag", True), ("text", "y"), ("door", Door.OPEN)):
        await comm.signals[hint].set(value)
        assert await comm.signals[hint].get_value() == value
    await comm.pipe_rw.put({"x": 1})
    assert await comm.pipe_rw.get_value() == {"x": 1}
    await comm.bare_w.put(3)
    await comm.pipe_w.put({"y": 2})
    assert await comm.run.execute(0) is None
    set_mock_value(comm.wave, np.array([1.0, 2.0]))
    assert list(await comm.wave.get_value()) == [1.0, 2.0]
    assert get_mock_put(comm.bare_w).call_args.args == (3,)
    assert get_mock_execute(comm.run).call_args.args == (0,)


def test_plans_run_with_simulated_devices(run_engine: RunEngine) -> None:
    with CommsConnector(sim_mode=True):
        motor = tango_motor("no/such/motor", "motor")
        everything: Any = TangoDevice(EverythingComm("no/such/device"), "all", configuration=["text"])
        single: Any = TangoSingleAttributeDevice("no/such/device", "x")
        pipe: Any = TangoSinglePipeDevice("no/such/device", "region")
        command = TangoSingleCommandDevice("no/such/device", "go")
    assert all(isinstance(device, Movable) for device in (motor, single, pipe))
    assert isinstance(command, Triggerable)
    documents: list[tuple[str, Any]] = []
    run_engine(bp.scan([everything, single], motor, 0, 2, 3), lambda name, document: documents.append((name, document)))
    events = [document["data"] for name, document in documents if name == "event"]
    assert [event["motor-position"] for event in events] == [0.0, 1.0, 2.0]
    assert "all-image" in events[0] and "all-text" not in events[0]
    run_engine(bps.mv(single, 4.0, pipe, {"x": 1, "y": 2}))
    run_engine(bp.count([pipe]))
    run_engine(bps.prepare(everything, {"text": "new", "number": 1.5}, wait=True))
    run_engine(bps.trigger(command, wait=True))
    assert call_in_bluesky_event_loop(single.read())["x"]["value"] == 4.0
    assert call_in_bluesky_event_loop(everything.read_configuration())["all-text"]["value"] == "new"
    assert get_mock_execute(command._command).call_count == 1


async def test_ophyd_async_s_own_way_of_making_devices() -> None:
    async with init_devices(mock=True):
        axis = TangoMotor(TangoMotorComm("no/such/motor"), "axis")
    await axis.set(2.0)
    assert (await axis.read())["axis-position"]["value"] == 2.0
    set_mock_value(axis.comm.state, "FAULT")
    try:
        await axis.set(3.0)
    except RuntimeError as error:
        assert "axis: expected it to arrive at 3.0, got state FAULT" in str(error)
    else:
        raise AssertionError("it arrived")
