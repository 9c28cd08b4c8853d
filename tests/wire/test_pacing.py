"""Subscriptions with a period: how often they are told, and what that must not spoil (docs/reference/wire.md)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.values import VDouble, VInt

from .fakes import FakeAttribute, FakeDevice, FakeMethod
from .joined import Joined

PERIOD = 0.5


class Clocked:
    """Two devices, and a clock that this test moves; a grid of half seconds."""

    def __init__(self, period: float = PERIOD, subprotocol: str = "macduff.1") -> None:
        self.dev, self.other = device("DEV"), device("OTHER")
        self.joined = Joined(self.dev, self.other)
        self.now = 100.0
        self.wanted: float | None = None
        self.to(100.0)
        self.peer = self.joined.peer(subprotocol)
        for identity, name in enumerate(("DEV", "OTHER")):
            self.peer.send("Subscribe", identity, [name, "x", "value"], period=period)
        assert self.values() == [(0, 0.0), (1, 0.0)]
        self.to(101.0)

    def to(self, now: float) -> None:
        self.now = now
        self.wanted = self.joined.hub.advance(now)

    def values(self) -> list[tuple[int, Any]]:
        found = [(item["id"], item["value"]) for item in self.peer.got()]
        self.wanted = self.joined.hub.advance(self.now)
        return found


def device(name: str) -> FakeDevice:
    return FakeDevice(
        name,
        FakeAttribute("x", VDouble(), 0.0),
        FakeAttribute("n", VInt(), 0, True, True),
        FakeMethod("move", {}, ()),
    )


def test_after_a_quiet_time_a_change_goes_out_at_once_and_others_that_came_with_it() -> None:
    clocked = Clocked()
    clocked.dev.update(x=1.0)
    clocked.other.update(x=2.0)
    assert clocked.values() == [(0, 1.0), (1, 2.0)]
    assert clocked.wanted is None


def test_what_comes_in_the_same_period_waits_for_its_end_newest_wins() -> None:
    clocked = Clocked()
    clocked.to(101.1)
    clocked.dev.update(x=1.0)
    assert clocked.values() == [(0, 1.0)]
    clocked.dev.update(x=2.0)
    clocked.other.update(x=3.0)
    clocked.dev.update(x=4.0)
    assert clocked.values() == []
    assert clocked.wanted == pytest.approx(101.5)
    clocked.to(101.4)
    assert clocked.values() == []
    clocked.to(101.5)
    assert sorted(clocked.values()) == [(0, 4.0), (1, 3.0)]
    clocked.dev.update(x=5.0)  # the next period's was just sent
    assert clocked.values() == []
    clocked.to(102.0)
    assert clocked.values() == [(0, 5.0)]
    clocked.to(200.0)
    assert clocked.values() == []


def test_what_was_merged_away_is_counted() -> None:
    clocked = Clocked()
    for value in range(5):
        clocked.dev.update(x=float(value + 1))
        clocked.peer.got()
    clocked.to(101.5)
    (message,) = clocked.peer.got()
    assert message["value"] == 5.0
    assert clocked.dev.sequence == message["sequence"]


def test_a_reply_never_overtakes_what_was_changed_by_its_request() -> None:
    clocked = Clocked()
    clocked.peer.send("Subscribe", 5, ["DEV", "n", "value"], period=PERIOD)
    clocked.dev.update(x=1.0)
    assert clocked.values() == [(5, 0), (0, 1.0)]
    clocked.dev.update(x=2.0)
    clocked.peer.send("Put", 6, ["DEV", "n"], value=7)
    assert clocked.values() == [(0, 2.0), (5, 7), (6, None)]


def test_a_subscription_without_a_period_beside_it_is_told_at_once() -> None:
    clocked = Clocked()
    clocked.peer.send("Subscribe", 5, ["DEV", "x", "value"])
    clocked.dev.update(x=1.0)
    assert sorted(clocked.values()) == [(0, 1.0), (5, 1.0)]
    clocked.dev.update(x=2.0)
    assert clocked.values() == [(5, 2.0)]
    clocked.to(101.5)
    assert clocked.values() == [(0, 2.0)]


def test_who_subscribes_meanwhile_has_the_newest_at_once_and_nothing_older_after_it() -> None:
    clocked = Clocked()
    clocked.dev.update(x=1.0)
    clocked.values()
    clocked.dev.update(x=2.0)
    clocked.peer.send("Subscribe", 5, ["DEV", "x", "value"], period=PERIOD)
    clocked.peer.send("Subscribe", 6, ["DEV", "x", "value"])
    assert sorted(clocked.values()) == [(5, 2.0), (6, 2.0)]
    clocked.to(101.5)
    assert clocked.values() == [(0, 2.0)]


def test_one_that_ends_while_something_waits_hears_nothing_more() -> None:
    clocked = Clocked()
    clocked.dev.update(x=1.0)
    clocked.values()
    clocked.dev.update(x=2.0)
    clocked.peer.send("Unsubscribe", 0)
    assert clocked.values() == [(0, None)]
    clocked.to(102.0)
    assert clocked.values() == []
    clocked.dev.update(x=3.0)
    clocked.peer.session.close()
    clocked.to(103.0)
    assert clocked.joined.host.watched == {}


def test_the_end_of_a_device_comes_at_once() -> None:
    clocked = Clocked()
    clocked.dev.update(x=1.0)
    clocked.values()
    clocked.dev.update(x=2.0)
    clocked.joined.host.remove("DEV")
    assert [item["typeid"] for item in clocked.peer.got()] == ["malcolm:core/Error:1.0"]
    clocked.to(102.0)
    assert clocked.values() == []


def test_fields_that_come_and_go_are_told_of() -> None:
    clocked = Clocked()
    clocked.dev.update(x=1.0)
    clocked.values()
    del clocked.dev.fields["x"]
    clocked.dev.next()
    clocked.dev.tell({"": clocked.dev})
    (message,) = clocked.peer.got()
    assert message["kind"] == "NotFound"


def test_a_connection_that_goes_does_not_keep_what_waits_from_others() -> None:
    clocked = Clocked()
    second = clocked.joined.peer("macduff.1")
    second.send("Subscribe", 7, ["DEV", "x", "value"], period=2 * PERIOD)
    second.got()
    clocked.dev.update(x=1.0)
    clocked.values()
    second.got()
    clocked.dev.update(x=2.0)
    clocked.peer.session.close()
    clocked.to(103.0)
    assert [item["value"] for item in second.got()] == [2.0]


@pytest.mark.parametrize("period", [-1, 61, 1e-305, 0.0009, "0.1", True, [], float("nan")])
def test_what_is_no_period_is_refused(period: Any) -> None:
    peer = Joined(device("DEV")).peer("macduff.msgpack.1")
    assert peer.ask("Subscribe", 1, ["DEV"], period=period)["kind"] == "BadValue"


def test_every_change_has_no_period() -> None:
    peer = Joined(device("DEV")).peer("macduff.1")
    reply = peer.ask("Subscribe", 1, ["DEV"], period=1, policy="every")
    assert reply["message"].startswith("BadValue: period: expected none")
    assert peer.ask("Subscribe", 2, ["DEV"], period=0, policy="every")["typeid"] == "malcolm:core/Update:1.0"


STEP = st.tuples(st.sampled_from("abtr"), st.integers(1, 400))


@given(st.lists(STEP, max_size=60), st.sampled_from([0.04, 0.1, 1.0]))
def test_no_more_than_one_a_period_and_the_newest_in_the_end(steps: list[tuple[str, int]], period: float) -> None:
    """a: DEV changes; b: OTHER does; t: time goes by; r: a request and its reply, which lets all go."""
    clocked = Clocked(period)
    newest, seen = {0: 0.0, 1: 0.0}, {0: 0.0, 1: 0.0}
    counts = {0: 0, 1: 0}
    replies = 0
    for what, more in [*steps, ("t", round(2000 * period))]:
        if what == "t":
            clocked.to(clocked.now + more / 1000)
        elif what == "r":
            replies += 1
            clocked.peer.send("Get", 9, ["DEV", "n", "value"])
        else:
            identity = "ab".index(what)
            newest[identity] += 1
            (clocked.dev, clocked.other)[identity].update(x=newest[identity])
        for identity, value in clocked.values():
            if identity < 2:
                assert value == newest[identity]
                seen[identity] = value
                counts[identity] += 1
    assert seen == newest
    assert clocked.wanted is None
    assert max(counts.values()) <= (clocked.now - 101.0) / period + 1 + replies


def test_the_host_knows_what_all_who_subscribe_bear_with() -> None:
    """It need not say more often what nobody is told more often."""
    joined = Joined(device("DEV"))
    paces = joined.host.paces
    peer, other = joined.peer("macduff.1"), joined.peer("macduff.msgpack.1")
    peer.send("Subscribe", 1, ["DEV", "x"], period=0.5)
    assert paces == {("DEV", "", False): 0.5}
    other.send("Subscribe", 1, ["DEV"], delta=True, columns=True, period=0.1)
    assert paces == {("DEV", "", False): 0.1}
    peer.send("Subscribe", 2, ["DEV", "n"])
    assert paces == {("DEV", "", False): 0.0}
    peer.send("Unsubscribe", 2)
    assert paces == {("DEV", "", False): 0.1}
    other.send("Unsubscribe", 1)
    assert paces == {("DEV", "", False): 0.5}
    other.send("Subscribe", 3, ["DEV"], policy="every")
    assert paces["DEV", "", False] == 0.5, "who wants every change has a listener of its own"
