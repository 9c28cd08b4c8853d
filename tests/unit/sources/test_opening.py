"""Members that come into being when somebody asks for them: the hook that bridge devices use, without any bridge."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import pytest

from macduff import Aborted, Attribute, Device, DeviceFailed, NotFound, Process, VInt, publish_method
from macduff.core import Outcome
from macduff.core.opening import wanted
from macduff.errors import Refused
from macduff.protocol.model import OPENS_MEMBERS, SEvent
from tests.support import eventually


class Bridge(Device):
    """Opens numbers, each at its second attempt at waiting for it."""

    def open_member(self, name: str) -> str:
        if not name.isdecimal():
            raise Refused(f"{self.name}.{name}: expected a number", device=self.name, member=name)
        if name == "13":
            raise RuntimeError("bad luck")
        if name == "14":
            return "nothing"
        if name == "99":
            self.wait(60)
        own = f"n{name}"
        self.wait(0.01)
        if own not in self.attributes:
            self.add_attribute(own, Attribute(VInt(), int(name)))
        return own

    @publish_method(busy="allow")
    def change(self, name: str, value: int) -> None:
        """The attribute becomes so much."""
        self.attributes[name].update(value)


class Listening:
    """A listener, and what it is told."""

    def __init__(self, process: Process, suffix: str, **options: Any) -> None:
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.listener = process.listen(self.queue, "B", suffix, **options)

    def next(self) -> Any:
        return self.queue.get(timeout=5)


def test_who_listens_to_an_unknown_member_has_it_opened() -> None:
    with Process() as process:
        process.add(Bridge("B"))
        assert process.devices["B"].opens_members and process.devices["B"].tags == ("class:Bridge", OPENS_MEMBERS)
        one, two = Listening(process, "7", initial_value=True), Listening(process, "7.value", initial_value=True)
        for each in (one, two):
            item = each.next()
            assert (item[0], item[1], item[2].name, item[2].value) == (SEvent.Value, "B", "n7", 7)
        process.view("B").change("n7", 8)
        for each in (one, two):
            assert each.next()[2]["n7"].value == 8
        assert Listening(process, "n7", initial_value=True).next()[2].value == 8


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [("x", Refused, "expected a number"), ("13", DeviceFailed, "bad luck"), ("14", DeviceFailed, "got 'nothing'")],
)
def test_what_cannot_be_opened_is_told(name: str, kind: type[Exception], text: str) -> None:
    with Process() as process:
        process.add(Bridge("B"))
        event, device, error = Listening(process, name).next()
        assert (event, device) == (SEvent.Failed, "B")
        assert isinstance(error, kind) and text in str(error)
        outcomes: SimpleQueue[Outcome] = SimpleQueue()
        process.request_open("B", name, outcomes.put)
        assert isinstance(outcomes.get(timeout=5).error, kind)


def test_a_device_without_the_hook_refuses_at_once() -> None:
    with Process() as process:
        process.add(Device("B"))
        assert not process.devices["B"].opens_members and process.devices["B"].tags == ("class:Device",)
        with pytest.raises(NotFound, match="expected a member of B, got none of that name"):
            Listening(process, "x")
        outcomes: SimpleQueue[Outcome] = SimpleQueue()
        process.request_open("B", "x", outcomes.put)
        assert isinstance(outcomes.get(timeout=5).error, NotFound)
        process.request_open("B", "health", outcomes.put)
        assert outcomes.get(timeout=5) == Outcome("health")


def test_who_has_gone_is_told_nothing_and_counts_for_nothing() -> None:
    with Process() as process:
        bridge = Bridge("B")
        process.add(bridge)
        gone = Listening(process, "7", initial_value=True)
        process.unlisten(gone.listener)
        there = Listening(process, "7", initial_value=True)
        there.next()
        attribute = bridge.attributes["n7"]
        assert wanted(attribute) and gone.queue.empty()
        process.unlisten(there.listener)
        eventually(lambda: not wanted(attribute), "nobody interested")


def test_only_who_is_interested_in_the_member_itself_counts() -> None:
    """Rule 39: servers listen to every device as a whole."""
    with Process() as process:
        bridge = Bridge("B")
        process.add(bridge)
        Listening(process, "7", initial_value=True).next()
        whole = Listening(process, "", initial_value=True)
        whole.next()
        attribute = bridge.attributes["n7"]
        assert wanted(attribute)
        other = Listening(process, "8", initial_value=True)
        other.next()
        eight = bridge.attributes["n8"]
        process.unlisten(other.listener)
        eventually(lambda: not wanted(eight), "the whole does not count")
        with bridge.watch(eight):
            assert wanted(eight)
        assert not wanted(eight) and wanted(attribute)


def test_abort_ends_an_opening_and_others_are_let_in() -> None:
    with Process() as process:
        process.add(Bridge("B"))
        waiting = Listening(process, "99")
        assert Listening(process, "5", initial_value=True).next()[2].value == 5
        process.view("B").abort()
        event, _, error = waiting.next()
        assert event is SEvent.Failed and isinstance(error, Aborted)
