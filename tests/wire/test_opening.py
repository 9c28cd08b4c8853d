"""Requests for members that a device opens when it is asked for them: one reply each, in their own time (rule 35)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.errors import NotFound
from macduff.protocol.model import OPENS_MEMBERS
from macduff.protocol.server import Hub
from macduff.values import VDouble

from .fakes import FakeAttribute, FakeDevice, FakeHost
from .joined import Peer


class OpeningHost(FakeHost):
    """Opens nothing before the test says so."""

    def __init__(self, *devices: FakeDevice) -> None:
        super().__init__(*devices)
        self.opening: list[tuple[str, object]] = []
        self.holds: list[tuple[str, str]] = []

    def open_member(self, device: str, member: str, reply: object, *, origin: str = "") -> None:
        assert origin == "test"
        self.opening.append((member, reply))

    def hold(self, device: str, member: str) -> object:
        self.holds.append((device, member))
        return device, member

    def release(self, held: Any) -> None:
        self.holds.remove(held)


class World:
    def __init__(self, subprotocol: str | None) -> None:
        self.device = FakeDevice("ca", FakeAttribute("health", VDouble()), tags=(OPENS_MEMBERS,))
        self.plain = FakeDevice("PLAIN", FakeAttribute("x", VDouble()))
        self.host = OpeningHost(self.device, self.plain)
        self.hub = self.host.hub = Hub(self.host)
        self.peer = Peer(self.hub, subprotocol)

    def opened(self) -> None:
        """The oldest that was asked for is there."""
        name, reply = self.host.opening.pop(0)
        own = name.replace(":", "_")
        if own not in self.device.fields:
            self.device.fields[own] = FakeAttribute(own, VDouble(), 2.5, writable=True, writeable=True)
            self.device.tell({"": self.device})
        self.host.reply(reply, own)


@pytest.fixture(params=[None, "macduff.1", "macduff.msgpack.1"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def kinds(messages: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(item["typeid"].removeprefix("malcolm:core/").removesuffix(":1.0"), item["id"]) for item in messages]


def test_a_get_waits_for_it(world: World) -> None:
    world.peer.send("Get", 1, ["ca", "T:X", "value"])
    world.peer.send("Get", 2, ["ca", "health", "value"])
    assert kinds(world.peer.got()) == [("Return", 2)]  # nobody waits for it but who asked
    world.opened()
    (reply,) = world.peer.got()
    assert kinds([reply]) == [("Return", 1)] and reply["value"] == 2.5


def test_a_subscription_holds_it_until_it_ends(world: World) -> None:
    world.peer.send("Subscribe", 1, ["ca", "T:X"])
    assert world.peer.got() == []
    world.opened()
    assert kinds(world.peer.got()) == [("Update", 1)] and world.host.holds == [("ca", "T_X")]
    world.device.update(T_X=3.0)
    assert kinds(world.peer.got()) == [("Update", 1)]
    assert world.peer.ask("Unsubscribe", 1)["value"] is None and world.host.holds == []
    world.peer.send("Subscribe", 2, ["ca", "T_X", "value"])
    world.peer.send("Subscribe", 3, ["ca"])
    world.peer.send("Subscribe", 4, ["PLAIN", "x"])
    assert world.host.holds == [("ca", "T_X")]
    world.peer.session.close()
    assert world.host.holds == []


def test_a_put_goes_to_its_own_name(world: World) -> None:
    world.peer.send("Put", 1, ["ca", "T:X", "value"], value=4.0)
    world.opened()
    assert kinds(world.peer.got()) == [("Return", 1)]
    attribute: Any = world.device.fields["T_X"]
    assert attribute.reading.value == 4.0


def test_what_cannot_be_opened_is_one_error(world: World) -> None:
    world.peer.send("Subscribe", 1, ["ca", "T:X"])
    _, reply = world.host.opening.pop()
    world.host.reply(reply, error=NotFound("T:X: not connected"))
    assert kinds(world.peer.got()) == [("Error", 1)]
    assert kinds([world.peer.ask("Unsubscribe", 1)]) == [("Error", 1)]
    world.peer.send("Get", 2, ["ca", "T:Y"])
    _, reply = world.host.opening.pop()
    world.host.reply(reply, "it went again")
    assert kinds(world.peer.got()) == [("Error", 2)] and world.host.opening == []


def test_unsubscribed_before_it_was_open(world: World) -> None:
    world.peer.send("Subscribe", 1, ["ca", "T:X"])
    assert kinds([world.peer.ask("Subscribe", 1, ["ca", "health"])]) == [("Error", 1)]  # the id is taken
    assert kinds([world.peer.ask("Unsubscribe", 1)]) == [("Return", 1)]
    world.opened()
    assert world.peer.got() == [] and world.host.holds == []


def test_a_client_that_goes_before_it_was_open(world: World) -> None:
    world.peer.send("Subscribe", 1, ["ca", "T:X"])
    world.peer.session.close()
    world.opened()
    assert world.peer.got() == [] and world.host.holds == []


def test_other_devices_open_nothing(world: World) -> None:
    assert kinds([world.peer.ask("Get", 1, ["PLAIN", "T:X"])]) == [("Error", 1)]
    assert kinds([world.peer.ask("Post", 2, ["ca", "T:X"])]) == [("Error", 2)]
    assert kinds([world.peer.ask("Get", 3, ["ca", "meta"])]) == [("Return", 3)]
    assert world.host.opening == []
