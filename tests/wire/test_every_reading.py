"""Who asks for every reading gets each, in order, or is told how many were lost (rule 6)."""

from __future__ import annotations

import pytest

from macduff.limits import Limits
from macduff.protocol.model import SEvent
from macduff.values import VArray

from .fakes import FakeAttribute, FakeDevice
from .joined import Joined, join
from .watched import MACDUFF, brief, device


class TestEvery:
    @pytest.mark.parametrize("subprotocol", MACDUFF)
    def test_each_change_in_order_equal_ones_too(self, subprotocol: str) -> None:
        """rule 4"""
        dev = device()
        joined = Joined(dev)
        peer = joined.peer(subprotocol)
        peer.ask("Subscribe", 1, ["DEV", "x", "value"], policy="every")
        assert list(joined.host.watched) == [("DEV", "x", True)]
        for value in (2.0, 2.0, 3.0):
            dev.update(x=value, n=1)
        messages = peer.got()
        assert [(item["value"], item["sequence"], item["dropped"]) for item in messages] == [
            (2.0, 1, 0), (2.0, 3, 0), (3.0, 5, 0),
        ]  # fmt: skip

    def test_with_delta_and_of_a_whole_device(self) -> None:
        dev = device()
        peer = join(dev, subprotocol="macduff.1")
        peer.ask("Subscribe", 1, ["DEV"], delta=True, policy="every")
        dev.update(x=2.0)
        dev.update(x=3.0, n=2)
        dev.change(writeable__n=False)
        assert brief(peer.got()) == [
            (1, ["x.value", "x.timeStamp"]),
            (1, ["x.value", "x.timeStamp"]),
            (1, ["n.value", "n.timeStamp"]),
            (1, ["n.meta.writeable"]),
        ]

    def test_beyond_the_bound_the_oldest_go_counted_and_reported(self) -> None:
        """rule 6"""
        dev = device()
        joined = Joined(dev, limits=Limits(every_changes=3))
        peer = joined.peer("macduff.1")
        peer.ask("Subscribe", 1, ["DEV", "x", "value"], policy="every")
        for value in range(2, 12):
            dev.update(x=float(value))
        assert [(item["value"], item["dropped"]) for item in peer.got()] == [(9.0, 7), (10.0, 0), (11.0, 0)]
        assert (joined.hub.dropped, peer.session.dropped) == (7, 7)
        dev.update(x=1.0)
        assert [(item["value"], item["dropped"]) for item in peer.got()] == [(1.0, 0)]

    def test_the_bound_holds_in_bytes_too(self) -> None:
        dev = FakeDevice("DEV", FakeAttribute("wave", VArray("uint8"), []))
        joined = Joined(dev, limits=Limits(outgoing=5000))
        peer = joined.peer("macduff.msgpack.1")
        peer.ask("Subscribe", 1, ["DEV", "wave", "value"], policy="every")
        for value in range(20):
            dev.update(wave=[value] * 1000)
        kept = peer.got()
        assert [item["value"]["data"][0] for item in kept] == list(range(20 - len(kept), 20)) and len(kept) == 4
        assert kept[0]["dropped"] == 16

    def test_what_was_lost_before_it_came_here_is_reported(self) -> None:
        dev = device()
        joined = Joined(dev)
        peer = joined.peer("macduff.1")
        peer.ask("Subscribe", 1, ["DEV", "x", "value"], policy="every")
        joined.hub.deliver((SEvent.Overrun, "DEV", "x", 40), "x")
        dev.update(x=2.0)
        assert [(item["value"], item["dropped"]) for item in peer.got()] == [(2.0, 40)]

    def test_it_begins_when_the_listener_is_in_place(self) -> None:
        dev = device()
        joined = Joined(dev)
        joined.host.initial = False
        peer = joined.peer("macduff.1")
        peer.send("Subscribe", 1, ["DEV", "x", "value"], policy="every")
        assert peer.got() == []
        dev.apply("x", 5.0)
        joined.host.present("DEV", "x", True)
        assert brief(peer.got()) == [(1, 5.0)]

    def test_replies_come_behind_all_changes_before_them(self) -> None:
        dev = device()
        peer = join(dev, subprotocol="macduff.1")
        peer.ask("Subscribe", 1, ["DEV", "x", "value"], policy="every")
        dev.update(x=2.0)
        dev.update(x=3.0)
        peer.send("Get", 2, ["DEV", "n", "value"])
        dev.update(x=4.0)
        assert brief(peer.got()) == [(1, 2.0), (1, 3.0), (2, 1), (1, 4.0)]

    def test_a_change_that_has_no_form_ends_only_who_cannot_be_told(self) -> None:
        dev = FakeDevice("DEV", FakeAttribute("wave", VArray("float32"), [1.0]))
        joined = Joined(dev)
        strict, ours = joined.peer(), joined.peer("macduff.1")
        strict.ask("Subscribe", 1, ["DEV", "wave"], delta=True)
        ours.ask("Subscribe", 1, ["DEV", "wave"], policy="every", delta=True)
        dev.change(meta__wave=VArray("float16"))
        assert brief(strict.got()) == [(1, "Refused")] and brief(ours.got()) == [(1, ["meta.dtype"])]
        dev.update(wave=[2.0])
        assert strict.got() == [] and brief(ours.got()) == [(1, ["value", "timeStamp"])]

    def test_the_removal_of_one_listener_does_not_end_what_came_later(self) -> None:
        """rule 25: the device is back before the second listener's removal arrives."""
        dev = device()
        joined = Joined(dev)
        peer = joined.peer("macduff.1")
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        peer.ask("Subscribe", 2, ["DEV", "x", "value"], policy="every")
        joined.hub.deliver((SEvent.Removed, "DEV", ""))
        assert brief(peer.got()) == [(1, "Removed")]
        peer.ask("Subscribe", 4, ["DEV", "x", "value"])
        joined.hub.deliver((SEvent.Removed, "DEV", ""), "x")
        assert brief(peer.got()) == [(2, "Removed")]
        dev.update(x=2.0)
        assert brief(peer.got()) == [(4, 2.0)]

    def test_an_unknown_policy_is_refused(self) -> None:
        peer = join(device(), subprotocol="macduff.1")
        assert peer.ask("Subscribe", 1, ["DEV"], policy="some")["kind"] == "BadValue"
