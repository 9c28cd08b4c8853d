"""Beginning and end of a web server, with clients that are in the middle of something."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from typing import Any

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from macduff.core import Process
from macduff.servers.web import WebServer
from tests.support import eventually
from tests.system.web.conftest import Lab, serving
from tests.system.web.lab import Bench
from tests.system.web.talk import talk


def get(address: str, path: str = "/api") -> bytes:
    """A GET by hand."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=10) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_it_listens_when_start_returns_and_not_after_stop() -> None:
    with Process() as process:
        server = WebServer(process, port=0)
        assert server.address == ""
        assert server.start() is server
        address = server.address
        assert get(address).startswith(b"HTTP/1.1 200 OK")
        server.stop()
        assert server.address == ""
        with pytest.raises(OSError):
            get(address)
        server.stop()  # again does nothing


def test_it_can_start_again() -> None:
    with Process() as process:
        server = WebServer(process, port=0)
        for _ in range(3):
            with server:
                assert get(server.address).startswith(b"HTTP/1.1 200 OK")


def test_several_servers_of_one_process() -> None:
    with Process() as process, WebServer(process, port=0) as one, WebServer(process, port=0, read_only=True) as other:
        assert one.address != other.address
        for server in (one, other):
            assert get(server.address).startswith(b"HTTP/1.1 200 OK")


def test_a_port_that_is_taken_is_an_error_at_the_start() -> None:
    with Process() as process, WebServer(process, port=0) as server:
        port = int(server.address.rpartition(":")[2])
        second = WebServer(process, port=port)
        with pytest.raises(OSError, match=str(port)):
            second.start()
        second.stop()
        assert get(server.address).startswith(b"HTTP/1.1 200 OK")


def test_an_address_can_be_taken_before_there_is_anything_to_serve() -> None:
    with Process() as process:
        server = WebServer(process, port=0).reserve()
        address = server.address
        with pytest.raises(OSError):
            get(address)  # nobody listens yet
        with server:
            assert server.address == address
            assert get(address).startswith(b"HTTP/1.1 200 OK")
            with pytest.raises(OSError, match=address.rpartition(":")[2]):
                WebServer(process, port=int(address.rpartition(":")[2])).reserve()
        server.reserve()
        server.stop()
        assert server.address == ""


def test_starting_twice_is_an_error() -> None:
    with Process() as process, WebServer(process, port=0) as server:
        with pytest.raises(RuntimeError, match="expected a server that does not run"):
            server.start()
        assert get(server.address).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3"])
def test_loopback_addresses(host: str) -> None:
    with Process() as process, WebServer(process, host, 0) as server:
        assert get(server.address).startswith(b"HTTP/1.1 200 OK")


def test_ipv6_where_there_is_one() -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        return  # a machine without it
    with Process() as process, WebServer(process, "::1", 0) as server:
        assert server.address.startswith("http://[::1]:")
        assert get(server.address).startswith(b"HTTP/1.1 200 OK")


def test_read_only_may_be_seen_by_others() -> None:
    """Design 13: any other bind is refused without read-only or insecure."""
    with Process() as process, WebServer(process, "0.0.0.0", 0, read_only=True) as server:
        assert get(server.address.replace("0.0.0.0", "127.0.0.1")).startswith(b"HTTP/1.1 200 OK")


def test_the_port_listens_on_loopback_alone() -> None:
    with Process() as process, WebServer(process, port=0) as server:
        port = f"{int(server.address.rpartition(':')[2]):04X}"
        with open("/proc/net/tcp") as file:
            bound = [line.split()[1] for line in file if line.split()[1].endswith(":" + port)]
        assert bound and all(address.startswith("0100007F:") for address in bound)


