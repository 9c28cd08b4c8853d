"""A plot as one line of text, for where there is nothing to draw with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from macduff.values import Severity
from macduff.values.text import clean, number_text, value_text

from .plotting import Numbers, Series
from .progress import seconds_text
from .reprs_rows import with_units

__all__ = ["series_text", "spark"]

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 40


def series_text(series: Series, now: float) -> str:
    """The path, a line of blocks, the least and the most, and what it is now."""
    vtype, path = series.vtype, clean(series.path)
    value = with_units(value_text(vtype, series.reading.value), series.units)
    if series.reading.alarm.severity is Severity.INVALID:
        value += " (INVALID)"
    if series.kind == "image":
        return f"{path}  {value}"
    if series.kind == "line":
        array = series.array.astype(np.float64)
        return f"{path}  {spark(sampled(array))}  {_span(series, array)}, {len(array)} values"
    found = series.times(now)
    line = spark(over_time(found.times, found.values))
    lasted = seconds_text(found.times[-1] - found.times[0])
    return f"{path}  {line}  {_span(series, found.values)} in {lasted}, now {value}"


def _span(series: Series, values: Numbers) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "never known"
    low, high = float(known.min()), float(known.max())
    labels = series.labels
    if labels:
        return f"{clean(labels[int(low)])} to {clean(labels[int(high)])}"
    shown = f"{number_text(series.vtype, low)} to {number_text(series.vtype, high)}"
    return with_units(shown, series.units)


def over_time(times: Numbers, values: Numbers, width: int = WIDTH) -> Numbers:
    """What it was at so many moments, evenly from the first time to the last."""
    moments = np.linspace(times[0], times[-1], width)
    return values[np.clip(np.searchsorted(times, moments, "right") - 1, 0, len(values) - 1)]


def sampled(values: Numbers, width: int = WIDTH) -> Numbers:
    """At most so many of the values, evenly."""
    if len(values) <= width:
        return values
    return values[np.linspace(0, len(values) - 1, width).round().astype(np.int64)]


def spark(values: npt.NDArray[np.float64]) -> str:
    """Each value as a block between the least and the most; a blank where it is not known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return " " * len(values)
    low = float(known.min())
    span = float(known.max()) - low
    if not 0 < span < np.inf:
        return "".join(BLOCKS[0] if np.isfinite(value) else " " for value in values)
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[round((v - low) / span * top)] if np.isfinite(v) else " " for v in values.tolist())
