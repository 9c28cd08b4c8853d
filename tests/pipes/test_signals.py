"""Signals of pipes against a server whose PyTango has them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ophyd_async.core import NotConnectedError, set_mock_value

from macduff.bluesky import NotConnected, TangoAttrR, TangoPipeR, TangoPipeRW, TangoPipeW
from tests.pipes.server import FRAME, ROI, PipeProgram, again

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*", "pipe:*")  # Tango's own, from the first connection on


@pytest.fixture
def mortal() -> Iterator[PipeProgram]:
    """A server for one test, which may kill it."""
    with PipeProgram() as program:
        yield program


async def connected(cls: type[Any], server: PipeProgram, pipe: str, read: bool = True) -> Any:
    signal = cls(name=pipe.lower())
    await signal.connect(server.camera, pipe, read=read)
    return signal


async def attribute(server: PipeProgram, name: str) -> Any:
    """What the server's attribute holds now."""
    signal: TangoAttrR[Any] = TangoAttrR()
    await signal.connect(server.camera, name)
    return await signal.get_value(cached=False)


async def at_first(server: PipeProgram) -> TangoPipeRW:
    """Roi, as it was at first."""
    signal: TangoPipeRW = await connected(TangoPipeRW, server, "Roi")
    await signal.proxy.command_inout("Shift", 0)
    return signal


# connecting


async def test_connecting_reads_the_pipe_once_and_says_where_it_is(server: PipeProgram) -> None:
    before = await attribute(server, "Reads")
    signal = await connected(TangoPipeR, server, "roi")
    assert await attribute(server, "Reads") == before + 1
    assert (signal.dev_name, signal.signal_name) == (server.camera, "Roi")
    assert signal.proxy.dev_name() == "test/camera/one"


async def test_connecting_without_reading_does_not(server: PipeProgram) -> None:
    before = await attribute(server, "Reads")
    signal = await connected(TangoPipeRW, server, "Roi", read=False)
    assert await attribute(server, "Reads") == before
    assert signal.writable


async def test_a_pipe_that_cannot_be_read_does_not_connect(server: PipeProgram) -> None:
    signal = TangoPipeR()
    with pytest.raises(NotConnectedError, match=r"test/camera/one#dbase=no/Broken: .*no sensor"):
        await signal.connect(server.camera, "Broken")
    with pytest.raises(NotConnected, match="Broken"):
        await signal.read()
    await signal.connect(server.camera, "Broken", read=False)


async def test_a_pipe_that_is_not_there_does_not_connect(server: PipeProgram) -> None:
    with pytest.raises(NotConnectedError, match=r"Rio: .*Rio pipe not found"):
        await connected(TangoPipeR, server, "Rio")


async def test_a_pipe_that_is_read_only_does_not_connect_to_be_written(server: PipeProgram) -> None:
    with pytest.raises(NotConnectedError, match=r"Frame: expected a pipe that can be written, got one .*read-only"):
        await connected(TangoPipeW, server, "Frame")


@pytest.mark.parametrize("cls", [TangoPipeR, TangoPipeW, TangoPipeRW])
async def test_one_that_is_not_connected_names_device_and_signal(cls: Any) -> None:
    signal = cls(name="roi")
    use = signal.put({"x": 1}) if cls is TangoPipeW else signal.read()
    with pytest.raises(NotConnected, match="'roi'"):
        await use
    with pytest.raises(NotConnected):
        await signal.connect("tango://127.0.0.1:1/test/camera/one#dbase=no", "Roi")
    use = signal.put({"x": 1}) if cls is TangoPipeW else signal.describe()
    with pytest.raises(NotConnected, match=r"'roi'.* of tango://127.0.0.1:1/test/camera/one#dbase=no.*/Roi"):
        await use


# reading


