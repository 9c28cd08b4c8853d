"""Every type and value has a form that strict clients accept, and comes back as what it was (rules 31, 33)."""

from __future__ import annotations

import json
import math
from typing import Any

import hypothesis.extra.numpy as npst
import msgspec
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.protocol.dialect import DIALECTS, MACDUFF, STRICT, choose
from macduff.protocol.encoding import JSON, MSGPACK
from macduff.protocol.kinds import attribute_typeid, meta_typeid
from macduff.protocol.metas import label_of
from macduff.protocol.structure import attribute_structure, unservable
from macduff.protocol.wirevalue import from_wire, plain, to_wire
from macduff.values import (
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VTable,
    VType,
    values_equal,
)  # fmt: skip

from .fakes import FakeAttribute, FakeDevice, FakeMethod
from .joined import Joined, join
from .strict import PAIRS, check_attribute, check_method

DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
names = st.sampled_from(["a", "b", "c", "d"])
some_names = st.lists(names, min_size=1, max_size=3, unique=True)
CHOICE = VEnum(["a", "b"])


def number(dtype: str) -> tuple[VType[Any], st.SearchStrategy[Any]]:
    if dtype.startswith("float"):
        width = int(dtype[5:])
        return (VFloat(), st.floats(width=32)) if width == 32 else (VDouble(), st.floats())
    bits, signed = int(dtype.lstrip("uint")), dtype.startswith("i")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return VInt(bits, signed), st.integers(low, high)


@st.composite
def scalars(draw: st.DrawFn) -> tuple[VType[Any], Any]:
    what = draw(st.sampled_from(["number", "bool", "text", "enum"]))
    if what == "number":
        vtype, values = number(draw(st.sampled_from(DTYPES)))
        return vtype, draw(values)
    if what == "enum":
        labels = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
        return VEnum(labels), draw(st.sampled_from(labels))
    return (VBool(), draw(st.booleans())) if what == "bool" else (VString(), draw(texts))


@st.composite
def arrays(draw: st.DrawFn, length: int | None = None) -> tuple[VArray[Any], Any]:
    what = draw(st.sampled_from(["number", "bool", "text", "enum"]))
    size = draw(st.integers(0, 4)) if length is None else length
    if what in ("number", "bool"):
        dtype = draw(st.sampled_from(DTYPES)) if what == "number" else "bool"
        ndim = 1 if length is not None or what == "bool" else draw(st.integers(1, 3))
        shape = (size, *draw(st.lists(st.integers(0, 3), min_size=ndim - 1, max_size=ndim - 1)))
        return VArray(dtype, ndim=ndim), draw(npst.arrays(dtype, shape))
    if what == "enum":
        return VArray(VEnum(["x", "y"])), tuple(draw(st.lists(st.sampled_from("xy"), min_size=size, max_size=size)))
    return VArray(VString()), tuple(draw(st.lists(texts, min_size=size, max_size=size)))


@st.composite
def tables(draw: st.DrawFn) -> tuple[VType[Any], Any]:
    length = draw(st.integers(0, 3))
    columns = {name: draw(arrays(length)) for name in draw(some_names)}
    return VTable({name: pair[0] for name, pair in columns.items()}), {name: pair[1] for name, pair in columns.items()}


@st.composite
def maps(draw: st.DrawFn) -> tuple[VType[Any], Any]:
    fields = {name: draw(scalars()) for name in draw(some_names)}
    return VMap({name: pair[0] for name, pair in fields.items()}), {name: pair[1] for name, pair in fields.items()}


anything = st.one_of(scalars(), arrays(), tables(), maps())


def through(data: Any, binary: bool) -> Any:
    """What the other side reads."""
    return msgspec.msgpack.decode(MSGPACK.encode(data)) if binary else json.loads(JSON.encode(data))


