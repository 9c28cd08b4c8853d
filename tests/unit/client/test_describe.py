"""A VType survives the wire: described there by its meta, here it is the same type again."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff.client.describe import value_of, vtype_of_meta
from macduff.errors import BadValue
from macduff.protocol.dialect import MACDUFF, MACDUFF_MSGPACK, STRICT, Dialect
from macduff.protocol.metas import meta_of
from macduff.protocol.wirevalue import to_wire
from macduff.values import VArray, VBool, VDouble, VEnum, VFloat, VInt, VMap, VString, VTable, VType, values_equal

DIALECTS = pytest.mark.parametrize("dialect", [STRICT, MACDUFF, MACDUFF_MSGPACK], ids=lambda dialect: dialect.name)

TYPES: list[tuple[VType[Any], Any]] = [
    (VBool(), True),
    (VInt(), -(2**63)),
    (VInt(64, signed=False), 2**64 - 1),
    (VInt(8, signed=False, units="counts"), 255),
    (VFloat(units="V"), 0.5),
    (VDouble(units="mm", precision=4, display=(-10, 10)), 1e-300),
    (VDouble(), math.nan),
    (VDouble(), -math.inf),
    (VString(), "päth\n"),
    (VEnum(["off", "on"]), "on"),
    (VArray("uint16", 2, units="counts"), numpy.arange(6, dtype="uint16").reshape(2, 3)),
    (VArray("float64"), numpy.array([1.0, math.nan, math.inf])),
    (VArray("float64"), numpy.array([])),
    (VArray(VBool()), numpy.array([True, False])),
    (VArray(str), ("a", "")),
    (VArray(VEnum(["a", "b"])), ("b", "a")),
    (VTable({"x": VDouble(units="mm"), "name": str}), {"x": [1.0, 2.0], "name": ["a", "b"]}),
]


def through(vtype: VType[Any], dialect: Dialect) -> VType[Any]:
    meta = meta_of(vtype, dialect, description="", tags=(), writable=True, writeable=True, label="")
    return vtype_of_meta(meta)


@DIALECTS
@pytest.mark.parametrize(("vtype", "value"), TYPES, ids=lambda item: repr(item)[:40])
def test_a_value_comes_back_as_it_was(vtype: VType[Any], value: Any, dialect: Dialect) -> None:
    valid = vtype.validate(value)
    back = through(vtype, dialect)
    assert (back.name, back.dtype, back.python_type) == (vtype.name, vtype.dtype, vtype.python_type)
    found = value_of(back, to_wire(vtype, valid, dialect), "here", dialect)
    assert values_equal(found, valid)
    assert type(found) is type(valid)
    if isinstance(valid, numpy.ndarray) and valid.size:
        assert (found.dtype, found.shape) == (valid.dtype, valid.shape)


def test_a_map_comes_back_under_our_subprotocols() -> None:
    vtype = VMap({"x": VDouble(units="mm"), "n": VInt()})
    for dialect in (MACDUFF, MACDUFF_MSGPACK):
        back = through(vtype, dialect)
        assert isinstance(back, VMap)
        wire = to_wire(vtype, vtype.validate({"x": 1.0, "n": 2}), dialect)
        assert value_of(back, wire, "here", dialect) == {"x": 1.0, "n": 2}


numbers = st.floats(-1e6, 1e6)
ordered = st.tuples(numbers, numbers).map(sorted).filter(lambda pair: pair[0] < pair[1]).map(tuple)
ranges = st.none() | ordered | st.tuples(st.none(), numbers) | st.tuples(numbers, st.none())


@given(st.text(max_size=5).filter(str.isprintable), ranges, ranges)
def test_units_and_ranges_come_back_under_ours(
    units: str, control: tuple[float | None, float | None], warning: tuple[float | None, float | None]
) -> None:
    vtype = VDouble(units=units, precision=3, control=control, warning=warning)
    back = through(vtype, MACDUFF)
    assert isinstance(back, VDouble)
    assert (back.units, back.precision, back.control, back.warning) == (units, 3, vtype.control, vtype.warning)


def test_a_meta_of_no_known_kind_is_refused() -> None:
    with pytest.raises(BadValue, match="meta: expected a meta of a number"):
        vtype_of_meta({"typeid": "somebody/ColourMeta:1.0"})


def test_a_value_that_its_type_does_not_fit_comes_as_it_is() -> None:
    """The server says what is; a description that lags behind must not hide it."""
    assert value_of(VEnum(["a"]), "new", "here", MACDUFF) == "new"
