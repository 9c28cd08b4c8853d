"""Arguments and results of calls over PVAccess; nothing is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from p4p import Type, Value
from p4p.nt import NTURI, NTEnum, NTNDArray, NTScalar, NTTable

from macduff.convert.pva import arguments_of, form_of, result_of
from macduff.convert.pva.cells import cell_of
from macduff.convert.pva.types import MAP
from macduff.errors import BadValue
from macduff.values import VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable, VType
from tests.unit.pva.test_forms import has_values
from tests.unit.values.strategies import TYPES, Mode, values_of

TIME = 1_700_000_000_000_000_001
IMAGE = VArray("uint16", ndim=2)
PIXELS = np.arange(6, dtype=np.uint16).reshape(2, 3)


@st.composite
def typed(draw: st.DrawFn) -> tuple[VType[Any], Any]:
    vtype = draw(TYPES.filter(has_values))
    value = draw(values_of(vtype))
    assume("\\x00" not in repr(value) and "\\x00" not in repr(getattr(vtype, "labels", "")))
    return vtype, value


def uri(spec: list[tuple[str, Any]], query: Mapping[str, Any]) -> Any:
    fields = [("scheme", "s"), ("path", "s"), ("query", ("S", None, spec))]
    return Value(Type(fields, "epics:nt/NTURI:1.0"), {"query": query})


def argument(vtype: VType[Any], request: Any) -> Any:
    return vtype.validate(arguments_of({"a": vtype}, request, "DEVICE.go")["a"], "DEVICE.go(a)")


@given(typed())
def test_arguments_of_the_type_are_the_same_after_the_journey(drawn: tuple[VType[Any], Any]) -> None:
    """rule 31"""
    vtype, value = drawn
    cell = cell_of(vtype)
    assert vtype.equal(argument(vtype, uri([("a", cell.spec)], {"a": cell.out(value)})), value)


@given(typed())
def test_what_a_get_gave_may_be_an_argument(drawn: tuple[VType[Any], Any]) -> None:
    vtype, value = drawn
    form = form_of(vtype)
    got = form.type()
    form.fill(got, value)
    for path in ("value.choices", "labels"):
        if (told := form.facts("what it is").get(path)) is not None:
            got[path] = told
    request = Value(Type([("a", ("v"))]))
    request["a"] = got
    assert vtype.equal(argument(vtype, request), value)


@given(typed())
def test_command_lines_send_text_for_everything(drawn: tuple[VType[Any], Any]) -> None:
    vtype, value = drawn
    data = vtype.to_json(value)
    text = data if isinstance(vtype, VString | VEnum) else json.dumps(data)
    if not isinstance(vtype, VString | VEnum | VArray | VTable | VMap | VBool) and isinstance(data, str):
        text = data  # NaN
    assert vtype.equal(argument(vtype, NTURI([("a", "s")]).wrap("X", kws={"a": text})), value)


@given(typed())
def test_results_are_values_of_their_types(drawn: tuple[VType[Any], Any]) -> None:
    vtype, value = drawn
    raw = result_of({"return": vtype}, value, TIME)
    form = form_of(vtype)
    assert vtype.equal(vtype.validate(form.taken(raw, vtype.zero(), "X")), value)
    assert (raw["timeStamp.secondsPastEpoch"], raw["timeStamp.nanoseconds"]) == (TIME // 10**9, 1)


def test_nothing_one_and_several_results() -> None:
    assert result_of({}, None, TIME) is None
    assert result_of({"return": VEnum(Mode)}, Mode.SLOW, TIME)["value.index"] == 1
    several = result_of(
        {"total": VDouble(), "rows": VTable({"x": VInt()})}, {"total": 1.5, "rows": {"x": np.array([1, 2])}}, 0
    )
    assert several.getID() == MAP
    assert (several["value.total"], several["value.rows.x"].tolist()) == (1.5, [1, 2])
    assert result_of({"x": VDouble()}, {"x": 2.5}, TIME)["value.x"] == 2.5, "it has a name, so it keeps it"


OWN = Value(Type([("a", "d"), ("b", "s")]), {"a": 1.5, "b": "two"})


def test_arguments_stand_in_the_query_or_in_a_structure_of_their_own() -> None:
    takes: dict[str, VType[Any]] = {"a": VDouble(), "b": VString()}
    assert arguments_of(takes, OWN, "X") == {"a": 1.5, "b": "two"}
    assert arguments_of(takes, uri([("a", "d"), ("b", "s")], OWN.todict()), "X") == {"a": 1.5, "b": "two"}
    assert arguments_of(takes, Value(Type([("query", ("S", None, [("a", "d")]))]), {"query": {"a": 1.0}}), "X") == {
        "a": 1.0
    }
    assert arguments_of(takes, NTURI([]).wrap("X"), "X") == {}
    assert arguments_of(takes, Value(Type([("scheme", "s")], "epics:nt/NTURI:1.0")), "X") == {}
    assert arguments_of(takes, Value(Type([])), "X") == {}


def test_an_argument_may_be_called_query() -> None:
    own = Value(Type([("query", "s"), ("n", "i")]), {"query": "what", "n": 3})
    assert arguments_of({"query": VString(), "n": VInt()}, own, "X") == {"query": "what", "n": 3}
    nested = NTURI([("query", "s")]).wrap("X", kws={"query": "what"})
    assert arguments_of({"query": VString()}, nested, "X") == {"query": "what"}


def test_names_that_a_structure_cannot_have_are_spelt_as_in_values() -> None:
    own = Value(Type([("gr__e", "d")]), {"gr__e": 1.0})
    assert arguments_of({"größe": VDouble()}, own, "X") == {"größe": 1.0}


def test_unknown_names_are_left_for_the_method_to_refuse() -> None:
    assert arguments_of({"a": VDouble()}, uri([("z", "i")], {"z": 3}), "X") == {"z": 3}


@pytest.mark.parametrize(
    ("vtype", "raw", "value"),
    [
        (VDouble(), NTScalar("d").wrap(1.5), 1.5),
        (VInt(), NTScalar("d").wrap(3.0), 3),
        (VBool(), NTScalar("i").wrap(1), True),
        (VEnum(Mode), NTEnum().wrap({"index": 1, "choices": ["FAST", "SLOW"]}), Mode.SLOW),
        (VEnum(Mode), NTEnum().wrap({"index": 1, "choices": ["SLOW", "FAST"]}), Mode.FAST),
        (VEnum(Mode), NTEnum().wrap({"index": 1, "choices": []}), Mode.SLOW),
        (VArray(VDouble()), NTScalar("ad").wrap([1.0]), [1.0]),
        (VTable({"value": VDouble()}), NTTable([("value", "d")]).wrap([{"value": 1.0}]), {"value": [1.0]}),
    ],
)
def test_normative_types_as_arguments(vtype: VType[Any], raw: Any, value: Any) -> None:
    spec = ("S", raw.getID(), list(raw.type().aspy()[2]))
    got = argument(vtype, Value(Type([("a", spec)]), {"a": raw.todict()}))
    assert vtype.equal(got, vtype.validate(value))


def test_arrays_without_elements_as_arguments() -> None:
    """p4p has None for them."""
    for spec in ("ad", "ai", "as"):
        assert len(argument(VArray(VDouble() if spec != "as" else VString()), uri([("a", spec)], {"a": []}))) == 0
    assert len(argument(VTable({"x": VInt()}), uri([("a", ("S", None, [("x", "al")]))], {}))["x"]) == 0
    grid = ("S", None, [("value", "aH"), ("shape", "ai")])
    assert argument(IMAGE, uri([("a", grid)], {"a": {"shape": [0, 3]}})).shape == (0, 3)
    image = form_of(IMAGE).type()
    image["dimension"] = [{"size": 3}, {"size": 0}]
    request = Value(Type([("a", "v")]))
    request["a"] = image
    assert argument(IMAGE, request).shape == (0, 3)


def test_images_as_arguments() -> None:
    image = NTNDArray().wrap(PIXELS)
    request = Value(Type([("a", ("S", image.getID(), list(image.type().aspy()[2])))]), {"a.dimension": []})
    request["a.value"], request["a.dimension"] = ("ushortValue", PIXELS.ravel()), [{"size": 3}, {"size": 2}]
    assert argument(IMAGE, request).tolist() == PIXELS.tolist()
    fixed = VArray("uint16", shape=(2, 3))
    assert argument(fixed, uri([("a", "aH")], {"a": PIXELS.ravel()})).tolist() == PIXELS.tolist()
    grid = ("S", None, [("value", "aH"), ("shape", "ai")])
    assert argument(IMAGE, uri([("a", grid)], {"a": {"value": PIXELS.ravel(), "shape": [2, 3]}})).shape == (2, 3)


STRUCTURE = ("S", None, [("x", "d")])


@pytest.mark.parametrize(
    ("vtype", "spec", "raw"),
    [
        (VDouble(), "s", "1,5"),
        (VDouble(), "as", ["1"]),
        (VDouble(), "?", True),
        (VDouble(), STRUCTURE, {"x": 1.0}),
        (VFloat(), "d", 1e300),
        (VInt(), "d", 1.5),
        (VInt(8), "i", 200),
        (VInt(64, signed=False), "l", -1),
        (VInt(), "L", 2**63),
        (VInt(), "s", "1e30"),
        (VBool(), "i", 2),
        (VBool(), "s", "maybe"),
        (VString(), "d", 1.0),
        (VEnum(Mode), "s", "warp"),
        (VEnum(Mode), "i", 2),
        (VArray(VDouble()), "d", 1.0),
        (VArray(VInt()), "ad", [0.5]),
        (VArray(VBool()), "ai", [2]),
        (VArray(VString()), "ad", [1.0]),
        (VArray(VDouble()), "s", "[1,"),
        (VArray(VDouble()), "s", "[" * 100_000),
        (VArray("uint16", shape=(2, 2)), "aH", [1, 2, 3]),
        (IMAGE, "aH", [1, 2]),
        (IMAGE, STRUCTURE, {"x": 1.0}),
        (IMAGE, ("S", None, [("value", "aH"), ("shape", "ai")]), {"value": [1, 2], "shape": [2, 2]}),
        (IMAGE, ("S", None, [("value", "aH"), ("shape", "ai")]), {"value": [1, 2], "shape": [-1, 2]}),
        (IMAGE, ("S", None, [("value", "aH"), ("shape", "s")]), {"value": [1, 2], "shape": "12"}),
        (IMAGE, ("S", None, [("value", "aH"), ("shape", "ad")]), {"value": [1, 2], "shape": [1.0, 2.0]}),
        (IMAGE, ("S", None, [("value", "aH"), ("shape", "i")]), {"value": [1, 2], "shape": 2}),
        (VTable({"x": VDouble(), "y": VDouble()}), ("S", None, [("x", "ad")]), {"x": [1.0]}),
        (VTable({"x": VDouble(), "y": VDouble()}), "s", '{"x": [1], "y": [1, 2]}'),
        (VMap({"x": VDouble()}), ("S", None, [("x", "d"), ("z", "d")]), {"x": 1.0}),
        (VMap({"x": VDouble()}), ("S", None, []), {}),
        (VMap({"x": VDouble()}), "s", "{}"),
        (VDouble(), "v", None),
        (VDouble(), ("U", None, [("x", "d")]), None),
        (VDouble(), ("S", "epics:nt/NTScalar:1.0", []), {}),
        (VEnum(Mode), ("S", "epics:nt/NTEnum:1.0", []), {}),
        (VEnum(Mode), ("S", "epics:nt/NTEnum:1.0", [("value", "i")]), {"value": 1}),
        (IMAGE, ("S", "epics:nt/NTNDArray:1.0", [("value", "aH")]), {"value": [1]}),
        (IMAGE, ("S", "epics:nt/NTNDArray:1.0", [("value", "aH"), ("dimension", "i")]), {"value": [1]}),
        (IMAGE, ("S", "epics:nt/NTNDArray:1.0", [("value", "aH"), ("dimension", "as")]), {"dimension": ["a"]}),
    ],
)
def test_what_is_no_argument_is_refused_with_its_place(vtype: VType[Any], spec: Any, raw: Any) -> None:
    """rule 31"""
    request = uri([("a", spec)], {} if raw is None else {"a": raw})
    with pytest.raises(BadValue, match=r"^DEVICE.go\(a\).*: expected .*, got ") as caught:
        argument(vtype, request)
    assert len(str(caught.value)) < 400


SCALARS: Any = st.sampled_from(["?", "b", "i", "l", "L", "f", "d", "s", "v", "a?", "aB", "ad", "al", "as", "av"])
FIELD_NAMES = st.sampled_from(["value", "shape", "dimension", "index", "choices", "x", "y", "query", "a"])
IDS = st.sampled_from(
    [None, MAP, *(f"epics:nt/{name}:1.0" for name in ("NTScalar", "NTEnum", "NTTable", "NTNDArray", "NTURI"))]
)


def structures(inner: Any) -> Any:
    fields = st.dictionaries(FIELD_NAMES, inner, max_size=4).map(lambda fields: list(fields.items()))
    return st.tuples(st.sampled_from(["S", "S", "U", "aS", "aU"]), IDS, fields).filter(
        lambda spec: spec[2] or spec[0] == "S"
    )


SPECS = st.recursive(SCALARS, structures, max_leaves=6)


@given(st.dictionaries(FIELD_NAMES, SPECS, max_size=3), IDS, TYPES)
def test_whatever_structure_comes_there_is_a_verdict(fields: dict[str, Any], typeid: str | None, vtype: Any) -> None:
    """rule 31: values of that type, or BadValue; nothing else is raised."""
    takes = {"a": vtype, "value": VDouble(), "query": VMap({"x": VInt()})}
    try:
        given = arguments_of(takes, Value(Type(list(fields.items()), typeid)), "DEVICE.go")
        for name, raw in given.items():
            if name in takes:
                takes[name].validate(raw, "DEVICE.go")
    except BadValue as error:
        assert ": expected " in str(error)


def test_numbers_that_json_cannot_write_as_text() -> None:
    assert math.isnan(argument(VDouble(), NTURI([("a", "s")]).wrap("X", kws={"a": " NaN "})))
    assert argument(VBool(), NTURI([("a", "s")]).wrap("X", kws={"a": "True"})) is True
    assert argument(VBool(), NTURI([("a", "s")]).wrap("X", kws={"a": "0"})) is False
