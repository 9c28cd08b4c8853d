"""VEnum: one of several labels, as text or as the member of an Enum class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, Flag
from typing import Any, TypeVar, cast, overload

from .base import VType, checked_text
from .refusal import refuse, shown

__all__ = ["VEnum"]

L = TypeVar("L", str, Enum)
E = TypeVar("E", bound=Enum)
T = TypeVar("T")


@dataclass(frozen=True, eq=False, repr=False, init=False)
class VEnum(VType[T]):
    """One of several labels: `VEnum(["off", "on"])` has values of str, `VEnum(Mode)` members of the Enum class Mode.

    The labels of an Enum class are its values if all of them are str, else its names. Indices are refused. Without
    labels (they come later, from a PV) the only value is "".
    """

    choices: type[Enum] | tuple[str, ...]

    @overload
    def __init__(
        self: VEnum[E], choices: type[E], *, description: str = "", label: str = "", tags: Iterable[str] = ()
    ) -> None: ...

    @overload
    def __init__(
        self: VEnum[str],
        choices: Iterable[str] = (),
        *,
        description: str = "",
        label: str = "",
        tags: Iterable[str] = (),
    ) -> None: ...

    def __init__(self, choices: Any = (), *, description: str = "", label: str = "", tags: Iterable[str] = ()) -> None:
        super().__init__(description=description, label=label, tags=cast("tuple[str, ...]", tags))
        by_label = _members(choices) if isinstance(choices, type) else {text: text for text in _labels(choices)}
        self._set("choices", choices if isinstance(choices, type) else tuple(by_label))
        self._set("_by_label", by_label)
        self._set("_label_of", {member: text for text, member in by_label.items()})

    _by_label = cast("dict[str, Any]", None)  # no field: set in __init__
    _label_of = cast("dict[Any, str]", None)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in order."""
        return tuple(self._by_label)

    @property
    def python_type(self) -> type:
        return self.choices if isinstance(self.choices, type) else str

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> T:
        if isinstance(value, Enum) and value.__class__ is self.choices and value in self._label_of:
            return cast("T", value)
        if isinstance(value, str):
            plain = str.__str__(value)
            found = self._by_label.get(plain)
            if found is not None:
                return cast("T", found)
            if not self._by_label and plain == "":
                return cast("T", "")
        raise refuse(where, self._expected(), value)

    def _expected(self) -> str:
        if not self._by_label:
            return "'' (there are no labels yet)"
        names = [shown(text) for text in self.labels]
        return f"one of {', '.join(names[:12])}" + (f" ... ({len(names)} labels)" if len(names) > 12 else "")

    def zero(self) -> T:
        return cast("T", next(iter(self._by_label.values()), ""))

    def to_json(self, value: T) -> Any:
        return self._label_of.get(value, value)


def _labels(choices: Any) -> list[str]:
    if isinstance(choices, (str, bytes)) or not isinstance(choices, Iterable):
        raise TypeError(f"VEnum: expected labels such as ['off', 'on'] or an Enum class, got {shown(choices)}")
    labels = [checked_text("VEnum", text) for text in choices]
    _refuse_doubles(labels)
    return labels


def _members(choices: type) -> dict[str, Enum]:
    if not issubclass(choices, Enum) or issubclass(choices, Flag):
        raise TypeError(f"VEnum: expected labels such as ['off', 'on'] or an Enum class, got {shown(choices)}")
    members = list(choices)
    if not members:
        raise ValueError(f"VEnum: expected an Enum class with members, got {shown(choices)}")
    by_value = all(isinstance(member.value, str) for member in members)
    labels = [checked_text("VEnum", member.value if by_value else member.name) for member in members]
    _refuse_doubles(labels)
    return dict(zip(labels, members, strict=True))


def _refuse_doubles(labels: list[str]) -> None:
    doubles = {text for text in labels if labels.count(text) > 1}
    if doubles:
        raise ValueError(f"VEnum: expected labels that differ, got {shown(sorted(doubles)[0])} more than once")
