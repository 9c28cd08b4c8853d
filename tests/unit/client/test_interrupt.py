"""Ctrl-C in a blocking call aborts the device and waits for the call's end; a second one stops waiting."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable

import pytest

from macduff.client import Client, connect
from macduff.errors import Aborted

from .memory import FakeMethod, MemoryServer


def ctrl_c() -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def interrupting(*names: str) -> Callable[[str], object]:
    """Presses Ctrl-C when a request of one of these names has reached the server."""
    return lambda name: ctrl_c() if name in names else None


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", []))


def sent(server: MemoryServer) -> list[str]:
    return [call[1] for call in server.calls]


def test_ctrl_c_aborts_and_waits(server: MemoryServer, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    server.on_request = interrupting("move")
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert sent(server) == ["move", "abort"]
    assert notes(caught.value) == "STAGE.move: ended with Aborted: STAGE.move: aborted"
    assert "abort sent, waiting for its end; interrupt again to stop waiting" in caplog.text
    assert client["STAGE"].position == 0.0, "the client works on"


def test_a_second_ctrl_c_stops_waiting(server: MemoryServer, client: Client) -> None:
    server.obeys = False
    server.on_request = interrupting("move", "abort")
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert sent(server) == ["move", "abort"]
    assert notes(caught.value) == "STAGE.move: not waited for any longer; it may still be running"


def test_a_call_that_ends_normally_behind_the_abort(server: MemoryServer, client: Client) -> None:
    server.obeys = False

    def on_request(name: str) -> None:
        if name == "move":
            ctrl_c()
        else:
            server.finish("move", 3.0)
            server.finish("abort")

    server.on_request = on_request
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert notes(caught.value) == "STAGE.move: the call had ended normally"


def test_the_device_is_waited_for_until_it_is_at_rest(server: MemoryServer, client: Client) -> None:
    """Rule 20: the abort ends behind the call that it ends."""
    server.obeys = False
    aborted: list[bool] = []

    def on_request(name: str) -> None:
        if name == "move":
            ctrl_c()
            return
        server.finish("move", error=Aborted("STAGE.move: aborted"))
        asyncio.get_running_loop().call_later(0.05, at_rest)

    def at_rest() -> None:
        aborted.append(True)
        server.finish("abort")
        server.pump()

    server.on_request = on_request
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert aborted
    assert notes(caught.value) == "STAGE.move: ended with Aborted: STAGE.move: aborted"


def test_a_second_ctrl_c_leaves_a_device_that_does_not_come_to_rest(server: MemoryServer, client: Client) -> None:
    server.obeys = False

    def on_request(name: str) -> None:
        if name == "abort":
            server.finish("move", error=Aborted("STAGE.move: aborted"))
            turns(50)
        else:
            ctrl_c()

    def turns(left: int) -> None:
        """Turns of the loop, in which the client learns of the end of the call."""
        if left:
            asyncio.get_running_loop().call_soon(turns, left - 1)
        else:
            ctrl_c()

    server.on_request = on_request
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert notes(caught.value) == "STAGE: not waited for any longer; it may still be aborting"


def test_a_device_that_cannot_be_aborted_is_not_waited_for(server: MemoryServer, client: Client) -> None:
    device = server.find("STAGE")
    assert device is not None
    abort: FakeMethod = device.fields["abort"]
    del device.fields["abort"]
    server.on_request = interrupting("move")
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert notes(caught.value) == "STAGE.move: could not be aborted and is not waited for; it may still be running"
    device.fields["abort"] = abort


def test_ctrl_c_in_an_abort_sends_no_other(server: MemoryServer, client: Client) -> None:
    server.obeys = False
    server.on_request = interrupting("abort")
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].abort()
    assert sent(server) == ["abort"]


def test_ctrl_c_in_a_put_only_stops_waiting(server: MemoryServer, client: Client) -> None:
    server.hold_puts = True
    server.on_request = interrupting("put")
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].velocity = 2
    assert (len(server.puts), server.calls) == (1, [])


def test_ctrl_c_while_waiting_for_a_started_call_leaves_it_running(server: MemoryServer, client: Client) -> None:
    server.on_request = interrupting("move")
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].move.start(3).result()
    assert sent(server) == ["move"]


def test_ctrl_c_in_a_monitor_leaves_it(server: MemoryServer, client: Client) -> None:
    with pytest.raises(KeyboardInterrupt), client.monitor("STAGE.position") as readings:
        readings.get(5)
        timer = threading.Timer(0.02, ctrl_c)
        timer.start()
        for _ in readings:
            pass
    timer.join()
    client["STAGE"].position  # noqa: B018 - a round trip
    assert server.run(lambda: server.subscriptions) == []


def test_ctrl_c_while_connecting_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    server = MemoryServer()
    server.mute = True
    timer = threading.Timer(0.05, ctrl_c)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        connect("memory:1", open_carrier=server.open)
    timer.join()
    assert caplog.records == []


def test_the_warning_reaches_people_without_any_set_up() -> None:
    assert logging.getLogger("macduff.client").getEffectiveLevel() <= logging.WARNING


def interrupting_unheard(*names: str) -> Callable[[str], object]:
    """As the system may do it: the signal is another thread's, so that the main thread sleeps on."""
    return lambda name: signal.pthread_kill(threading.get_ident(), signal.SIGINT) if name in names else None


def test_a_ctrl_c_that_wakes_nobody_is_heard(server: MemoryServer, client: Client) -> None:
    server.on_request = interrupting_unheard("move")
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert notes(caught.value) == "STAGE.move: ended with Aborted: STAGE.move: aborted"


def test_a_second_ctrl_c_that_wakes_nobody_is_heard(server: MemoryServer, client: Client) -> None:
    server.obeys = False
    server.on_request = interrupting_unheard("move", "abort")
    with pytest.raises(KeyboardInterrupt) as caught:
        client["STAGE"].move(3)
    assert notes(caught.value) == "STAGE.move: not waited for any longer; it may still be running"


def test_a_ctrl_c_that_wakes_nobody_ends_the_wait_for_a_put(server: MemoryServer, client: Client) -> None:
    server.hold_puts = True
    server.on_request = interrupting_unheard("put")
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].velocity = 2.0
