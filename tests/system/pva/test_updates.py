"""What subscribers of PVAccess hear when much happens: the last value always, and no more than what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from p4p.client.raw import Disconnected

from macduff import Process
from macduff.servers.pva import PvaServer

from .lab import Awkward, first_of, heard_of

# p4p keeps the threads that run its client's callbacks for the life of the program.
pytestmark = pytest.mark.allow_threads("None*")

COUNT = 1000
"""Updates in a burst of 1 kHz; the last is the only one with an alarm."""
VALUE, TIME = "value", ("timeStamp.secondsPastEpoch", "timeStamp.nanoseconds")
ALARM = ("alarm.severity", "alarm.status", "alarm.message")


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        process.add(Awkward("A"))
        yield process


async def burst(heard: Any, process: Process) -> list[Any]:
    """All that is heard while the device updates at 1 kHz; the last value ends it."""
    assert (await first_of(heard))["value"] == 0.0
    ended = asyncio.create_task(asyncio.to_thread(process.view("A").burst, COUNT, 1000.0))
    updates = [await heard()]
    while updates[-1]["value"] != COUNT:
        updates.append(await heard())
    await ended
    return updates


@pytest.mark.parametrize("request_", [None, "record[queueSize=4000]", "record[queueSize=1]"])
async def test_the_last_value_of_a_thousand_a_second_arrives(
    server: PvaServer, process: Process, request_: str | None
) -> None:
    async with heard_of(server.environment, "A:rate", request_) as heard:
        updates = await burst(heard, process)
    assert not any(isinstance(update, Disconnected) for update in updates)
    values = [update["value"] for update in updates]
    assert values == sorted(set(values)), "in order, none twice"
    stamps = [update["timeStamp.secondsPastEpoch"] * 10**9 + update["timeStamp.nanoseconds"] for update in updates]
    assert stamps == sorted(stamps)
    for update in updates:
        changed = update.changedSet()
        told = {VALUE, *TIME} | (set(ALARM) if update is updates[-1] else set())
        assert VALUE in changed and changed <= told | {"alarm", "timeStamp"}, changed
    last = updates[-1]
    assert (last["alarm.severity"], last["alarm.message"] != "") == (1, True)
    assert "alarm.severity" in last.changedSet()


async def test_every_subscriber_hears_the_last(server: PvaServer, process: Process) -> None:
    async with (
        heard_of(server.environment, "A:rate") as one,
        heard_of(server.environment, "A:rate", "record[queueSize=1]") as another,
    ):
        assert (await first_of(another))["value"] == 0.0
        await burst(one, process)
        while (await another())["value"] != COUNT:
            pass


async def test_only_what_differs_is_sent(server: PvaServer, process: Process) -> None:
    view = process.view("A")
    async with (
        heard_of(server.environment, "A:mode_RBV") as mode,
        heard_of(server.environment, "A:image_RBV") as image,
    ):
        await first_of(mode)
        await first_of(image)
        await asyncio.to_thread(setattr, view, "mode", "fast")
        update = await mode()
        assert update["value.index"] == 1
        assert set(update.changedSet()) <= {"value.index", *TIME}, "the choices are known"
        await asyncio.to_thread(setattr, view, "image", np.ones((2, 2), np.uint16))
        update = await image()
        assert update["value"].tolist() == [1, 1, 1, 1]
        assert not any(name.startswith(("dimension", "attribute", "codec")) for name in update.changedSet())
