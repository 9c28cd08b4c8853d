"""Plots with matplotlib: numbers over time, arrays over their index, pictures; one panel for each unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from macduff.values.text import clean

from .plotting import Numbers, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Drawing", "panels"]

DAY = 86_400.0
FARTHEST = 1e300


def panels(series: Sequence[Series]) -> list[list[Series]]:
    """What shares a panel: numbers over time of the same units and labels; of all else each has its own."""
    found: list[list[Series]] = []
    for each in series:
        same = (panel for panel in found if _alike(panel[0], each))
        panel = next(same, None)
        if panel is None:
            found.append([each])
        else:
            panel.append(each)
    return found


def _alike(a: Series, b: Series) -> bool:
    return a.kind == b.kind == "strip" and (a.units, a.labels) == (b.units, b.labels)


class Drawing:
    """The panels of one figure; `update` draws what is newest. Everything here is for one thread."""

    def __init__(self, figure: Figure, series: Sequence[Series]) -> None:
        self.figure = figure
        found = panels(series)
        axes = figure.subplots(len(found), 1, squeeze=False)[:, 0]
        self._drawn = [_made(ax, panel) for ax, panel in zip(axes, found, strict=True)]
        figure.set_layout_engine("constrained")

    def update(self, now: float) -> None:
        """Draw what there is, up to now (seconds since 1970)."""
        for drawn in self._drawn:
            drawn.update(now)


def _made(ax: Axes, panel: list[Series]) -> Strips | Line | Picture:
    if panel[0].kind == "strip":
        return Strips(ax, panel)
    return Line(ax, panel[0]) if panel[0].kind == "line" else Picture(ax, panel[0])


class Strips:
    """Numbers over time, in the time of who looks at them."""

    def __init__(self, ax: Axes, panel: list[Series]) -> None:
        import matplotlib.dates

        dates: Any = matplotlib.dates  # it has no types
        self._ax = ax
        self._series = panel
        self._lines = [ax.plot([], [], drawstyle="steps-post", label=plain(series.path))[0] for series in panel]
        zone = datetime.now().astimezone().tzinfo
        locator = dates.AutoDateLocator(tz=zone)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))
        ax.grid(alpha=0.3)
        ax.margins(x=0)
        ax.set_ylabel(plain(panel[0].units))
        labels = panel[0].labels
        if labels:
            ax.set_yticks(range(len(labels)), [plain(label) for label in labels])
        if len(panel) == 1:
            ax.set_title(plain(panel[0].path))
        else:
            ax.legend(loc="upper left")

    def update(self, now: float) -> None:
        for series, line in zip(self._series, self._lines, strict=True):
            found = series.times(now)
            line.set_data(found.times / DAY, finite(found.values))
        self._ax.relim()
        self._ax.autoscale_view()


class Line:
    """An array over its index."""

    def __init__(self, ax: Axes, series: Series) -> None:
        self._ax = ax
        self._series = series
        (self._line,) = ax.plot([], [])
        ax.grid(alpha=0.3)
        ax.margins(x=0)
        ax.set_title(plain(series.path))
        ax.set_ylabel(plain(series.units))

    def update(self, now: float) -> None:
        array = finite(self._series.array.astype(np.float64))
        self._line.set_data(np.arange(len(array)), array)
        self._ax.relim()
        self._ax.autoscale_view()


class Picture:
    """A two-dimensional array, rows from the top, with what its colours stand for."""

    def __init__(self, ax: Axes, series: Series) -> None:
        self._ax = ax
        self._series = series
        self._image: Any = None
        ax.set_title(plain(series.path))

    def update(self, now: float) -> None:
        array = self._series.array
        if array.ndim != 2 or not array.size:
            return
        if self._image is None:
            self._image = self._ax.imshow(array, interpolation="nearest")
            bar = self._ax.figure.colorbar(self._image, ax=self._ax)
            bar.set_label(plain(self._series.units))
            return
        rows, columns = array.shape
        self._image.set_data(array)
        self._image.set_extent((-0.5, columns - 0.5, rows - 0.5, -0.5))
        self._image.autoscale()


def finite(values: Numbers) -> Numbers:
    """Infinities are gaps too, and what is as good as infinite: no axis reaches them."""
    return np.where(np.abs(values) < FARTHEST, values, np.nan)


def plain(text: str) -> str:
    """Text in which matplotlib sees no mathematics."""
    return clean(text).replace("$", r"\$")
