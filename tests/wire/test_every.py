"""Subscriptions to every change: one record of them for all who subscribe, each at its own pace (rules 5, 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.limits import DEFAULTS, Limits
from macduff.values import VDouble, VString

from .fakes import FakeAttribute, FakeDevice
from .joined import Joined, Peer

PATHS = (["DEV", "x", "value"], ["DEV", "text", "value"])
BOUND = 40


def device() -> FakeDevice:
    return FakeDevice("DEV", FakeAttribute("x", VDouble(), 0.0), FakeAttribute("text", VString(), ""))


def subscribed(joined: Joined, subprotocol: str = "macduff.1") -> Peer:
    peer = joined.peer(subprotocol)
    peer.ask("Subscribe", 1, PATHS[0], policy="every")
    return peer


def told(messages: list[dict[str, Any]]) -> list[tuple[float, int]]:
    return [(item["value"], item["dropped"]) for item in messages]


def test_who_lags_loses_what_others_get() -> None:
    """rule 6"""
    dev = device()
    joined = Joined(dev, limits=Limits(every_changes=4))
    quick, slow = subscribed(joined), subscribed(joined)
    for value in range(1, 11):
        dev.update(x=float(value))
        assert told(quick.got()) == [(float(value), 0)]
    assert told(slow.got()) == [(7.0, 6), (8.0, 0), (9.0, 0), (10.0, 0)]
    assert (quick.session.dropped, slow.session.dropped, joined.hub.dropped) == (0, 6, 6)


@pytest.mark.parametrize("subprotocol", ["macduff.1", "macduff.msgpack.1"])
def test_what_everybody_has_is_not_kept(subprotocol: str) -> None:
    dev = device()
    joined = Joined(dev)
    peers = [subscribed(joined, subprotocol), subscribed(joined, subprotocol)]
    (feed,) = joined.hub._feeds.values()
    (channel,) = feed._channels.values()
    most = 0
    for value in range(2000):
        dev.update(x=float(value))
        for peer in peers:
            assert len(peer.got()) == 1
        most = max(most, len(channel._kept))  # type: ignore[attr-defined]  # only those of `every` keep
    assert most <= 150, "changes that nobody waits for are kept"


def test_large_changes_that_everybody_has_are_not_kept() -> None:
    dev = device()
    joined = Joined(dev)
    peer = joined.peer("macduff.1")
    peer.ask("Subscribe", 1, PATHS[1], policy="every")
    (feed,) = joined.hub._feeds.values()
    (channel,) = feed._channels.values()
    most = 0
    for value in range(50):
        dev.update(text=str(value) * 100_000)
        assert len(peer.got()) == 1
        most = max(most, len(channel._kept))  # type: ignore[attr-defined]  # only those of `every` keep
    assert most <= 3


def test_a_newcomer_gets_what_is_now_and_nothing_older() -> None:
    dev = device()
    joined = Joined(dev)
    old = subscribed(joined)
    dev.update(x=1.0)
    dev.update(x=2.0)
    new = joined.peer("macduff.1")
    new.send("Subscribe", 1, PATHS[0], policy="every")
    dev.update(x=3.0)
    assert told(new.got()) == [(3.0, 0)]
    dev.update(x=4.0)
    assert told(new.got()) == [(4.0, 0)]
    assert told(old.got()) == [(1.0, 0), (2.0, 0), (3.0, 0), (4.0, 0)]


def test_a_stream_that_never_ends_keeps_nobody_else_waiting() -> None:
    """There is always more of the first than fits; the reply and the other subscription get their turn."""
    dev = device()
    joined = Joined(dev)
    peer = subscribed(joined)
    peer.ask("Subscribe", 2, PATHS[1], policy="every")
    kinds: list[Any] = []
    for value in range(20):
        for step in range(10):
            dev.update(x=value + step / 10)
        if value == 1:
            dev.update(text="here")
            peer.send("Get", 3, PATHS[1])
        kinds += [item["id"] for item in peer.got(room=300)]
    assert {1, 2, 3} <= set(kinds)


def test_a_change_that_is_too_large_ends_only_its_subscription() -> None:
    """Each value would fit, the whole device does not."""
    dev = device()
    whole = len(json.dumps(Joined(dev).peer("macduff.1").ask("Get", 1, ["DEV"])))
    joined = Joined(dev, limits=Limits(frame_size=whole + 500))
    peer = subscribed(joined)
    peer.ask("Subscribe", 2, ["DEV"], policy="every")
    dev.update(x=1.0)
    dev.update(text="long" * 300)
    dev.update(x=2.0)
    found = peer.got()
    assert told([item for item in found if item["id"] == 1]) == [(1.0, 0), (2.0, 0)]
    assert "Refused: message: expected at most" in str([item for item in found if item["id"] == 2][-1])
    dev.update(x=3.0)
    assert [item["id"] for item in peer.got()] == [1]


OPERATION = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(["x", "text"]), st.integers(1, 30)),
    st.tuples(st.just("read"), st.integers(0, 1), st.sampled_from([1, 200, 1500, 1 << 20])),
    st.tuples(st.just("get"), st.integers(0, 1), st.just(0)),
)


@given(st.lists(OPERATION, max_size=40), st.sampled_from([BOUND, DEFAULTS.every_changes]))
def test_rule_5_whatever_the_pace_each_change_is_sent_or_counted_and_replies_stay_between(
    operations: list[tuple[str, Any, int]], bound: int
) -> None:
    dev = device()
    joined = Joined(dev, limits=Limits(every_changes=bound))
    peers = [joined.peer("macduff.1"), joined.peer("macduff.1")]
    for peer in peers:
        for number, path in enumerate(PATHS):
            peer.ask("Subscribe", number, path, policy="every")
    made = {"x": 0, "text": 0}
    asked: list[dict[int, dict[str, int]]] = [{}, {}]
    got: list[list[dict[str, Any]]] = [[], []]
    for what, which, size in operations:
        if what == "change":
            for _ in range(size):
                made[which] += 1
                if which == "x":
                    dev.update(x=float(made["x"]))
                else:
                    dev.update(text=str(made["text"]))
        elif what == "read":
            got[which] += peers[which].got(room=size)
        else:
            identity = 10 + len(asked[which])
            asked[which][identity] = dict(made)
            peers[which].send("Get", identity, PATHS[0])
    for number, peer in enumerate(peers):
        while peer.session.pending:
            got[number] += peer.got(room=500)
        _check(got[number], made, asked[number], bound == BOUND)


def _check(messages: list[dict[str, Any]], made: dict[str, int], asked: dict[int, dict[str, int]], lossy: bool) -> None:
    """Each change told or counted, in order; a reply right behind those that came before it."""
    seen = {"x": 0, "text": 0}
    replies = []
    for item in messages:
        if item["id"] < 2:
            name = "x" if item["id"] == 0 else "text"
            assert int(item["value"]) == seen[name] + 1 + item["dropped"], "one is missing, twice, or not counted"
            seen[name] = int(item["value"])
        else:
            replies.append(item["id"])
            before = asked[item["id"]]
            assert all(seen[name] <= before[name] for name in seen), "a later change came ahead of a reply"
            assert lossy or seen == before, "a reply came ahead of its changes"
    assert seen == made and replies == list(asked)
