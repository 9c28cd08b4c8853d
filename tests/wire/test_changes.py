"""What a subscriber is sent of what changes (rules 4, 25, 26)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.values import VArray, VBool, VDouble, VEnum

from .fakes import FakeAttribute, FakeDevice, FakeMethod, Log
from .joined import Joined, join
from .watched import ALARM, MACDUFF, brief, device


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
