"""What the OpenAPI description says of a type is what the type does: judged by an independent JSON Schema library."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are one more package

from macduff.errors import BadValue
from macduff.servers.web.schemas import object_schema, schema_of
from macduff.values import VAction, VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable, VType

TYPES: list[VType[Any]] = [
    VBool(), VInt(), VInt(bits=8), VInt(bits=16, signed=False, control=(2.5, 100)), VInt(control=(None, 10)),
    VDouble(), VDouble(units="mm", control=(0.01, 5)), VDouble(control=(None, 1)), VDouble(control=(None, None)),
    VFloat(control=(-1, 1)), VFloat(control=(None, 1)), VString(), VEnum(["off", "on"]), VEnum(), VAction(),
    VArray("float64"), VArray("int8", ndim=2), VArray("uint16", shape=(2, None)), VArray("float64", control=(0, 1)),
    VArray("bool"), VArray(VString()), VArray(VEnum(["a", "b"])), VTable({"x": VDouble(control=(0, 10)), "name": str}),
    VMap({"x": VDouble(), "on": VBool(), "deep": VArray("int32")}),
]  # fmt: skip
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3), st.sampled_from(["off", "on", "a", "NaN", "Infinity", "-Infinity", "1"]),
)  # fmt: skip
JSON = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["x", "name", "on", "deep", "more"]), inner, max_size=3),
    ),
    max_leaves=6,
)


def accepted(vtype: VType[Any], data: Any) -> bool:
    try:
        vtype.validate_setpoint(vtype.from_json(data, "value"), "value")
    except BadValue:
        return False
    return True


def valid(schema: dict[str, Any], data: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(data))


@pytest.mark.parametrize("vtype", TYPES, ids=repr)
def test_schemas_are_schemas(vtype: VType[Any]) -> None:
    for writing in (False, True):
        Draft202012Validator.check_schema(schema_of(vtype, writing=writing))


@given(st.sampled_from(TYPES), JSON)
@example(VInt(), 2**63)
@example(VInt(), 1.5)
@example(VInt(), 2.0)
@example(VInt(bits=16, signed=False, control=(2.5, 100)), 3)
@example(VInt(bits=16, signed=False, control=(2.5, 100)), 2)
@example(VDouble(), "NaN")
@example(VDouble(control=(0.01, 5)), "NaN")
@example(VDouble(control=(None, 1)), "-Infinity")
@example(VDouble(control=(None, 1)), "NaN")
@example(VFloat(control=(None, 1)), "-Infinity")
@example(VDouble(control=(0.01, 5)), 0.01)
@example(VBool(), 1)
def test_whatever_the_server_takes_the_schema_allows(vtype: VType[Any], data: Any) -> None:
    """A client that checks against the schema is never kept from what would have worked."""
    if accepted(vtype, data) and not _ragged(vtype, data):
        assert valid(schema_of(vtype, writing=True), data)


@given(st.sampled_from([vtype for vtype in TYPES if not isinstance(vtype, (VArray, VTable, VMap))]), JSON)
@example(VInt(), 2**63)
@example(VInt(), True)
@example(VDouble(control=(None, 1)), "-Infinity")
def test_whatever_the_schema_refuses_the_server_refuses(vtype: VType[Any], data: Any) -> None:
    """And of scalars the schema says all: what it allows is accepted (text has to be sendable, floats to fit)."""
    allowed = valid(schema_of(vtype, writing=True), data)
    if not allowed:
        assert not accepted(vtype, data)
    elif not (isinstance(data, int) and abs(data) > 2**64):
        assert accepted(vtype, data) or isinstance(vtype, VFloat) or _lone(data)


def _lone(data: Any) -> bool:
    return isinstance(data, str) and any(0xD800 <= ord(letter) < 0xE000 for letter in data)


def _ragged(vtype: VType[Any], data: Any) -> bool:
    """Forms that a schema does not mention: dtype, shape and data; a typeid; an empty array of any depth."""
    return isinstance(data, dict) and ("typeid" in data or "dtype" in data)


@given(st.sampled_from(TYPES), st.data())
def test_every_value_that_is_read_fits_its_schema(vtype: VType[Any], data: st.DataObject) -> None:
    value = vtype.zero()
    if isinstance(vtype, VDouble):
        value = data.draw(st.floats())
    assert valid(schema_of(vtype), vtype.to_json(value))


def test_units_limits_and_labels_are_told() -> None:
    """The issue: OpenAPI with units and limits."""
    vtype = VDouble(
        units="mm", precision=3, display=(-10, 10), control=(-5, 5), warning=(-4, None), alarm=(None, math.inf),
        label="Position", description="Where it is",
    )  # fmt: skip
    assert schema_of(vtype, writing=True) == {
        "type": "number", "format": "double", "minimum": -5.0, "maximum": 5.0, "x-units": "mm", "x-precision": 3,
        "x-display": [-10.0, 10.0], "x-warning": [-4.0, None], "title": "Position", "description": "Where it is",
    }  # fmt: skip
    assert schema_of(VEnum(["off", "on"])) == {"type": "string", "enum": ["off", "on"]}


def test_arguments_are_an_object_without_others() -> None:
    schema = object_schema({"a": VDouble(), "b": VInt()}, ["a"], writing=True)
    assert valid(schema, {"a": 1}) and valid(schema, {"a": 1, "b": 2})
    assert not valid(schema, {"b": 2}) and not valid(schema, {"a": 1, "c": 2}) and not valid(schema, [1])


def test_the_shape_of_arrays_is_told() -> None:
    schema = schema_of(VArray("uint16", shape=(2, None)))
    assert valid(schema, numpy.zeros((2, 5), int).tolist()) and not valid(schema, numpy.zeros((3, 5), int).tolist())
    assert valid(schema_of(VArray("float64", ndim=None)), [[[1.0]]])
