"""The server is killed (SIGKILL) during a put, a call and a subscription; each outcome is what the user sees."""

from __future__ import annotations

import asyncio
import dataclasses
import queue
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from macduff.client import Client, ConnectionState, carrier, connect, connect_async
from macduff.errors import Disconnected
from macduff.limits import DEFAULTS
from macduff.values import Reading, Severity

if TYPE_CHECKING:
    from .conftest import Lab


def outcome_of(act: Callable[[], object]) -> tuple[threading.Thread, queue.Queue[BaseException | None]]:
    """Do it in a thread; how it ended."""
    ended: queue.Queue[BaseException | None] = queue.Queue()

    def run() -> None:
        try:
            act()
        except BaseException as error:
            ended.put(error)
        else:
            ended.put(None)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ended


def kill_while(lab: Lab, client: Client, doing: str, act: Callable[[], object]) -> BaseException | None:
    """Kill the server while the device is doing what `act` asked for; what the user of `act` gets."""
    with client.monitor("STAGE.doing") as now:
        thread, ended = outcome_of(act)
        while now.get(5).value != doing:
            pass
        lab.kill()
        found = ended.get(timeout=5)
    thread.join()
    return found


def test_during_a_put(mortal: Lab) -> None:
    """The user sees Disconnected: nobody knows whether it was done. It is not sent again."""
    with connect(mortal.address) as client:
        stage = client["STAGE"]
        error = kill_while(mortal, client, "put", lambda: setattr(stage, "patience", 60.0))
        assert isinstance(error, Disconnected)
        assert error.message.startswith(
            f"STAGE.patience: the connection to {mortal.address} went before the reply came ("
        )
        assert error.message.endswith("; whether the put was done is unknown, and it is not sent again")
        mortal.start()
        client.wait_connected(20)
        assert (stage.patience, stage.doing) == (0.0, "nothing")
        stage.patience = 0.01
        assert stage.patience == 0.01, "the client works as before"


def test_during_a_call(mortal: Lab) -> None:
    """The user sees Disconnected: it may still be running for all they know. It is not sent again (rule 26)."""
    with connect(mortal.address) as client:
        stage = client["STAGE"]
        error = kill_while(mortal, client, "hold", stage.hold)
        assert isinstance(error, Disconnected)
        assert "STAGE.hold: the connection to" in error.message
        assert error.message.endswith(
            "; whether the call was done is unknown, it may still be running, and it is not sent again"
        )
        mortal.start()
        client.wait_connected(20)
        assert (stage.count, stage.doing, stage.state) == (0, "nothing", "Idle")
        assert stage.move(1, rate=1000) == 1.0


def test_during_a_subscription(mortal: Lab) -> None:
    """The user sees one INVALID reading that says why, then the value of the new server; the iterator goes on.

    The client's state says what is going on, and a new request that it is not sent.
    """
    with connect(mortal.address) as client:
        states: queue.Queue[tuple[ConnectionState, str]] = queue.Queue()
        client.on_state(lambda state, reason: states.put((state, reason)))
        called: queue.Queue[Reading] = queue.Queue()
        client.subscribe("STAGE.velocity", called.put)
        client["STAGE"].velocity = 3
        with client.monitor("STAGE.velocity", policy="every") as readings:
            assert readings.get(5).value == 3.0
            mortal.kill()
            gone = readings.get(5)
            assert (gone.value, gone.alarm.severity) == (3.0, Severity.INVALID)
            assert gone.alarm.message.startswith("disconnected: the connection was lost")
            state, reason = states.get(timeout=5)
            assert (state, client.connected) == ("reconnecting", False)
            assert reason.startswith("the connection was lost")
            with pytest.raises(Disconnected, match=r"STAGE\.position: not connected to .*; the get was not sent"):
                client["STAGE"].position  # noqa: B018 - a Get
            mortal.start()
            back = readings.get(20)
            assert (back.value, back.alarm.severity) == (1.0, Severity.NONE), "the new server's, not the old one's"
            assert states.get(timeout=20) == ("connected", "")
            client["STAGE"].velocity = 4
            assert readings.get(5).value == 4.0
        seen = [called.get(timeout=5)]
        while seen[-1].value != 4.0:
            seen.append(called.get(timeout=5))
        assert Severity.INVALID in {reading.alarm.severity for reading in seen}


def test_a_server_that_is_started_later(unborn: Lab) -> None:
    ended: queue.Queue[Client] = queue.Queue()
    thread = threading.Thread(target=lambda: ended.put(connect(unborn.address, timeout=20, retry=True)))
    thread.start()
    unborn.start()
    with ended.get(timeout=20) as client:
        assert client["STAGE"].position == 0.0
    thread.join()


def test_asynchronously(mortal: Lab) -> None:
    async def main() -> None:
        async with await connect_async(mortal.address) as client:
            stage = await client.device("STAGE")
            put = asyncio.create_task(stage.patience.put(60.0))
            async with client.monitor("STAGE.doing") as doing:
                while (await doing.get()).value != "put":
                    pass
                call = stage.move.start(10, rate=0.001)
                mortal.kill()
                assert (await doing.get()).alarm.severity is Severity.INVALID
                with pytest.raises(Disconnected, match="whether the put was done is unknown"):
                    await put
                with pytest.raises(Disconnected, match="whether the call was done is unknown"):
                    await call
                await asyncio.to_thread(mortal.start)
                await client.wait_connected(20)
                assert (await doing.get()).value == "nothing"
            assert await stage.position.get() == 0.0

    asyncio.run(main())


def test_a_server_that_is_frozen(mortal: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing says that it has gone: the unanswered ping does."""
    monkeypatch.setattr(carrier, "DEFAULTS", dataclasses.replace(DEFAULTS, heartbeat=0.2))
    with connect(mortal.address) as client:
        states: queue.Queue[str] = queue.Queue()
        client.on_state(lambda state, reason: states.put(state))
        mortal.signal(signal.SIGSTOP)
        assert states.get(timeout=5) == "reconnecting"
        mortal.signal(signal.SIGCONT)
        assert states.get(timeout=20) == "connected"
        assert client["STAGE"].position == 0.0
