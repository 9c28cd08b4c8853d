"""In what order a subscriber is sent what changes (rules 4, 5, 35)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.errors import Aborted
from macduff.protocol.model import SEvent

from .fakes import Log
from .joined import Joined, join
from .watched import MACDUFF, brief, device


class TestOrder:
    def test_changes_caused_by_a_put_come_before_its_return(self) -> None:
        """rule 5"""
        peer = join(device())
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        peer.ask("Subscribe", 2, ["DEV", "n", "value"])
        peer.send("Put", 3, ["DEV", "n"], value=5)
        assert brief(peer.got()) == [(1, ["n.value", "n.timeStamp"]), (2, 5), (3, None)]

    def test_a_reply_waits_for_the_changes_before_it_and_not_for_those_after(self) -> None:
        dev = device()
        joined = Joined(dev)
        peer = joined.peer()
        keys: list[object] = []
        joined.host.on_call = lambda host, _, __, ___, reply: keys.append(reply)
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        peer.send("Post", 2, ["DEV", "move"], parameters={"to": 1})
        peer.send("Post", 3, ["DEV", "move"], parameters={"to": 1})
        dev.update(x=2.0)
        joined.host.reply(keys[0])
        joined.host.reply(keys[1], error=Aborted("no more"))
        peer.send("Get", 4, ["DEV", "n", "value"])
        assert brief(peer.got()) == [(1, 2.0), (2, None), (3, "Aborted"), (4, 1)]
        dev.update(x=3.0)
        peer.send("Get", 4, ["DEV", "n", "value"])
        dev.update(x=4.0)  # merged into what stands before the reply: newest wins
        assert brief(peer.got()) == [(1, 4.0), (4, 1)]

    @pytest.mark.parametrize("subprotocol", [None, *MACDUFF])
    def test_nothing_older_follows_the_first_value(self, subprotocol: str | None) -> None:
        """rule 5: the device was ahead of the queue when it was subscribed."""
        dev = device()
        joined = Joined(dev)
        early, late = joined.peer(subprotocol), joined.peer(subprotocol)
        early.ask("Subscribe", 1, ["DEV", "x", "value"])
        items = [{"x": dev.apply("x", float(value))} for value in (2, 3, 4)]
        (first,) = [late.ask("Subscribe", 1, ["DEV", "x", "value"])]
        assert first["value"] == 4.0
        seen: list[Any] = []
        for number, changes in enumerate(items):
            joined.hub.deliver((SEvent.Changes, "DEV", changes, number + 1))
            seen += brief(late.got())
            assert brief(early.got()) == [(1, number + 2.0)]
        dev.update(x=5.0)
        assert seen + brief(late.got()) in ([(1, 4.0), (1, 5.0)], [(1, 5.0)])

    def test_the_first_value_is_sent_before_the_replies_to_later_requests(self) -> None:
        peer = join(device())
        peer.send("Subscribe", 1, ["DEV", "x", "value"])
        peer.send("Get", 2, ["DEV", "n", "value"])
        assert brief(peer.got()) == [(1, 1.0), (2, 1)]

    def test_nothing_follows_the_end_of_a_subscription(self) -> None:
        """rule 35"""
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        dev.update(x=2.0)
        peer.send("Unsubscribe", 1)
        dev.update(x=3.0)
        assert brief(peer.got()) == [(1, None)]
        assert peer.ask("Subscribe", 1, ["DEV", "x", "value"])["value"] == 3.0

    def test_a_listener_in_place_brings_what_happened_meanwhile(self) -> None:
        """Changes between the subscription and the Process hearing of it are not lost."""
        dev = device()
        joined = Joined(dev)
        joined.host.initial = False
        peer = joined.peer()
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        dev.apply("x", 2.0)
        dev.attribute("n").writeable = False
        dev.method("move").took = Log({"to": 1.0}, ("to",))
        joined.host.present("DEV")
        assert brief(peer.got()) == [(1, ["x.value", "x.timeStamp", "n.meta.writeable", "move.took"])]

    def test_an_item_that_comes_twice_counts_once(self) -> None:
        dev = device()
        joined = Joined(dev)
        peer = joined.peer()
        peer.ask("Subscribe", 1, ["DEV", "x"], delta=True)
        changes = {"x": dev.apply("x", 2.0)}
        for _ in range(2):
            joined.hub.deliver((SEvent.Changes, "DEV", changes, dev.sequence))
        assert len(peer.got()) == 1
        joined.hub.deliver((SEvent.Changes, "DEV", changes, dev.sequence))
        assert peer.got() == []
