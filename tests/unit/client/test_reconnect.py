"""The server goes while requests are open; the client comes back by itself and says what it knows."""

from __future__ import annotations

import asyncio
import queue
import threading

import pytest

from macduff.client import Client, ConnectionState, connect_async
from macduff.errors import Disconnected, MacduffError, TimedOut
from macduff.limits import DEFAULTS
from macduff.values import Reading, Severity, VDouble, VInt

from .memory import MemoryServer, attribute, kill, stage


def states(client: Client) -> queue.Queue[tuple[ConnectionState, str]]:
    seen: queue.Queue[tuple[ConnectionState, str]] = queue.Queue()
    client.on_state(lambda state, reason: seen.put((state, reason)))
    return seen


def test_the_state_of_the_connection_is_visible(server: MemoryServer, client: Client) -> None:
    seen = states(client)
    assert (client.state, client.connected, client.reason) == ("connected", True, "")
    kill(server, client)
    assert seen.get(timeout=5) == (ConnectionState.RECONNECTING, "the connection was lost")
    assert not client.connected
    with pytest.raises(TimedOut, match=r"expected to be connected within 0.3 s \(.*connection refused\)"):
        client.wait_connected(0.3)
    server.up = True
    client.wait_connected(10)
    assert seen.get(timeout=5) == (ConnectionState.CONNECTED, "")
    client.close()
    with pytest.raises(Disconnected, match="the client was closed"):
        client.wait_connected(5)


def test_the_end_is_told_too(server: MemoryServer, client: Client) -> None:
    ended = threading.Event()
    client.on_state(lambda state, reason: ended.set() if state == "closed" else None)
    client.close()
    assert ended.is_set()


