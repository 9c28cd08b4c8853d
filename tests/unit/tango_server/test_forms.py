"""How values are spelled on Tango: there and back without a loss, or refused (rule 31)."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.convert.names import tango_command, tango_name, tango_result
from macduff.convert.tango import (
    QUALITIES,
    STATES,
    command_form,
    form_of,
    properties_of,
    state_of,
    text_for_tango,
)
from macduff.core import DState
from macduff.errors import BadValue
from macduff.values import (
    Severity,
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
)


class Mode(Enum):
    A = 1
    B = 2


TYPES: list[tuple[VType[Any], st.SearchStrategy[Any]]] = [
    (VBool(), st.booleans()),
    (VInt(8), st.integers(-128, 127)),
    (VInt(64, False), st.integers(0, 2**64 - 1)),
    (VDouble(), st.floats(allow_nan=True)),
    (VFloat(), st.floats(width=32)),
    (VString(), st.text(st.characters(min_codepoint=1, max_codepoint=255))),
    (VEnum(Mode), st.sampled_from(Mode)),
    (VEnum(["a,b", "c"]), st.sampled_from(["a,b", "c"])),
    (VArray(np.int8), st.lists(st.integers(-128, 127))),
    (VArray(np.float16), st.lists(st.floats(width=16))),
    (VArray(VEnum(Mode)), st.lists(st.sampled_from(Mode))),
    (VArray(np.int32, 3), st.just(np.arange(8).reshape(2, 2, 2))),
    (VTable({"x": VDouble(), "n": str}), st.just({"x": [1.0, float("inf")], "n": ["é\u4e2d\0", ""]})),
    (VMap({"x": VDouble(), "s": VString()}), st.fixed_dictionaries({"x": st.floats(), "s": st.text()})),
]


@pytest.mark.parametrize("vtype, values", TYPES, ids=lambda item: repr(item)[:40])
@pytest.mark.parametrize("find", [form_of, command_form])
def test_there_and_back(vtype: VType[Any], values: st.SearchStrategy[Any], find: Any) -> None:
    form = find(vtype)

    @given(values)
    def check(value: Any) -> None:
        try:
            ours = vtype.validate(value)
        except BadValue:  # lone surrogates
            return
        spelled = form.out(ours)
        assert not isinstance(spelled, str) or (spelled.isprintable() or "\\" not in spelled) or "\0" not in spelled
        assert vtype.equal(vtype.validate(form.back(spelled, "D.a")), ours)

    check()


@pytest.mark.parametrize(
    "vtype, kind, layout",
    [
        (VBool(), "DevBoolean", "SCALAR"),
        (VInt(8), "DevShort", "SCALAR"),
        (VInt(8, False), "DevUChar", "SCALAR"),
        (VInt(), "DevLong64", "SCALAR"),
        (VFloat(16), "DevFloat", "SCALAR"),
        (VDouble(), "DevDouble", "SCALAR"),
        (VEnum(Mode), "DevEnum", "SCALAR"),
        (VEnum(), "DevString", "SCALAR"),
        (VEnum(["a", ""]), "DevString", "SCALAR"),
        (VEnum(["\u4e2d"]), "DevString", "SCALAR"),
        (VArray(np.bool_), "DevBoolean", "SPECTRUM"),
        (VArray(VString()), "DevString", "SPECTRUM"),
        (VArray(np.uint8, 2), "DevUChar", "IMAGE"),
        (VArray(np.uint8, None), "DevString", "SCALAR"),
        (VMap({}), "DevString", "SCALAR"),
    ],
)
def test_each_type_has_its_form(vtype: VType[Any], kind: str, layout: str) -> None:
    form = form_of(vtype)
    assert form is not None and (form.type, form.format) == (kind, layout)


def test_an_action_has_none() -> None:
    assert form_of(VAction()) is None


@pytest.mark.parametrize(
    "vtype, kind",
    [
        (VInt(8, False), "DevUShort"),
        (VEnum(Mode), "DevString"),
        (VArray(VEnum(Mode)), "DevVarStringArray"),
        (VArray(np.uint8), "DevVarCharArray"),
        (VArray(np.bool_), "DevVarBooleanArray"),
        (VArray(np.uint8, 2), "DevString"),
        (VDouble(), "DevDouble"),
    ],
)
def test_commands_know_other_types_than_attributes(vtype: VType[Any], kind: str) -> None:
    assert command_form(vtype).type == kind


@pytest.mark.parametrize("index", [-1, 2, 99])
def test_an_index_without_a_label_is_refused(index: int) -> None:
    form = form_of(VEnum(Mode))
    assert form is not None
    with pytest.raises(BadValue, match=r"D\.mode: expected an index from 0 to 1"):
        form.back(index, "D.mode")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "nul"])
def test_what_is_no_json_is_refused(text: str) -> None:
    form = form_of(VMap({"x": VDouble()}))
    assert form is not None
    with pytest.raises(BadValue, match=r"D\.m: expected JSON text"):
        form.back(text, "D.m")


@given(st.text())
def test_text_is_latin_without_nul_and_readable(text: str) -> None:
    told = text_for_tango(text) if all(not "\ud800" <= c <= "\udfff" for c in text) else ""
    told.encode("latin-1")
    assert "\0" not in told


def test_properties() -> None:
    vtype = VDouble(units="mm", precision=2, control=(-1, 5), display=(0, 9), warning=(None, 3), alarm=(-0.5, 4))
    assert properties_of(vtype, "Where", "It is", True) == {
        "label": "Where", "description": "It is", "unit": "mm", "format": "%.2f", "min_value": "-1.0",
        "max_value": "5.0", "max_warning": "3.0", "min_alarm": "-0.5", "max_alarm": "4.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    "vtype, writable, found",
    [
        (VDouble(display=(9, 0)), False, {"min_value": "0.0", "max_value": "9.0"}),
        (VDouble(display=(0, 9)), True, {}),
        (VInt(16, control=(0.5, 9.5)), True, {"min_value": "1", "max_value": "9"}),
        (VInt(16, alarm=(0.5, 9.5)), False, {"min_alarm": "0", "max_alarm": "10"}),
        (VInt(16, control=(-1e9, 1e9)), True, {}),
        (VInt(control=(0, 2**60 + 1)), True, {"min_value": "0", "max_value": str(2**60 + 1)}),
        (VDouble(warning=(3, 3)), False, {}),
        (VArray(VDouble(control=(0, 1))), True, {"min_value": "0.0", "max_value": "1.0"}),
        (VArray(VDouble(control=(0, 1)), 3), True, {}),
    ],
)
def test_limits(vtype: VType[Any], writable: bool, found: dict[str, str]) -> None:
    told = properties_of(vtype, "", "", writable)
    assert {name: text for name, text in told.items() if name.startswith(("min", "max"))} == found


def test_labels_are_a_property() -> None:
    assert properties_of(VEnum(["a", "b"]), "", "", False) == {"enum_labels": "a,b"}
    assert properties_of(VEnum(["a,b"]), "", "", False) == {}


def test_every_state_has_one_of_tangos() -> None:
    assert set(STATES) == {state.value for state in DState}
    busy = {"Configuring", "Running", "Rewinding", "Aborting", "Resetting"}
    assert {name for name, state in STATES.items() if state in ("RUNNING", "INIT")} == busy


@pytest.mark.parametrize(
    "state, health, told",
    [
        ("Idle", Severity.NONE, "ON"),
        ("Idle", Severity.MINOR, "ALARM"),
        ("Ready", Severity.MAJOR, "ALARM"),
        ("Idle", Severity.INVALID, "UNKNOWN"),
        ("Running", Severity.MAJOR, "RUNNING"),
        ("Fault", Severity.MAJOR, "FAULT"),
        ("Aborted", Severity.MINOR, "DISABLE"),
    ],
)
def test_health_shows_only_at_rest(state: str, health: Severity, told: str) -> None:
    assert state_of(state, health) == told


def test_every_severity_has_a_quality() -> None:
    assert len(QUALITIES) == len(Severity) and QUALITIES[Severity.INVALID] == "ATTR_INVALID"


def test_names() -> None:
    """Rule 34: no two names become one."""
    assert tango_name("DET", "demo", "demo") == "demo/macduff/det"
    assert tango_name("BL01:MOT-x_1", "lab") == "lab/macduff/bl01.mot-x_1"
    assert tango_name(".", "demo", "demo") == "demo/macduff/demo" and tango_name(".", "x") == "x/macduff/macduff"
    assert tango_command("move", {"init"}) == "move" and tango_command("Init", {"init"}) == "Init_"
    assert tango_result("run") == "run_result"


@given(st.lists(st.from_regex(r"[A-Za-z0-9_\-]+(:[A-Za-z0-9_\-]+){0,2}", fullmatch=True), unique_by=str.lower))
def test_tango_names_differ_where_ours_do(names: list[str]) -> None:
    assert len({tango_name(name, "d") for name in names}) == len(names)


def test_json_has_no_nan() -> None:
    form = form_of(VMap({"x": VDouble()}))
    assert form is not None
    assert json.loads(form.out({"x": float("nan")})) == {"x": "NaN"}
