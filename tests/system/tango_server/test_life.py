"""Start, stop, start again in one program, signals, sudden death, and who may do what."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from . import client as c
from . import served
from .remote import LONG, ROOT, Remote
from .world import World

VALID = "ATTR_VALID"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def server() -> Iterator[Remote]:
    with Remote(orderly=True) as server:
        yield server


@pytest.fixture(scope="module")
def client() -> Iterator[Remote]:
    with Remote() as client:
        yield client


def test_it_stops_and_starts_again_in_one_program(server: Remote, client: Remote) -> None:
    """No thread is left, the port is free at once, and whoever subscribed is told of the end."""
    port = free_port()
    world = World(client, server, server.call(served.begin, {"S": "Stage"}, {"port": port}))
    assert world.address == f"tango://127.0.0.1:{port}"
    key = client.call(c.subscribe, world.at("S"), "count")
    client.call(c.forget, key)
    for again in range(2):
        assert server.call(served.stop) == []
        if not again:
            assert client.call(c.heard, key, 1)[0] == ("error", ("Disconnected", "S: the server ends"))
        assert client.call(c.read, world.at("S"), "count")["count"][0] == "API_CorbaException"
        server.call(probe, port)
        assert server.call(served.start) == world.address
        assert client.call(c.eventually, world.at("S"), "count", 5.0)[0] == 0
    server.call(served.end)
    assert server.close() == 0


def probe(port: int) -> None:
    """Raises unless it can be bound."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))


def test_a_program_that_forgets_to_stop_it_ends_all_the_same(server: Remote, client: Remote) -> None:
    address = server.call(served.begin, {"S": "Stage"})
    assert client.call(c.read, f"{address}/test/macduff/s#dbase=no", "count") == {"count": 0}
    assert server.close() == 0


def test_what_is_taken_or_refused(server: Remote) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert server.call(refusals, taken.getsockname()[1]) == ["OSError", "RuntimeError", "ValueError", "ValueError"]
    server.call(served.end)
    assert server.close() == 0


def refusals(port: int) -> list[str]:
    """A port that another program has, a second server, a bind that others reach, a domain that Tango cannot have."""
    from macduff import Process
    from macduff.servers.tango import TangoServer

    served.process = Process("test").start()
    told = [kind_of(lambda: TangoServer(served.process, port=port).start())]
    served.server = TangoServer(served.process).start()
    told.append(kind_of(lambda: TangoServer(served.process).start()))
    told.append(kind_of(lambda: TangoServer(served.process, "0.0.0.0")))
    return [*told, kind_of(lambda: TangoServer(served.process, domain="a/b"))]


def kind_of(attempt: Any) -> str:
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
    return "nothing"


def test_only_this_machine_is_listened_to(server: Remote) -> None:
    """CORBA and events alike."""
    server.call(served.begin, {"S": "Stage"})
    addresses = server.call(listening)
    assert len(addresses) >= 2 and {address for address, _ in addresses} == {"127.0.0.1"}
    server.call(served.end)


def listening() -> list[tuple[str, int]]:
    import psutil

    connections = psutil.Process().net_connections("inet")
    return [(each.laddr.ip, each.laddr.port) for each in connections if each.status in ("LISTEN", "NONE")]


def test_a_read_only_server_refuses_puts_and_calls(server: Remote, client: Remote) -> None:
    world = World(client, server, server.call(served.begin, {"S": "Stage"}, {"read_only": True}))
    assert client.call(c.read, world.at("S"), "target") == {"target": 0.0}
    for told in (
        client.call(c.write, world.at("S"), "target", 1.0),
        client.call(c.command, world.at("S"), "nap", 0.0),
        client.call(c.command, world.at("S"), "doze", 0.0),
    ):
        assert told[0] == "Refused" and "read-only" in told[1]
    assert client.call(c.read, world.at("S"), "target") == {"target": 0.0}


def test_who_asks_is_told_to_the_process(server: Remote, client: Remote) -> None:
    """Tango tells the number of the client's program and its host."""
    world = World(client, server, server.call(served.begin, {"S": "Stage"}))
    with Remote() as second:
        key = second.call(c.subscribe, world.at("S"), "State")
        client.begin(c.command, world.at("S"), "nap", 0.7)
        second.call(c.heard, key, 2)
        reason, text = second.call(c.command, world.at("S"), "nap", 0.0)
        assert client.result() == 0.7
        assert reason == "Busy" and f"for tango {client.call(os.getpid)}@127.0.0.1" in text


def test_killed_and_started_again_under_a_subscriber() -> None:
    """On the same port: the subscription heals by itself (API_EventTimeout meanwhile)."""
    port = free_port()
    with Remote() as client:  # of its own: Tango looks after all of a program's subscriptions in turn
        with Remote() as server:
            world = World(client, server, server.call(served.begin, {"S": "Stage"}, {"port": port}))
            key = client.call(c.subscribe, world.at("S"), "count")
            server.kill()
        with Remote() as server:
            server.call(served.begin, {"S": "Stage"}, {"port": port})
            assert client.call(c.eventually, world.at("S"), "count", 10.0)[1] < 10.0
            server.call(counting)
            assert client.call(c.heard_some, key, 18.0), "the subscription did not heal"


def counting() -> None:
    served.call("S", "stream", 20 * 20, 20.0)


def test_told_to_end_by_a_tango_client_the_process_goes_on(server: Remote, client: Remote) -> None:
    """Kill ends the Tango server, not the program: the devices stay on all other servers."""
    world = World(client, server, server.call(served.begin, {"S": "Stage"}))
    assert client.call(c.command, f"{world.address}/dserver/macduff/test#dbase=no", "Kill") is None
    server.call(wait_until_ended)
    assert server.call(served.call, "S", "nap", 0.0) == 0.0
    assert server.call(served.stop) == []
    assert server.call(served.start)
    server.call(served.end)
    assert server.close() == 0


def wait_until_ended() -> None:
    while any(thread.name == "macduff tango server" for thread in threading.enumerate()):
        pass


PROGRAM = """
import signal, sys, threading
from macduff import Process
from macduff.servers.tango import TangoServer
from tests.system.tango_server.devices import Stage

ended = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: ended.set())
with Process("test") as process:
    process.add(Stage("S"))
    with TangoServer(process) as server:
        print(server.address, flush=True)
        ended.wait(30)
        print("ended" if ended.is_set() else "nothing came", flush=True)
print("in order", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_the_programs(client: Remote, number: signal.Signals) -> None:
    """Handlers that were there before work as before, although Tango takes signals for itself."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as program:
        assert program.stdout is not None
        address = program.stdout.readline().strip()
        key = client.call(c.subscribe, f"{address}/test/macduff/s#dbase=no", "count")
        client.call(c.forget, key)
        program.send_signal(number)
        assert program.stdout.read() == "ended\nin order\n"
        assert program.wait(LONG) == 0
        assert client.call(c.heard, key, 1)[0][0] == "error"
