"""What goes out is read by libraries that know nothing of us: json, msgpack, struct."""

from __future__ import annotations

import enum
import json
import math
import struct
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no type information
import msgspec
import numpy as np
from hypothesis import given

from macduff.values import VArray, VDouble, VEnum, VFloat, VInt, VMap, VTable, VType, values_equal

from .strategies import TYPED_VALUES, Level, Mode

STRUCT = {
    "bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I",
    "uint64": "Q", "float16": "e", "float32": "f", "float64": "d",
}  # fmt: skip


def expected(value: Any, native: bool) -> Any:
    """The plain form of a valid value, made without our encoders."""
    if isinstance(value, np.ndarray):
        return [expected(item, native) for item in value] if value.ndim else expected(value.item(), native)
    if isinstance(value, np.generic):
        return expected(value.item(), native)
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, float) and not math.isfinite(value) and not native:
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (list, tuple)):
        return [expected(item, native) for item in value]
    if hasattr(value, "keys"):
        return {name: expected(value[name], native) for name in value}
    return value


def unpacked(data: Any) -> Any:
    """msgpack data with its raw arrays read by struct."""
    if isinstance(data, dict) and isinstance(data.get("data"), bytes):
        count = math.prod(data["shape"])
        flat = list(struct.unpack(f"<{count}{STRUCT[data['dtype']]}", data["data"]))
        for length in reversed(data["shape"][1:]):
            flat = [flat[start : start + length] for start in range(0, len(flat), length)]
        return flat
    if isinstance(data, dict):
        return {name: unpacked(item) for name, item in data.items()}
    return data


def same(a: Any, b: Any) -> bool:
    """Equal and of the same classes, so that 1 and 1.0 and True differ; NaN is NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    return bool(a == b) or (a != a and b != b)


@given(TYPED_VALUES)
def test_json_read_by_others(case: tuple[VType[Any], Any]) -> None:
    """rule 31: NaN and infinities are the strings "NaN", "Infinity", "-Infinity"; all else is exact."""
    vtype, value = case
    text = json.dumps(vtype.to_json(value), allow_nan=False)
    assert same(json.loads(text), expected(value, native=False))
    assert same(msgspec.json.decode(msgspec.json.encode(vtype.to_json(value))), expected(value, native=False))


@given(TYPED_VALUES)
def test_msgpack_read_by_others(case: tuple[VType[Any], Any]) -> None:
    """rule 31: NaN is native in msgpack; arrays are raw little-endian bytes with dtype and shape."""
    vtype, value = case
    for packed in (msgpack.packb(vtype.to_binary(value)), msgspec.msgpack.encode(vtype.to_binary(value))):
        assert same(unpacked(msgpack.unpackb(packed)), expected(value, native=True))


@given(TYPED_VALUES)
def test_json_comes_back(case: tuple[VType[Any], Any]) -> None:
    vtype, value = case
    data = json.loads(json.dumps(vtype.to_json(value)))
    for numeric_strings in (False, True):
        back = vtype.from_json(data, "D.a", numeric_strings)
        assert vtype.equal(back, value)
        assert type(back) is type(value)


@given(TYPED_VALUES)
def test_binary_comes_back(case: tuple[VType[Any], Any]) -> None:
    vtype, value = case
    back = vtype.from_binary(msgpack.unpackb(msgpack.packb(vtype.to_binary(value))), "D.a")
    assert vtype.equal(back, value)
    assert type(back) is type(value)


def test_forms_by_example() -> None:
    table = VTable({"x": VDouble(), "mode": VEnum(Mode)})
    value = table.validate({"x": [1, math.nan], "mode": ["FAST", Mode.SLOW]})
    assert table.to_json(value) == {"x": [1.0, "NaN"], "mode": ["FAST", "SLOW"]}
    assert VArray("uint16", 2).to_binary(np.array([[1, 2]], np.uint16)) == {
        "dtype": "uint16",
        "shape": [1, 2],
        "data": b"\x01\x00\x02\x00",
    }
    assert VMap({"level": VEnum(Level)}).to_json({"level": Level.HIGH}) == {"level": "HIGH"}
    assert VFloat().to_json(-math.inf) == "-Infinity"
    assert VInt().to_json(2**63 - 1) == 9223372036854775807


def test_an_empty_array_of_several_dimensions_keeps_its_shape_in_binary() -> None:
    vtype = VArray("int8", 2)
    assert vtype.from_binary(vtype.to_binary(vtype.validate(np.zeros((0, 3), np.int8)))).shape == (0, 3)


def test_large_arrays_with_nan_strings() -> None:
    numbers = [0.5] * 1000
    numbers[7] = math.nan
    vtype = VArray("float32")
    back = vtype.from_json(json.loads(json.dumps(vtype.to_json(vtype.validate(numbers)))))
    assert values_equal(back, np.array(numbers, np.float32))
