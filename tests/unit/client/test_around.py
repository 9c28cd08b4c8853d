"""What is entered while somebody waits for a call, and all attributes of a device with one question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from macduff.client import CallFuture, Client
from macduff.errors import Aborted, BadValue, Disconnected
from tests.support import eventually

from .memory import FakeMethod, MemoryServer, kill
from .test_interrupt import ctrl_c


class Around:
    """Notes what it saw."""

    def __init__(self, client: Client, server: MemoryServer) -> None:
        self.seen: list[Any] = []
        self.server = server
        client.around_calls(self)

    @contextmanager
    def __call__(self, future: CallFuture[Any]) -> Iterator[None]:
        self.seen += [future.request.what, dict(future.parameters), len(self.server.calls)]
        try:
            yield
        except BaseException as error:
            self.seen.append(type(error))
            raise
        finally:
            self.seen.append(future.done())


def test_it_is_entered_before_the_call_is_sent_and_left_behind_its_end(server: MemoryServer, client: Client) -> None:
    around = Around(client, server)
    move: FakeMethod = server.find("STAGE").fields["move"]  # type: ignore[union-attr]  # it is there
    move.run = lambda parameters, finish: finish(parameters["target"], None)
    assert client["STAGE"].move(3) == 3.0
    assert around.seen == ["STAGE.move", {"target": 3}, 0, True]


def test_it_sees_the_error_of_the_call(server: MemoryServer, client: Client) -> None:
    around = Around(client, server)
    move: FakeMethod = server.find("STAGE").fields["move"]  # type: ignore[union-attr]  # it is there
    move.run = lambda parameters, finish: finish(None, Aborted("STAGE.move: aborted"))
    with pytest.raises(Aborted):
        client["STAGE"].move(3)
    assert around.seen == ["STAGE.move", {"target": 3}, 0, Aborted, True]


def test_ctrl_c_goes_through_it_when_the_abort_has_ended(server: MemoryServer, client: Client) -> None:
    around = Around(client, server)
    server.on_request = lambda name: ctrl_c() if name == "move" else None
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].move(3)
    assert around.seen == ["STAGE.move", {"target": 3}, 0, KeyboardInterrupt, True]


def test_what_it_gives_is_called_when_the_call_is_sent(server: MemoryServer, client: Client) -> None:
    def meanwhile() -> None:
        eventually(lambda: server.calls, "the call was sent")
        server.run(lambda: server.finish("move", 4.0))

    client.around_calls(lambda future: nullcontext(meanwhile))
    assert client["STAGE"].move(3) == 4.0


def test_what_it_gives_may_interrupt(server: MemoryServer, client: Client) -> None:
    def meanwhile() -> None:
        raise KeyboardInterrupt

    client.around_calls(lambda future: nullcontext(meanwhile))
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].move(3)
    assert [call[1] for call in server.calls] == ["move", "abort"]


def test_a_call_that_nobody_waits_for_does_not_enter_it(server: MemoryServer, client: Client) -> None:
    around = Around(client, server)
    call = client["STAGE"].move.start(3)
    call.cancel()
    with pytest.raises(Aborted):
        call.result(5)
    assert around.seen == []


def test_all_attributes_come_with_one_get(server: MemoryServer, client: Client) -> None:
    client["STAGE"].velocity = 2
    before = server.received
    states = client["STAGE"].attributes.read()
    assert server.received == before + 1
    assert list(states) == ["state", "position", "velocity", "mode"]
    assert (states["velocity"].reading.value, states["velocity"].setpoint) == (2.0, 2.0)
    assert states["position"].info == client.info("STAGE").attributes["position"]


def test_reading_all_attributes_fails_as_a_get_does(server: MemoryServer, client: Client) -> None:
    attributes = client["STAGE"].attributes
    with pytest.raises(BadValue, match="seconds from 0"):
        attributes.read(timeout=-1)
    kill(server, client)
    with pytest.raises(Disconnected, match="STAGE"):
        attributes.read()
