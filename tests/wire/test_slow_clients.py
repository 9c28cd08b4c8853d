"""What a slow client is sent, and what it costs (rules 5, 6)."""

from __future__ import annotations

from macduff.limits import Limits
from macduff.values import Alarm

from .joined import Joined, join
from .watched import ALARM, brief, device


class TestSlowClients:
    def test_what_cannot_be_sent_is_one_change_set_the_newest(self) -> None:
        """rule 6"""
        dev = device()
        joined = Joined(dev)
        slow, quick = joined.peer(), joined.peer()
        for peer in (slow, quick):
            peer.ask("Subscribe", 1, ["DEV"], delta=True)
        for value in range(1000):
            dev.update(x=float(value))
            if value % 2:
                dev.update(ALARM if value < 500 else Alarm(), n=value)
            assert slow.got(room=0) == []
            assert len(quick.got()) in (1, 2)
        assert len(slow.session.waiting) == 1
        messages = slow.got()
        assert brief(messages) == [(1, ["x.value", "x.timeStamp", "n.value", "n.alarm", "n.timeStamp"])]
        assert slow.strict is not None and quick.strict is not None
        assert slow.strict.values == quick.strict.values

    def test_room_for_some_gives_some_and_the_rest_later(self) -> None:
        dev = device()
        peer = join(dev)
        for number, name in enumerate(("x", "n", "mode")):
            peer.ask("Subscribe", number, ["DEV", name, "value"])
        dev.update(x=2.0, n=2, mode="fast")
        assert [brief(peer.got(room=1)) for _ in range(4)] == [[(0, 2.0)], [(1, 2)], [(2, "fast")], []]

    def test_hot_changes_do_not_starve_replies(self) -> None:
        dev = device()
        peer = join(dev)
        for number in range(10):
            peer.ask("Subscribe", number, ["DEV", "x", "value"])
        peer.send("Get", 100, ["DEV", "n", "value"])
        seen = []
        for value in range(30):
            dev.update(x=float(value))
            seen += [identity for identity, _ in brief(peer.got(room=1))]
        assert 100 in seen[:12]

    def test_ours_says_how_many_change_sets_were_merged(self) -> None:
        dev = device()
        peer = join(dev, subprotocol="macduff.1")
        first = peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        assert (first["sequence"], first["dropped"]) == (0, 0)
        for value in (2.0, 3.0, 4.0):
            dev.update(x=value)
        (update,) = peer.got()
        assert (update["value"], update["sequence"], update["dropped"]) == (4.0, 3, 2)

    def test_the_first_value_is_not_kept_but_made_when_there_is_room(self) -> None:
        dev = device()
        peer = join(dev)
        peer.send("Subscribe", 1, ["DEV", "x", "value"])
        dev.update(x=9.0)
        assert brief(peer.got()) == [(1, 9.0)]
        assert peer.got() == []

    def test_who_asks_and_never_reads_is_to_be_hung_up_on(self) -> None:
        peer = join(device())
        peer.strict = None
        for number in range(257):
            assert peer.session.choked is (number >= 256)
            peer.send("Get", number, ["DEV", "n", "value"])
        assert not peer.session.failed and peer.session.replies_pending
        for number in range(1000):
            peer.send("Get", number, ["DEV", "n", "value"])
        assert "asks faster than it reads" in peer.session.failed

    def test_open_requests_are_bounded(self) -> None:
        joined = Joined(device(), limits=Limits(in_flight=2))
        joined.host.on_call = lambda *_: None
        peer = joined.peer()
        for number in range(3):
            peer.send("Post", number, ["DEV", "move"], parameters={"to": 1})
        assert brief(peer.got()) == [(2, "TooMany")]

    def test_subscriptions_are_bounded(self) -> None:
        peer = Joined(device(), limits=Limits(subscriptions=2)).peer()
        for number in range(3):
            peer.send("Subscribe", number, ["DEV", "n", "value"])
        assert brief(peer.got()) == [(0, 1), (1, 1), (2, "TooMany")]
