"""Monitors of attributes: by events, by reading where there are none, and when a server is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from macduff.bluesky import TangoAttrR, TangoAttrRW
from macduff.bluesky.tango import monitor
from tests.system.bluesky_tango.lab import LabProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class Heard:
    """What a monitor was told, and waiting for it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._came = asyncio.Event()

    def __call__(self, told: Any) -> None:
        self.all.append(told)
        self._came.set()

    async def until(self, wanted: Callable[[Any], bool], timeout: float = 10) -> Any:
        """The first that is wanted, of those that came and are to come; they are forgotten up to it."""
        async with asyncio.timeout(timeout):
            while True:
                for number, told in enumerate(self.all):
                    if wanted(told):
                        del self.all[: number + 1]
                        return told
                self._came.clear()
                await self._came.wait()


def has(severity: int) -> Callable[[Any], bool]:
    return lambda told: bool(told["alarm_severity"] == severity)


@asynccontextmanager
async def readings(lab: LabProgram, name: str) -> AsyncIterator[tuple[Any, Heard]]:
    """A signal that is monitored, and what its monitor hears."""
    signal, heard = TangoAttrRW(name="it"), Heard()
    signal.warns_read_only = False
    await signal.connect(lab.device(), name)
    monitor = signal.monitor_reading(heard)
    try:
        yield signal, heard
    finally:
        monitor.close()


@pytest.fixture
def own_lab() -> Iterator[LabProgram]:
    """One that can be killed."""
    with LabProgram() as program:
        yield program


async def test_events_tell_each_change_and_nothing_is_read_meanwhile(lab: LabProgram) -> None:
    async with readings(lab, "pushed") as (signal, heard):
        assert (await heard.until(lambda told: True))["value"] == 1.0
        await until(lambda: confirmed(signal))
        before = lab.reads("pushed")
        for value in (2.0, 3.0, 4.0):
            await signal.put(value)
        reading = await heard.until(lambda told: told["value"] == 4.0)
        assert reading["alarm_severity"] == 0
        assert await signal.get_value(cached=True) == 4.0  # what was told
        assert lab.reads("pushed") == before
    lab.tell(renew=True)


async def test_what_is_read_is_not_what_was_told_a_moment_ago(lab: LabProgram) -> None:
    """Decision 0017: the event of a put may still be on its way when the put has ended."""
    async with readings(lab, "pushed") as (signal, heard):
        await heard.until(lambda told: True)
        await until(lambda: confirmed(signal))
        lab.tell(set={"pushed": 7.0})  # and nobody is told
        assert await signal.get_value() == 7.0
        assert (await signal.read())[signal.name]["value"] == 7.0
    lab.tell(renew=True)


async def test_what_an_event_should_have_told_is_found_out(lab: LabProgram) -> None:
    """Some are lost: while one subscribes, and when there are too many."""
    async with readings(lab, "pushed") as (signal, heard):
        await until(lambda: signal._tango.has_events)
        lab.tell(set={"pushed": 2.0})  # and nobody is told
        await heard.until(lambda told: told["value"] == 2.0, 2)
        assert signal._tango.has_events
        await signal.put(3.0)
        await heard.until(lambda told: told["value"] == 3.0, 2)
        lab.tell(set={"pushed": 4.0})
        await heard.until(lambda told: told["value"] == 4.0, 2 * monitor.PING)
    lab.tell(renew=True)


async def test_events_tell_quality_and_the_device_s_time(lab: LabProgram) -> None:
    async with readings(lab, "pushed") as (signal, heard):
        await until(lambda: signal._tango.has_events)
        for quality, severity in (("WARNING", 1), ("ALARM", 2), ("CHANGING", 0), ("INVALID", -1), ("VALID", 0)):
            lab.tell(push={"pushed": 5.0}, time=1234567890.25, quality=quality)
            reading = await heard.until(has(severity))
            assert reading["timestamp"] == pytest.approx(1234567890.25, abs=2e-6) or severity == 0
            assert reading["value"] == 5.0 or severity == 0
    lab.tell(renew=True)


async def test_labels_come_by_events_too(lab: LabProgram) -> None:
    async with readings(lab, "pushed_mode") as (signal, heard):
        await until(lambda: signal._tango.has_events)
        await signal.put("warp")
        assert (await heard.until(lambda told: told["value"] != "slow"))["value"] == "warp"
    lab.tell(renew=True)


async def test_an_attribute_that_its_server_polls(lab: LabProgram) -> None:
    async with readings(lab, "polled") as (signal, heard):
        await until(lambda: signal._tango.has_events)
        lab.tell(set={"polled": 12})
        await heard.until(lambda told: told["value"] == 12, 2)
        lab.tell(set={"polled": 12}, quality="ALARM")
        await heard.until(lambda told: told["alarm_severity"] == 2, 2)
    lab.tell(renew=True)


