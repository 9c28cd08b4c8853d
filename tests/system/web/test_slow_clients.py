"""Clients that read one byte a second or nothing, beside a healthy one: its p99 and our memory, with and without them.

Design 6: a slow client never delays another and never costs more than a bounded memory.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.system.web.conftest import Remote
from tests.system.web.talk import Talk, talk

OUTGOING = 400_000
SLOW = 4  # of each kind
RATE, BULK = 100, 2000  # a frame of the wave is some 40 kB: 4 MB/s for each who subscribes
SECONDS = 2.5
SUBSCRIBE = {"typeid": "malcolm:core/Subscribe:1.0", "id": 1, "path": ["BENCH", "wave"]}
GET = {"typeid": "malcolm:core/Get:1.0", "id": 2, "path": ["BENCH"]}


def masked(message: dict[str, Any]) -> bytes:
    payload = json.dumps(message).encode()
    assert len(payload) < 126
    return bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload


class Sluggish:
    """A websocket on a bare socket with a small receive buffer, read only by `read`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        self.socket.sendall(masked(SUBSCRIBE))
        self.socket.setblocking(False)

    def ask_for_ever(self) -> int:
        """Send requests until the server takes no more; how many bytes it took now."""
        taken = 0
        try:
            while taken < 10_000_000:
                taken += self.socket.send(masked(GET) * 100)
        except BlockingIOError:
            pass
        except OSError:
            return -1
        return taken

    def read(self, most: int) -> bytes | None:
        """Up to `most` bytes; None when there are none now, b"" when the server hung up."""
        try:
            return self.socket.recv(most)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        self.socket.close()


@asynccontextmanager
async def sluggish(remote: Remote, *, asking: bool) -> AsyncIterator[list[Sluggish]]:
    """Clients that never read and clients that read one byte a second; some ask without end, too."""
    idle = [Sluggish(remote.port) for _ in range(SLOW)]
    dripping = [Sluggish(remote.port) for _ in range(SLOW)]

    async def drip() -> None:
        while True:
            for client in dripping:
                client.read(1)
            if asking:
                for client in idle[::2] + dripping[::2]:
                    client.ask_for_ever()
            await asyncio.sleep(1)

    task = asyncio.ensure_future(drip())
    try:
        yield [*idle, *dripping]
    finally:
        task.cancel()
        for client in (*idle, *dripping):
            client.close()


async def healthy(client: Talk, subscription: int, remote: Remote) -> tuple[float, float, float, int]:
    """Median and p99 of a get's round trip (s), updates a second, the most memory of the server (bytes)."""
    loop = asyncio.get_running_loop()
    trips: list[float] = []
    updates, memory = 0, 0
    begin = loop.time()
    while loop.time() - begin < SECONDS:
        sent = loop.time()
        id = await client.send("Get", ["BENCH", "velocity", "value"])
        while (message := await client.next())["id"] != id:
            updates += message["id"] == subscription
        trips.append(loop.time() - sent)
        memory = max(memory, remote.memory())
        await asyncio.sleep(0.002)
    cuts = statistics.quantiles(trips, n=100)
    return cuts[49], cuts[98], updates / SECONDS, memory


@pytest.mark.parametrize("asking", [False, True], ids=["they subscribe", "they also ask without end"])
async def test_slow_clients_delay_nobody_and_cost_little(
    remote: Callable[..., Remote], asking: bool, record_property: Callable[[str, object], None]
) -> None:
    server = remote("--rate", str(RATE), "--bulk", str(BULK), outgoing=OUTGOING, stalled=1000.0)
    async with talk(server.websocket) as client:
        subscription = await client.send("Subscribe", ["BENCH", "wave", "value"])
        await client.reply(subscription)
        await asyncio.sleep(0.5)
        alone = await healthy(client, subscription, server)
        async with sluggish(server, asking=asking):
            await asyncio.sleep(1.5)  # until the kernel's buffers are full
            beside = await healthy(client, subscription, server)
    grown = beside[3] - alone[3]
    for name, (median, p99, rate, memory) in (("without", alone), (f"with {2 * SLOW} slow ones", beside)):
        print(
            f"{name}: get {median * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms, {rate:.0f} updates/s, "
            f"server {memory / 1e6:.1f} MB"
        )
        record_property(name, f"p99 {p99 * 1e3:.2f} ms, {memory / 1e6:.1f} MB")
    assert beside[1] < 5 * alone[1] + 0.05, "the healthy client waits for the slow ones"
    assert beside[2] > 0.8 * alone[2], "the healthy client misses updates"
    assert grown < 2 * SLOW * (2 * OUTGOING + 100_000) + 8_000_000, f"the slow ones cost {grown / 1e6:.1f} MB"


async def test_who_reads_again_gets_what_is_now(remote: Callable[..., Remote]) -> None:
    """Merged, newest wins: nothing is queued for them beyond one change set and what was in the buffers."""
    server = remote("--rate", str(RATE), "--bulk", str(BULK), outgoing=OUTGOING, stalled=1000.0)
    slow = Sluggish(server.port)
    try:
        await asyncio.sleep(2.5)
        async with talk(server.websocket) as client:
            now = (await client.value("Get", ["BENCH", "wave", "value"]))[0]
        received = bytearray()
        deadline = asyncio.get_running_loop().time() + 10
        while asyncio.get_running_loop().time() < deadline:
            chunk = slow.read(1_000_000)
            assert chunk != b"", "the server hung up"
            received += chunk or b""
            found = received.rfind(b'"value":[')
            first, separator, _ = bytes(received[found + 9 : found + 40]).partition(b",")
            if found >= 0 and separator and float(first) >= now:
                break
            await asyncio.sleep(0.001)
        else:
            pytest.fail("it never got the present value")
        frames = received.count(b"malcolm:core/Update:1.0")
        assert frames < now / 2, "it got nearly every one of the changes that it had missed"
    finally:
        slow.close()


async def test_a_stalled_client_is_hung_up_on_only_when_replies_wait(remote: Callable[..., Remote]) -> None:
    server = remote("--rate", str(RATE), "--bulk", str(BULK), outgoing=OUTGOING, stalled=1.0)
    asking, subscribed = Sluggish(server.port), Sluggish(server.port)
    try:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while asking.ask_for_ever() >= 0:
            assert loop.time() - begin < 20, "the client that asks and never reads is still there"
            await asyncio.sleep(0.05)
        assert loop.time() - begin > 0.9
        async with talk(server.websocket) as client:
            assert await client.value("Get", ["BENCH", "velocity", "value"]) == 1.0
        while (chunk := subscribed.read(1_000_000)) is None:
            await asyncio.sleep(0.01)
        assert chunk, "the client that only subscribes was hung up on"
    finally:
        asking.close()
        subscribed.close()
