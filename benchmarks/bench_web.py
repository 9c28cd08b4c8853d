"""Server CPU of the web server, beside a bare aiohttp websocket server that does the same work with canned answers.

Two figures, each as a ratio to bare, rounds of both interleaved in one run (absolute figures differ from machine to
machine and from minute to minute): per get, with 32 clients; per delivered update, with 100 subscribers. Targets: 1.5.
Servers run in processes of their own; the load comes from this one, which counts frames and does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import psutil

GET = '{"typeid":"malcolm:core/Get:1.0","id":%d,"path":["STAGE","position"]}'
SUBSCRIBE = '{"typeid":"malcolm:core/Subscribe:1.0","id":%d,"path":["STAGE","position","value"]}'
RATE = 200.0
"""Updates a second, each delivered to every subscriber."""


# servers: each prints its port, and updates at RATE while its standard input says so


def serve_ours() -> None:
    from macduff.core import Attribute, Device, Process
    from macduff.servers.web import WebServer
    from macduff.values import VDouble

    class Stage(Device):
        """A linear stage."""

        position = Attribute(VDouble(units="mm", precision=4, display=(-10, 10)), 0.0, "Where it is")

    stage = Stage("STAGE")
    with Process() as process, WebServer(process, port=0) as server:
        process.add(stage)
        print(server.address.rpartition(":")[2], flush=True)
        obey(stage.position.update)


def serve_bare() -> None:
    """The same requests decoded the same way; canned replies, one encoding an update, one await a client."""
    import uvloop
    from aiohttp import WSMsgType, web

    from macduff.limits import DEFAULTS
    from macduff.protocol.dialect import STRICT
    from macduff.protocol.messages import Get, parse

    canned = Path(os.environ["CANNED"]).read_text()
    subscribers: dict[web.WebSocketResponse, int] = {}

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                (asked,) = parse(message.data, STRICT, DEFAULTS)
                if isinstance(asked, Get):
                    await socket.send_str(canned % asked.id)
                else:
                    subscribers[socket] = asked.id
                    await socket.send_str(update(asked.id, "0.0"))
        subscribers.pop(socket, None)
        return socket

    def update(identity: int, value: str) -> str:
        return f'{{"typeid":"malcolm:core/Update:1.0","id":{identity},"value":{value}}}'

    async def publish(value: float) -> None:
        text = msgspec.json.encode(value).decode()
        for socket, identity in list(subscribers.items()):
            with suppress(ConnectionResetError):
                await socket.send_str(update(identity, text))

    async def main() -> None:
        app = web.Application()
        app.add_routes([web.get("/ws", handle)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(obey, lambda value: asyncio.run_coroutine_threadsafe(publish(value), loop).result())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def obey(publish: Callable[[float], object]) -> None:
    """Publish at RATE between "on" and "off" from standard input; the end of it ends the server."""
    on, over = threading.Event(), threading.Event()

    def produce() -> None:
        value = 0.0
        while not over.is_set():
            on.wait()
            value += 0.25
            publish(value)
            time.sleep(1 / RATE)

    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    for line in sys.stdin:
        (on.set if line.strip() == "on" else on.clear)()
    over.set()
    on.set()
    thread.join()


# the load


class Client(asyncio.Protocol):
    """A websocket client that counts frames; with `answer` it asks again for each."""

    def __init__(self, first: str, *, ask_again: bool) -> None:
        self.frames = 0
        self.ready = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._first = masked(first)
        self._again = ask_again
        self.asking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            (
                f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        if not self.ready.done():
            head, found, buffer = buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            self.ready.set_result(head.startswith(b"HTTP/1.1 101"))
        while len(buffer) >= 2:
            size, start = buffer[1], 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            if len(buffer) < start + size:
                break
            buffer = buffer[start + size :]
            self.frames += 1
            if self._again and self.asking:
                self.transport.write(self._first)
        self._buffer = buffer

    def ask(self) -> None:
        self.asking = True
        self.transport.write(self._first)


def masked(text: str) -> bytes:
    """A text frame with a mask of zeros."""
    payload = text.encode()
    head = bytes((0x81, 0x80 | len(payload))) if len(payload) < 126 else b"\x81\xfe" + len(payload).to_bytes(2, "big")
    return head + bytes(4) + payload


class Server:
    """A server in another process, and the CPU that it has used."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        command = [sys.executable, os.path.abspath(__file__), "--serve", kind]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._ps = psutil.Process(self._process.pid)

    def cpu(self) -> float:
        times = self._ps.cpu_times()
        return times.user + times.system

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


