"""Readings side by side: the same as changes with key paths, in less (docs/reference/wire.md)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.values import Alarm, AlarmStatus, Severity, VArray, VBool, VDouble, VEnum, VInt, VString

from .fakes import FakeAttribute, FakeDevice, FakeMethod, Log
from .joined import Joined, Peer

OURS = pytest.mark.parametrize("subprotocol", ["macduff.1", "macduff.msgpack.1"])
ALARM = Alarm(Severity.MINOR, AlarmStatus.RECORD, "warm")


def device() -> FakeDevice:
    return FakeDevice(
        "DEV",
        FakeAttribute("x", VDouble(), 1.0),
        FakeAttribute("n", VInt(), 1, True, True),
        FakeAttribute("on", VBool(), False),
        FakeAttribute("text", VString(), ""),
        FakeAttribute("mode", VEnum(["slow", "fast"]), "slow", True, True),
        FakeAttribute("wave", VArray("float64"), [1.0, 2.0]),
        FakeMethod("move", {"to": VDouble()}, ("to",)),
    )


def subscribed(dev: FakeDevice, subprotocol: str, *path: str, **members: Any) -> Peer:
    peer = Joined(dev).peer(subprotocol)
    peer.send("Subscribe", 1, ["DEV", *path], **{"delta": True, "columns": True, **members})
    return peer


def one(peer: Peer) -> dict[str, Any]:
    (message,) = peer.got()
    return message


def rows(dev: FakeDevice, message: dict[str, Any]) -> dict[str, list[Any]]:
    """Value and time stamp by name."""
    names, found = list(dev.fields), message["readings"]
    times = [found["seconds"] * 10**9 + more for more in found["nanoseconds"]]
    return {names[at]: row for at, *row in zip(found["fields"], found["values"], times, strict=True)}


@OURS
def test_the_whole_comes_first_and_names_the_fields_that_readings_count(subprotocol: str) -> None:
    dev = device()
    peer = subscribed(dev, subprotocol)
    first = one(peer)
    ((path, whole),) = first["changes"]
    assert (path, first["readings"], whole["meta"]["fields"]) == ([], None, list(dev.fields))
    dev.update(text="new", x=2.5, on=True)
    told = one(peer)
    assert told["readings"]["fields"] == [3, 0, 2]
    assert rows(dev, told) == {
        name: [dev.attribute(name).now.value, dev.attribute(name).now.time] for name in ("x", "on", "text")
    }
    assert (told["typeid"], told["changes"], told["sequence"], told["dropped"]) == ("malcolm:core/Delta:1.0", [], 3, 0)


@OURS
def test_what_is_no_small_value_stands_among_the_changes(subprotocol: str) -> None:
    dev = device()
    peer = subscribed(dev, subprotocol)
    one(peer)
    dev.update(ALARM, wave=[3.0], x=2.0, text="long" * 100)
    told = one(peer)
    paths = [".".join(path) for path, _ in told["changes"]]
    assert list(rows(dev, told)) == ["x"]
    assert sorted(paths) == sorted(
        [f"{name}.{part}" for name in ("wave", "text") for part in ("value", "alarm", "timeStamp")] + ["x.alarm"]
    )
    assert dict(zip(paths, [value for _, value in told["changes"]], strict=True))["x.alarm"]["message"] == "warm"
    dev.update(ALARM, x=3.0)
    told = one(peer)
    assert (told["changes"], list(rows(dev, told))) == ([], ["x"])  # the alarm is the same
    dev.change(log__move=(Log({"to": 1.0}, ("to",)), Log()))
    told = one(peer)
    assert ([path for path, _ in told["changes"]], told["readings"]) == ([["move", "took"], ["move", "returned"]], None)


def test_the_message_on_the_page_of_the_docs() -> None:
    dev = FakeDevice("STAGE", FakeAttribute("position", VDouble(), 0.5), FakeAttribute("velocity", VDouble(), 1.0))
    peer = Joined(dev).peer("macduff.1")
    peer.ask("Subscribe", 4, ["STAGE"], delta=True, columns=True)
    dev.sequence = 4
    second = 1_700_000_000 * 10**9
    dev.tell(
        {
            "position": dev.apply("position", 2.5, time=second + 2000),
            "velocity": dev.apply("velocity", 5.0, time=second + 3000),
        }
    )
    (told,) = peer.frames()
    assert str(told) in (Path(__file__).parents[2] / "docs" / "reference" / "wire.md").read_text()


def test_an_enumeration_is_text() -> None:
    dev = device()
    peer = subscribed(dev, "macduff.msgpack.1")
    one(peer)
    dev.update(mode="fast")
    assert rows(dev, one(peer))["mode"][0] == "fast"


@OURS
def test_the_numbers_of_fields_are_those_of_the_last_whole(subprotocol: str) -> None:
    dev = device()
    peer = subscribed(dev, subprotocol)
    one(peer)
    del dev.fields["x"]
    dev.next()
    dev.tell({"": dev})
    ((path, whole),) = one(peer)["changes"]
    assert (path, whole["meta"]["fields"]) == ([], list(dev.fields))
    dev.update(n=4)
    assert rows(dev, one(peer))["n"][0] == 4


@OURS
def test_who_lags_gets_the_newest_of_each_and_the_count_of_what_was_merged(subprotocol: str) -> None:
    """rule 6"""
    dev = device()
    peer = subscribed(dev, subprotocol)
    one(peer)
    for value in range(10):
        dev.update(x=float(value), n=value)
    told = one(peer)
    assert ({name: row[0] for name, row in rows(dev, told).items()}, told["dropped"]) == ({"x": 9.0, "n": 9}, 9)


def test_what_no_json_number_is() -> None:
    dev = device()
    for subprotocol, said in (("macduff.1", ["NaN", "Infinity"]), ("macduff.msgpack.1", [math.nan, math.inf])):
        peer = subscribed(dev, subprotocol)
        one(peer)
        for value, wanted in zip((math.nan, math.inf), said, strict=True):
            dev.update(x=value)
            assert str(rows(dev, one(peer))["x"][0]) == str(wanted)


@OURS
def test_time_stamps_too_far_apart_for_one_message_stand_by_themselves(subprotocol: str) -> None:
    dev = device()
    peer = subscribed(dev, subprotocol)
    one(peer)
    dev.tell({"x": dev.apply("x", 2.0, time=-5), "n": dev.apply("n", 2, time=2**62)})
    told = one(peer)
    times = {path[0]: value for path, value in told["changes"] if path[1] == "timeStamp"}
    assert told["readings"] is None
    assert times["n"]["secondsPastEpoch"] == 2**62 // 10**9
    assert (times["x"]["secondsPastEpoch"], times["x"]["nanoseconds"]) == (-1, 10**9 - 5)


@OURS
@pytest.mark.parametrize("members", [{"delta": False}, {"policy": "every"}, {"path": ("x",)}, {"columns": False}])
def test_elsewhere_it_changes_nothing(subprotocol: str, members: dict[str, Any]) -> None:
    dev = device()
    members = dict(members)
    peer = subscribed(dev, subprotocol, *members.pop("path", ()), **members)
    one(peer)
    dev.update(x=2.0)
    assert "readings" not in one(peer)


def test_a_strict_client_is_told_the_same_whatever_it_asks() -> None:
    dev = device()
    joined = Joined(dev)
    peer = joined.peer()
    peer.strict = None  # it would not have sent that
    peer.raw('{"typeid":"malcolm:core/Subscribe:1.0","id":1,"path":["DEV"],"delta":true,"columns":true,"period":"no"}')
    assert "readings" not in one(peer)
    dev.update(x=2.0)
    assert sorted(one(peer)) == ["changes", "id", "typeid"]


VALUES = st.dictionaries(st.sampled_from(["x", "n", "on", "text"]), st.none(), min_size=1)


@given(st.lists(st.tuples(VALUES, st.booleans(), st.booleans()), max_size=12), st.randoms(use_true_random=False))
def test_both_ways_say_the_same(changes: list[tuple[dict[str, None], bool, bool]], random: Any) -> None:
    """Whatever changes, and whenever the client takes it, both subscriptions end at the device's own state."""
    make = {
        "x": random.random, "n": lambda: random.randrange(-(2**63), 2**63), "on": lambda: random.random() < 0.5,
        "text": lambda: random.choice(["", "é", "long" * 70]),
    }  # fmt: skip
    dev = device()
    joined = Joined(dev)
    states: dict[int, dict[str, Any]] = {}
    peer = joined.peer("macduff.msgpack.1")
    for identity in (0, 1):
        peer.send("Subscribe", identity, ["DEV"], delta=True, columns=bool(identity))
    for names, alarmed, takes in [*changes, ({"x": None}, False, True)]:
        dev.update(ALARM if alarmed else Alarm(), **{name: make[name]() for name in names})
        for message in peer.got() if takes else ():
            _apply(dev, states.setdefault(message["id"], {}), message)
    assert states[0] == states[1]