@given(anything, st.booleans())
def test_every_attribute_has_a_strict_form(typed: tuple[VType[Any], Any], writable: bool) -> None:
    vtype, value = typed
    attribute = FakeAttribute("a", vtype, value, writable, writable)
    check_attribute("a", through(attribute_structure(attribute, STRICT), False))


@given(anything)
def test_values_come_back_as_they_were_in_every_dialect(typed: tuple[VType[Any], Any]) -> None:
    vtype, raw = typed
    value = vtype.validate(raw, "a")
    for dialect in DIALECTS.values():
        wire = through(to_wire(vtype, value, dialect), dialect.encoding.binary)
        if dialect is STRICT and isinstance(vtype, VArray) and 0 in getattr(value, "shape", ())[:-1]:
            continue  # nested lists cannot say the shape of an empty array; ours can
        assert values_equal(from_wire(vtype, wire, "a", dialect), value), (dialect.name, wire)


@given(anything)
def test_pieces_put_together_are_the_structure(typed: tuple[VType[Any], Any]) -> None:
    """What is encoded in parts and what is encoded at once say the same, in each dialect."""
    vtype, value = typed
    device = FakeDevice("D", FakeAttribute("a", vtype, value, True, True))
    for name, dialect in DIALECTS.items():
        reply = join(device, subprotocol=name).ask("Get", 1, ["D", "a"])["value"]
        structure = attribute_structure(device.attribute("a"), dialect)
        expected = through(structure, dialect.encoding.binary)
        assert values_equal(reply, expected)
        assert list(reply) == list(expected) and list(reply["meta"]) == list(expected["meta"])
        assert join(device, subprotocol=name).ask("Get", 1, ["D", "a", "meta"])["value"] == expected["meta"]


@given(st.dictionaries(names, anything, max_size=3), st.dictionaries(names, anything, max_size=3))
def test_every_method_has_a_strict_form(takes: dict[str, Any], returns: dict[str, Any]) -> None:
    results = {"return" if len(returns) == 1 else name: vtype for name, (vtype, _) in returns.items()}
    method = FakeMethod("m", {name: vtype for name, (vtype, _) in takes.items()}, tuple(takes)[:1], returns=results)
    check_method("m", join(FakeDevice("D", method)).ask("Get", 1, ["D", "m"])["value"])


class TestPairs:
    @pytest.mark.parametrize(
        ("vtype", "attribute", "meta"),
        [
            (VDouble(), "NTScalar", "NumberMeta"), (VInt(), "NTScalar", "NumberMeta"),
            (VBool(), "NTScalar", "BooleanMeta"), (CHOICE, "NTScalar", "ChoiceMeta"),
            (VString(), "NTScalar", "StringMeta"),
            (VArray("int8"), "NTScalar", "NumberArrayMeta"),
            (VArray("float64", ndim=2), "NTScalar", "NumberArrayMeta"),
            (VArray(CHOICE), "NTScalar", "ChoiceArrayMeta"), (VArray("bool"), "NTScalarArray", "BooleanArrayMeta"),
            (VArray(VString()), "NTScalarArray", "StringArrayMeta"), (VTable({"a": float}), "NTTable", "TableMeta"),
            (VMap({"a": VDouble()}), "NTTable", "TableMeta"),
        ],
    )  # fmt: skip
    def test_each_type_has_its_pair(self, vtype: VType[Any], attribute: str, meta: str) -> None:
        assert attribute_typeid(vtype, False) == f"epics:nt/{attribute}:1.0"
        assert meta_typeid(vtype, False) == f"malcolm:core/{meta}:1.0"
        assert meta in PAIRS[f"epics:nt/{attribute}:1.0"]

    def test_an_action_is_a_method_without_parameters(self) -> None:
        reply = join(FakeDevice("D", FakeAttribute("go", VAction(), writable=True))).ask("Get", 1, ["D", "go"])
        check_method("go", reply["value"])
        assert reply["value"]["meta"]["takes"]["elements"] == {}

    def test_what_has_no_strict_form_is_refused_there_and_shown_in_ours(self) -> None:
        nested = VMap({"inner": VMap({"x": VDouble()})})
        half = VArray("float16")
        device = FakeDevice(
            "D", FakeAttribute("m", nested), FakeAttribute("h", half), FakeMethod("f", {"p": nested}), FakeMethod("ok")
        )
        joined = Joined(device)
        assert unservable(device) == [
            "D.m: malcolm.1 has no form for inner: VMap inside another type; macduff.1 has",
            "D.h: malcolm.1 has no form for numbers of dtype float16; macduff.1 has",
            "D.f(p): malcolm.1 has no form for inner: VMap inside another type; macduff.1 has",
        ]
        refused = (["D"], ["D", "m"], ["D", "h", "value"], ["D", "f"], ["D", "f", "meta"], ["D", "m", "meta", "tags"])
        for path in refused:
            for kind in ("Get", "Subscribe"):
                assert joined.peer().ask(kind, 1, path)["message"].startswith("Refused: D."), path
        assert joined.peer().ask("Get", 1, ["D", "ok"])["value"]["typeid"] == "malcolm:core/Method:1.1"
        reply = joined.peer("macduff.1").ask("Get", 1, ["D", "m"])["value"]
        assert reply["typeid"] == "macduff:core/NTMap:1.0" and reply["value"] == {"inner": {"x": 0.0}}
        assert reply["meta"]["elements"]["inner"]["typeid"] == "macduff:core/MapMeta:1.0"


