"""What the property tests draw: types of every kind, with values, and input that is wrong."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from macduff.values import (
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VNumber,
    VString,
    VTable,
    VType,
)


class Mode(enum.Enum):
    """Labels are the names: not all values are str."""

    FAST = 1
    SLOW = 2


class Trigger(enum.StrEnum):
    """Labels are the values."""

    INTERNAL = "Internal edge"
    EXTERNAL = "External edge"


class Level(enum.IntEnum):
    LOW = 0
    HIGH = 1


NAMES = st.sampled_from(["x", "y", "name", "a b", "ß", "kind"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")

INT_TYPES = st.builds(VInt, st.sampled_from([8, 16, 32, 64]), st.booleans())
NUMBER_TYPES: st.SearchStrategy[VNumber[Any]] = st.one_of(
    INT_TYPES, st.just(VFloat()), st.just(VFloat(16)), st.just(VDouble())
)
ENUM_TYPES: st.SearchStrategy[VEnum[Any]] = st.one_of(
    st.sampled_from([VEnum(Mode), VEnum(Trigger), VEnum(Level)]),
    st.lists(TEXT, min_size=1, max_size=5, unique=True).map(VEnum),
)
SCALAR_TYPES: st.SearchStrategy[VType[Any]] = st.one_of(NUMBER_TYPES, st.just(VBool()), st.just(VString()), ENUM_TYPES)


@st.composite
def array_types(draw: st.DrawFn) -> VArray[Any]:
    element = draw(SCALAR_TYPES)
    if not isinstance(element, (VNumber, VBool)):
        return VArray(element)
    if draw(st.booleans()):
        return VArray(element, draw(st.integers(1, 3)))
    return VArray(element, shape=tuple(draw(st.lists(st.one_of(st.none(), st.integers(1, 3)), min_size=1, max_size=3))))


TABLE_TYPES = st.dictionaries(NAMES, SCALAR_TYPES, max_size=3).map(VTable)
FLAT_TYPES = st.one_of(SCALAR_TYPES, array_types(), TABLE_TYPES)
MAP_TYPES = st.dictionaries(NAMES, st.one_of(FLAT_TYPES, st.builds(VMap, st.just({"in": VDouble()}))), max_size=3).map(
    VMap
)
TYPES: st.SearchStrategy[VType[Any]] = st.one_of(FLAT_TYPES, MAP_TYPES, st.just(VAction()))


def numbers_of(vtype: VNumber[Any]) -> st.SearchStrategy[Any]:
    """Every number of the type, with NaN and the infinities where it has them."""
    if isinstance(vtype, VInt):
        return st.integers(vtype.minimum, vtype.maximum)
    return st.floats(width=vtype.bits if isinstance(vtype, VFloat) else 64)  # type: ignore[arg-type]  # 16, 32 or 64


def values_of(vtype: VType[Any]) -> st.SearchStrategy[Any]:
    """Valid values of a type, in the form that `validate` gives them."""
    if isinstance(vtype, VNumber):
        return numbers_of(vtype)
    if isinstance(vtype, VBool):
        return st.booleans()
    if isinstance(vtype, VString):
        return TEXT
    if isinstance(vtype, VEnum):
        return st.sampled_from([vtype.validate(label) for label in vtype.labels])
    if isinstance(vtype, VArray):
        return _arrays_of(vtype).map(vtype.validate)
    if isinstance(vtype, VTable):
        return _tables_of(vtype).map(vtype.validate)
    if isinstance(vtype, VMap):
        return st.fixed_dictionaries({name: values_of(field) for name, field in vtype.fields.items()}).map(
            vtype.validate
        )
    return st.none()


def _arrays_of(vtype: VArray[Any]) -> st.SearchStrategy[Any]:
    elements = values_of(vtype.element)
    dtype = vtype.numpy_dtype
    if dtype is None:
        length = vtype.shape[0] if vtype.shape else None
        return st.lists(elements, min_size=length or 0, max_size=5 if length is None else length)
    if vtype.shape is not None:
        shapes: st.SearchStrategy[Any] = st.tuples(
            *[st.integers(1, 3) if length is None else st.just(length) for length in vtype.shape]
        )
    else:
        shapes = hnp.array_shapes(min_dims=vtype.ndim or 1, max_dims=vtype.ndim or 1, min_side=1, max_side=3)
        if vtype.ndim == 1:
            shapes = st.one_of(shapes, st.just((0,)))
    return hnp.arrays(dtype, shapes, elements=elements)


def _tables_of(vtype: VTable) -> st.SearchStrategy[Any]:
    def of_length(length: int) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries(
            {
                name: st.lists(values_of(column.element), min_size=length, max_size=length)
                for name, column in vtype.columns.items()
            }
        )

    return st.integers(0, 4).flatmap(of_length)


TYPED_VALUES = TYPES.flatmap(lambda vtype: st.tuples(st.just(vtype), values_of(vtype)))


class Broken:
    """A foreign object whose repr and comparison raise."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # type: ignore[assignment]  # on purpose


ODD_SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**70), 2**70), st.just(10**4200), st.floats(),
    st.text(max_size=5), st.sampled_from(["3", "NaN", "1e999", "\udc80", "true", ""]), st.binary(max_size=5),
    st.complex_numbers(), st.dates(), st.datetimes(), st.timedeltas(), st.decimals(), st.fractions(),
    st.sampled_from([Mode.FAST, Trigger.INTERNAL, Level.HIGH, object(), int, float, ..., range(3)]),
    st.sampled_from([np.float64(1.5), np.float32(2), np.int8(3), np.uint64(2**64 - 1), np.bool_(True), np.str_("a")]),
    st.sampled_from([np.timedelta64(1, "s"), np.datetime64("2020-01-01"), np.complex64(1), np.bytes_(b"1")]),
    st.builds(Broken),
    st.sampled_from([np.longdouble("1e4000"), np.array(3), np.array(True), np.array(1j), np.array(None),
        np.void(b"1")]),
)  # fmt: skip
ODD_ARRAYS = st.one_of(
    hnp.arrays(st.one_of(hnp.scalar_dtypes(), hnp.array_dtypes()), hnp.array_shapes(max_dims=3, max_side=3)),
    st.sampled_from([
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        np.array([1, "a", None], dtype=object),
        np.array([[1, 2], [3, 4]])[:, ::-1].T,
    ]),
)  # fmt: skip
ODD: st.SearchStrategy[Any] = st.recursive(
    st.one_of(ODD_SCALARS, ODD_ARRAYS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(NAMES, inner, max_size=3),
        st.dictionaries(st.integers(), inner, max_size=2),
    ),
    max_leaves=8,
)
PLAIN_JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from(["NaN", "Infinity", "-Infinity", "1e999", "12", "-0", "1.5", "1E+2", "01", "+1", "nan",
            "\udc80"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5) | NAMES, inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip

NOT_NUMBERS: tuple[Any, ...] = (
    True, False, "3", "", "NaN", b"3", None, 1j, complex(2, 0), [1], {}, decimal.Decimal(1), fractions.Fraction(1, 2),
    datetime.date(2020, 1, 1), np.bool_(True), np.timedelta64(3, "s"), np.datetime64("2020-01-01"), np.complex128(1),
    np.str_("3"), np.array([3]), np.array(True), object(),
)  # fmt: skip