def _apply(dev: FakeDevice, state: dict[str, Any], message: dict[str, Any]) -> None:
    for path, value in message["changes"]:
        if not path:
            state.update({name: value[name] for name in dev.fields})
        else:
            *above, last = path
            target = state
            for name in above:
                target = target[name]
            target[last] = value
    if message.get("readings"):
        for name, (value, time) in rows(dev, message).items():
            state[name]["value"] = value
            stamp = {"secondsPastEpoch": time // 10**9, "nanoseconds": time % 10**9}
            state[name]["timeStamp"] = {"typeid": "time_t", **stamp, "userTag": 0}


@OURS
def test_an_attribute_never_goes_back(subprotocol: str) -> None:
    """As when what it was first told holds more than what is still on its way."""
    dev = device()
    peer = subscribed(dev, subprotocol)
    one(peer)
    older = {name: dev.apply(name, value) for name, value in (("x", 2.0), ("on", True))}
    dev.update(x=3.0)
    assert rows(dev, one(peer))["x"][0] == 3.0
    dev.tell(older)
    assert {name: row[0] for name, row in rows(dev, one(peer)).items()} == {"on": True}


@OURS
def test_a_set_point_that_nobody_asked_for_is_the_value(subprotocol: str) -> None:
    dev = device()
    peer = subscribed(dev, subprotocol)
    one(peer)
    dev.attribute("n").setpoint = 5
    dev.update(n=5)
    told = one(peer)
    assert told["changes"] == [[["n", "setpoint"], 5]]
    assert rows(dev, told)["n"][0] == 5
