"""Servers that break the protocol, or are none: the client says what was wrong, and waits for nothing for ever."""

from __future__ import annotations

import asyncio
import json
import queue
import struct

import pytest

from tests.support import free_port

from .conftest import Side
from .server import CLOSE, PING, PONG, TEXT, Conversation, Server, accepting, frame, message, relay

LIST = {"value": {"mri": ["D"], "label": ["D"]}}


def answering(answer: bytes) -> Server:
    """A server that answers the handshake so, and then waits for the client to go."""

    async def handler(client: Conversation) -> None:
        await client.reader.readuntil(b"\r\n\r\n")
        await client.send(answer)
        await client.reader.read()

    return Server(handler)


HANDSHAKES = [
    (b"HTTP/1.1 200 OK\r\n\r\n", "something else that answered (HTTP 200)"),
    (b"HTTP/1.1 503 No\r\n\r\n", "one that takes no connections: it is ending, or has too many (HTTP 503)"),
    (b"HTTP/1.1 403 No\r\n\r\n", "one that refuses this name for it; its setting `hosts` must have it (HTTP 403)"),
    (b"HTTP/1.1 400 No\r\n\r\n", "one that does not speak macduff.1 (HTTP 400)"),
    (b"SSH-2.0-OpenSSH_9\r\n\r\n", "something else that answered 'SSH-2.0-OpenSSH_9'"),
    (b"HTTP/1.1 101 Yes\r\n\r\n", "an answer without Upgrade: websocket"),
    (b"x" * 20_000, "an answer that does not end"),
]


@pytest.mark.parametrize(("answer", "told"), HANDSHAKES, ids=range(len(HANDSHAKES)))
def test_answers_that_are_none(side: Side, answer: bytes, told: str) -> None:
    with answering(answer) as server:
        found = side.do("refused", address=server.address)
        assert found["type"] == "Disconnected"
        assert found["message"] == f"{server.address}: expected a macduff server, got {told}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"accept": b"AAAA"}, "an answer to another question: its Sec-WebSocket-Accept is 'AAAA'"),
        ({"more": b"Sec-WebSocket-Extensions: x\r\n"}, "an answer with extensions, for which nobody asked"),
        ({"protocol": b"malcolm.1"}, "one that does not speak macduff.1"),
        ({"more": b"Upgrade: h2c\r\n"}, "an answer without Upgrade: websocket"),
    ],
    ids=["accept", "extension", "protocol", "upgrade"],
)
def test_handshakes_that_are_wrong(side: Side, arguments: dict[str, bytes], told: str) -> None:
    async def handler(client: Conversation) -> None:
        await client.send(accepting(await client.reader.readuntil(b"\r\n\r\n"), **arguments))
        await client.reader.read()

    with Server(handler) as server:
        found = side.do("refused", address=server.address)
        assert found["message"] == f"{server.address}: expected a macduff server, got {told}"


def test_servers_that_say_nothing(side: Side) -> None:
    async def silent(client: Conversation) -> None:
        await client.reader.read()

    async def rude(client: Conversation) -> None:
        await client.reader.readuntil(b"\r\n\r\n")

    async def idle(client: Conversation) -> None:
        await client.accept()
        await client.reader.read()

    async def dripping(client: Conversation) -> None:
        while True:
            await client.send(b"H")
            await asyncio.sleep(0.05)

    with Server(silent) as server, Server(dripping) as drips:
        for address in (server.address, drips.address):
            found = side.do("refused", address=address, timeout=0.5)
            assert found["type"] == "TimedOut"
            assert found["message"] == f"{address}: expected a connection within 0.5 s, got no answer"
    with Server(rude) as server:
        found = side.do("refused", address=server.address)
        assert found["message"] == f"{server.address}: expected a macduff server, got something that hung up"
    with Server(idle) as server:
        found = side.do("refused", address=server.address, timeout=0.5)
        assert found["message"] == (f"{server.address}: expected a connection within 0.5 s (no list of devices came)")
    address = f"ws://127.0.0.1:{free_port()}"
    found = side.do("refused", address=address)
    assert found["message"] == (
        f"{address}: expected a server, got none: connection refused; is macduff serve running there?"
    )
    for wrong in ("", "ftp://x", "ws://a b", "ws://x:99999", "ws://x?y", "ws://x/DET"):
        assert side.do("refused", address=wrong)["type"] == "BadValue", wrong


