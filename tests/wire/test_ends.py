"""How subscriptions end (rules 25, 26, 35)."""

from __future__ import annotations

import pytest

from macduff.values import VBool

from .fakes import FakeAttribute, FakeDevice
from .joined import Joined
from .watched import brief, device


class TestEnds:
    def test_a_removed_device_ends_its_subscriptions_with_one_error_each(self) -> None:
        """rule 25"""
        dev, other = device(), device("OTHER")
        joined = Joined(dev, other)
        peer = joined.peer()
        for number, path in enumerate((["DEV"], ["DEV", "x", "value"], ["OTHER", "n", "value"])):
            peer.ask("Subscribe", number, path)
        dev.update(x=2.0)
        joined.host.remove("DEV", "on request")
        messages = peer.got()
        assert brief(messages) == [(0, "Removed"), (1, "Removed")]
        assert messages[0]["message"] == "Removed: DEV: it was removed (on request)"
        assert list(joined.host.watched) == [("OTHER", "", False)]
        assert peer.ask("Get", 7, ["DEV"])["message"].startswith("NotFound: ")

    def test_the_same_name_later_is_a_new_device(self) -> None:
        """rule 25"""
        joined = Joined(device())
        peer = joined.peer()
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        joined.host.remove("DEV")
        peer.got()
        again = FakeDevice("DEV", FakeAttribute("x", VBool(), True))
        again.host = joined.host
        joined.host.all["DEV"] = again
        assert peer.ask("Subscribe", 1, ["DEV", "x", "value"])["value"] is True
        assert peer.ask("Get", 2, ["DEV", "x", "meta", "typeid"])["value"] == "malcolm:core/BooleanMeta:1.0"
        again.update(x=False)
        assert brief(peer.got()) == [(1, False)]

    @pytest.mark.parametrize("path", [["NOPE"], ["DEV", "nope"], ["DEV", "x", "nope"], ["DEV", "x", "value", "y"]])
    def test_what_does_not_exist(self, path: list[str]) -> None:
        joined = Joined(device())
        assert joined.peer().ask("Subscribe", 1, path)["message"].startswith("NotFound: ")
        assert not joined.host.watched

    def test_the_last_subscriber_ends_the_listening(self) -> None:
        joined = Joined(device())
        one, two = joined.peer(), joined.peer("macduff.1")
        one.ask("Subscribe", 1, ["DEV", "x"])
        two.ask("Subscribe", 1, ["DEV"])
        two.ask("Subscribe", 2, ["DEV", "x"], policy="every")
        assert list(joined.host.watched) == [("DEV", "", False), ("DEV", "x", True)]
        one.ask("Unsubscribe", 1)
        assert len(joined.host.watched) == 2
        two.session.close()
        assert not joined.host.watched and list(joined.hub.sessions) == [one.session]

    def test_a_vanished_client_leaves_its_calls_alone_unless_it_asked(self) -> None:
        """rule 26"""
        joined = Joined(device())
        keys: list[object] = []
        joined.host.on_call = lambda host, _, __, ___, reply: keys.append(reply)
        peer = joined.peer("macduff.1")
        peer.send("Post", 1, ["DEV", "move"], parameters={"to": 1})
        peer.send("Post", 2, ["DEV", "move"], parameters={"to": 1}, abort_on_disconnect=True)
        peer.session.close()
        assert joined.host.abandoned == [keys[1]]
        joined.host.reply(keys[0])
        peer.raw("{}")
        assert not peer.session.pending and peer.got() == []

    def test_a_second_outcome_of_a_request_is_ignored(self) -> None:
        """rule 35"""
        joined = Joined(device())
        keys: list[object] = []
        joined.host.on_call = lambda host, _, __, ___, reply: keys.append(reply)
        peer = joined.peer()
        peer.send("Post", 1, ["DEV", "move"], parameters={"to": 1})
        joined.host.reply(keys[0])
        joined.host.reply(keys[0])
        assert brief(peer.got()) == [(1, None)]
