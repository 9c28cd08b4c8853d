"""Arrays of numbers and booleans: validated, and turned into JSON lists or raw bytes and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadValue
from .base import VType
from .casting import cast_array, first_misfit
from .elements import DTYPES
from .jsonnumbers import name_of, number_in
from .nesting import flatten, index_text, is_sequence
from .numbers import VNumber
from .ranges import Bounds
from .refusal import Words, refuse

__all__ = ["NumberCodec"]

AnyArray = npt.NDArray[Any]


class NumberCodec:
    """What a VArray of numbers or booleans does with its values, which are read-only arrays in C order."""

    def __init__(self, element: VType[Any], ndim: int | None, shape: tuple[int | None, ...] | None) -> None:
        self.element = element
        self.ndim = ndim
        self.shape = shape
        self.dtype: np.dtype[Any] = np.dtype(element.dtype or "bool")
        self.control: Bounds | None = element._control if isinstance(element, VNumber) else None

    @property
    def expected(self) -> str:
        if self.shape is not None:
            lengths = ", ".join("any" if length is None else str(length) for length in self.shape)
            return f"an array of {self.dtype}, shape ({lengths})"
        dimensions = {None: "", 1: ", 1 dimension"}.get(self.ndim, f", {self.ndim} dimensions")
        return f"an array of {self.dtype}{dimensions}"

    def validate(self, value: object, where: str, owned: bool) -> AnyArray:
        if not isinstance(value, np.ndarray):
            if is_sequence(value):
                return self._of_leaves(*self._leaves(value, where), where, value)
            foreign = _foreign_array(value)
            if foreign is None:
                raise refuse(where, self.expected, value)
            value = foreign
        return self._of_array(value, where, owned)

    def _of_array(self, array: AnyArray, where: str, owned: bool) -> AnyArray:
        if array.dtype.kind == "O" and array.ndim > 0:
            return self._of_leaves(*self._leaves(array.tolist(), where), where, array)
        self._check_shape(array.shape, where, array)
        if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
            raise refuse(where, f"{self.expected}, no element masked", array)
        if owned and type(array) is np.ndarray and array.dtype == self.dtype and array.flags.c_contiguous:
            return _read_only(array.view())
        cast = cast_array(array, self.dtype)
        if cast is None:
            index = first_misfit(array, self.dtype)
            if index is not None:
                self.element.validate(array[index].item(), where + "".join(f"[{n}]" for n in index))
            raise refuse(where, self.expected, array)
        return _read_only(cast)

    def _leaves(self, data: object, where: str) -> tuple[tuple[int, ...], list[Any]]:
        shape, leaves = flatten(data, self.ndim, where, self.expected)
        if self.shape is not None and 0 in shape:  # an empty list does not say how long the rest is, our shape does
            known = shape.index(0) + 1
            shape = shape[:known] + tuple(length or 0 for length in self.shape[known:])
        return shape, leaves

    def _of_leaves(self, shape: tuple[int, ...], leaves: list[Any], where: str, value: object) -> AnyArray:
        self._check_shape(shape, where, value)
        array = self._at_once(leaves, set(map(type, leaves)))
        if array is None:
            checked = [self.element.validate(leaf, where + index_text(n, shape)) for n, leaf in enumerate(leaves)]
            array = np.array(checked, dtype=self.dtype)
        return _read_only(array.reshape(shape))

    def _at_once(self, leaves: list[Any], kinds: set[type]) -> AnyArray | None:
        """All leaves together, when they are plain and fit; None: look at each, and find the one to refuse."""
        kind = self.dtype.kind
        if kinds == {bool} and kind == "b":
            return np.array(leaves, dtype=self.dtype)
        if kinds == {int} and kind in "iu":
            info = np.iinfo(self.dtype)
            in_range = min(leaves) >= info.min and max(leaves) <= info.max
            return np.array(leaves, dtype=self.dtype) if in_range else None
        if not kinds or not kinds <= {int, float} or kind == "b":
            return None
        try:
            array = np.array(leaves, dtype=np.float64)
        except OverflowError:
            return None
        if int in kinds and self.dtype != np.float64 and not _all_below(array, 2.0**53):
            return None  # integers were rounded already, and would be rounded again
        return cast_array(array, self.dtype)

    def _check_shape(self, shape: tuple[int, ...], where: str, got: object) -> None:
        wanted = self.shape
        if wanted is None:
            fits = len(shape) == self.ndim or (self.ndim is None and len(shape) > 0)
        else:
            fits = len(shape) == len(wanted) and all(n in (None, m) for n, m in zip(wanted, shape, strict=True))
        if not fits:
            raise refuse(where, self.expected, got)

    def check_control(self, array: AnyArray, where: str) -> None:
        if self.control is None or array.size == 0:
            return
        good = self.control.hold_each(array)
        if not good.all():
            position = int(np.argmin(good))
            units = self.element.units if isinstance(self.element, VNumber) else ""
            got = array.flat[position].item()
            raise refuse(where + index_text(position, array.shape), self.control.text(units), got)

    def zero(self) -> AnyArray:
        shape = self.shape if self.shape is not None else (0,) * (self.ndim or 1)
        return _read_only(np.zeros([length or 0 for length in shape], dtype=self.dtype))

    # elsewhere

    def to_json(self, array: AnyArray) -> Any:
        if array.dtype.kind != "f":
            return array.tolist()
        finite = np.isfinite(array)
        if finite.all():
            return array.tolist()
        objects = array.astype(object)
        for value, places in (
            (math.nan, np.isnan(array)),
            (math.inf, array == math.inf),
            (-math.inf, array == -math.inf),
        ):
            objects[places] = name_of(value)
        return objects.tolist()

    def from_json(self, data: object, where: str, numeric_strings: bool) -> AnyArray:
        shape, leaves = self._leaves(data, where)
        kinds = set(map(type, leaves))
        if self.dtype.kind != "b" and kinds <= {int, float}:
            self._check_shape(shape, where, data)
            array = self._at_once(leaves, kinds)
            if array is not None and (float not in kinds or np.isfinite(array).all()):
                return _read_only(array.reshape(shape))
        if self.dtype.kind != "b":
            integer = self.dtype.kind != "f"
            leaves = [number_in(leaf, numeric_strings, integer) for leaf in leaves]
        return self._of_leaves(shape, leaves, where, data)

    def to_binary(self, array: AnyArray) -> Any:
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return {"dtype": array.dtype.name, "shape": list(array.shape), "data": little.tobytes()}

    def from_binary(self, data: object, where: str) -> AnyArray:
        if not isinstance(data, Mapping):
            if is_sequence(data):
                return self.validate(data, where, False)
            raise refuse(where, f"{self.expected} as a map of dtype, shape and data", data)
        try:
            array = _array_in(data, where)
        except (ValueError, OverflowError) as error:
            if isinstance(error, BadValue):
                raise
            raise refuse(where, "data of the size that dtype and shape say", data) from None
        return self._of_array(array, where, owned=True)


def _all_below(array: AnyArray, bound: float) -> bool:
    return bool((np.abs(array[np.isfinite(array)]) < bound).all())


def _array_in(data: Mapping[Any, Any], where: str) -> AnyArray:
    name, shape, raw = data.get("dtype"), data.get("shape"), data.get("data")
    if not isinstance(name, str) or name not in DTYPES:
        raise refuse(f"{where}.dtype", f"one of {', '.join(DTYPES)}", name)
    lengths = list(shape) if isinstance(shape, (list, tuple)) else []
    if not lengths or not all(type(length) is int and length >= 0 for length in lengths):
        raise refuse(f"{where}.shape", "a list of lengths", shape)
    if not isinstance(raw, (bytes, bytearray, memoryview)):
        raise refuse(f"{where}.data", "bytes", raw)
    size = len(raw) if not isinstance(raw, memoryview) else raw.nbytes
    if math.prod(lengths) * np.dtype(name).itemsize != size:
        raise refuse(f"{where}.data", f"{math.prod(lengths)} elements of {name}", Words(f"{size} bytes"))
    if name == "bool" and np.frombuffer(raw, dtype=np.uint8).max(initial=0) > 1:
        raise refuse(f"{where}.data", "bytes 0 and 1 for bool", Words("others"))
    kept = raw if isinstance(raw, bytes) else bytes(raw)  # only bytes cannot change under the array
    flat: AnyArray = np.frombuffer(kept, dtype=np.dtype(name).newbyteorder("<"))
    return flat.reshape(lengths)


def _foreign_array(value: object) -> AnyArray | None:
    """What says that it is an array (of another library); numpy's single numbers are none."""
    if isinstance(value, (np.generic, type)) or not hasattr(value, "__array__"):
        return None
    return np.asarray(value)


def _read_only(array: AnyArray) -> AnyArray:
    array.flags.writeable = False
    return array
