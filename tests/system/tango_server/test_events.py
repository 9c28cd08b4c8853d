"""Events: they arrive, in order, none lost at 1 kHz, and they say what is true."""

from __future__ import annotations

import time

from . import client as c
from . import served
from .remote import Remote
from .world import World

VALID, WARNING, ALARM = "ATTR_VALID", "ATTR_WARNING", "ATTR_ALARM"


def show(world: World, *values: float) -> None:
    for value in values:
        world.server.call(served.call, "S", "show", value, time.time())


def connect(world: World, keys: list[tuple[Remote, str]]) -> None:
    """Have each subscriber's socket joined: ZMQ drops what is sent before, whoever the publisher is."""
    for client, key in keys:
        client.call(c.forget, key)
    for _ in range(100):
        world.server.call(served.call, "S", "stream", 5, 0.0)
        if all(client.call(c.heard, key, 1, 0.1) for client, key in keys):
            break
    for client, key in keys:
        client.call(c.quiet, 0.2)
        client.call(c.forget, key)


def test_none_is_lost_at_a_thousand_a_second(world: World) -> None:
    """For three seconds, in order; also to the second client, and as archive events."""
    stage, count = world.at("S"), 3000
    with Remote() as second:
        keys = [
            (world.client, world.client.call(c.subscribe, stage, "count")),
            (second, second.call(c.subscribe, stage, "count")),
            (second, second.call(c.subscribe, stage, "count", "archive")),
        ]
        connect(world, keys)
        world.server.call(served.call, "S", "stream", count, 1000.0)
        for client, key in keys:
            events = client.call(c.heard_last, key, (VALID, count))
            assert events == [(VALID, number) for number in range(1, count + 1)]


def test_above_two_thousand_a_second_the_last_one_arrives_and_order_is_kept(world: World) -> None:
    key = world.client.call(c.subscribe, world.at("S"), "count")
    world.client.call(c.forget, key)
    world.server.call(served.call, "S", "stream", 50_000, 0.0)
    events = world.client.call(c.heard_last, key, (VALID, 50_000))
    numbers = [number for _, number in events]
    assert numbers == sorted(numbers) and numbers[-1] == 50_000
    assert len(numbers) < 20_000


def test_change_alarm_and_archive_events_each_say_their_own(world: World) -> None:
    """Change when value or quality did, alarm when the quality did, archive each time."""
    show(world, 0.0)
    stage = world.at("S")
    keys = {kind: world.client.call(c.subscribe, stage, "position", kind) for kind in ("change", "alarm", "archive")}
    for key in keys.values():
        world.client.call(c.forget, key)
    show(world, 1.0, 1.0, 6.0, 6.5, 9.0, 2.0)
    told = {kind: world.client.call(c.heard_last, key, (VALID, 2.0)) for kind, key in keys.items()}
    steps = [(VALID, 1.0), (WARNING, 6.0), (WARNING, 6.5), (ALARM, 9.0), (VALID, 2.0)]
    assert told["change"] == steps
    assert told["archive"] == [steps[0], *steps]
    assert told["alarm"] == [steps[1], *steps[3:]]


def test_a_set_point_of_somebody_else_is_an_event(world: World) -> None:
    key = world.client.call(c.subscribe, world.at("S"), "target")
    world.client.call(c.forget, key)
    with Remote() as second:
        second.call(c.write, world.at("S"), "target", 4.5)
    assert world.client.call(c.heard, key, 1)[-1] == (VALID, 4.5)


def test_state_and_status(world: World) -> None:
    stage = world.at("S")
    assert world.client.call(c.write, stage, "target", 0.0) is None, "no attribute of it is in alarm"
    state, status = (world.client.call(c.subscribe, stage, name) for name in ("State", "Status"))
    assert world.client.call(c.command, stage, "nap", 0.05) == 0.05
    states = world.client.call(c.heard, state, 3)
    assert [value.name for _, value in states] == ["ON", "RUNNING", "ON"]
    assert [value for _, value in world.client.call(c.heard, status, 3)] == ["Idle", "Running", "Idle"]


def test_configuration(world: World) -> None:
    """Another unit, and other labels, more of them."""
    stage = world.at("BL.S-2")
    unit = world.client.call(c.subscribe, stage, "position", "conf")
    values = world.client.call(c.subscribe, stage, "mode")
    world.server.call(served.call, "BL:S-2", "rescale", "um")
    assert world.client.call(c.heard, unit, 2)[-1] == ("conf", ("um", []))
    told = world.client.call(c.config, stage, "position")
    assert told["format"] == "%.1f" and told["alarm"] == ("Not specified", "Not specified")
    world.server.call(served.call, "BL:S-2", "relabel", ["off", "on", "maybe"])
    world.client.call(c.heard, values, 2)
    assert world.client.call(c.config, stage, "mode")["labels"] == ["off", "on", "maybe"]
    assert world.client.call(c.config, world.at("S"), "mode")["labels"] == ["off", "on"], "each device has its own"
    assert world.client.call(c.write, stage, "mode", 2) is None
    assert world.client.call(c.heard_last, values, (VALID, 2))[-1] == (VALID, 2)


def test_interface(world: World) -> None:
    """Attributes that one device alone is given and loses."""
    stage = world.at("S")
    key = world.client.call(c.subscribe, stage, "", "interface")
    world.client.call(c.forget, key)
    world.server.call(served.call, "S", "grow", "heat")
    assert "heat" in world.client.call(c.heard, key, 1)[-1][1]
    assert world.client.call(c.write, stage, "heat", 4.0) is None
    assert world.client.call(c.config, stage, "heat")["unit"] == "K"
    world.server.call(served.add, "Stage", "LATER")
    world.client.call(c.fresh, world.at("LATER"), "position", 1.0)
    assert "heat" not in world.client.call(c.names, world.at("LATER"))[0]
    world.server.call(served.call, "S", "shrink", "heat")
    assert "heat" not in world.client.call(c.heard, key, 2)[-1][1]
    assert "heat" not in world.client.call(c.names, stage)[0]
    world.server.call(served.remove, "LATER")
