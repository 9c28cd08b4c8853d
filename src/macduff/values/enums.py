"""VEnum: one of several labels, as text or as the member of an Enum class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, Flag
from typing import Any, TypeVar, cast, overload

from .base import VType, checked_text
from .refusal import refuse, shown

__all__ = ["VEnum"]

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
_MOST_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False, init=False)
class VEnum(VType[T]):
    """One of several labels: `VEnum(["off", "on"])` has values of str, `VEnum(Mode)` members of the Enum class Mode.

    The labels of an Enum class are its values if all of them are str, else its names; a member or its label is
    taken. Indices are refused. `VEnum()` has no labels yet (they come from a PV) and then "" is its only value.
    """

    choices: type[Enum] | tuple[str, ...] = ()
    _values: dict[str, T] = field(init=False)  # by label
    _labels: dict[str, str] = field(init=False)  # by the name of the member; a member need not be hashable

    _SHOWN_FIRST = ("choices",)

    @overload
    def __init__(
        self: VEnum[E], choices: type[E], *, description: str = "", label: str = "", tags: tuple[str, ...] = ()
    ) -> None: ...

    @overload
    def __init__(
        self: VEnum[str],
        choices: Iterable[str] = (),
        *,
        description: str = "",
        label: str = "",
        tags: tuple[str, ...] = (),
    ) -> None: ...

    def __init__(
        self, choices: Any = (), *, description: str = "", label: str = "", tags: tuple[str, ...] = ()
    ) -> None:
        super().__init__(description=description, label=label, tags=tags)
        if isinstance(choices, type):
            members = _members(choices)
            by_value = all(isinstance(member.value, str) for member in members)
            labels = _checked_labels(member.value if by_value else member.name for member in members)
            self._set("choices", choices)
            self._set("_values", dict(zip(labels, members, strict=True)))
            self._set("_labels", dict(zip((member.name for member in members), labels, strict=True)))
        else:
            labels = _checked_labels(choices)
            self._set("choices", labels)
            self._set("_values", {text: text for text in labels})
            self._set("_labels", {})

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in order."""
        return tuple(self._values)

    @property
    def python_type(self) -> type:
        return self.choices if isinstance(self.choices, type) else str

    @property
    def exact(self) -> type | None:
        return self.choices if isinstance(self.choices, type) else None

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> T:
        if value.__class__ is self.choices:
            return cast("T", value)
        if isinstance(value, str):
            plain = str.__str__(value)
            if plain in self._values:
                return self._values[plain]
            if not self._values and plain == "":
                return cast("T", plain)
        raise refuse(where, self._expected(), value)

    def _expected(self) -> str:
        if not self._values:
            return "'' (there are no labels yet)"
        names = [shown(text) for text in self.labels]
        more = f", ... ({len(names)} labels)" if len(names) > _MOST_SHOWN else ""
        return f"one of {', '.join(names[:_MOST_SHOWN])}{more}"

    def zero(self) -> T:
        return next(iter(self._values.values()), cast("T", ""))

    def to_json(self, value: T) -> Any:
        return self._labels[value.name] if isinstance(value, Enum) else value


def _members(choices: type) -> list[Enum]:
    if not issubclass(choices, Enum) or issubclass(choices, Flag):
        raise TypeError(f"VEnum: expected labels such as ['off', 'on'] or an Enum class, got {shown(choices)}")
    members = list(choices)
    if not members:
        raise ValueError(f"VEnum: expected an Enum class with members, got {shown(choices)}")
    return members


def _checked_labels(choices: object) -> tuple[str, ...]:
    if isinstance(choices, (str, bytes)) or not isinstance(choices, Iterable):
        raise TypeError(f"VEnum: expected labels such as ['off', 'on'] or an Enum class, got {shown(choices)}")
    labels = tuple(checked_text("VEnum", text) for text in choices)
    double = next((text for text in labels if labels.count(text) > 1), None) if len(set(labels)) < len(labels) else None
    if double is not None:
        raise ValueError(f"VEnum: expected labels that differ, got {shown(double)} more than once")
    return labels
