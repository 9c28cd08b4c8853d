"""The metadata of a PV of Channel Access."""

from __future__ import annotations

import math
from typing import Any

from ..facts import Facts, Pair, printable, unique_labels

__all__ = ["facts_of"]


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
        units=printable(ctrl.units),
        precision=int(precision) if floating and precision is not None and 0 < precision <= 30 else None,
        display=_span(ctrl.lower_disp_limit, ctrl.upper_disp_limit),
        control=_span(ctrl.lower_ctrl_limit, ctrl.upper_ctrl_limit),
        warning=_ends(ctrl.lower_warning_limit, ctrl.upper_warning_limit),
        alarm=_ends(ctrl.lower_alarm_limit, ctrl.upper_alarm_limit),
    )


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
