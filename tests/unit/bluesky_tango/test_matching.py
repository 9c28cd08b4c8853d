"""Which member a hint means: case and everything but letters and digits are ignored, what is not clear is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ophyd_async.core import NotConnectedError

from macduff.bluesky.tango.matching import Kind, match, plain

MEMBERS: dict[Kind, tuple[str, ...]] = {
    "attribute": ("Position", "LimitedValue", "lim_it", "Lim-It", "State"),
    "command": ("Stop", "On"),
}


def test_the_underscore_of_a_hint_is_ignored_too() -> None:
    """`lim_ited_value` did not find `LimitedValue`."""
    assert match("lim_ited_value", "attribute", MEMBERS, "comm") == "LimitedValue"
    assert match("__POSI_tion_", "attribute", MEMBERS, "comm") == "Position"


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True), st.data())
def test_a_name_is_found_however_it_is_spelled(name: str, data: st.DataObject) -> None:
    spelled = "".join(
        data.draw(st.sampled_from(("", "_", "-", "."))) + data.draw(st.sampled_from((c.lower(), c.upper())))
        for c in name
    )
    assert plain(spelled) == plain(name)
    assert match(spelled, "attribute", {"attribute": (name,)}, "comm") == name


def test_one_that_is_named_exactly_so_comes_before_those_that_are_like_it() -> None:
    assert match("lim_it", "attribute", MEMBERS, "comm") == "lim_it"


def test_where_several_are_alike_they_are_named() -> None:
    with pytest.raises(NotConnectedError, match=r"MyComm\('a/b/c'\)\.limit: .*one attribute.*got lim_it, Lim-It"):
        match("limit", "attribute", MEMBERS, "MyComm('a/b/c')")


def test_where_none_is_alike_the_hint_the_device_and_the_near_misses_are_named() -> None:
    with pytest.raises(NotConnectedError, match=r"MyComm\('a/b/c'\)\.positoin: .*none; near: Position$"):
        match("positoin", "attribute", MEMBERS, "MyComm('a/b/c')")


def test_a_member_of_that_name_and_another_kind_is_told() -> None:
    with pytest.raises(NotConnectedError, match="there is a command Stop"):
        match("stop", "attribute", MEMBERS, "comm")


def test_where_nothing_is_near_all_are_named() -> None:
    with pytest.raises(NotConnectedError, match=r"it has On, Stop$"):
        match("qqq", "command", MEMBERS, "comm")


def test_where_members_cannot_be_listed_the_hint_is_the_name() -> None:
    """Pipes, where PyTango has none: the pipe says itself what is needed."""
    assert match("trace", "pipe", {"pipe": None}, "comm") == "trace"