async def connect(server: Server, count: int, text: str, *, ask_again: bool) -> list[Client]:
    loop = asyncio.get_running_loop()
    clients = []
    for index in range(count):
        _, client = await loop.create_connection(
            partial(Client, text % (index + 1), ask_again=ask_again), "127.0.0.1", server.port
        )
        assert await client.ready, "no websocket"
        clients.append(client)
    return clients


async def measure(server: Server, clients: list[Client], seconds: float) -> tuple[float, int]:
    """Microseconds of server CPU a frame, and frames a second."""
    frames, cpu = sum(client.frames for client in clients), server.cpu()
    await asyncio.sleep(seconds)
    frames, cpu = sum(client.frames for client in clients) - frames, server.cpu() - cpu
    return cpu / max(frames, 1) * 1e6, round(frames / seconds)


async def gets(server: Server, seconds: float) -> tuple[float, int]:
    clients = await connect(server, 32, GET, ask_again=True)
    for client in clients:
        client.ask()
    await asyncio.sleep(0.2)
    result = await measure(server, clients, seconds)
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(0.1)
    return result


async def updates(server: Server, seconds: float) -> tuple[float, int]:
    clients = await connect(server, 100, SUBSCRIBE, ask_again=False)
    for client in clients:
        client.ask()
    server.say("on")
    await asyncio.sleep(0.3)
    result = await measure(server, clients, seconds)
    server.say("off")
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(0.1)
    return result


async def compare(rounds: int, seconds: float) -> None:
    ours = Server("ours")
    os.environ["CANNED"] = path = f"/tmp/macduff-bench-{os.getpid()}.json"
    await record(ours, path)
    bare = Server("bare")
    try:
        for name, job in (("get, 32 clients", gets), ("delivered update, 100 subscribers", updates)):
            found: dict[str, list[tuple[float, int]]] = {"ours": [], "bare": []}
            for _ in range(rounds):
                for server in (ours, bare):
                    found[server.kind].append(await job(server, seconds))
            ratio = statistics.median(a[0] / b[0] for a, b in zip(found["ours"], found["bare"], strict=True))
            costs = {kind: statistics.median(cost for cost, _ in values) for kind, values in found.items()}
            rates = {kind: statistics.median(rate for _, rate in values) for kind, values in found.items()}
            print(
                f"{name}: ours {costs['ours']:.1f} us ({rates['ours']:.0f}/s), bare {costs['bare']:.1f} us "
                f"({rates['bare']:.0f}/s), ratio {ratio:.2f} (target 1.5)",
                flush=True,
            )
    finally:
        ours.close()
        bare.close()
        os.unlink(path)


async def record(server: Server, path: str) -> None:
    """One real reply, with a place for the id: what the bare server answers with."""
    import aiohttp

    async with aiohttp.ClientSession() as session, session.ws_connect(f"http://127.0.0.1:{server.port}/ws") as socket:
        await socket.send_str(GET % 7)
        reply = await socket.receive_str()
    Path(path).write_text(reply.replace("%", "%%").replace('"id":7,', '"id":%d,', 1))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", choices=("ours", "bare"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    if options.serve:
        serve_ours() if options.serve == "ours" else serve_bare()
    else:
        asyncio.run(compare(options.rounds, options.seconds))


if __name__ == "__main__":
    main()
