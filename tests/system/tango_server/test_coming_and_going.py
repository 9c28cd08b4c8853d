"""Devices that come, go, and come again as something else, for clients that are there already."""

from __future__ import annotations

from typing import Any

from tests.support import eventually

from . import client as c
from . import served
from .remote import Remote
from .world import World

VALID = "ATTR_VALID"


def test_a_device_of_a_known_class_is_usable_at_once(world: World) -> None:
    """From a fresh client within 1 s, from one that waited for it within 5 s."""
    new = world.at("NEW")
    with Remote() as waiting:
        waiting.begin(c.eventually, new, "target", 8.0)
        world.server.call(served.add, "Stage", "NEW")
        value, seconds = world.client.call(c.fresh, new, "target", 3.0)
        assert value == 0.0 and seconds < 1.0
        value, seconds = waiting.result()
        assert value == 0.0 and seconds < 5.0
    assert world.client.call(c.write, new, "target", 2.0) is None
    world.server.call(served.remove, "NEW")


def test_a_removed_device_is_gone_and_subscribers_are_told_first(world: World) -> None:
    world.server.call(served.add, "Stage", "GONE")
    gone = world.at("GONE")
    world.client.call(c.eventually, gone, "target", 3.0)
    keys = [world.client.call(c.subscribe, gone, name) for name in ("position", "State")]
    world.server.call(served.remove, "GONE")
    for key in keys:
        kind, (reason, text) = world.client.call(c.heard, key, 2)[-1]
        assert (kind, reason) == ("error", "Removed") and "GONE" in text
    reads: list[Any] = []

    def is_gone() -> bool:
        reads.append(world.client.call(c.read, gone, "target")["target"])
        return isinstance(reads[-1], tuple)

    eventually(is_gone, "it is gone")
    assert reads[-1][0] in ("API_CorbaException", "API_DeviceNotDefined")


def test_a_removed_device_ends_the_calls_that_wait_for_it(world: World) -> None:
    world.server.call(served.add, "Stage", "BUSY")
    busy = world.at("BUSY")
    world.client.call(c.eventually, busy, "target", 3.0)
    key = world.client.call(c.subscribe, busy, "State")
    with Remote() as second:
        second.call(c.read, busy, "count")
        second.begin(c.timed, busy, "nap", 1.9)
        world.client.call(c.heard, key, 2)
        world.server.call(served.remove, "BUSY")
        (reason, _), seconds = second.result()
        assert reason in ("Removed", "Aborted") and seconds < 1.5


def test_a_subscriber_finds_the_one_that_comes_again_with_another_unit(world: World) -> None:
    """Two devices of one class with different units, one of them made anew: all told as they are."""
    first, second = world.at("FIRST"), world.at("SECOND")
    world.server.call(served.add, "Stage", "FIRST", "mm")
    world.server.call(served.add, "Stage", "SECOND", "deg")
    for device in first, second:
        world.client.call(c.eventually, device, "target", 3.0)
    assert [world.client.call(c.config, each, "position")["unit"] for each in (first, second)] == ["mm", "deg"]
    key = world.client.call(c.subscribe, second, "position")
    conf = world.client.call(c.subscribe, second, "position", "conf")
    world.server.call(served.recreate, "Stage", "SECOND", "mrad")
    events = world.client.call(c.heard, key, 3)
    assert [kind for kind, _ in events] == [VALID, "error", VALID]
    world.client.call(c.eventually, second, "target", 5.0)
    assert world.client.call(c.config, second, "position")["unit"] == "mrad"
    assert world.client.call(c.config, first, "position")["unit"] == "mm"
    world.server.call(served.call, "SECOND", "show", 4.5, 1e9)
    assert world.client.call(c.heard_last, key, (VALID, 4.5))[-1] == (VALID, 4.5)
    world.server.call(served.call, "SECOND", "rescale", "um")
    assert world.client.call(c.heard_last, conf, ("conf", ("um", [])))[-1] == ("conf", ("um", []))
    for name in "FIRST", "SECOND":
        world.server.call(served.remove, name)


def test_many_times_over_under_load(world: World) -> None:
    """Clients that read and subscribe all the time neither crash the server nor hang."""
    busy = world.at("LOAD")
    world.server.call(served.add, "Stage", "LOAD")
    world.client.call(c.eventually, busy, "target", 3.0)
    with Remote() as second:
        second.begin(c.hammer, busy, 2.0)
        world.client.begin(c.hammer, world.at("S"), 2.0)
        for _ in range(30):
            world.server.call(served.recreate, "Stage", "LOAD")
            world.server.call(served.call, "LOAD", "stream", 50, 0)
        assert second.result()[0] > 0
        reads, errors = world.client.result()
        assert reads > 10 and errors == 0
    assert world.client.call(c.eventually, busy, "target", 5.0)[0] == 0.0
    world.server.call(served.remove, "LOAD")


def test_another_shape_restarts_tango_and_the_others_are_back() -> None:
    """Rule 38: a known class with other attributes, and a new one; subscribers of the others stay subscribed."""
    with Remote() as client, Remote() as server:
        world = World(client, server, server.call(served.begin, {"A": "Stage", "B": "Stage"}))
        a, b = world.at("A"), world.at("B")
        key = client.call(c.subscribe, a, "count")
        again = client.call(c.subscribe, b, "target")
        server.call(served.recreate, "Shaped", "B")
        server.call(served.add, "Run", "C")
        assert client.call(c.eventually, a, "count", 6.0)[1] < 5.0
        assert client.call(c.eventually, b, "health", 6.0)[1] < 5.0
        assert client.call(c.eventually, world.at("C"), "steps", 6.0)[1] < 5.0
        assert client.call(c.names, b)[2] == "Stage_2" and client.call(c.names, world.at("C"))[2] == "Run"
        assert client.call(c.read, b, "position") == {"position": "here"}
        client.call(c.forget, key)
        server.call(served.call, "A", "stream", 500, 1000.0)
        assert client.call(c.heard_last, key, (VALID, 500))[-300:] == [(VALID, n) for n in range(201, 501)]
        client.call(c.forget, again)
        server.call(served.recreate, "Stage", "B")
        client.call(c.eventually, b, "target", 6.0)
        assert client.call(c.heard_last, again, (VALID, 0.0))[-1] == (VALID, 0.0)


def test_clients_may_restart_devices_and_server_themselves(world: World) -> None:
    """By the admin device, as Tango's tools do: everything is there again, subscriptions included."""
    stage = world.at("S")
    key = world.client.call(c.subscribe, stage, "count")
    admin = f"{world.address}/dserver/macduff/test#dbase=no"
    for command, arguments in ("DevRestart", ("test/macduff/s",)), ("RestartServer", ()):
        assert world.client.call(c.command, admin, command, *arguments) is None
        world.client.call(c.eventually, stage, "count", 5.0)
        world.client.call(c.wait_subscribed, key)
        world.client.call(c.forget, key)
        world.server.call(served.call, "S", "stream", 100, 500.0)
        assert (VALID, 100) in world.client.call(c.heard_last, key, (VALID, 100))
        assert len(world.client.call(c.names, stage)[0]) == 9
