"""What is no HTTP, comes slowly or never ends: answered or hung up on, without a trace in memory or log."""

from __future__ import annotations

import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.system.web.conftest import Remote

SEED = int(os.environ.get("MACDUFF_FUZZ_SEED") or secrets.randbelow(2**32))
REQUESTS = (
    b"GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /api/BENCH/position/value?x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"PUT /api/BENCH/velocity HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\n2.5",
    b"POST /api/BENCH/add HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'7\r\n{"a": 1\r\n1\r\n}\r\n0\r\n\r\n',
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
)
BITS = (
    b"",
    b"\r\n",
    b"\0",
    b"\xff",
    b"%00",
    b"%2e%2e/",
    b"..",
    b" ",
    b"-1",
    b"9" * 30,
    b"Host: evil\r\n",
    b"A" * 9000,
    b"/",
    b"?",
)


def exchange(port: int, data: bytes, patience: float = 0.5) -> bytes:
    """Send, and take what comes until the server hangs up; for those that it waits for, until our patience ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as client:
        found = b""
        try:
            client.sendall(data)
            while chunk := client.recv(65536):
                found += chunk
        except OSError:
            pass
        return found


@pytest.mark.timeout(120)
def test_mutated_requests(remote: Callable[..., Remote], capfd: pytest.CaptureFixture[str]) -> None:
    """No answer says that we failed, and nobody fills the log."""
    print(f"MACDUFF_FUZZ_SEED={SEED}")
    choose = random.Random(SEED)
    server = remote(http_idle=5.0)
    statuses: dict[str, int] = {}
    before = 0
    for number in range(1000):
        data = choose.choice(REQUESTS)
        for _ in range(choose.choice((0, 1, 1, 2, 3))):
            place = choose.randrange(len(data))
            data = (
                data[:place]
                + choose.choice((*BITS, choose.randbytes(3)))
                + data[place + choose.choice((0, 1, 5, 20)) :]
            )
        answer = exchange(server.port, data, 0.02)
        status = answer[9:12].decode(errors="replace") if answer.startswith(b"HTTP/1.") else "none"
        assert status in ("200", "101", "none") or status.startswith("4"), (SEED, data, answer)
        statuses[status] = statuses.get(status, 0) + 1
        if number == 300:
            before = server.memory()
    assert exchange(server.port, REQUESTS[1]).startswith(b"HTTP/1.1 200"), "it is still well"
    assert server.memory() < before + 10e6
    said = capfd.readouterr()
    with capfd.disabled():
        print(f"\nHTTP answers {statuses}")
    assert statuses.keys() >= {"200", "400", "403", "404", "101"}
    assert "Traceback" not in said.err and len(said.err) < 10_000, said.err[-2000:]


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n"],
)
def test_connections_that_ask_nothing_are_closed(serve: Callable[..., Any], said: bytes) -> None:
    """Nobody holds a place with a request that never comes, not even after one that came."""
    with serve(limits={"http_idle": 0.3}) as lab:
        port = int(lab.address.rpartition(":")[2])
        began = time.monotonic()
        answer = exchange(port, said, 10)
        assert time.monotonic() - began < 5
        assert answer.startswith(b"HTTP/1.1 200") or not said.endswith(b"\r\n\r\n")


def test_a_body_that_never_comes_is_408(serve: Callable[..., Any]) -> None:
    with serve(limits={"stalled": 0.3}) as lab:
        port = int(lab.address.rpartition(":")[2])
        head = b"PUT /api/BENCH/velocity HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(head + b"1")
            assert client.recv(65536).startswith(b"HTTP/1.1 408")
        assert lab.bench.velocity.value == 1.0


def test_pipelined_requests_are_answered_in_order(serve: Callable[..., Any]) -> None:
    with serve() as lab:
        port = int(lab.address.rpartition(":")[2])
        puts = b"".join(
            b"PUT /api/BENCH/counter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n%d"
            b"GET /api/BENCH/counter/value HTTP/1.1\r\nHost: localhost\r\n\r\n" % number
            for number in range(10)
        )
        answer = exchange(port, puts + REQUESTS[0], 5)
        bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
        assert bodies[:20] == [body for number in range(10) for body in (b"null", b"%d" % number)]
