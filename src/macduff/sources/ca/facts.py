"""The metadata of a PV, and a VType that has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...values import VArray, VEnum, VNumber, VType

__all__ = ["Facts", "facts_of", "improved"]

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


def facts_of(ctrl: Any, floating: bool) -> Facts:
    """From a value that came with control information. floating: the PV holds floats, so that its precision counts.

    A precision of 0 is what a record has that was never given one: it tells nothing.
    """
    enums = getattr(ctrl, "enums", None)
    if enums is not None:
        return Facts(labels=unique_labels(enums))
    if not hasattr(ctrl, "units"):
        return Facts()
    precision = getattr(ctrl, "precision", None)
    return Facts(
        units=_clean(ctrl.units),
        precision=int(precision) if floating and precision is not None and 0 < precision <= 30 else None,
        display=_span(ctrl.lower_disp_limit, ctrl.upper_disp_limit),
        control=_span(ctrl.lower_ctrl_limit, ctrl.upper_ctrl_limit),
        warning=_ends(ctrl.lower_warning_limit, ctrl.upper_warning_limit),
        alarm=_ends(ctrl.lower_alarm_limit, ctrl.upper_alarm_limit),
    )


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
        text = _clean(text)
        if not text:
            text = str(number)
        labels.append(f"{text} ({number})" if text in labels else text)
    return tuple(labels)


def _clean(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _span(low: float, high: float) -> Pair | None:
    """Limits that come as a pair: both 0, or the wrong way round, means that there are none."""
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        return None
    return float(low), float(high)


def _ends(low: float, high: float) -> Pair | None:
    """Alarm limits: an end without a severity is not a number."""
    bottom = float(low) if math.isfinite(low) else None
    top = float(high) if math.isfinite(high) else None
    if bottom is None and top is None:
        return None
    if bottom is not None and top is not None and bottom >= top:
        return None
    return bottom, top
