"""Puts and calls over Channel Access: completion, refusal, what else goes on meanwhile."""

from __future__ import annotations

import threading

import pytest

from macduff import Process
from macduff.servers.ca import CaServer
from tests.support import eventually, random_name
from tests.system.ca_server.lab import Client, Everything

PUT_FAILED, NO_WRITE_ACCESS = 160, 376
pytestmark = pytest.mark.allow_threads("*calls*")  # those of the Process that all tests here share


def test_a_method_without_arguments_is_called_by_a_put_of_1(device: Everything, client: Client) -> None:
    pv = f"{device.name}:tick"
    assert client.put(pv, 1) is None
    assert device.counter.value == 1
    assert client.put(pv, "1") is None
    assert device.counter.value == 2
    assert client.put(pv, 0) is None
    assert device.counter.value == 2, "0 presses nothing"
    assert client.put(pv, 7) == PUT_FAILED
    assert client.get(pv) == 0


def test_a_method_with_required_arguments_has_no_pv(device: Everything, client: Client) -> None:
    assert "error" in client.ask("get", pv=f"{device.name}:needs", timeout=0.3)


def test_a_put_is_done_when_the_method_is_and_other_requests_go_on_meanwhile(
    device: Everything, client: Client
) -> None:
    name = device.name
    call = client.begin("put", pv=f"{name}:linger", value=1, timeout=30)
    client.monitor(f"{name}:state", datatype=0)
    client.event(f"{name}:state", value="Running")
    assert client.put(f"{name}:number", 2.5) is None
    assert client.get(f"{name}:number_RBV") == 2.5
    assert client.put(f"{name}:linger", 1) == NO_WRITE_ACCESS, "Busy, and said so beforehand"
    assert not client.ended(call)
    assert client.put(f"{name}:let_go", 1) is None
    assert "error" not in client.end(call)
    client.event(f"{name}:state", value="Idle")


def test_a_method_that_fails_fails_the_put_and_says_so_in_its_alarm(device: Everything, client: Client) -> None:
    pv = f"{device.name}:fail"
    assert client.put(pv, 1) == PUT_FAILED
    assert "the pump is hot" in client.get(f"{pv}.AMSG$")
    assert client.ask("get", pv=pv, format="time")["severity"] == 2


def test_what_the_put_changed_was_told_before_the_put_was_done(device: Everything, client: Client) -> None:
    """rule 5"""
    pv = f"{device.name}:counter"
    client.monitor(pv)
    client.event(pv, value=0)
    for number in range(1, 20):
        assert client.put(f"{device.name}:tick", 1) is None
        assert client.events(pv)[-1] == number
        client.event(pv, value=number)


def test_a_client_that_vanishes_leaves_its_call_running(device: Everything, server: CaServer) -> None:
    """rule 26"""
    with Client(server.environment) as client:
        client.begin("put", pv=f"{device.name}:linger", value=1, timeout=30)
        eventually(lambda: device.state.value.value == "Running", "the method runs")
        client.process.kill()
        client.process.wait()
    assert device.state.value.value == "Running"
    device.shown.update(1.0)
    eventually(lambda: device.state.value.value == "Idle", "the method ends by itself")


def test_a_flood_of_puts_is_all_answered(device: Everything, client: Client) -> None:
    answer = client.ask("flood", pv=f"{device.name}:single", count=2000)
    assert (answer["done"], answer["refused"]) == (2000, [])
    assert device.single.value == 1999.0


def test_a_read_only_server_gives_no_write_access(process: Process) -> None:
    device = Everything(random_name())
    process.add(device)
    with CaServer(process, port=0, read_only=True) as server, Client(server.environment) as client:
        for name in ("number", "tick"):
            assert client.ask("info", pv=f"{device.name}:{name}")["write"] is False
            assert client.put(f"{device.name}:{name}", 1) == NO_WRITE_ACCESS
        assert client.get(f"{device.name}:number") == 1.5
    assert device.counter.value == 0
    process.remove(device.name)


@pytest.mark.parametrize("notify", [True, False])
def test_clients_that_show_it_get_our_words(device: Everything, server: CaServer, notify: bool) -> None:
    """caproto's client does; libca gives a code, and the words to its exception handler for a put nobody waits for."""
    from tests.system.ca_server.raw import RawClient

    with RawClient(server) as raw:
        channel = raw.open(f"{device.name}:number")
        assert "expected a value from -5 to 5 mm, got 9.0" in raw.refused(channel, 9.0, notify=notify)


def test_the_put_knows_who_asked(device: Everything, client: Client, process: Process) -> None:
    """What a client says of itself, which anybody can say."""
    call = client.begin("put", pv=f"{device.name}:linger", value=1, timeout=30)
    eventually(lambda: device.state.value.value == "Running", "the method runs")
    refusal: list[str] = []
    done = threading.Event()

    def told(outcome: object) -> None:
        refusal.append(str(getattr(outcome, "error", "")))
        done.set()

    process.request_call(device.name, "linger", {}, told)
    assert done.wait(5)
    assert " ca " in refusal[0] and "@" in refusal[0]
    device.shown.update(1.0)
    client.end(call)
