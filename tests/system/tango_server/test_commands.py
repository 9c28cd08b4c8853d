"""Commands, State and Status, and how long a client waits (rule 38)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from . import client as c
from . import served
from .remote import Remote
from .world import World


@pytest.mark.parametrize(
    "name, argument, expected",
    [
        ("echo_mode", "fast", "fast"),
        ("echo_bytes", [0, 255], [0, 255]),
        ("echo_byte", 255, 255),
        ("echo_text", "grün", "grün"),
        ("echo_cube", "[[[1]]]", "[[[1]]]"),
        ("add", '{"a": 1.5}', 2.5),
        ("add", '{"a": 1, "b": "Infinity"}', float("inf")),
        ("add", "[1, 2]", 3.0),
        ("both", '{"a": 2, "b": 3}', '{"sum": 5.0, "product": 6.0}'),
    ],
)
def test_arguments_and_results_are_typed(world: World, name: str, argument: Any, expected: Any) -> None:
    assert world.client.call(c.command, world.at("ZOO"), name, argument) == expected


@pytest.mark.parametrize(
    "name, argument, text",
    [
        ("echo_mode", "warp", "ZOO.echo_mode(mode): expected one of 'off', 'slow', 'fast', got 'warp'"),
        ("echo_byte", 256, "ZOO.echo_byte(value): expected an integer from 0 to 255"),
        ("add", "{", "ZOO.add: expected JSON text"),
        ("add", "3", "ZOO.add: expected a JSON object of arguments by name, or a list of them"),
        ("add", "", "ZOO.add: expected the arguments a, b, got no a"),
        ("add", '{"a": 1, "c": 2}', "ZOO.add: expected the arguments a, b, got 'c'"),
        ("add", '{"a": "1"}', "ZOO.add(a): expected a number (float64), got '1'"),
        ("add", "[1, 2, 3]", "ZOO.add: expected at most 2 arguments, got 3"),
    ],
)
def test_wrong_arguments_are_refused(world: World, name: str, argument: Any, text: str) -> None:
    reason, told = world.client.call(c.command, world.at("ZOO"), name, argument)
    assert reason == "BadValue" and told.startswith(text)


def test_a_name_that_pytango_has_gets_an_underscore(world: World) -> None:
    assert world.client.call(c.command, world.at("ZOO"), "get_name_") == "mine"


def test_what_a_method_raises_is_the_commands_error(world: World) -> None:
    reason, text = world.client.call(c.command, world.at("S"), "fail")
    assert reason == "DeviceFailed" and "it broke" in text


def test_rule_38_others_wait_two_seconds_and_go_on(world: World) -> None:
    stage = world.at("S")
    outcome, seconds = world.client.call(c.timed, stage, "nap", 2.3)
    assert outcome[0] == "TimedOut" and "it goes on" in outcome[1] and 1.9 < seconds < 2.6
    assert world.client.call(c.state, stage)[0] == "RUNNING"
    assert world.client.call(c.command, stage, "nap", 0.0)[0] == "Busy"
    world.server.call(_rest, "S")
    assert world.client.call(c.command, stage, "nap", 0.01) == 0.01


def _rest(device: str) -> None:
    while served.process.view(device).state.value != "Idle":
        time.sleep(0.01)


def test_others_are_served_while_one_waits(world: World) -> None:
    """Neither by a put that takes its time nor by a method that keeps the device to itself."""
    stage = world.at("S")
    with Remote() as second:
        second.call(c.read, stage, "count")
        for ask, member in (c.write, "gate"), (c.command, "block"):
            begin = time.monotonic()
            world.client.begin(ask, stage, member, 0.8)
            for _ in range(5):
                second.call(c.read, stage, "count", "position")
            assert time.monotonic() - begin < 0.6
            assert world.client.result() is None


def test_abort_ends_what_another_client_waits_for(world: World) -> None:
    stage = world.at("S")
    with Remote() as second:
        second.call(c.read, stage, "count")
        key = second.call(c.subscribe, stage, "State")
        world.client.begin(c.timed, stage, "nap", 1.9)
        second.call(c.heard, key, 2)
        assert second.call(c.command, stage, "abort") is None
        outcome, seconds = world.client.result()
        assert outcome[0] == "Aborted" and seconds < 1.5


def test_rule_38_a_slow_method_returns_at_once_and_its_result_tells(world: World) -> None:
    stage = world.at("S")
    assert world.client.call(c.write, stage, "target", 0.0) is None, "no attribute of it is in alarm"
    key = world.client.call(c.subscribe, stage, "doze_result")
    number, seconds = world.client.call(c.timed, stage, "doze", 0.3)
    assert seconds < 0.2
    value, quality, *_ = world.client.call(c.read_all, stage, "doze_result")
    assert (json.loads(value), quality) == ({"call": number, "state": "running"}, "ATTR_CHANGING")
    assert world.client.call(c.state, stage) == ("RUNNING", "Running")
    assert world.client.call(c.command, stage, "doze", 0.1)[0] == "Busy", "what is refused is told at once"
    events = world.client.call(c.heard, key, 3)
    assert [json.loads(text)["state"] for _, text in events[1:]] == ["running", "done"]
    assert json.loads(events[-1][1]) == {"call": number, "state": "done", "value": 0.3}
    assert world.client.call(c.state, stage) == ("ON", "Idle")


def test_rule_38_a_slow_method_that_failed(world: World) -> None:
    stage = world.at("S")
    key = world.client.call(c.subscribe, stage, "doze_result")
    world.client.call(c.forget, key)
    number = world.client.call(c.command, stage, "doze", 0.25)
    quality, text = world.client.call(c.heard, key, 2)[-1]
    told = json.loads(text)
    assert (told["call"], told["state"], quality) == (number, "failed", "ATTR_ALARM")
    assert told["error"]["kind"] == "DeviceFailed" and "a bad dream" in told["error"]["message"]


def test_rule_38_run_and_configure(world: World) -> None:
    run = world.at("R")
    never = {"configure_result": '{"call": 0, "state": "never"}'}
    assert world.client.call(c.read, run, "configure_result") == never
    key = world.client.call(c.subscribe, run, "run_result")
    assert world.client.call(c.command, run, "run")[0] == "WrongState"
    assert world.client.call(c.command, run, "configure", '{"steps": 2000}')[0] == "BadValue"
    done = world.client.call(c.subscribe, run, "configure_result")
    assert world.client.call(c.command, run, "configure", '{"steps": 4}') == 1
    assert json.loads(world.client.call(c.heard, done, 3)[-1][1]) == {"call": 1, "state": "done", "value": None}
    assert world.client.call(c.state, run) == ("STANDBY", "Ready")
    _, seconds = world.client.call(c.timed, run, "run")
    assert seconds < 0.15 and world.client.call(c.state, run)[0] == "RUNNING"
    assert json.loads(world.client.call(c.heard, key, 3)[-1][1])["state"] == "done"
    assert world.client.call(c.read, run, "completed_steps") == {"completed_steps": 4}
    assert world.client.call(c.command, run, "reset", "") is None
    assert world.client.call(c.state, run) == ("ON", "Idle")


def test_health_shows_in_state_when_the_device_rests(world: World) -> None:
    world.server.call(_fault, "BL:S-2")
    assert world.client.call(c.state, world.at("BL.S-2")) == ("ALARM", "Idle\nit is not well")


def _fault(device: str) -> None:
    from macduff.values import Severity

    served.process.devices[device]._machine.problem("test", Severity.MINOR, "it is not well")


def test_init_changes_nothing(world: World) -> None:
    key = world.client.call(c.subscribe, world.at("S"), "count")
    assert world.client.call(c.command, world.at("S"), "Init") is None
    before = world.client.call(c.read, world.at("S"), "count")["count"]
    world.server.call(served.call, "S", "stream", before + 1, 0)
    assert world.client.call(c.heard_last, key, ("ATTR_VALID", before + 1))[-1] == ("ATTR_VALID", before + 1)