class TestMetas:
    @pytest.mark.parametrize(
        ("vtype", "writable", "read_only"),
        [
            (VBool(), "checkbox", "led"), (VDouble(), "textinput", "textupdate"),
            (VString(), "textinput", "textupdate"), (CHOICE, "combo", "textupdate"),
            (VArray("int8"), "plot", "plot"), (VArray("int8", ndim=2), "table", "table"),
            (VArray(VString()), "table", "table"), (VArray("bool"), "table", "table"),
            (VTable({"a": str}), "table", "table"),
            (VMap({"a": VBool()}), "table", "table"),
        ],
    )  # fmt: skip
    def test_default_widgets(self, vtype: VType[Any], writable: str, read_only: str) -> None:
        for ever, widget in ((True, writable), (False, read_only)):
            attribute = FakeAttribute("a", vtype, writable=ever, tags=("group:x",))
            assert attribute_structure(attribute, STRICT)["meta"]["tags"] == ["group:x", f"widget:{widget}"]
        tagged = FakeAttribute("a", vtype, tags=("widget:help", "x"))
        assert attribute_structure(tagged, STRICT)["meta"]["tags"] == ["widget:help", "x"]

    def test_columns_have_the_widgets_of_their_elements(self) -> None:
        table = VTable({"a": VArray(VBool()), "b": VArray(VEnum(["a", "b"]))})
        for ever, widgets in ((True, ["checkbox", "combo"]), (False, ["led", "textupdate"])):
            elements = attribute_structure(FakeAttribute("t", table, writable=ever), STRICT)["meta"]["elements"]
            assert [item["tags"] for item in elements.values()] == [[f"widget:{name}"] for name in widgets]

    def test_display(self) -> None:
        def display(vtype: VType[Any]) -> list[Any]:
            found = attribute_structure(FakeAttribute("a", vtype), STRICT)["meta"]["display"]
            return [found[name] for name in ("limitLow", "limitHigh", "precision", "units")]

        assert display(VDouble()) == [0.0, 0.0, 8, ""]
        assert display(VInt(units="m")) == [0.0, 0.0, 0, "m"]
        assert display(VArray(VDouble(precision=3, display=(-1, None), units="mm"))) == [-1.0, 0.0, 3, "mm"]

    def test_ours_says_when_the_author_said_no_precision(self) -> None:
        for vtype, precision in ((VDouble(), None), (VInt(), None), (VDouble(precision=3), 3)):
            assert attribute_structure(FakeAttribute("a", vtype), MACDUFF)["meta"]["display"]["precision"] == precision

    def test_ours_has_ranges_shapes_and_set_points(self) -> None:
        vtype = VDouble(control=(0, None), warning=(1, 2), alarm=(None, 3))
        number = FakeAttribute("a", vtype, 1.0, True, setpoint=2.0)
        structure = attribute_structure(number, MACDUFF)
        assert list(structure) == ["typeid", "value", "setpoint", "alarm", "timeStamp", "meta"]
        assert structure["setpoint"] == 2.0
        meta = structure["meta"]
        assert (meta["control"], meta["warning"], meta["alarm"]) == ([0, None], [1, 2], [None, 3])
        assert (meta["writable"], meta["parameter"]) == (True, False)
        image = attribute_structure(FakeAttribute("i", VArray("uint8", shape=(None, 3))), MACDUFF)
        assert (image["meta"]["ndim"], image["meta"]["shape"]) == (2, [None, 3])
        assert image["value"] == {"dtype": "uint8", "shape": [0, 3], "data": []} and "setpoint" not in image

    def test_labels_from_names(self) -> None:
        names = ("fileDir", "frames_per_step", "x", "totalSteps2", "aB", "")
        assert [label_of(name) for name in names] == ["File Dir", "Frames per step", "X", "Total Steps2", "A B", ""]

    def test_paths_into_a_structure_reach_everything(self) -> None:
        device = FakeDevice("D", FakeAttribute("a", VDouble(units="mm"), 1.0), FakeMethod("m", {"p": VBool()}))
        peer = join(device)

        def walk(path: list[str], structure: Any) -> None:
            assert peer.ask("Get", 1, path)["value"] == structure
            if isinstance(structure, dict):
                for name, inner in structure.items():
                    walk([*path, name], inner)

        walk(["D"], peer.ask("Get", 1, ["D"])["value"])


