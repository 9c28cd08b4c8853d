"""What is told of a PV or a Tango attribute besides its values, and a VType that has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..values import VArray, VEnum, VNumber, VType

__all__ = ["Facts", "Pair", "improved", "printable", "unique_labels"]

Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Facts:
    """What a PV tells of itself; empty or None where it tells nothing."""

    units: str = ""
    precision: int | None = None
    display: Pair | None = None
    control: Pair | None = None
    warning: Pair | None = None
    alarm: Pair | None = None
    labels: tuple[str, ...] = ()


def improved(declared: VType[Any], shown: Facts, put: Facts) -> VType[Any]:
    """The declared type with what the PVs know better.

    shown: of the PV that gives the value. put: of the PV that takes the set point; control limits are its.
    """
    if isinstance(declared, VEnum):
        if shown.labels and not isinstance(declared.choices, type) and declared.labels != shown.labels:
            return declared.replace(choices=shown.labels)
        return declared
    element = declared.element if isinstance(declared, VArray) else declared
    if not isinstance(element, VNumber):
        return declared
    known: dict[str, Any] = {
        "units": shown.units,
        "precision": shown.precision,
        "display": shown.display,
        "control": put.control,
        "warning": shown.warning,
        "alarm": shown.alarm,
    }
    changes = {name: value for name, value in known.items() if value is not None and value != ""}
    return declared.replace(**changes) if changes else declared


def unique_labels(enums: list[str]) -> tuple[str, ...]:
    """The states' names; one that is empty or there already is told apart by its number."""
    labels: list[str] = []
    for number, text in enumerate(enums):
        text = printable(text)
        if not text:
            text = str(number)
        labels.append(f"{text} ({number})" if text in labels else text)
    return tuple(labels)


def printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