async def test_a_reading_is_a_dict_of_plain_values_with_the_time_it_was_read(server: PipeProgram) -> None:
    """Of all types that pipes carry, and of blobs in blobs."""
    signal, before = await connected(TangoPipeR, server, "Frame"), time.time()
    reading = (await signal.read())["frame"]
    assert reading["value"] == FRAME
    assert list(reading["value"]) == list(FRAME)
    assert [type(value) for value in reading["value"].values()] == [type(value) for value in FRAME.values()]
    assert before <= reading["timestamp"] <= time.time() and reading["alarm_severity"] == 0
    assert await signal.get_value() == FRAME


async def test_a_later_reading_is_a_new_one(server: PipeProgram) -> None:
    signal = await connected(TangoPipeR, server, "Clock")
    first, second = await signal.get_reading(), await signal.get_reading()
    assert second["value"]["now"] > first["value"]["now"] and second["timestamp"] > first["timestamp"]


async def test_a_pipe_that_fails_later_says_what_the_device_says(server: PipeProgram) -> None:
    signal = await connected(TangoPipeR, server, "Broken", read=False)
    with pytest.raises(Exception, match=r"test/camera/one#dbase=no/Broken: .*no sensor"):
        await signal.read()


async def test_describing_reads_nothing(server: PipeProgram) -> None:
    await at_first(server)
    signal = await connected(TangoPipeR, server, "Roi")
    before = await attribute(server, "Reads")
    key = (await signal.describe())["roi"]
    assert (key["dtype"], key["shape"]) == ("array", [len(ROI)])
    assert key["source"] == f"tango://127.0.0.1:{server.port}/test/camera/one/Roi"
    assert await signal.get_descriptor() == key
    assert await attribute(server, "Reads") == before


async def test_one_that_was_never_read_is_described_too(server: PipeProgram) -> None:
    signal = await connected(TangoPipeR, server, "Broken", read=False)
    assert (await signal.describe())["broken"]["dtype"] == "array"


# writing


async def test_what_is_put_is_read_back(server: PipeProgram) -> None:
    signal = await at_first(server)
    wanted = {"x": 5, "gain": 2.5, "label": "half", "mask": [False], "edges": [1.0, 2.5], "sub": {"deep": {"z": 3}}}
    await signal.put(wanted)
    assert await signal.get_value() == wanted
    await signal.set({"x": 6})
    assert await signal.get_value() == {"x": 6}
    assert await signal.locate() == {"setpoint": {"x": 6}, "readback": {"x": 6}}


async def test_elements_keep_the_types_that_they_had_and_the_blob_its_name(server: PipeProgram) -> None:
    signal = await at_first(server)
    await signal.proxy.write_pipe("Roi", ("camera", [{"name": "x", "value": 3, "dtype": "int16"}]))
    assert await signal.get_value() == {"x": 3}
    await signal.put({"x": 4, "new": 4})
    assert list(await attribute(server, "Written")) == ["camera", "x DevShort", "new DevLong64"]


async def test_what_was_read_can_be_put_whatever_its_type(server: PipeProgram) -> None:
    frame, roi = await connected(TangoPipeR, server, "Frame"), await at_first(server)
    name, elements = await frame.proxy.read_pipe("Frame")
    await roi.proxy.write_pipe("Roi", (name, elements))
    value = await roi.get_value()
    await roi.put(value)
    assert await roi.get_value() == value == FRAME
    types = dict(line.split() for line in (await attribute(server, "Written"))[1:])
    assert types == {element["name"]: str(element["dtype"]) for element in elements}


async def test_one_that_is_only_written_is(server: PipeProgram) -> None:
    signal, other = await connected(TangoPipeW, server, "Roi"), await at_first(server)
    await signal.put({"x": 8})
    assert await other.get_value() == {"x": 8}
    assert not hasattr(signal, "read")


async def test_a_read_only_pipe_refuses_to_be_put(server: PipeProgram) -> None:
    signal = await connected(TangoPipeRW, server, "Frame")
    assert not signal.writable
    with pytest.raises(Exception, match=r"Frame: expected a pipe that can be written, got one .*read-only"):
        await signal.put({"number": 1})


