"""Subscriptions with a period, over a real websocket and by a real clock (docs/reference/wire.md)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.system.web.conftest import Lab
from tests.system.web.talk import Talk, talk

OURS = pytest.mark.parametrize("subprotocol", ["macduff.1", "macduff.msgpack.1"])
POSITION = ["BENCH", "position", "value"]
PERIOD = 0.1


async def until(client: Talk, wanted: Any) -> list[Any]:
    """Values as they come, up to the one that is wanted."""
    found: list[Any] = []
    while not found or found[-1] != wanted:
        found.append((await client.next())["value"])
    return found


@OURS
async def test_what_changes_all_the_time_is_told_once_a_period_and_its_end_too(lab: Lab, subprotocol: str) -> None:
    def work() -> None:
        for step in range(1, 501):
            lab.bench.position.update(step / 100)
            time.sleep(0.001)

    async with talk(lab.websocket, subprotocol) as client:
        began = time.monotonic()
        await client.send("Subscribe", POSITION, period=PERIOD)
        working = asyncio.create_task(asyncio.to_thread(work))
        found = await until(client, 5.0)
        lasted = time.monotonic() - began
        await working
    assert found == sorted(found)
    assert len(found) <= lasted / PERIOD + 3  # the first value counts for no period


@OURS
async def test_a_put_is_answered_behind_what_it_changed_however_long_the_period_is(lab: Lab, subprotocol: str) -> None:
    async with talk(lab.websocket, subprotocol) as client:
        whole = await client.send("Subscribe", ["BENCH"], delta=True, columns=True, period=60)
        names = (await client.next())["changes"][0][1]["meta"]["fields"]
        for value in (2.0, 3.0, 4.0):
            put = await client.send("Put", ["BENCH", "velocity"], value=value)
            told: dict[str, Any] = {}
            while (message := await client.next())["id"] == whole:
                readings = message["readings"] or {"fields": [], "values": []}
                told |= {names[at]: new for at, new in zip(readings["fields"], readings["values"], strict=True)}
            assert (message["id"], told["velocity"]) == (put, value)
