"""Clients that vanish: their calls go on unless they asked otherwise, their subscriptions are freed (rule 26)."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable

import aiohttp
import pytest

from tests.support import eventually
from tests.system.web.conftest import Lab
from tests.system.web.raw import HANDSHAKE, masked, raw_websocket
from tests.system.web.talk import talk

GET_POSITION = ["BENCH", "position", "value"]


async def until(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(eventually, condition, what)


async def test_calls_of_a_vanished_client_go_on(lab: Lab) -> None:
    """Rule 26."""
    with raw_websocket(lab.address) as client:
        client.sendall(
            masked(
                {"typeid": "malcolm:core/Post:1.0", "id": 1, "path": ["BENCH", "nap"], "parameters": {"seconds": 0.3}}
            )
        )
        await until(lambda: lab.bench.presses.value > 0, "the nap to begin")
    await until(lambda: lab.bench.presses.value == 15, "the nap to end")


async def test_a_call_is_aborted_with_its_client_if_that_was_asked(lab: Lab) -> None:
    """Rule 26: unless it asked for abort on disconnect."""
    async with talk(lab.websocket, "macduff.1") as client:
        await client.send("Post", ["BENCH", "nap"], parameters={"seconds": 60}, abort_on_disconnect=True)
        await until(lambda: lab.bench.presses.value > 0, "the nap to begin")
        client.connection.transport.abort()
    await until(lambda: lab.bench.state.value.value == "Idle", "the nap to be aborted")
    assert lab.bench.presses.value < 1000


async def test_http_calls_of_a_vanished_client_go_on_or_not(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        for query, seconds in (("", 0.3), ("?abort_on_disconnect=true", 60)):
            lab.bench.presses.update(0)
            asked = asyncio.ensure_future(
                session.post(f"{lab.address}/api/BENCH/nap{query}", data=json.dumps({"seconds": seconds}))
            )
            await until(lambda: lab.bench.presses.value > 0, "the nap to begin")
            asked.cancel()
            await until(lambda: lab.bench.state.value.value == "Idle", "the nap to end")
            assert (lab.bench.presses.value == 15) is (query == "")


async def test_subscriptions_of_a_vanished_client_are_freed(lab: Lab) -> None:
    """Nobody listens afterwards, so an update costs nothing any more."""
    async with talk(lab.websocket) as client:
        await client.ask("Subscribe", ["BENCH", "position"])
        await until(lambda: lab.process._listeners.has_audience(lab.bench), "the listener to come")
        client.connection.transport.abort()
    await until(lambda: not lab.process._listeners.has_audience(lab.bench), "the listener to go")


async def test_a_handshake_of_somebody_who_has_gone_is_no_error(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    """As a browser goes whose page is loaded anew at once."""
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", int(lab.address.rpartition(":")[2]))) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # hang up at once
            client.sendall(HANDSHAKE)
    async with talk(lab.websocket, "macduff.1") as after:
        await after.ask("Get", GET_POSITION)
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