async def test_a_stop_tells_its_clients_and_frees_their_subscriptions() -> None:
    with Process() as process:
        bench = Bench("BENCH")
        process.add(bench)
        server = WebServer(process, port=0).start()
        async with talk(server.address.replace("http", "ws") + "/ws") as client:
            await client.ask("Subscribe", ["BENCH", "position"])
            await asyncio.to_thread(server.stop)
            with pytest.raises(ConnectionClosed) as caught:
                await client.next()
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1001
        bench.position.update(3.0)
        await asyncio.to_thread(
            eventually, lambda: not process._listeners.has_audience(bench), "the listener to be gone"
        )


async def test_a_stop_does_not_wait_for_calls_nor_for_clients_that_do_not_read(lab: Lab) -> None:
    """Rule 26: the call goes on."""
    mute = socket.create_connection(("127.0.0.1", int(lab.address.rpartition(":")[2])))
    async with aiohttp.ClientSession() as session, talk(lab.websocket) as client:
        await client.send("Post", ["BENCH", "nap"], parameters={"seconds": 2})
        await asyncio.to_thread(eventually, lambda: lab.bench.presses.value > 0, "the nap to begin")
        posted = asyncio.ensure_future(session.post(lab.address + "/api/BENCH/nap?wait=false", data=b'{"seconds": 1}'))
        await posted
        waiting = asyncio.ensure_future(session.get(lab.address + "/api"))
        await waiting
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.to_thread(lab.server.stop)
        assert loop.time() - began < 4
        before = lab.bench.presses.value
        await asyncio.to_thread(eventually, lambda: lab.bench.presses.value > before, "the nap to go on")
    mute.close()


async def test_the_process_may_stop_first() -> None:
    """Subscriptions end with an Error, requests are refused, nothing hangs."""
    with serving() as lab:
        async with talk(lab.websocket) as client:
            await client.ask("Subscribe", ["BENCH", "position"])
            nap = await client.send("Post", ["BENCH", "nap"], parameters={"seconds": 30})
            await asyncio.to_thread(eventually, lambda: lab.bench.presses.value > 0, "the nap to begin")
            await asyncio.to_thread(lab.process.stop)
            ends: dict[int, str] = {}
            while len(ends) < 2:
                message = await client.next()
                if message["typeid"] == "malcolm:core/Error:1.0":
                    ends[message["id"]] = message["message"].partition(":")[0]
            assert ends[nap] == "Aborted" and sorted(ends.values()) == ["Aborted", "Removed"]


def test_nothing_is_left_behind() -> None:
    """Threads are named for whoever looks at them; they end with the server."""
    with Process() as process, WebServer(process, port=0) as server:
        get(server.address, "/api/openapi.json")
        names = {thread.name for thread in threading.enumerate()}
        assert "macduff web server" in names
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("macduff web")]


def test_without_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain asyncio will do, as on Windows."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with serving() as lab:
        assert get(lab.address, "/api/BENCH/velocity/value").endswith(b"\r\n\r\n1.0")

        async def exchange() -> Any:
            async with talk(lab.websocket) as client:
                first = await client.ask("Subscribe", ["BENCH", "position", "value"])
                lab.bench.position.update(2.5)
                return first["value"], (await client.reply(first["id"]))["value"]

        assert asyncio.run(exchange()) == (0.0, 2.5)


def test_the_address_is_free_again_at_once() -> None:
    """A restart of a program finds its port."""
    with Process() as process:
        with WebServer(process, port=0) as server:
            port = int(server.address.rpartition(":")[2])
            get(server.address)
        with WebServer(process, port=port) as server:
            assert get(server.address).startswith(b"HTTP/1.1 200 OK")


def test_an_unhandled_end_of_the_program_does_not_hang() -> None:
    """A script that forgot to stop its server ends all the same."""
    code = (
        "from macduff.core import Process\nfrom macduff.servers.web import WebServer\n"
        "process = Process().start()\nserver = WebServer(process, port=0).start()\nprint(server.address)\n"
        "process.stop()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0 and result.stdout.startswith("http://127.0.0.1:"), result.stderr
