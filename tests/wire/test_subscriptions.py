"""What subscribers are sent, in what order, and what a slow one costs (rules 4, 5, 6, 25, 26, 35)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.errors import Aborted
from macduff.limits import Limits
from macduff.protocol.model import SEvent
from macduff.values import Alarm, AlarmStatus, Reading, Severity, VAction, VArray, VBool, VDouble, VEnum, VInt

from .fakes import FakeAttribute, FakeDevice, FakeMethod, Log
from .joined import Joined, Peer, join

MACDUFF = ("macduff.1", "macduff.msgpack.1")
ALARM = Alarm(Severity.MINOR, AlarmStatus.RECORD, "warm")


def device(name: str = "DEV") -> FakeDevice:
    return FakeDevice(
        name,
        FakeAttribute("x", VDouble(units="mm"), 1.0),
        FakeAttribute("n", VInt(), 1, True, True),
        FakeAttribute("mode", VEnum(["slow", "fast"]), "slow", True, True),
        FakeAttribute("fire", VAction(), None, True, True),
        FakeMethod("move", {"to": VDouble()}, ("to",)),
    )


def brief(messages: list[dict[str, Any]]) -> list[Any]:
    """(id, what) of each message: paths of a Delta, value of an Update or Return, kind of an Error."""
    found: list[Any] = []
    for item in messages:
        if "changes" in item:
            found.append((item["id"], [".".join(path) for path, _ in item["changes"]]))
        else:
            found.append((item["id"], item.get("value", str(item.get("message")).partition(":")[0])))
    return found


class TestChanges:
    def test_a_put_is_one_delta_of_value_and_time_and_its_alarm_when_that_changes(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        peer.ask("Subscribe", 2, ["DEV", "x"], delta=True)
        dev.update(x=2.0)
        assert brief(peer.got()) == [(1, ["x.value", "x.timeStamp"]), (2, ["value", "timeStamp"])]
        dev.update(ALARM, x=3.0)
        assert brief(peer.got()) == [(1, ["x.value", "x.alarm", "x.timeStamp"]), (2, ["value", "alarm", "timeStamp"])]
        dev.update(ALARM, x=4.0)
        assert brief(peer.got())[0] == (1, ["x.value", "x.timeStamp"])

    def test_several_attributes_in_one_update_are_one_delta(self) -> None:
        """rule 4"""
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        dev.update(n=2, x=2.0)
        assert brief(peer.got()) == [(1, ["n.value", "n.timeStamp", "x.value", "x.timeStamp"])]

    def test_an_equal_value_is_news_to_who_watches_the_attribute_and_to_nobody_else(self) -> None:
        """rule 4"""
        dev = device()
        peer = join(dev)
        for number, path in enumerate((["DEV", "x"], ["DEV", "x", "value"], ["DEV", "x", "timeStamp"], ["DEV"])):
            peer.ask("Subscribe", number, path)
        dev.update(x=1.0)
        assert [item["id"] for item in peer.got()] == [0, 2, 3]

    def test_nan_equals_nan(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        dev.update(x=float("nan"))
        dev.update(x=float("nan"))
        assert brief(peer.got()) == [(1, "NaN")]
        dev.update(x=float("nan"))
        assert peer.got() == []

    @pytest.mark.parametrize(
        "path",
        [
            ["DEV"], ["DEV", "x"], ["DEV", "x", "value"], ["DEV", "x", "alarm"], ["DEV", "x", "timeStamp"],
            ["DEV", "x", "alarm", "severity"],
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("delta", [True, False])
    def test_every_path_is_told_of_its_changes(self, path: list[str], delta: bool) -> None:
        """What is subscribed equals what a Get answers, after each change."""
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, path, delta=delta)
        dev.update(ALARM, x=2.5)
        assert brief(peer.got())[0][0] == 1
        peer.send("Get", 2, path)
        (reply,) = peer.got()
        assert peer.strict is not None and peer.strict.values[1] == reply["value"]

    def test_members_of_a_meta_come_one_by_one(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        peer.ask("Subscribe", 2, ["DEV", "x"], delta=True)
        peer.ask("Subscribe", 3, ["DEV", "x", "meta", "display", "units"])
        peer.ask("Subscribe", 4, ["DEV", "n", "meta"])
        dev.change(meta__x=VDouble(units="um", display=(0, 5)))
        assert brief(peer.got()) == [
            (1, ["x.meta.display.limitHigh", "x.meta.display.units"]),
            (2, ["meta.display.limitHigh", "meta.display.units"]),
            (3, "um"),
        ]
        dev.change(meta__mode=VEnum(["slow", "fast", "off"]))
        assert brief(peer.got()) == [(1, ["mode.meta.choices"])]

    def test_an_attribute_that_becomes_another_kind_is_sent_whole_with_its_device(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        peer.ask("Subscribe", 2, ["DEV", "n"], delta=True)
        dev.attribute("x").now = dev.attribute("x").now._replace(value=True, sequence=dev.next())
        vtype = VBool()
        dev.attribute("x").vtype = vtype
        dev.tell({"x.meta": vtype, "x": dev.attribute("x").reading})
        assert brief(peer.got()) == [(1, [""])]

    def test_what_only_we_have_is_not_even_an_empty_delta_to_a_strict_client(self) -> None:
        dev = device()
        joined = Joined(dev)
        strict, ours = joined.peer(), joined.peer("macduff.1")
        for peer in (strict, ours):
            peer.ask("Subscribe", 1, ["DEV"], delta=True)
        dev.change(setpoint__n=5)
        assert (brief(strict.got()), brief(ours.got())) == ([], [(1, ["n.setpoint"])])

    def test_a_set_point_that_nobody_asked_for_follows_the_value(self) -> None:
        dev = device()
        peer = join(dev, subprotocol="macduff.1")
        assert peer.ask("Subscribe", 1, ["DEV", "n"], delta=True)["changes"][0][1]["setpoint"] == 1
        dev.attribute("n").setpoint = 7
        dev.update(n=7)
        assert brief(peer.got()) == [(1, ["setpoint", "value", "timeStamp"])]

    def test_ours_hears_that_what_configure_takes_by_default_has_changed(self) -> None:
        """rule 24: `defaults` is the set point, live."""
        exposure = FakeAttribute("exposure", VDouble(), 0.1, True, True, parameter=True)
        configure = FakeMethod("configure", {"exposure": VDouble()}, defaults={"exposure": 0.1})
        dev = FakeDevice("DEV", exposure, configure)
        joined = Joined(dev)
        strict, ours = joined.peer(), joined.peer("macduff.1")
        for peer in (strict, ours):
            peer.ask("Subscribe", 1, ["DEV"], delta=True)
        configure.defaults = {"exposure": 0.2}
        dev.change(setpoint__exposure=0.2)
        assert strict.got() == []
        (delta,) = ours.got()
        assert delta["changes"] == [
            [["exposure", "setpoint"], 0.2],
            [["configure", "meta", "defaults"], {"exposure": 0.2}],
        ]
        assert strict.ask("Get", 2, ["DEV", "configure"])["value"]["meta"]["defaults"] == {"exposure": 0.2}

    def test_methods_tell_of_their_calls_and_whether_they_may_be_called(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        peer.ask("Subscribe", 2, ["DEV", "move", "took"])
        peer.ask("Subscribe", 3, ["DEV", "move"], delta=True)
        took = Log({"to": 2.0}, ("to",), time=5)
        dev.change(log__move=(took, dev.method("move").returned), writeable__move=False, writeable__fire=False)
        messages = peer.got()
        assert brief(messages)[0] == (1, ["move.took", "move.meta.writeable", "fire.meta.writeable"])
        assert messages[1]["value"]["value"] == {"to": 2.0} and messages[1]["value"]["present"] == ["to"]
        assert brief(messages)[2] == (3, ["took", "meta.writeable"])

    @pytest.mark.parametrize("subprotocol", [None, *MACDUFF])
    def test_nothing_is_writeable_on_a_server_that_is_read_only(self, subprotocol: str | None) -> None:
        def flags(found: Any) -> set[bool]:
            if not isinstance(found, dict):
                return set()
            inner: set[bool] = set().union(*map(flags, found.values()))
            return inner | ({found["writeable"]} if isinstance(found.get("writeable"), bool) else set())

        for read_only, expected in ((False, {True, False}), (True, {False})):
            dev = device()
            peer = Joined(dev, read_only=read_only).peer(subprotocol)
            assert flags(peer.ask("Get", 0, ["DEV"])["value"]) == expected
            assert flags(peer.ask("Get", 0, ["DEV", "fire"])["value"]) <= expected
            peer.ask("Subscribe", 1, ["DEV"], delta=True)
            peer.ask("Subscribe", 2, ["DEV", "n", "meta", "writeable"])
            dev.change(writeable__n=False)
            told = [(1, ["n.meta.writeable"]), (2, False)]
            assert brief(peer.got()) == ([] if read_only else told)

    def test_an_action_tells_when_it_was_done(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        dev.update(fire=None)
        assert brief(peer.got()) == [(1, ["fire.took", "fire.returned"])]

    def test_fields_that_come_and_go_make_the_whole_device_be_sent(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV"], delta=True)
        peer.ask("Subscribe", 2, ["DEV", "x", "value"])
        peer.ask("Subscribe", 3, ["DEV", "n"], delta=True)
        peer.ask("Subscribe", 4, ["DEV", "meta", "fields"])
        del dev.fields["x"]
        dev.fields["new"] = FakeAttribute("new", VArray("int8"), [1])
        dev.next()
        dev.tell({"": dev})
        got = peer.got()
        assert sorted(brief(got), key=str) == sorted(
            [(1, [""]), (2, "NotFound"), (3, [""]), (4, ["n", "mode", "fire", "move", "new"])], key=str
        )
        dev.update(new=[1, 2])
        assert brief(peer.got()) == [(1, ["new.value", "new.timeStamp"])]


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


class TestSharing:
    def test_a_change_is_encoded_once_for_all_who_watch_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dev = device()
        joined = Joined(dev)
        peers = [joined.peer() for _ in range(50)]
        for number, peer in enumerate(peers):
            peer.ask("Subscribe", number, ["DEV"], delta=True)
        dev.update(x=1.5)  # what stays the same is encoded with the first change
        for peer in peers:
            peer.got()
        joined.hub.ready()
        count = _count_encodings(monkeypatch, peers[0])
        dev.update(x=2.0)
        ready = joined.hub.ready()
        assert ready == [peer.session for peer in peers] and joined.hub.ready() == []
        frames = [peer.frames()[0] for peer in peers]
        assert count[0] == 2  # the value, the time stamp
        assert {str(frame).replace(f'"id":{n},', "") for n, frame in enumerate(frames)} == {
            str(frames[0]).replace('"id":0,', "")
        }

    def test_a_get_encodes_only_what_changed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dev = device()
        peer = join(dev)
        for name in ("x", "n", "mode"):
            peer.ask("Get", 1, ["DEV", name])
        count = _count_encodings(monkeypatch, peer)
        assert peer.ask("Get", 1, ["DEV", "x"])["value"]["value"] == 1.0
        assert count[0] == 0
        dev.apply("x", 2.0)
        assert peer.ask("Get", 1, ["DEV", "x"])["value"]["value"] == 2.0
        assert count[0] <= 6

    def test_readings_are_compared_by_content_not_by_object(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        assert isinstance(dev.attribute("x").reading, Reading)
        assert dev.attribute("x").reading is not dev.attribute("x").reading
        dev.update(x=2.0)
        assert brief(peer.got()) == [(1, 2.0)]


def _count_encodings(monkeypatch: pytest.MonkeyPatch, peer: Peer) -> list[int]:
    encoding: Any = peer.session.dialect.encoding
    encode, count = encoding.encode, [0]

    def counted(value: object) -> Any:
        count[0] += 1
        return encode(value)

    monkeypatch.setattr(encoding, "encode", counted)
    return count
