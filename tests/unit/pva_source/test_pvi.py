"""Lists of PVs, as PVI writes them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from p4p import Type, Value

from macduff.errors import BadValue
from macduff.sources.pva.pvi import Entry, Left, entries_of, tree


def pvi(entries: dict[str, dict[str, str]]) -> Any:
    spec = [(name, ("S", None, [(role, "s") for role in entry])) for name, entry in entries.items()]
    return Value(Type([("value", ("S", None, spec))]), {"value": entries})


class Network:
    """Answers gets from a mapping, as a thread with a client would."""

    def __init__(self, pvs: dict[str, Any]) -> None:
        self.resource, self.context, self.pvs = self, self, pvs

    async def get(self, pv: str) -> Any:
        if pv not in self.pvs:
            await asyncio.sleep(10)
        if isinstance(self.pvs[pv], Exception):
            raise self.pvs[pv]
        return self.pvs[pv]


def look(raw: Any, **pvs: Any) -> tuple[list[Entry], Left]:
    left = Left()
    network: Any = Network(pvs)
    return asyncio.run(tree(network, "PVI", raw, 0.05, left)), left


def test_roles() -> None:
    entries, left = look(pvi({"a": {"r": "A"}, "b": {"w": "B"}, "c": {"rw": "C"}, "d": {"r": "D_RBV", "w": "D"},
                              "e": {"x": "E"}}))  # fmt: skip
    assert [(entry.name, entry.shown, entry.taken) for entry in entries] == [
        ("a", "A", ""), ("b", "B", "B"), ("c", "C", "C"), ("d", "D_RBV", "D"), ("e", "", ""),
    ]  # fmt: skip
    assert left == Left()


def test_devices_within_it_are_parts_of_it_and_may_be_missing() -> None:
    inner = pvi({"x": {"rw": "X"}, "round": {"d": "IN"}})
    raw = pvi({"sub": {"d": "IN"}, "__1": {"d": "IN"}, "away": {"d": "NOWHERE"}, "bad": {"d": "BAD"}})
    entries, left = look(raw, IN=inner, BAD=RuntimeError("no"))
    assert [entry.name for entry in entries] == ["sub_x", "1_x"]
    assert set(left.reasons) == {"sub_round", "1_round", "away", "bad"} and left.again
    assert "IN again" in left.reasons["sub_round"], "a device within itself"


def test_an_older_vector_of_devices() -> None:
    element = ("aS", None, [("d", "s")])
    raw = Value(Type([("value", ("S", None, [("calc", element)]))]), {"value": {"calc": [{"d": "ONE"}, {"d": "TWO"}]}})
    assert list(entries_of("PVI", raw)) == [("calc_0", {"d": "ONE"}), ("calc_1", {"d": "TWO"})]


@pytest.mark.parametrize("entry", [{"q": "A"}, {"r": "A", "x": "B"}, {"r": ""}])
def test_an_entry_of_another_kind_is_left_out(entry: dict[str, str]) -> None:
    entries, left = look(pvi({"a": entry, "b": {"r": "B"}}))
    assert [e.name for e in entries] == ["b"] and list(left.reasons) == ["a"] and not left.again


@pytest.mark.parametrize(
    "raw",
    [Value(Type([("value", "d")])), Value(Type([("x", "d")])), Value(Type([("value", ("S", None, [("a", "s")]))]))],
)
def test_what_is_no_pvi_is_said(raw: Any) -> None:
    with pytest.raises(BadValue, match=r"PVI: expected a structure of PVs"):
        list(entries_of("PVI", raw))
