"""Signals by themselves: before they are connected, connecting, readings with the device's quality, mocks."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
import tango
from ophyd_async.core import DeviceMock, get_mock_put, set_mock_value

from macduff.bluesky import (
    NotConnected,
    TangoAttrR,
    TangoAttrRW,
    TangoAttrW,
    TangoCommand,
    TangoPipeR,
    TangoPipeRW,
    TangoPipeW,
)
from macduff.errors import DeviceFailed
from tests.system.bluesky_tango.lab import LAB, SLOW, LabProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")

USES: list[tuple[str, Callable[[Any], Any], tuple[type, ...]]] = [
    ("get_reading", lambda it: it.get_reading(), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("get_value", lambda it: it.get_value(), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("get_descriptor", lambda it: it.get_descriptor(), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("read", lambda it: it.read(), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("describe", lambda it: it.describe(), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("stage", lambda it: it.stage(), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("monitor_value", lambda it: it.monitor_value(print), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("monitor_reading", lambda it: it.monitor_reading(print), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("subscribe", lambda it: it.subscribe(print), (TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW)),
    ("locate", lambda it: it.locate(), (TangoAttrRW, TangoPipeRW)),
    ("get_quality", lambda it: it.get_quality(), (TangoAttrR, TangoAttrRW)),
    ("put", lambda it: it.put(1.0), (TangoAttrW, TangoAttrRW, TangoPipeW, TangoPipeRW)),
    ("set", lambda it: it.set(1.0), (TangoAttrW, TangoAttrRW, TangoPipeW, TangoPipeRW)),
    ("execute", lambda it: it.execute(0), (TangoCommand,)),
    ("trigger", lambda it: it.trigger(), (TangoCommand,)),
]


@pytest.mark.parametrize(("use", "cls"), [(use, cls) for _, use, classes in USES for cls in classes])
async def test_using_one_that_is_not_connected_names_device_and_signal(use: Callable[[Any], Any], cls: Any) -> None:
    it: Any = cls(name="station-pressure")
    with pytest.raises(NotConnected, match="station-pressure"):
        done = use(it)
        await done
    it._tango.member.dev_name, it._tango.member.signal_name = "a/b/c", "Pressure"  # as after one that failed
    with pytest.raises(NotConnected, match=r"station-pressure.* a/b/c.*a/b/c/Pressure"):
        done = use(it)
        await done


async def test_connecting_sets_proxy_device_and_member(lab: LabProgram) -> None:
    it, reset = TangoAttrR(), TangoCommand()
    assert (it.proxy, it.dev_name, it.signal_name, it.source) == (None, "", "", "")
    await it.connect(lab.device(), "LIMITED")
    await reset.connect(lab.device(), "rEset")
    assert it.proxy is reset.proxy and it.proxy.dev_name() == LAB
    assert (it.dev_name, it.signal_name) == (lab.device(), "limited")
    assert (reset.dev_name, reset.signal_name) == (lab.device(), "Reset")
    assert it.source == f"tango://{lab.address}/{LAB}/limited"
    assert reset.source == f"tango://{lab.address}/{LAB}/Reset"


@pytest.mark.parametrize(
    ("cls", "name", "why"),
    [
        (TangoAttrR, "none", "none"), (TangoAttrR, "broken", "no sensor"), (TangoAttrRW, "Reset", "Reset"),
        (TangoCommand, "limited", "commands .*Double, .*got no such one"), (TangoAttrR, "", "names of a device"),
    ],
)  # fmt: skip
async def test_a_member_that_is_not_as_it_should_be(lab: LabProgram, cls: Any, name: str, why: str) -> None:
    it = cls(name="it")
    with pytest.raises(NotConnected, match=why) as caught:
        await it.connect(lab.device(), name)
    assert LAB in str(caught.value) and it.proxy is None
    with pytest.raises(NotConnected, match="it"):
        await (it.execute() if cls is TangoCommand else it.get_value())
    await it.connect(lab.device(), "Reset" if cls is TangoCommand else "a_double")
    assert it.proxy is not None


async def test_one_that_cannot_be_read_connects_without_reading(lab: LabProgram) -> None:
    it = TangoAttrR()
    await it.connect(lab.device(), "broken", read=False)
    assert (await it.get_descriptor())["dtype"] == "number"
    with pytest.raises(DeviceFailed, match="no sensor"):
        await it.get_value()


async def test_connecting_again_goes_elsewhere(lab: LabProgram) -> None:
    it = TangoAttrR()
    await it.connect(lab.device(), "a_long")
    await it.connect(signal_name="a_double")
    assert await it.get_value() == 1.5
    before = lab.reads("a_double")
    await it.connect()  # it is
    assert lab.reads("a_double") == before
    await it.connect(force_reconnect=True)
    assert lab.reads("a_double") == before + 1


async def test_a_connection_that_was_cancelled_can_be_made_later(lab: LabProgram) -> None:
    it = TangoAttrR()
    connecting = asyncio.create_task(it.connect(lab.device(), "a_double"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    connecting.cancel()
    await asyncio.wait([connecting])
    assert connecting.cancelled()
    await it.connect()
    assert await it.get_value() == 1.5


@pytest.mark.parametrize(
    ("quality", "severity"), [("VALID", 0), ("CHANGING", 0), ("WARNING", 1), ("ALARM", 2), ("INVALID", -1)]
)
async def test_a_reading_has_the_device_s_own_time_and_quality(lab: LabProgram, quality: str, severity: int) -> None:
    it = TangoAttrR(float, name="it")
    await it.connect(lab.device(), "fixed")
    lab.tell(set={"fixed": 4.5}, time=1234567890.25, quality=quality)
    try:
        reading = await it.get_reading()
        assert (reading["value"], reading["alarm_severity"]) == (4.5, severity)
        assert reading["timestamp"] == pytest.approx(1234567890.25, abs=2e-6)  # it has microseconds
        assert await it.read() == {"it": reading}
        assert await it.get_quality() == getattr(tango.AttrQuality, f"ATTR_{quality}")
    finally:
        lab.tell(renew=True)


async def test_an_invalid_one_has_the_last_valid_value_or_one_of_its_type(lab: LabProgram) -> None:
    """Of none that is valid documents still need a value of the right type."""
    seen, unseen = TangoAttrR(), TangoAttrR()
    await seen.connect(lab.device(), "fixed")
    lab.tell(set={name: None for name in ("fixed", "a_long", "a_string", "an_enum", "doubles")}, quality="INVALID")
    try:
        assert (await seen.get_reading())["value"] == 4.5 and (await seen.get_reading())["alarm_severity"] == -1
        await unseen.connect(lab.device(), "fixed")
        assert math.isnan(await unseen.get_value()) and (await unseen.get_reading())["alarm_severity"] == -1
        for name, value in (("a_long", 0), ("a_string", ""), ("an_enum", "slow")):
            await unseen.connect(lab.device(), name)
            assert await unseen.get_value() == value, name
        await unseen.connect(lab.device(), "doubles")
        assert (await unseen.get_value()).shape == (0,)
    finally:
        lab.tell(renew=True)


# mock mode


@pytest.mark.parametrize("cls", [TangoAttrR, TangoAttrRW, TangoPipeR, TangoPipeRW])
async def test_one_that_is_simulated_has_whatever_it_is_given(cls: Any) -> None:
    it = cls(name="it")
    await it.connect(mock=True)
    values: list[Any] = []
    for value in (2.5, "text", 3, True, [1.0, 2.0], {"x": 1}):
        set_mock_value(it, value)
        assert (await it.get_reading())["value"] == value
        key = await it.get_descriptor()
        assert (key["dtype"] == "array") is isinstance(value, list | dict)
        with_monitor = it.monitor_value(values.append)
        with_monitor.close()
    assert values == [2.5, "text", 3, True, [1.0, 2.0], {"x": 1}]
    if cls in (TangoAttrR, TangoAttrRW):
        assert await it.get_quality() == tango.AttrQuality.ATTR_VALID


@pytest.mark.parametrize("cls", [TangoAttrW, TangoAttrRW, TangoPipeW, TangoPipeRW])
async def test_one_that_is_simulated_takes_what_is_put(cls: Any) -> None:
    it = cls(name="it")
    await it.connect(mock=DeviceMock("it"))
    await it.put(1.5)
    await it.set(2.5)
    assert [call.args[0] for call in get_mock_put(it).call_args_list] == [1.5, 2.5]
    if cls in (TangoAttrRW, TangoPipeRW):
        assert await it.locate() == {"setpoint": 2.5, "readback": 2.5}


async def test_one_with_a_type_is_simulated_by_it() -> None:
    it = TangoAttrRW(int, name="it")
    await it.connect(mock=True)
    assert await it.get_value() == 0 and (await it.get_descriptor())["dtype"] == "integer"
    assert it.source.startswith("mock+")


async def test_a_simulated_one_can_be_connected_for_real_and_back(lab: LabProgram) -> None:
    it = TangoAttrRW(name="it")
    await it.connect(mock=True)
    await it.put(7.0)
    await it.connect(lab.device(), "a_double")
    assert await it.get_value() == 1.5
    await it.connect(mock=True)
    await it.put(8.0)
    assert await it.get_value() == 8.0 and lab.writes("a_double") == 0


# time


async def test_a_device_that_hangs_holds_up_no_other(lab: LabProgram) -> None:
    with LabProgram() as other:
        slow, quick = TangoAttrR(name="slow"), TangoAttrR(name="quick")
        await slow.connect(other.device(SLOW), "hangs", read=False)
        slow.proxy.set_timeout_millis(1500)  # of Tango's 3 s
        await quick.connect(lab.device(), "a_double")
        began = time.monotonic()
        hanging = [asyncio.create_task(slow.get_value()) for _ in range(3)]
        await asyncio.sleep(0.05)
        for _ in range(20):
            await quick.get_value()
        fresh = TangoCommand()
        await fresh.connect(lab.device(), "Double")
        assert await fresh.execute(1.0) == 2.0
        assert time.monotonic() - began < 1.0
        results = await asyncio.gather(*hanging, return_exceptions=True)
        assert all("hangs" in str(result) for result in results), results
        assert time.monotonic() - began < 5.0


async def test_a_device_that_does_not_answer_in_time_is_not_connected(lab: LabProgram) -> None:
    with LabProgram() as other:
        slow = TangoAttrR(name="slow")
        with pytest.raises(NotConnected, match=r"hangs: expected an answer within 0\.2 s"):
            await slow.connect(other.device(SLOW), "hangs", timeout=0.2)
