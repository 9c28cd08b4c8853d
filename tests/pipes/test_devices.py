"""Comms and devices with pipes, by hand and in plans of a RunEngine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import event_model
import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.callbacks.json_writer import JSONWriter
from bluesky.protocols import Locatable, Movable, Readable
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop

from macduff.bluesky import (
    CommsConnector,
    ConnectWithoutReading,
    NotConnected,
    TangoAttrR,
    TangoComm,
    TangoDevice,
    TangoPipeR,
    TangoPipeRW,
    TangoSinglePipeDevice,
    tango_connector,
)
from tests.pipes.server import FRAME, ROI, PipeProgram, again

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*", "pipe:*")  # Tango's own, from the first connection on


class CameraComm(TangoComm):
    r_oi: TangoPipeRW
    frame: TangoPipeR
    reads: TangoAttrR[int]


class BrokenComm(TangoComm):
    broken: TangoPipeR
    frame: TangoPipeR


class UnreadComm(TangoComm):
    what: TangoPipeR
    roi: TangoPipeRW


@tango_connector
def connect_unread(comm: UnreadComm, proxy: Any) -> None:
    ConnectWithoutReading(comm, proxy)(what="Broken")


async def test_pipes_are_found_by_similar_names(server: PipeProgram) -> None:
    async with CommsConnector():
        camera = TangoDevice(CameraComm(server.camera), "camera", configuration=["r_oi"])
    assert list(await camera.read()) == ["camera-frame", "camera-reads"]
    assert list(await camera.read_configuration()) == ["camera-r_oi"]
    await camera.prepare({"r_oi": {"x": 3}})
    assert await camera.comm.signals["r_oi"].get_value() == {"x": 3}


async def test_a_pipe_that_is_not_there_is_told_with_what_is(server: PipeProgram) -> None:
    class WrongComm(TangoComm):
        fram: TangoPipeR
        written: TangoPipeR
        reads: TangoAttrR[int]

    with pytest.raises(NotConnected, match=r"(?s)fram.*near: Frame.*written.*there is an attribute Written"):
        await WrongComm(server.camera).connect()


async def test_one_bad_pipe_leaves_the_good_ones_connected(server: PipeProgram) -> None:
    comm = BrokenComm(server.camera)
    with pytest.raises(NotConnected, match="no sensor"):
        await comm.connect()
    assert await comm.signals["frame"].get_value() == FRAME


async def test_pipes_connect_without_being_read(server: PipeProgram) -> None:
    comm = UnreadComm(server.camera)
    await comm.connect()
    assert comm.signals["what"].signal_name == "Broken"
    assert await comm.signals["roi"].get_value()


async def test_a_device_of_one_pipe_can_be_moved_if_the_pipe_can_be_written(server: PipeProgram) -> None:
    async with CommsConnector():
        roi = TangoSinglePipeDevice(server.camera, "Roi")
        frame = TangoSinglePipeDevice(server.camera, "Frame", "picture")
    assert all(isinstance(device, Readable) for device in (roi, frame))
    assert all(isinstance(roi, protocol) for protocol in (Movable, Locatable))
    assert not any(isinstance(frame, protocol) for protocol in (Movable, Locatable))
    assert (await frame.read())["picture"]["value"] == FRAME
    assert list(await roi.describe()) == ["Roi"]
    await cast(Any, roi).set({"x": 11})
    assert (await roi.read())["Roi"]["value"] == {"x": 11}
    assert await cast(Any, roi).locate() == {"setpoint": {"x": 11}, "readback": {"x": 11}}


async def test_simulated_it_holds_what_is_put() -> None:
    async with CommsConnector(sim_mode=True):
        roi, comm = TangoSinglePipeDevice("no/such/device", "Roi"), CameraComm("no/such/device")
    await cast(Any, roi).set({"x": 11})
    assert (await roi.read())["Roi"]["value"] == {"x": 11}
    await comm.signals["r_oi"].set({"x": 12})
    assert await comm.signals["r_oi"].get_value() == {"x": 12}


# plans


def test_a_count_records_pipes_in_documents_that_hold(
    server: PipeProgram, run_engine: RunEngine, tmp_path: Path
) -> None:
    """By event-model's schemas, and as Bluesky's own writer writes them."""
    with CommsConnector():
        frame = TangoSinglePipeDevice(server.camera, "Frame", "frame")
        roi = TangoSinglePipeDevice(server.camera, "Roi", "roi")
    run_engine(bps.mv(roi, ROI))
    documents: list[tuple[str, dict[str, Any]]] = []
    writer = JSONWriter(str(tmp_path), "run.json")

    def record(name: str, document: Any) -> None:
        documents.append((name, document))
        writer(name, document)

    run_engine(bp.count([frame, roi], num=3), record)
    for name, document in documents:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
    events = [document["data"] for name, document in documents if name == "event"]
    assert events == [{"frame": FRAME, "roi": ROI}] * 3
    written = json.loads((tmp_path / "run.json").read_text())
    assert [entry["doc"]["data"] for entry in written if entry["name"] == "event"] == events
    (descriptor,) = [document for name, document in documents if name == "descriptor"]
    assert descriptor["data_keys"]["frame"]["dtype"] == "array"


def test_a_plan_writes_pipes(server: PipeProgram, run_engine: RunEngine) -> None:
    with CommsConnector():
        roi = TangoSinglePipeDevice(server.camera, "Roi", "roi")
    run_engine(bps.mv(roi, {"x": 21}))
    assert call_in_bluesky_event_loop(roi.read())["roi"]["value"] == {"x": 21}
    documents: list[tuple[str, dict[str, Any]]] = []
    plan = bp.list_scan([], cast(Any, roi), cast(Any, [{"x": 1}, {"x": 2}]))
    run_engine(plan, lambda name, document: documents.append((name, document)))
    events = [document["data"] for name, document in documents if name == "event"]
    assert events == [{"roi": {"x": 1}}, {"roi": {"x": 2}}]


def test_a_pipe_in_the_configuration_is_recorded_once(server: PipeProgram, run_engine: RunEngine) -> None:
    with CommsConnector():
        camera = TangoDevice(CameraComm(server.camera), "camera", readings=["reads"], configuration=["r_oi"])
    run_engine(bps.prepare(camera, {"r_oi": ROI}, wait=True))
    documents: list[tuple[str, dict[str, Any]]] = []
    run_engine(bp.count([camera], num=3), lambda name, document: documents.append((name, document)))
    (descriptor,) = [document for name, document in documents if name == "descriptor"]
    assert descriptor["configuration"]["camera"]["data"] == {"camera-r_oi": ROI}
    reads = [document["data"]["camera-reads"] for name, document in documents if name == "event"]
    assert reads[1] == reads[2]  # at the first one it was read for the configuration


def test_a_server_that_is_killed_fails_the_plan_and_serves_the_next(run_engine: RunEngine) -> None:
    with PipeProgram() as mortal:
        with CommsConnector():
            frame = TangoSinglePipeDevice(mortal.camera, "Frame", "frame")

        def plan() -> Any:
            yield from bps.open_run()
            yield from bps.trigger_and_read([frame])
            mortal.kill()
            yield from bps.trigger_and_read([frame])

        documents: list[tuple[str, dict[str, Any]]] = []
        with pytest.raises(Exception, match=r"test/camera/one#dbase=no/Frame: "):
            run_engine(plan(), lambda name, document: documents.append((name, document)))
        assert documents[-1][1]["exit_status"] == "fail"
        mortal.start()
        call_in_bluesky_event_loop(again(frame.read), timeout=10)
        run_engine(bp.count([frame]), lambda name, document: documents.append((name, document)))
        assert documents[-1][1]["exit_status"] == "success"