def test_a_state_callback_can_be_ended_and_may_raise(
    server: MemoryServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    first: list[str] = []
    end = client.on_state(lambda state, reason: first.append(state))

    def bad(state: ConnectionState, reason: str) -> None:
        raise ValueError("a bug")

    client.on_state(bad)
    seen = states(client)
    end()
    kill(server, client)
    assert seen.get(timeout=5)[0] == "reconnecting"
    assert first == []
    client.close()
    assert "a bug" in caplog.text


def test_a_put_that_was_open_has_an_unknown_outcome(server: MemoryServer, client: Client) -> None:
    server.hold_puts = True
    device = client["STAGE"]
    caught: queue.Queue[MacduffError] = queue.Queue()

    def put() -> None:
        try:
            device.velocity = 2
        except MacduffError as error:
            caught.put(error)

    thread = threading.Thread(target=put)
    thread.start()
    while not server.puts:
        device.position  # noqa: B018 - round trips until the put is there
    kill(server, client)
    error = caught.get(timeout=5)
    thread.join()
    assert isinstance(error, Disconnected)
    assert error.message == (
        "STAGE.velocity: the connection to ws://memory:1 went before the reply came (the connection was lost); "
        "whether the put was done is unknown, and it is not sent again"
    )
    assert (error.device, error.member) == ("STAGE", "velocity")


def test_a_call_that_was_open_is_never_sent_again(server: MemoryServer, client: Client) -> None:
    """Rule 26."""
    future = client["STAGE"].move.start(3)
    client["STAGE"].position  # noqa: B018 - the call is there when this is back
    kill(server, client)
    with pytest.raises(Disconnected, match="whether the call was done is unknown, it may still be running, and it is"):
        future.result(5)
    server.up = True
    client.wait_connected(10)
    client["STAGE"].position  # noqa: B018 - a round trip on the new connection
    assert [call[1] for call in server.calls] == ["move"]


def test_a_get_that_was_open_says_that_nothing_changed(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    server.mute = True
    caught: queue.Queue[MacduffError] = queue.Queue()

    def get() -> None:
        try:
            device.position  # noqa: B018 - a Get
        except MacduffError as error:
            caught.put(error)

    thread = threading.Thread(target=get)
    thread.start()
    carrier = server._carriers[0]
    while not carrier.session.pending:
        pass
    kill(server, client)
    assert "a get changes nothing; ask again" in caught.get(timeout=5).message
    thread.join()


def test_without_a_connection_nothing_is_sent(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    seen = states(client)
    kill(server, client)
    seen.get(timeout=5)
    for act in (lambda: device.position, lambda: device.move(1), lambda: setattr(device, "velocity", 2)):
        with pytest.raises(
            Disconnected, match=r"STAGE\..*: not connected to ws://memory:1 \(.*\); the .* was not sent"
        ):
            act()
    assert (server.calls, server.puts) == ([], [])


def test_subscriptions_are_invalid_and_heal(server: MemoryServer, client: Client) -> None:
    seen: queue.Queue[Reading] = queue.Queue()
    client.subscribe("STAGE.velocity", seen.put)
    with client.monitor("STAGE.position", policy="every") as readings:
        assert (readings.get(5).value, seen.get(timeout=5).value) == (0.0, 1.0)
        kill(server, client)
        for gone in (readings.get(5), seen.get(timeout=5)):
            assert gone.alarm.severity is Severity.INVALID
            assert gone.alarm.message == "disconnected: the connection was lost"
        server.up = True
        assert (readings.get(10).alarm.severity, seen.get(timeout=10).alarm.severity) == (0, 0)
        client["STAGE"].position  # noqa: B018 - a round trip
        assert server.run(lambda: server.subscriptions) == ["STAGE.position", "STAGE.velocity"], "each of them once"
        server.run(lambda: server.update("STAGE", position=8.0))
        assert readings.get(5).value == 8.0, "and nothing twice"


def test_a_subscription_closed_meanwhile_is_not_taken_up_again(server: MemoryServer, client: Client) -> None:
    with client.monitor("STAGE.position") as readings:
        readings.get(5)
        kill(server, client)
        readings.get(5)
    server.up = True
    client.wait_connected(10)
    client["STAGE"].position  # noqa: B018 - a round trip
    assert server.run(lambda: server.subscriptions) == []


def test_a_device_that_is_not_there_after_the_restart(server: MemoryServer, client: Client) -> None:
    """Its subscription stays INVALID and is taken up when the list shows the device again."""
    with client.monitor("STAGE.position", policy="every") as readings:
        readings.get(5)
        kill(server, client)
        assert readings.get(5).alarm.severity is Severity.INVALID
        server.remove("STAGE")
        server.up = True
        client.wait_connected(10)
        assert client.devices == ()
        server.run(lambda: server.add(stage()))
        assert readings.get(5).alarm.severity is Severity.NONE


def test_after_a_restart_the_description_is_asked_again(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    kill(server, client)
    other = stage()
    other.fields["count"] = attribute("count", VInt(), 7)
    server.remove("STAGE")
    server.add(other)
    server.up = True
    client.wait_connected(10)
    for _ in range(20):  # each round trip is behind the new description, or behind the question for it
        device.position  # noqa: B018 - a Get
        if "count" in dir(device):
            break
    assert device.count == 7


def test_after_a_restart_types_may_be_others(server: MemoryServer, client: Client) -> None:
    """The same fields, but the velocity is in other units now."""
    velocity = client["STAGE"].attributes["velocity"]
    assert velocity.units == "mm/s"
    kill(server, client)
    other = stage()
    other.fields["velocity"] = attribute("velocity", VDouble(units="m/s"), 1.0, writable=True)
    server.remove("STAGE")
    server.add(other)
    server.up = True
    client.wait_connected(10)
    for _ in range(20):  # each round trip is behind the new description, or behind the question for it
        velocity.get()
        if velocity.units == "m/s":
            break
    assert velocity.units == "m/s"


def test_the_process_itself_is_taken_up_again(server: MemoryServer, client: Client) -> None:
    """It is in no list."""
    with client.monitor("..state", policy="every") as readings:
        readings.get(5)
        kill(server, client)
        assert readings.get(5).alarm.severity is Severity.INVALID
        server.up = True
        assert readings.get(10).alarm.severity is Severity.NONE


def test_the_time_between_attempts_doubles_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """No herd on a server that comes back, and no long wait after a short absence."""
    delays: list[float] = []

    async def main() -> None:
        server = MemoryServer(stage())
        sleep = asyncio.sleep

        async def noted(seconds: float) -> None:
            delays.append(seconds)
            server.up = len(delays) in (10, 11)
            await sleep(0)

        async with await connect_async("memory:1", open_carrier=server.open) as client:
            monkeypatch.setattr(asyncio, "sleep", noted)
            for _ in range(2):
                server.kill()
                while client.connected:
                    await sleep(0)
                await client.wait_connected(5)

    asyncio.run(main())
    first, most = DEFAULTS.reconnect_first, DEFAULTS.reconnect_most
    expected = [min(first * 2**number, most) for number in range(10)] + [first]
    assert len(delays) == len(expected)
    for delay, about in zip(delays, expected, strict=True):
        assert 0.8 * about <= delay <= 1.2 * about
    assert expected[-2] == most


def test_a_frame_that_is_not_understood_costs_the_connection_only(
    server: MemoryServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    seen = states(client)
    server.run(lambda: server._carriers[0]._frames.put_nowait(b"\xc1"))
    state, reason = seen.get(timeout=5)
    assert state == "reconnecting"
    assert "not understood" in reason
    client.wait_connected(10)
    assert client["STAGE"].position == 0.0
    assert "was not understood" in caplog.text


def test_a_client_may_be_closed_while_it_reconnects(server: MemoryServer, client: Client) -> None:
    seen = states(client)
    kill(server, client)
    seen.get(timeout=5)
    client.close()
    assert client.state == "closed"