@pytest.mark.parametrize(
    "value", [5, "x", [], {}, {"x": None}, {"x": 2**64}, {"x": [[1], [2]]}, {"new": []}, {"x": "text"}]
)
async def test_what_no_pipe_carries_is_refused_and_nothing_is_written(server: PipeProgram, value: Any) -> None:
    signal = await at_first(server)
    before = await signal.get_value()
    with pytest.raises(ValueError, match=r"test/camera/one#dbase=no/Roi: expected "):
        await signal.put(value)
    assert await signal.get_value() == before


async def test_what_the_device_refuses_is_told(server: PipeProgram) -> None:
    signal = await at_first(server)
    with pytest.raises(Exception, match=r"test/camera/one#dbase=no/Roi: .*no such element"):
        await signal.put({"refused": 1})


# following


async def test_monitors_are_told_the_present_value_and_each_change(server: PipeProgram) -> None:
    signal = await at_first(server)
    told: asyncio.Queue[Any] = asyncio.Queue()
    monitor = signal.monitor_value(told.put_nowait)
    async with asyncio.timeout(10):
        assert (await told.get())["x"] == 0
        await signal.proxy.command_inout("Shift", 3)
        assert (await told.get())["x"] == 3
        await asyncio.sleep(1.2)  # it was looked at again, and is the same
    assert told.empty()
    monitor.close()
    await signal.proxy.command_inout("Shift", 4)
    await asyncio.sleep(0.8)
    assert told.empty()


async def test_readings_are_followed_with_their_time(server: PipeProgram) -> None:
    signal = await at_first(server)
    told: asyncio.Queue[Any] = asyncio.Queue()
    monitor = signal.monitor_reading(told.put_nowait)
    async with asyncio.timeout(10):
        first = await told.get()
        await signal.put({"x": 9})
        second = await told.get()
    monitor.close()
    assert second["value"] == {"x": 9} and second["timestamp"] > first["timestamp"]


# a server that is gone


async def test_a_killed_server_is_told_and_one_that_is_back_is_used_again(mortal: PipeProgram) -> None:
    signal = await connected(TangoPipeRW, mortal, "Roi")
    mortal.kill()
    for use in (signal.read, lambda: signal.put({"x": 1})):
        with pytest.raises(Exception, match=r"test/camera/one#dbase=no/Roi: "):
            await use()
    with pytest.raises(NotConnected):
        await connected(TangoPipeR, mortal, "Frame")
    mortal.start()
    await again(signal.read)
    await signal.put({"x": 1})
    assert await signal.get_value() == {"x": 1}


async def test_a_monitor_says_that_nothing_is_known_while_the_server_is_gone(mortal: PipeProgram) -> None:
    signal = await connected(TangoPipeR, mortal, "Roi")
    told: asyncio.Queue[Any] = asyncio.Queue()
    monitor = signal.monitor_reading(told.put_nowait)
    async with asyncio.timeout(20):
        assert (await told.get())["alarm_severity"] == 0
        mortal.kill()
        assert (lost := await told.get())["alarm_severity"] == -1
        mortal.start()
        assert (back := await told.get())["alarm_severity"] == 0
    monitor.close()
    assert lost["value"] == back["value"] == ROI


# mock mode


@pytest.mark.parametrize("cls", [TangoPipeR, TangoPipeW, TangoPipeRW])
async def test_in_mock_mode_there_is_no_device(cls: Any) -> None:
    signal = cls(name="roi")
    await signal.connect(mock=True)
    if cls is TangoPipeR:
        set_mock_value(signal, {"x": 1})
    else:
        await signal.set({"x": 1})
    if cls is not TangoPipeW:
        assert (await signal.read())["roi"]["value"] == {"x": 1}
        assert (await signal.describe())["roi"]["dtype"] == "array"
