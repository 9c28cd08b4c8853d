"""What tells how far a call is: the steps of a device, or a readback on its way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from macduff.client import CallFuture, Client, connect
from macduff.errors import Disconnected
from macduff.ipython.progress import Seen
from macduff.ipython.progress_seen import Looker, now_text
from macduff.values import VArray, VDouble, VInt, VString
from tests.unit.client.memory import MemoryServer, attribute, kill, stage

MM = VDouble(units="mm", precision=4)


@pytest.fixture
def server() -> MemoryServer:
    counting = stage("SCAN")
    counting.fields["completed_steps"] = attribute("completed_steps", VInt(), 3)
    counting.fields["total_steps"] = attribute("total_steps", VInt(), 10)
    counting.fields["status"] = attribute("status", VString(), "line 2")
    plain = stage()
    plain.fields["move"].takes["target"] = MM.replace(description="Where to")
    plain.fields["image"] = attribute("image", VArray("uint8", 2), [[0]])
    return MemoryServer(counting, plain)


@pytest.fixture
def client(server: MemoryServer) -> Iterator[Client]:
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client


def call(parameters: dict[str, Any]) -> CallFuture[Any]:
    return CallFuture("call", "STAGE", "move", None, parameters)


def test_steps(server: MemoryServer, client: Client) -> None:
    looker = Looker(client["SCAN"])
    assert looker.look() == Seen("Idle", "line 2", 3, 10, "3 of 10 steps")
    server.run(lambda: server.update("SCAN", completed_steps=4, state="Running"))
    assert looker.look() == Seen("Running", "line 2", 4, 10, "4 of 10 steps")


def test_a_readback_on_its_way_to_what_the_call_was_given(server: MemoryServer, client: Client) -> None:
    """A parameter that is like an attribute has its type; of a read-only attribute the wire tells no set point."""
    looker = Looker(client["STAGE"], call({"target": 4, "speed": 2.0}))
    assert looker.look() == Seen("Idle", "", 0.0, 1.0, "position 0.0000 → 4.0000 mm")
    server.run(lambda: server.update("STAGE", position=3.0))
    assert looker.look() == Seen("Idle", "", 0.75, 1.0, "position 3.0000 → 4.0000 mm")


def test_a_readback_on_its_way_to_its_set_point(server: MemoryServer, client: Client) -> None:
    client["STAGE"].velocity = 5
    server.run(lambda: server.update("STAGE", velocity=1.0))
    looker = Looker(client["STAGE"], call({}))
    assert looker.look() == Seen("Idle", "", 0.0, 1.0, "velocity 1 → 5 mm/s")
    server.run(lambda: server.update("STAGE", velocity=3.0))
    assert looker.look().done == 0.5


def test_a_device_that_is_there_already_has_no_way(client: Client) -> None:
    assert Looker(client["STAGE"], call({"target": 0.0})).look() == Seen("Idle")


def test_without_a_connection_a_look_fails_and_the_sentence_says_so(server: MemoryServer, client: Client) -> None:
    device = client["SCAN"]
    assert now_text(device, 5) == "SCAN is Idle (line 2), 3 of 10 steps"
    kill(server, client)
    with pytest.raises(Disconnected):
        Looker(device).look()
    assert now_text(device, 5).startswith("how SCAN is, is not known: SCAN.state: not connected")
