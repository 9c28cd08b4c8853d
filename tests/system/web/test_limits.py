"""Bounds of messages, requests, subscriptions and connections, and frames that are none."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support import eventually
from tests.system.web.conftest import Lab
from tests.system.web.raw import closing_code, raw_websocket
from tests.system.web.talk import talk

GET_POSITION = ["BENCH", "position", "value"]


async def until(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(eventually, condition, what)


async def test_a_message_that_is_too_large_is_not_even_read(serve: Callable[..., Any]) -> None:
    with serve(limits={"message_size": 1000}) as lab:
        async with talk(lab.websocket) as client:
            await client.raw(
                json.dumps({"typeid": "malcolm:core/Get:1.0", "id": 1, "path": ["B" * 940]})[:1000].ljust(1000)
            )
            assert (await client.next())["id"] == 1
            await client.raw("x" * 1001)
            with pytest.raises(ConnectionClosed) as caught:
                await client.next()
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009


async def test_a_frame_that_announces_too_much_is_refused_at_its_header(lab: Lab) -> None:
    """Nothing is kept for what was only announced."""
    with raw_websocket(lab.address) as client:
        client.sendall(b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4))
        assert closing_code(client) == 1009


async def test_deep_messages_are_errors_and_the_connection_lives(lab: Lab) -> None:
    async with talk(lab.websocket) as client:
        for depth in (65, 1000, 100_000):
            await client.raw(
                '{"typeid":"malcolm:core/Put:1.0","id":1,"path":[],"value":' + "[" * depth + "]" * depth + "}"
            )
            reply = await client.next()
            assert reply["id"] == -1 and "levels of nesting" in reply["message"]
        assert await client.value("Get", GET_POSITION) == 0.0


async def test_open_requests_are_bounded(serve: Callable[..., Any]) -> None:
    with serve(limits={"in_flight": 5}) as lab:
        async with talk(lab.websocket, "macduff.1") as client:
            nap = await client.send("Post", ["BENCH", "nap"], parameters={"seconds": 30})
            await until(lambda: lab.bench.presses.value > 0, "the nap to begin")
            call = {"typeid": "malcolm:core/Post:1.0", "path": ["BENCH", "add"], "parameters": {"a": 1}}
            await client.raw(json.dumps([{**call, "id": 100 + number} for number in range(5)]))
            found = [await client.next() for _ in range(5)]
            assert sorted(message["id"] for message in found) == [100, 101, 102, 103, 104]
            kinds = sorted(message["kind"] for message in found)
            assert kinds == ["Busy"] * 4 + ["TooMany"], "one is napping and four were let in"
            await client.raw(json.dumps([{**call, "id": 200 + number} for number in range(6)]))
            refusal = await client.next()
            assert refusal["id"] == -1 and "at most 5 messages in a frame" in refusal["message"]
            await client.send("Post", ["BENCH", "abort"])
            assert (await client.reply(nap))["kind"] == "Aborted"


async def test_subscriptions_are_bounded(serve: Callable[..., Any]) -> None:
    with serve(limits={"subscriptions": 10}) as lab:
        async with talk(lab.websocket) as client:
            found = [await client.ask("Subscribe", GET_POSITION) for _ in range(11)]
            assert [message["typeid"] for message in found[:10]] == ["malcolm:core/Update:1.0"] * 10
            assert found[10]["message"].startswith("TooMany: subscriptions: expected at most 10")
            assert (await client.ask("Unsubscribe", id=found[0]["id"]))["typeid"] == "malcolm:core/Return:1.0"
            assert (await client.ask("Subscribe", GET_POSITION))["typeid"] == "malcolm:core/Update:1.0"


async def test_connections_are_bounded(serve: Callable[..., Any]) -> None:
    """HTTP ones too: one that asks nothing holds its place, so there is a bound on all together."""
    with serve(limits={"connections": 4}) as lab:
        idle = [socket.create_connection(("127.0.0.1", int(lab.address.rpartition(":")[2]))) for _ in range(3)]
        try:
            async with talk(lab.websocket) as client:
                with pytest.raises(InvalidStatus) as caught:
                    async with talk(lab.websocket):
                        pass
                assert caught.value.response.status_code == 503
                assert await client.value("Get", GET_POSITION) == 0.0
                idle.pop().close()

                async def again() -> bool:
                    try:
                        async with talk(lab.websocket) as other:
                            return bool(await other.value("Get", GET_POSITION) == 0.0)
                    except InvalidStatus:
                        return False

                while not await again():
                    await asyncio.sleep(0.005)
        finally:
            for connection in idle:
                connection.close()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x83\x80" + bytes(4), 1002),  # an opcode that there is not
        (b"\xc1\x80" + bytes(4), 1002),  # a reserved bit: compression that was not negotiated
        (b"\x89\xfe\x00\x80" + bytes(132), 1002),  # a ping that is too large
        (b"\x80\x80" + bytes(4), 1002),  # the rest of a message that never began
        (b"\x81\x82" + bytes(4) + b"\xff\xfe", 1007),  # text that is no UTF-8
    ],
)
async def test_frames_that_are_none_end_the_connection(lab: Lab, frame: bytes, code: int) -> None:
    with raw_websocket(lab.address) as client:
        client.sendall(frame)
        assert closing_code(client) == code
    async with talk(lab.websocket) as other:
        assert await other.value("Get", GET_POSITION) == 0.0


async def test_pings_are_answered_and_fragments_joined(lab: Lab) -> None:
    async with talk(lab.websocket) as client:
        pong = await client.connection.ping(b"there?")
        async with asyncio.timeout(5):
            await pong
        text = json.dumps({"typeid": "malcolm:core/Get:1.0", "id": 9, "path": GET_POSITION})
        await client.connection.send(iter([text[:10], text[10:20], text[20:]]))
        assert (await client.next())["value"] == 0.0


async def test_a_text_frame_for_msgpack_is_an_error(lab: Lab) -> None:
    async with talk(lab.websocket, "macduff.msgpack.1") as client:
        await client.raw("{}")
        assert (await client.next())["id"] == -1
    async with talk(lab.websocket) as strict:
        await strict.raw(b"{}")
        assert (await strict.next())["id"] == -1
