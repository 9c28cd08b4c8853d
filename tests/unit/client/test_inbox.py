"""Every queue is bounded and every drop is counted (rule 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.client.inbox import Inbox, check_policy


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5), st.sampled_from(["latest", "every"]))
def test_what_is_read_and_what_is_dropped_is_all_that_came(reads: list[bool], size: int, policy: str) -> None:
    inbox: Inbox[int] = Inbox(check_policy(policy), size)
    bound = size if policy == "every" else 1
    put = got = 0
    last = -1
    for read in reads:
        if not read:
            inbox.put(put)
            put += 1
        elif len(inbox):
            item = inbox.get()
            assert item > last, "in order"
            last = item
            got += 1
        assert len(inbox) <= bound
        assert put == got + inbox.dropped + len(inbox)
    if put and len(inbox):
        while len(inbox):
            last = inbox.get()
        assert last == put - 1, "the newest is never what is dropped"


def test_what_was_lost_on_the_way_counts_too() -> None:
    inbox: Inbox[str] = Inbox("every", 10)
    inbox.put("a")
    inbox.put("d", lost_before=2)
    assert inbox.dropped == 2


def test_a_policy_or_size_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'latest' or 'every', got 'all'"):
        check_policy("all")
    with pytest.raises(ValueError, match="size: expected 1 or more, got 0"):
        Inbox("every", 0)