BROKEN = "a frame from the server was not understood: "
FRAMES = [
    (b"\x81\x81aaaaa", BROKEN + "a masked frame, which only clients send"),
    (b"\xc1\x01a", BROKEN + "a frame of no known kind (0xc1)"),
    (b"\x83\x01a", BROKEN + "a frame of no known kind (0x83)"),
    (b"\x80\x01a", BROKEN + "a message began inside another, or went on that had not begun"),
    (b"\x01\x01{\x81\x01}", BROKEN + "a message began inside another, or went on that had not begun"),
    (b"\x09\x01a", BROKEN + "a control frame that is too long or in pieces"),
    (b"\x89\x7e\x00\x7e" + b"a" * 126, BROKEN + "a control frame that is too long or in pieces"),
    (b"\x82\x01a", BROKEN + "a binary frame, which macduff.1 has not"),
    (b"\x81\x7f" + b"\xff" * 8, BROKEN + "a message of more than 67108864 bytes"),
    (b"\x81\x7f" + struct.pack(">Q", 2**63), BROKEN + "a message of more than 67108864 bytes"),
    (b"\x01\x01{\x80\x7f" + struct.pack(">Q", 2**26), BROKEN + "a message of more than 67108864 bytes"),
    (frame(TEXT, b'"\xff"'), BROKEN + "text that is no UTF-8"),
    (frame(TEXT, b"{"), BROKEN),
    (frame(TEXT, b"[" * 200_000), BROKEN),
    (frame(TEXT, b"5"), BROKEN + "expected a message with an id, got 5"),
    (frame(TEXT, b"{}"), BROKEN + "expected a message with an id, got "),
    (frame(TEXT, message("Nonsense", 1)), BROKEN + "expected Return, Error, Update or Delta, got "),
    (frame(TEXT, message("Delta", 1, changes=5)), BROKEN),
    (frame(TEXT, message("Delta", 1, changes=[[["a", "b"], 1]])), BROKEN),
    (frame(TEXT, message("Update", 1, value={"value": 5})), BROKEN),
    (frame(TEXT, message("Error", -1, message="BadValue: x")), BROKEN + "it did not understand what was sent: x"),
    (frame(CLOSE, b"a"), BROKEN + "a close frame of one byte"),
    (frame(CLOSE, struct.pack(">H", 1005)), BROKEN + "a close frame with the code 1005, which may not be sent"),
    (frame(CLOSE, struct.pack(">H", 1008) + b"too slow"), "the server closed the connection: too slow (1008)"),
    (frame(CLOSE, b""), "the server closed the connection"),
]  # fmt: skip


def test_frames_that_are_wrong(side: Side) -> None:
    """Each costs the connection, with its reason; the client takes its leave with a masked close frame."""
    heard: queue.Queue[int] = queue.Queue()
    codes = [1002] * 7 + [1003] + [1009] * 3 + [1007] + [1002] * 11 + [1008, 1000]
    sent = iter(FRAMES)

    async def handler(client: Conversation) -> None:
        await client.accept()
        frames = client.frames()
        await anext(frames)  # that asks for the list
        await client.send(next(sent)[0])
        async for opcode, data in frames:
            if opcode == CLOSE:
                heard.put(struct.unpack(">H", data[:2])[0])

    with Server(handler) as server:
        for (data, told), code in zip(FRAMES, codes, strict=True):
            found = side.do("refused", address=server.address)
            assert found["type"] == "Disconnected", data[:20]
            expected = f"{server.address}: expected a macduff server, got another: {told}"
            assert found["message"].startswith(expected), data[:20]
            assert heard.get(timeout=10) == code, data[:20]


def test_connections_that_are_cut(side: Side) -> None:
    async def handler(client: Conversation) -> None:
        await client.accept()
        await client.reader.read(1)
        await client.send(b"\x81\x10{")

    with Server(handler) as server:
        found = side.do("refused", address=server.address)
        assert found["message"].startswith(
            f"{server.address}: expected a macduff server, got another: the connection was lost"
        )


def test_messages_in_pieces_with_pings_between_and_large_ones(side: Side) -> None:
    """RFC 6455: fragments, control frames between them, each ping answered by its own pong, 8 MB in a frame."""
    pongs: list[bytes] = []
    block = {"meta": {"fields": [], "description": "x" * 8_000_000}}

    async def handler(client: Conversation) -> None:
        await client.accept()
        async for opcode, data in client.frames():
            if opcode == PONG:
                pongs.append(data)
            elif opcode == CLOSE:
                await client.send(frame(CLOSE, data))
            elif opcode == TEXT:
                await answer(client, json.loads(data))

    async def answer(client: Conversation, request: dict[str, object]) -> None:
        identity = request["id"]
        assert isinstance(identity, int)
        if request["path"] == [".", "blocks"]:
            whole = message("Update", identity, value=LIST)
            for place in range(len(whole)):
                await client.send(frame(TEXT if place == 0 else 0, whole[place : place + 1], final=False))
                if place % 10 == 0:
                    await client.send(frame(PING, b"p%d" % place))
            await client.send(frame(0, b""))
        elif request["path"] == ["D"]:
            await client.send(frame(TEXT, message("Return", identity, value=block)))
        elif request["path"] == ["D", "meta"]:
            first = message("Update", identity, value=block["meta"])
            await client.send(frame(TEXT, b"[" + first + b"," + first + b"]"))

    with Server(handler) as server:
        found = side.do("lengthy", address=server.address)
        assert found == {"devices": ["D"], "length": 8_000_000, "state": "closed"}
    assert pongs and pongs == [b"p%d" % place for place in range(0, 10 * len(pongs), 10)]


def test_a_real_server_three_bytes_at_a_time(side: Side, demo: str) -> None:
    with Server(relay(int(demo.rpartition(":")[2]), piece=3)) as server:
        found = side.do("plain", address=server.address)
        assert found["devices"] == ["X", "Y", "DET", "THERMO", "DIODE", "SCAN"]
        assert found["state"] == "Idle"
