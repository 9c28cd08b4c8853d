"""VType: what every type of a value has and can do."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from .alarm import NO_ALARM, Alarm
from .equality import values_equal
from .refusal import shown

__all__ = ["VType", "checked_text"]

T = TypeVar("T")
_COMMON = ("description", "label", "tags")


@dataclass(frozen=True, eq=False, repr=False)
class VType(ABC, Generic[T]):
    """The type of a value, with its metadata; T is the Python type of the values. Immutable, equal by content.

    description: one sentence. label: a short name for screens. tags: hints for screens.
    """

    description: str = field(default="", kw_only=True)
    label: str = field(default="", kw_only=True)
    tags: tuple[str, ...] = field(default=(), kw_only=True)

    _SHOWN_FIRST: ClassVar[tuple[str, ...]] = ()  # constructor's arguments that its repr shows always, without a name

    def __post_init__(self) -> None:
        for name in ("description", "label"):
            self._set(name, checked_text(f"{self.name}({name})", getattr(self, name)))
        self._set("tags", _checked_tags(f"{self.name}(tags)", self.tags))

    def _set(self, name: str, value: object) -> None:
        """Set a field while the object is being made; afterwards it is frozen."""
        object.__setattr__(self, name, value)

    # what it is

    @property
    def name(self) -> str:
        """The name of the class, "VDouble"."""
        return type(self).__name__

    @property
    @abstractmethod
    def python_type(self) -> type:
        """The class of validated values: float, str, numpy.ndarray, an Enum class, ..."""

    @property
    def dtype(self) -> str | None:
        """The wire's name of the number, "float64", for numbers and arrays of numbers; None for all else."""
        return None

    @property
    def exact(self) -> type | None:
        """The class whose instances `validate` returns as they are and which never raise an alarm; None: no such."""
        return None

    def replace(self, **changes: Any) -> Self:
        """A copy with other metadata, checked as in the constructor."""
        return dataclasses.replace(self, **changes)

    # what it does with values

    @abstractmethod
    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> T:
        """The value as T, nothing lost, or BadValue: "where: expected X, got Y".

        owned: an array that nobody will change is taken without a copy. Arrays come back read-only.
        """

    def validate_setpoint(self, value: object, where: str = "value", *, owned: bool = False) -> T:
        """`validate`, and BadValue too for what is outside the control limits."""
        return self.validate(value, where, owned=owned)

    def alarm_for(self, value: T) -> Alarm:
        """The alarm that the warning and alarm ranges raise for a validated value."""
        return NO_ALARM

    @abstractmethod
    def zero(self) -> T:
        """The value before there is one: 0, "", the first label, an empty array."""

    def equal(self, a: object, b: object) -> bool:
        """Whether two values are the same; NaN equals NaN, arrays by content; never raises."""
        return values_equal(a, b)

    # what it looks like elsewhere

    def to_json(self, value: T) -> Any:
        """A validated value as what a JSON library writes: NaN and infinities are "NaN", "Infinity", "-Infinity"."""
        return value

    def from_json(self, data: object, where: str = "value", numeric_strings: bool = False) -> T:
        """The value from what a JSON library read, or BadValue.

        numeric_strings: for numbers, also a string that is exactly a JSON number.
        """
        return self.validate(data, where)

    def to_binary(self, value: T) -> Any:
        """A validated value for msgpack: as JSON, but NaN is a number, and arrays are dtype, shape and raw bytes."""
        return self.to_json(value)

    def from_binary(self, data: object, where: str = "value") -> T:
        """The value from what a msgpack library read, or BadValue."""
        return self.validate(data, where)

    # equality, and what people see

    def _arguments(self) -> dict[str, Any]:
        """The constructor's arguments that make an equal object."""
        return {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.init}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return self._key() == cast("VType[Any]", other)._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        """All content, hashable; the order of columns and fields counts."""
        values = self._arguments().values()
        return (self.name, *(tuple(value.items()) if isinstance(value, Mapping) else value for value in values))

    def __repr__(self) -> str:
        """The call that makes it, with what differs from the defaults."""
        defaults = {item.name: item.default for item in dataclasses.fields(self)}
        own: list[str] = []
        common: list[str] = []
        for name, value in self._arguments().items():
            if name in self._SHOWN_FIRST:
                own.append(repr(dict(value) if isinstance(value, Mapping) else value))
            elif value != defaults[name]:
                (common if name in _COMMON else own).append(f"{name}={value!r}")
        return f"{self.name}({', '.join(own + common)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def checked_text(where: str, text: object) -> str:
    """A plain str that can be sent, or TypeError / ValueError."""
    if not isinstance(text, str):
        raise TypeError(f"{where}: expected a str, got {shown(text)}")
    plain = str.__str__(text)
    try:
        plain.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{where}: expected text without lone surrogates, got {shown(text)}") from None
    return plain


def _checked_tags(where: str, tags: object) -> tuple[str, ...]:
    if isinstance(tags, (str, bytes)) or not isinstance(tags, Iterable):
        raise TypeError(f"{where}: expected several strings such as ('widget:combo',), got {shown(tags)}")
    return tuple(checked_text(where, tag) for tag in tags)