async def test_one_with_neither_is_read(lab: LabProgram) -> None:
    async with readings(lab, "silent") as (signal, heard):
        assert (await heard.until(lambda told: True))["value"] == 0.0
        lab.tell(set={"silent": 2.5})
        assert await signal.get_value() == 2.5  # what was told may be old
        await heard.until(lambda told: told["value"] == 2.5, 3)
        lab.tell(set={"silent": 2.5}, quality="WARNING")
        await heard.until(lambda told: told["alarm_severity"] == 1, 3)
        assert not heard.all
    lab.tell(renew=True)


@pytest.mark.parametrize("name", ["pushed", "silent"])
async def test_a_monitor_that_was_closed_is_told_nothing_more(lab: LabProgram, name: str) -> None:
    signal, kept, closed = TangoAttrRW(), Heard(), Heard()
    await signal.connect(lab.device(), name)
    other, monitor = signal.monitor_value(kept), signal.monitor_value(closed)
    await closed.until(lambda told: True)
    monitor.close()
    monitor.close()
    del closed.all[:]
    await signal.put(7.5)
    await kept.until(lambda told: told == 7.5)
    other.close()
    await signal.put(8.5)
    before = lab.reads(name)
    await asyncio.sleep(0.7)
    assert closed.all == [] and 8.5 not in kept.all
    assert lab.reads(name) == before
    lab.tell(renew=True)


async def test_a_monitor_closes_in_any_thread(lab: LabProgram) -> None:
    signal, heard = TangoAttrRW(), Heard()
    await signal.connect(lab.device(), "silent")
    monitor = signal.monitor_value(heard)
    await heard.until(lambda told: True)
    await asyncio.to_thread(monitor.close)
    lab.tell(set={"silent": 3.5})
    before = lab.reads("silent")
    await asyncio.sleep(0.7)
    assert heard.all == [] and lab.reads("silent") == before
    lab.tell(renew=True)


async def test_one_that_raises_is_told_the_next_one_all_the_same(
    lab: LabProgram, caplog: pytest.LogCaptureFixture
) -> None:
    signal, heard = TangoAttrRW(), Heard()
    await signal.connect(lab.device(), "pushed")

    def raising(value: float) -> None:
        heard(value)
        raise RuntimeError("of theirs")

    monitor = signal.monitor_value(raising)
    await heard.until(lambda told: True)
    for value in (2.0, 3.0):
        await signal.put(value)
        await heard.until(value.__eq__)
    monitor.close()
    assert "of theirs" in caplog.text
    lab.tell(renew=True)


@pytest.mark.parametrize("name", ["pushed", "silent"])
async def test_a_server_that_is_away_is_told_as_severity_and_heals(
    own_lab: LabProgram, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value and its time stay what they were."""
    monkeypatch.setattr(monitor, "PING", 0.3)
    async with readings(own_lab, name) as (signal, heard):
        first = await heard.until(lambda told: True)
        if name == "pushed":
            await until(lambda: signal._tango.has_events)
        own_lab.kill()
        stale = await heard.until(lambda told: told["alarm_severity"] == -1)
        assert stale["value"] == first["value"]
        assert not [told for told in heard.all if told["alarm_severity"] != -1]
        own_lab.start()
        healed = await heard.until(lambda told: told["alarm_severity"] == 0)
        assert healed["timestamp"] > first["timestamp"]
        await signal.put(6.5)
        await heard.until(lambda told: told["value"] == 6.5)


async def test_what_is_staged_heals_and_is_given_up(own_lab: LabProgram) -> None:
    """A staged signal is a monitor that nobody hears."""
    signal = TangoAttrR(name="it")
    await signal.connect(own_lab.device(), "silent")
    await signal.stage()
    assert (await signal.read())["it"]["value"] == 0.0
    own_lab.restart()
    assert (await signal.read())["it"]["value"] == 0.0
    await signal.unstage()
    await asyncio.sleep(0.1)  # for what was asked already
    before = own_lab.reads("silent")
    await asyncio.sleep(0.6)
    assert own_lab.reads("silent") == before


def confirmed(signal: Any) -> bool:
    """Whether it was seen that no event was lost."""
    monitoring = signal._tango._monitoring
    return bool(monitoring._confirmed == monitoring._events)


async def until(true: Callable[[], bool], timeout: float = 10) -> None:
    async with asyncio.timeout(timeout):
        while not true():
            await asyncio.sleep(0.01)