class TestOdds:
    def test_text_that_has_no_utf8_does_not_cost_the_frame(self) -> None:
        for encoding, decode in ((JSON, json.loads), (MSGPACK, msgspec.msgpack.decode)):
            piece = encoding.encode({"a": ["x\ud800y", "\U0001f600"]})
            assert decode(piece) == {"a": ["x\ufffdy", "\U0001f600"]}

    def test_large_objects_in_msgpack_have_wide_headers(self) -> None:
        for count in (0, 15, 16, 65535, 65536):
            items = [MSGPACK.encode(1)] * count
            assert msgspec.msgpack.decode(MSGPACK.array(items)) == [1] * count
        pairs = [(MSGPACK.encode(str(n)), MSGPACK.encode(n)) for n in range(70000)]
        for count in (3, 20, 70000):
            expected = {str(n): n for n in range(count)}
            assert msgspec.msgpack.decode(MSGPACK.object(pairs[:count])) == expected
            begun = MSGPACK.begin(pairs[:1], count - 1) + MSGPACK.middle(pairs[1 : count - 1])
            assert msgspec.msgpack.decode(begun + MSGPACK.end(pairs[count - 1 : count])) == expected

    def test_plain_takes_what_python_users_have(self) -> None:
        value = {"a": numpy.float64("nan"), "b": (numpy.int8(1), [math.inf]), 3: numpy.array(["x"]), "c": True}
        assert plain(value, STRICT) == {"a": "NaN", "b": [1, ["Infinity"]], "3": ["x"], "c": True}
        assert plain(numpy.array([[1, 2]], "int16"), STRICT) == [[1, 2]]
        assert plain(numpy.array([1], "int16"), MACDUFF) == {"dtype": "int16", "shape": [1], "data": [1]}

    def test_the_subprotocol_is_the_first_known_one(self) -> None:
        assert choose([]) is None
        assert choose(["x", "macduff.1", "malcolm.1"]) == "macduff.1"
        with pytest.raises(ValueError, match=r"expected one of malcolm\.1"):
            choose(["x"])
