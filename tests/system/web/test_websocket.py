"""The websocket, with real clients: handshakes and what is spoken."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import InvalidStatus

from tests.system.web.conftest import Lab
from tests.system.web.talk import talk

GET_POSITION = ["BENCH", "position", "value"]


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
            device = json.dumps(await client.value("Get", ["BENCH"]))
            assert '"writeable": false' in device and '"writeable": true' not in device
            first = await client.ask("Subscribe", GET_POSITION)
            lab.bench.position.update(1.5)
            assert (await client.reply(first["id"]))["value"] == 1.5
        assert lab.bench.velocity.value == 1.0 and lab.bench.presses.value == 0
