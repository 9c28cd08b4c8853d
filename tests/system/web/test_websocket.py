"""The websocket, with real clients: handshakes, what is spoken, limits, vanished clients."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support import eventually
from tests.system.web.conftest import Lab
from tests.system.web.talk import talk

GET_POSITION = ["BENCH", "position", "value"]


async def until(condition: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(eventually, condition, what)


# handshakes


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        (["malcolm.1"], "malcolm.1"),
        (["macduff.1"], "macduff.1"),
        (["macduff.msgpack.1"], "macduff.msgpack.1"),
        (["unknown", "macduff.1", "malcolm.1"], "macduff.1"),
    ],
)
async def test_subprotocols(lab: Lab, offered: list[str], chosen: str | None) -> None:
    async with talk(lab.websocket, *offered) as client:
        assert client.connection.subprotocol == chosen
        assert await client.value("Get", GET_POSITION) == 0.0


async def test_only_unknown_subprotocols_are_400(lab: Lab) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with talk(lab.websocket, "chat", "soap"):
            pass
    assert caught.value.response.status_code == 400
    error = json.loads(caught.value.response.body or b"")
    assert error["kind"] == "BadValue" and "malcolm.1, macduff.1, macduff.msgpack.1" in error["message"]


async def test_compression_is_declined(lab: Lab) -> None:
    """permessage-deflate doubles the cost of a frame."""
    async with talk(lab.websocket, compression="deflate") as client:
        assert client.connection.protocol.extensions == []
        assert await client.value("Get", GET_POSITION) == 0.0


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
async def test_scripts_of_other_pages_are_refused(lab: Lab, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with talk(lab.websocket, additional_headers={"Origin": origin}):
            pass
    assert caught.value.response.status_code == 403


async def test_our_own_page_and_configured_ones_may(serve: Callable[..., Any]) -> None:
    with serve(origins=["https://panel.example"], hosts=["lab.example"]) as lab:
        for origin in (lab.address, "https://panel.example"):
            async with talk(lab.websocket, additional_headers={"Origin": origin}) as client:
                assert await client.value("Get", GET_POSITION) == 0.0
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(lab.websocket, headers={"Host": "lab.example"}) as found:
                assert not found.closed
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(lab.websocket, headers={"Host": "evil.example"})
            assert caught.value.status == 403


async def test_a_plain_get_of_the_websocket_is_400(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session, session.get(lab.address + "/ws") as response:
        assert response.status == 400 and (await response.json())["kind"] == "BadValue"


# what is spoken


@pytest.mark.parametrize("subprotocol", ["malcolm.1", "macduff.1", "macduff.msgpack.1"])
async def test_get_put_post_and_errors(lab: Lab, subprotocol: str) -> None:
    async with talk(lab.websocket, subprotocol) as client:
        assert await client.value("Put", ["BENCH", "velocity"], value=2.5) is None
        assert await client.value("Put", ["BENCH", "velocity", "value"], value=3, get=True) == 3.0
        assert await client.value("Post", ["BENCH", "add"], parameters={"a": 2}) == 3.0
        assert await client.value("Post", ["BENCH", "press"]) is None
        assert (await client.value("Get", ["BENCH"]))["typeid"] == "malcolm:core/Block:1.0"
        assert (await client.value("Get", [".", "blocks"]))["value"]["mri"] == ["BENCH"]
        assert await client.error("Put", ["BENCH", "velocity"], value=50) == "BadValue"
        assert await client.error("Put", ["BENCH", "position"], value=5) == "NotWriteable"
        assert await client.error("Get", ["BENCHES"]) == "NotFound"
        assert await client.error("Post", ["BENCH", "fail"]) == "DeviceFailed"
    assert lab.bench.presses.value == 1


async def test_numbers_in_strings_are_for_the_strict_dialect(lab: Lab) -> None:
    async with talk(lab.websocket) as strict, talk(lab.websocket, "macduff.1") as ours:
        assert await strict.value("Put", ["BENCH", "velocity"], value="2.5") is None
        assert await ours.error("Put", ["BENCH", "velocity"], value="2.5") == "BadValue"


async def test_changes_reach_every_subscriber(lab: Lab) -> None:
    async with talk(lab.websocket) as one, talk(lab.websocket, "macduff.1") as other:
        first = await one.send("Subscribe", GET_POSITION)
        second = await other.send("Subscribe", ["BENCH", "position"], delta=True)
        assert (await one.reply(first))["value"] == 0.0
        assert (await other.reply(second))["changes"][0][0] == []
        lab.bench.position.update(4.5)
        assert (await one.reply(first))["value"] == 4.5
        assert [["value"], 4.5] in (await other.reply(second))["changes"]
        await one.send("Unsubscribe", id=first)
        assert (await one.reply(first)) == {"typeid": "malcolm:core/Return:1.0", "id": first, "value": None}


async def test_a_reply_comes_behind_the_changes_that_it_made(lab: Lab) -> None:
    """Rule 5, over the socket, again and again."""
    async with talk(lab.websocket) as client:
        subscription = await client.send("Subscribe", GET_POSITION)
        await client.reply(subscription)
        expected = 0.0
        for step in range(200):
            by = 0.5 if step % 2 else -0.25
            expected += by
            call = await client.send("Post", ["BENCH", "shift"], parameters={"by": by})
            seen = None
            while (message := await client.next())["id"] != call:
                seen = message["value"]
            assert seen == expected and message["typeid"] == "malcolm:core/Return:1.0"


async def test_every_change_in_order(lab: Lab) -> None:
    """Delivery `every`: nothing merged, nothing lost."""
    async with talk(lab.websocket, "macduff.1") as client:
        subscription = await client.send("Subscribe", ["BENCH", "presses", "value"], policy="every")
        assert (await client.reply(subscription))["value"] == 0

        def produce() -> None:
            for number in range(1, 2001):
                lab.bench.presses.update(number)

        await asyncio.to_thread(produce)
        seen: list[int] = []
        while len(seen) < 2000:
            message = await client.reply(subscription)
            assert message["dropped"] == 0
            seen.append(message["value"])
        assert seen == list(range(1, 2001))


async def test_devices_come_and_go(lab: Lab) -> None:
    """Rule 25: subscriptions of a removed device get one Error; the list tells."""
    async with talk(lab.websocket) as client:
        listing = await client.send("Subscribe", [".", "blocks", "value"])
        assert (await client.reply(listing))["value"]["mri"] == ["BENCH"]
        assert await client.value("Post", [".", "create_Spare"], parameters={"name": "SPARE"}) == "SPARE"
        spare = await client.send("Subscribe", ["SPARE", "level"])
        assert (await client.reply(spare))["value"]["value"] == 3
        gone = await client.send("Post", [".", "remove"], parameters={"name": "SPARE"})
        lists: list[Any] = []
        ends: list[Any] = []
        while (message := await client.next())["id"] != gone:
            (lists if message["id"] == listing else ends).append(message)
        assert lists[-1]["value"]["mri"] == ["BENCH"]
        assert [end["message"].partition(":")[0] for end in ends] == ["Removed"]
        assert await client.error("Get", ["SPARE"]) == "NotFound"


async def test_large_arrays_do_not_delay_others(lab: Lab) -> None:
    """A million numbers take a tenth of a second to encode: that is done in another thread."""
    async with (
        talk(lab.websocket) as client,
        talk(lab.websocket) as other,
        talk(lab.websocket, "macduff.msgpack.1") as raw,
    ):
        assert await client.value("Post", ["BENCH", "fill"], parameters={"size": 1_000_000}) is None
        asked = asyncio.ensure_future(client.value("Get", ["BENCH", "load", "value"]))
        loop, slowest, answered = asyncio.get_running_loop(), 0.0, 0
        while not asked.done():
            begin = loop.time()
            await other.value("Get", GET_POSITION)
            slowest, answered = max(slowest, loop.time() - begin), answered + 1
        numbers = await asked
        array = await raw.value("Get", ["BENCH", "load", "value"])
        assert len(numbers) == 1_000_000 and len(array["data"]) == 8_000_000 and array["dtype"] == "float64"
        assert answered > 5
        async with aiohttp.ClientSession() as session:
            async with session.get(lab.address + "/api/BENCH/load/value") as response:
                assert await response.json() == numbers
            async with session.get(lab.address + "/api/BENCH/load") as response:
                assert (await response.json())["value"]["data"] == numbers
            body = io.BytesIO(json.dumps({"values": numbers[:100_000]}).encode())
            async with session.post(lab.address + "/api/BENCH/echo", data=body) as response:
                assert await response.json() == numbers[:100_000]


async def test_read_only_lets_nobody_write(serve: Callable[..., Any]) -> None:
    with serve(read_only=True) as lab:
        async with talk(lab.websocket) as client:
            assert await client.error("Put", ["BENCH", "velocity"], value=2) == "Refused"
            assert await client.error("Post", ["BENCH", "press"]) == "Refused"
            assert await client.error("Post", ["BENCH", "abort"]) == "Refused"
            assert await client.error("Post", [".", "create_Spare"], parameters={"name": "SPARE"}) == "Refused"
            first = await client.ask("Subscribe", GET_POSITION)
            lab.bench.position.update(1.5)
            assert (await client.reply(first["id"]))["value"] == 1.5
        assert lab.bench.velocity.value == 1.0 and lab.bench.presses.value == 0


# limits


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
    with raw_websocket(lab) as client:
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
    with raw_websocket(lab) as client:
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


# clients that vanish


async def test_calls_of_a_vanished_client_go_on(lab: Lab) -> None:
    """Rule 26."""
    with raw_websocket(lab) as client:
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


# raw sockets


def raw_websocket(lab: Lab) -> socket.socket:
    """A socket after the handshake."""
    found = socket.create_connection(("127.0.0.1", int(lab.address.rpartition(":")[2])), timeout=10)
    found.sendall(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += found.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return found


def masked(message: dict[str, Any]) -> bytes:
    payload = json.dumps(message).encode()
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload


def closing_code(client: socket.socket) -> int | None:
    """What the server says when it closes; None when it just hangs up."""
    data = b""
    while chunk := client.recv(1000):
        data += chunk
    return int.from_bytes(data[2:4], "big") if data[:1] == b"\x88" else None
