"""The way from the Process thread to the loop: ordered, merged, bounded, one wake-up (rules 5 and 6)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.protocol.model import SEvent
from macduff.servers.web.inbox import Inbox, Slot


class Wakes:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def change(sequence: int, device: str = "D", **changes: Any) -> tuple[Any, ...]:
    return (SEvent.Changes, device, changes, sequence)


def taken(inbox: Inbox) -> list[tuple[Slot | None, tuple[Any, ...]]]:
    return list(inbox.take())


def test_one_wake_for_all_that_waits() -> None:
    wakes = Wakes()
    inbox = Inbox(wakes)
    slot = inbox.slot()
    for number in range(100):
        slot.put(change(number, a=number))
        inbox.reply(object(), None)
    assert wakes.count == 1
    taken(inbox)
    assert wakes.count == 1
    slot.put(change(101, a=0))
    inbox.reply("R", None)
    assert wakes.count == 2


def test_changes_of_one_listener_are_merged_newest_wins() -> None:
    inbox = Inbox(Wakes())
    slot, other = inbox.slot(), inbox.slot()
    slot.put(change(1, a=1, b=1))
    other.put(change(1, a=1))
    slot.put(change(2, a=2))
    slot.put(change(3, c=3))
    assert taken(inbox) == [(slot, change(3, a=2, b=1, c=3)), (other, change(1, a=1))]


def test_what_the_process_gave_is_not_changed_by_merging() -> None:
    """The Process gives one mapping to every listener."""
    inbox = Inbox(Wakes())
    slot, given_once = inbox.slot(), {"a": 1}
    slot.put((SEvent.Changes, "D", given_once, 1))
    slot.put(change(2, a=2))
    assert given_once == {"a": 1}
    assert taken(inbox) == [(slot, change(2, a=2))]


def test_nothing_is_merged_past_a_reply() -> None:
    """A reply stays behind what came before it and ahead of what came after (rule 5)."""
    inbox = Inbox(Wakes())
    slot = inbox.slot()
    slot.put(change(1, a=1))
    inbox.reply("R", "outcome")
    slot.put(change(2, a=2))
    slot.put(change(3, a=3))
    assert taken(inbox) == [(slot, change(1, a=1)), (None, ("R", "outcome")), (slot, change(3, a=3))]


def test_nothing_is_merged_past_value_and_removed() -> None:
    inbox = Inbox(Wakes())
    slot = inbox.slot()
    items = [change(1, a=1), (SEvent.Value, "D", None, 1), change(2, a=2), (SEvent.Removed, "D", "gone")]
    for item in items:
        slot.put(item)
    assert taken(inbox) == [(slot, item) for item in items]


def test_nothing_is_merged_into_what_was_taken() -> None:
    inbox = Inbox(Wakes())
    slot = inbox.slot()
    slot.put(change(1, a=1))
    first = taken(inbox)
    slot.put(change(2, b=2))
    assert (first, taken(inbox)) == ([(slot, change(1, a=1))], [(slot, change(2, b=2))])


def test_each_reading_for_every() -> None:
    inbox = Inbox(Wakes())
    slot = inbox.slot("a", every=True, bound=10)
    for number in range(10):
        slot.put(change(number, a=number))
    assert taken(inbox) == [(slot, change(number, a=number)) for number in range(10)]


def test_every_is_bounded_the_oldest_go_counted() -> None:
    """Rule 6: what is dropped is counted and the watcher gets Overrun."""
    inbox = Inbox(Wakes())
    slot = inbox.slot("a", every=True, bound=10)
    for number in range(25):
        slot.put(change(number, a=number))
    kept = [(slot, change(number, a=number)) for number in range(15, 25)]
    assert taken(inbox) == [(slot, (SEvent.Overrun, "D", "a", 15)), *kept]
    slot.put(change(25, a=25))
    assert taken(inbox) == [(slot, change(25, a=25))]


def test_a_closed_slot_gives_nothing() -> None:
    inbox = Inbox(Wakes())
    slot = inbox.slot()
    slot.put(change(1, a=1))
    slot.closed = True
    assert taken(inbox) == []


def test_a_loop_that_falls_behind_costs_one_set_of_changes_a_listener() -> None:
    inbox = Inbox(Wakes())
    slots = [inbox.slot() for _ in range(3)]
    for number in range(10_000):
        slots[number % 3].put((SEvent.Changes, "D", {f"a{number % 5}": number}, number))
    assert len(inbox) == 3


@given(st.lists(st.one_of(st.tuples(st.sampled_from("xy"), st.sampled_from("abc")), st.just("reply"), st.just("take"))))
def test_the_newest_of_each_arrives_before_the_next_reply(steps: list[Any]) -> None:
    """Whatever was put before a reply is known when the reply is read, and nothing older comes after it."""
    inbox = Inbox(Wakes())
    slots = {"x": inbox.slot(), "y": inbox.slot()}
    truth: dict[tuple[str, str], int] = {}
    at_reply: list[dict[tuple[str, str], int]] = []
    known: dict[tuple[str, str], int] = {}
    replies = 0

    def read() -> None:
        nonlocal replies
        for slot, item in inbox.take():
            if slot is None:
                assert known == at_reply[replies]
                replies += 1
                continue
            name = next(key for key, found in slots.items() if found is slot)
            for member, value in item[2].items():
                assert value > known.get((name, member), -1)
                known[name, member] = value

    for number, step in enumerate(steps):
        if step == "reply":
            at_reply.append(dict(truth))
            inbox.reply("R", None)
        elif step == "take":
            read()
        else:
            truth[step] = number
            slots[step[0]].put((SEvent.Changes, step[0], {step[1]: number}, number))
    read()
    assert known == truth and replies == len(at_reply)


def test_nothing_is_lost_between_two_threads() -> None:
    """The last change and every reply arrive, whatever the interleaving; each wake-up is one look."""
    woken = threading.Semaphore(0)
    inbox = Inbox(woken.release)
    slot = inbox.slot()
    most = 20_000

    def produce() -> None:
        for number in range(1, most + 1):
            slot.put(change(number, a=number))
            if number % 10 == 0:
                inbox.reply(number, None)

    thread = threading.Thread(target=produce)
    thread.start()
    newest = 0
    replies: list[Any] = []
    while newest < most or len(replies) < most // 10:
        assert woken.acquire(timeout=10), f"asleep at {newest} with {len(replies)} replies"
        for found, item in inbox.take():
            if found is None:
                assert item[0] <= newest
                replies.append(item[0])
            else:
                assert item[3] > newest
                newest = item[3]
    thread.join()
    assert replies == list(range(10, most + 1, 10))


@pytest.mark.parametrize("every", [False, True])
def test_changes_keep_their_form(every: bool) -> None:
    inbox = Inbox(Wakes())
    slot = inbox.slot("a" if every else "", every=every, bound=5)
    slot.put(change(1, a=1))
    (found,) = taken(inbox)
    assert found == (slot, change(1, a=1)) and type(found[1]) is tuple
