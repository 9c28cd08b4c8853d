"""How Channel Access spells single numbers and texts, both ways; `ca` makes whole values of them."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from macduff.errors import BadValue
from macduff.values import VFloat, VInt, VType

from .dbr import CHAR, DOUBLE, FLOAT, LONG, SHORT, SIZES, STRING

__all__ = [
    "NAMES", "TEXT", "Packed", "Unfit", "as_kind", "characters_in", "check_exact", "element_in", "number_bytes",
    "number_in", "number_kind", "number_text", "numbers_in", "one_label", "padded", "single", "texts_in",
]  # fmt: skip

TEXT = 39
"""Bytes of a string; one more ends it."""
NAMES = ("string", "short", "float", "enum", "char", "long", "double")
_CODES = ("", ">i2", ">f4", ">u2", ">u1", ">i4", ">f8")
_PACK = [struct.Struct(code).pack for code in ("", ">h", ">f", ">H", ">B", ">i", ">d")]
_EXACT = {FLOAT: 2.0**24, DOUBLE: 2.0**53}
_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)

AnyArray = npt.NDArray[Any]
Packed = tuple[int, bytes, bool]
"""How many elements, their bytes, and whether they say the value exactly."""


class Unfit(ValueError):
    """The value cannot be said in the kind that was asked for."""


def number_kind(vtype: VType[Any]) -> int:
    """The smallest kind that holds every value; int64, uint64 and uint32 go as doubles, there being nothing longer."""
    if isinstance(vtype, VFloat):
        return FLOAT
    if not isinstance(vtype, VInt):
        return DOUBLE
    if vtype.bits == 8 and not vtype.signed:
        return CHAR
    if vtype.bits == 8 or (vtype.bits == 16 and vtype.signed):
        return SHORT
    return LONG if vtype.bits == 16 or (vtype.bits == 32 and vtype.signed) else DOUBLE


def padded(data: bytes) -> bytes:
    """A text as a string of 40 bytes."""
    return data.ljust(40, b"\0")


def number_text(value: float, precision: int | None) -> str:
    """A number for people: so many digits as the precision says, all that there are where it says nothing."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int) or precision is None or not math.isfinite(value):
        return repr(value)
    text = f"{value:.{precision}f}"
    return text if len(text) <= TEXT else f"{value:.{min(precision, 17)}e}"


def number_bytes(value: float, kind: int) -> Packed:
    """One number in a kind. A fraction that was asked for as an integer loses its digits, as on any server."""
    try:
        if kind == DOUBLE:
            sent = float(value)
            if sent != value and value == value:
                return 1, _PACK[kind](math.nan), False
            return 1, _PACK[kind](sent), True
        if kind == FLOAT:
            return 1, _PACK[kind](value), True
        return 1, _PACK[kind](int(value)), True
    except (struct.error, OverflowError, ValueError):
        raise Unfit(f"{value!r} does not fit in a {NAMES[kind]}") from None


def as_kind(array: AnyArray, kind: int) -> tuple[bytes, bool]:
    """Numbers in a kind, and whether none was lost: an integer that no double holds is NaN. Unfit as for one."""
    code = np.dtype(_CODES[kind])
    if code.kind == "f":
        return _as_floats(array, code)
    if array.size and array.dtype.kind != "b":
        limits = np.iinfo(code)
        if not (array.min() > limits.min - 1 and array.max() < limits.max + 1):
            raise Unfit(f"an element does not fit in a {NAMES[kind]}")
    return array.astype(code).tobytes(), True


def _as_floats(array: AnyArray, code: np.dtype[Any]) -> tuple[bytes, bool]:
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and code.itemsize == 8:
        sent = array.astype(np.float64)
        large = np.abs(sent) > _EXACT[DOUBLE]
        if large.any():
            lost = [
                bool(big) and int(number) != item for big, number, item in zip(large, sent, array.tolist(), strict=True)
            ]
            return np.where(lost, math.nan, sent).astype(code).tobytes(), not any(lost)
    elif array.dtype.kind == "f" and array.dtype.itemsize > code.itemsize:
        finite = np.abs(array[np.isfinite(array)])
        if finite.size and finite.max() > np.finfo(code).max:
            raise Unfit(f"an element does not fit in a {NAMES[FLOAT]}")
    return array.astype(code).tobytes(), True


def numbers_in(kind: int, count: int, data: bytes, where: str) -> AnyArray:
    """The numbers that a client sent."""
    if len(data) < count * SIZES[kind]:
        raise BadValue(f"{where}: expected {count} elements of {SIZES[kind]} bytes, got {len(data)} bytes")
    array = np.frombuffer(data, _CODES[kind], count)
    return array.astype(array.dtype.newbyteorder("="))


def texts_in(count: int, data: bytes, where: str) -> list[str]:
    """The strings that a client sent; the last may come without the zeros at its end."""
    if count > 1 and len(data) <= (count - 1) * 40:
        raise BadValue(f"{where}: expected {count} strings of 40 bytes, got {len(data)} bytes")
    return [characters_in(data[begin : begin + 40], where) for begin in range(0, count * 40, 40)]


def characters_in(data: bytes, where: str) -> str:
    """The text in some bytes, which ends at the first zero."""
    text = bytes(data).split(b"\0", 1)[0]
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise BadValue.of(where, "text in UTF-8", text) from None


def single(items: Sequence[Any] | AnyArray, where: str) -> Any:
    """The one element that there should be."""
    if len(items) != 1:
        raise BadValue(f"{where}: expected one value, got {len(items)}")
    return items[0]


def element_in(kind: int, count: int, data: bytes, where: str) -> Any:
    """The one number or text that a client sent."""
    if kind == STRING:
        return single(texts_in(count, data, where), where)
    return single(numbers_in(kind, count, data, where), where).item()


def number_in(text: str, where: str) -> int | float:
    """A number that was sent as text, as the command-line tools do; integers exactly."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        return float(text.replace("_", "?"))
    except ValueError:
        raise BadValue.of(where, "a number", text) from None


def check_exact(number: float, kind: int, where: str) -> None:
    """BadValue for a float that is to be an integer and may have been another one before it became a float."""
    most = _EXACT.get(kind)
    if most is not None and most <= abs(number) < math.inf:
        raise BadValue(
            f"{where}: expected an integer below {most:.0f} in a {NAMES[kind]}, which holds no greater ones exactly, "
            f"got {number!r}; as a string it is exact"
        )


def one_label(labels: Sequence[str], raw: Any) -> Any:
    """The label that a client means by a text or an index; what is neither stays as it is, for the type to refuse."""
    if isinstance(raw, str):
        if raw in labels or not _INTEGER.fullmatch(raw.strip()):
            return raw
        index = int(raw)
        return labels[index] if 0 <= index < len(labels) else raw
    if isinstance(raw, float) and not raw.is_integer():
        return raw
    return labels[int(raw)] if 0 <= raw < len(labels) else raw
