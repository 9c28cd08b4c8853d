"""VArray: many values of one element type, in one dimension or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self, TypedDict, TypeVar, Unpack, cast, overload

import numpy as np
import numpy.typing as npt

from .alarm import NO_ALARM, Alarm
from .array_numbers import NumberCodec
from .array_texts import TextCodec
from .base import VType
from .elements import element_type
from .nesting import MOST_DIMENSIONS
from .numbers import VNumber
from .ranges import Pair
from .refusal import shown
from .simple import VBool, VString

__all__ = ["VArray"]

T = TypeVar("T")
S = TypeVar("S")
G = TypeVar("G", bound=np.generic)
E = TypeVar("E", bound=Enum)
NUMERIC = ("units", "precision", "display", "control", "warning", "alarm")


class ArrayMetadata(TypedDict, total=False):
    """What VArray takes by keyword besides its dimensions."""

    description: str
    label: str
    tags: tuple[str, ...]
    units: str
    precision: int | None
    display: Pair | None
    control: Pair | None
    warning: Pair | None
    alarm: Pair | None


@dataclass(frozen=True, eq=False, repr=False, init=False)
class VArray(VType[T]):
    """An array: `VArray("uint16", ndim=2)`, `VArray(VDouble(units="mm"))`, `VArray(VString())`, `VArray(VEnum(Mode))`.

    element: the type of one element, or a dtype that stands for one. Numbers and booleans are read-only numpy arrays
    in C order, text and labels tuples (one dimension). ndim: the number of dimensions, None for any. shape: fixes
    the lengths too, None where a length is free: `shape=(None, 3)`. The metadata of numbers (units, ranges, ...) is
    the element's, and may be given here. Control, warning and alarm ranges hold for each element.
    """

    element: VType[Any]
    ndim: int | None = 1
    shape: tuple[int | None, ...] | None = None
    _codec: Any = field(init=False)  # a NumberCodec or a TextCodec

    _SHOWN_FIRST = ("element",)

    @overload
    def __init__(
        self: VArray[npt.NDArray[G]],
        element: type[G] | np.dtype[G],
        ndim: int | None = 1,
        *,
        shape: Sequence[int | None] | None = None,
        **metadata: Unpack[ArrayMetadata],
    ) -> None: ...

    @overload
    def __init__(
        self: VArray[tuple[str, ...]],
        element: type[str] | VString,
        ndim: int | None = 1,
        *,
        shape: Sequence[int | None] | None = None,
        **metadata: Unpack[ArrayMetadata],
    ) -> None: ...

    @overload
    def __init__(
        self: VArray[tuple[E, ...]],
        element: type[E],
        ndim: int | None = 1,
        *,
        shape: Sequence[int | None] | None = None,
        **metadata: Unpack[ArrayMetadata],
    ) -> None: ...

    @overload
    def __init__(
        self: VArray[npt.NDArray[Any]],
        element: str | type[float] | VNumber[Any] | VBool = "float64",
        ndim: int | None = 1,
        *,
        shape: Sequence[int | None] | None = None,
        **metadata: Unpack[ArrayMetadata],
    ) -> None: ...

    @overload
    def __init__(
        self: VArray[tuple[S, ...]],
        element: VType[S],
        ndim: int | None = 1,
        *,
        shape: Sequence[int | None] | None = None,
        **metadata: Unpack[ArrayMetadata],
    ) -> None: ...

    def __init__(
        self,
        element: Any = "float64",
        ndim: int | None = 1,
        *,
        shape: Sequence[int | None] | None = None,
        **metadata: Unpack[ArrayMetadata],
    ) -> None:
        own = {name: value for name, value in metadata.items() if name not in NUMERIC}
        numeric = {name: value for name, value in metadata.items() if name in NUMERIC}
        super().__init__(**own)  # type: ignore[arg-type]  # checked there
        element = element_type(element)
        if numeric:
            if not isinstance(element, VNumber):
                raise TypeError(f"VArray({', '.join(numeric)}): expected with numbers only, got {element!r}")
            element = element.replace(**numeric)
        self._set("element", element)
        self._set("shape", _checked_shape(shape))
        self._set("ndim", _checked_ndim(ndim) if self.shape is None else len(self.shape))
        if isinstance(element, (VNumber, VBool)):
            self._set("_codec", NumberCodec(element, self.ndim, self.shape))
        elif self.ndim == 1:
            self._set("_codec", TextCodec(element, self.shape))
        else:
            raise ValueError(f"VArray(ndim): expected 1 for elements {element.name}, got {self.ndim}")

    def _arguments(self) -> dict[str, Any]:
        arguments = super()._arguments()
        if self.shape is not None:
            del arguments["ndim"]
        return arguments

    def replace(self, **changes: Any) -> Self:
        """A copy with other metadata; units, precision and ranges are its element's."""
        arguments = self._arguments()
        if "ndim" in changes:
            arguments.pop("shape")
        make: Any = type(self)  # whose overloads say nothing about Self
        return cast("Self", make(**{**arguments, **changes}))

    # what it is

    @property
    def python_type(self) -> type:
        return np.ndarray if self.numpy_dtype is not None else tuple

    @property
    def numpy_dtype(self) -> np.dtype[Any] | None:
        """The dtype of its arrays; None for text and labels."""
        return cast("np.dtype[Any] | None", self._codec.dtype)

    @property
    def dtype(self) -> str | None:
        return self.element.dtype

    @property
    def units(self) -> str:
        return cast("str", getattr(self.element, "units", ""))

    @property
    def precision(self) -> int | None:
        return cast("int | None", getattr(self.element, "precision", None))

    @property
    def display(self) -> Pair | None:
        return cast("Pair | None", getattr(self.element, "display", None))

    @property
    def control(self) -> Pair | None:
        return cast("Pair | None", getattr(self.element, "control", None))

    @property
    def warning(self) -> Pair | None:
        return cast("Pair | None", getattr(self.element, "warning", None))

    @property
    def alarm(self) -> Pair | None:
        return cast("Pair | None", getattr(self.element, "alarm", None))

    # what it does with values

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> T:
        return cast("T", self._codec.validate(value, where, owned))

    def validate_setpoint(self, value: object, where: str = "value", *, owned: bool = False) -> T:
        checked = self._codec.validate(value, where, owned)
        self._codec.check_control(checked, where)
        return cast("T", checked)

    def alarm_for(self, value: T) -> Alarm:
        if isinstance(self.element, VNumber):
            return self.element._rule.of_array(cast("npt.NDArray[Any]", value))
        return NO_ALARM

    def zero(self) -> T:
        return cast("T", self._codec.zero())

    def to_json(self, value: T) -> Any:
        return self._codec.to_json(value)

    def from_json(self, data: object, where: str = "value", numeric_strings: bool = False) -> T:
        return cast("T", self._codec.from_json(data, where, numeric_strings))

    def to_binary(self, value: T) -> Any:
        return self._codec.to_binary(value)

    def from_binary(self, data: object, where: str = "value") -> T:
        return cast("T", self._codec.from_binary(data, where))


def _checked_ndim(ndim: object) -> int | None:
    if ndim is None or (type(ndim) is int and 1 <= ndim <= MOST_DIMENSIONS):
        return ndim
    raise ValueError(f"VArray(ndim): expected 1 to {MOST_DIMENSIONS} or None for any, got {shown(ndim)}")


def _checked_shape(shape: object) -> tuple[int | None, ...] | None:
    if shape is None:
        return None
    if not isinstance(shape, (tuple, list)) or not 1 <= len(shape) <= MOST_DIMENSIONS:
        raise ValueError(f"VArray(shape): expected 1 to {MOST_DIMENSIONS} lengths, got {shown(shape)}")
    for length in shape:
        if length is not None and (type(length) is not int or length < 0):
            raise ValueError(f"VArray(shape): expected lengths of 0 or more, None for any, got {shown(shape)}")
    return tuple(shape)
