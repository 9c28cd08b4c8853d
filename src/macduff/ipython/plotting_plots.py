"""A plot that is open: its figure, what it follows, and where it is seen."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from .plotting import Series
from .plotting_figures import Drawing

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib.figure import Figure

__all__ = ["Plot", "has_matplotlib", "new_plot", "open_windows", "window_kind"]

_log = logging.getLogger("macduff.ipython")

FRAME = 200
"""Milliseconds between two looks at what is new, in a window."""
REST = 3.0
"""How long, in units of what a drawing took, there is none: a window that always draws leaves time for nothing else."""
WIDTH, PANEL = 8.0, 3.0
"""Inches: of a figure, and the height of each of its panels."""


_windows: WeakSet[Plot] = WeakSet()


def open_windows() -> list[Plot]:
    """The plots that are seen in windows now."""
    return [plot for plot in _windows if not plot.closed]


def has_matplotlib() -> bool:
    """Whether it is installed; it is imported only where something is drawn."""
    return find_spec("matplotlib") is not None


def window_kind() -> str | None:
    """The toolkit that matplotlib would open windows with, "qt"; None where it cannot."""
    import matplotlib
    from matplotlib import pyplot
    from matplotlib.backends import registry

    pyplot.get_backend()  # chooses one, where nobody did
    known: Any = registry.backend_registry  # it has no types
    toolkit: str | None = known.resolve_backend(matplotlib.get_backend())[1]
    return toolkit


class Plot:
    """What `plot` gives: `figure` is matplotlib's, to go on with."""

    def __init__(self, figure: Figure, series: Sequence[Series]) -> None:
        self.figure = figure
        self.closed = False
        self._series = list(series)
        self._drawing = Drawing(figure, self._series)
        self._timer: Any = None
        self._next = 0.0
        self.update()
        for each in self._series:
            each.follow()

    @property
    def paths(self) -> list[str]:
        """What it shows."""
        return [series.path for series in self._series]

    def update(self) -> None:
        """Draw what is newest; a window does so by itself."""
        self._drawing.update(time.time())

    def save(self, file: str) -> None:
        """Draw what is newest into a file, of the kind that its name says; ValueError for a kind that there is not."""
        self.update()
        self.figure.savefig(file)

    def close(self) -> None:
        """Follow nothing any more, and close the window. Again does nothing."""
        if self.closed:
            return
        self.closed = True
        for each in self._series:
            each.close()
        if self._timer is not None:
            from matplotlib import pyplot

            self._timer.stop()
            pyplot.close(self.figure)

    def live(self) -> None:
        """Draw what is new as long as the window is open."""
        canvas = self.figure.canvas
        canvas.mpl_connect("close_event", lambda event: self.close())
        self._timer = canvas.new_timer(interval=FRAME)
        self._timer.add_callback(self._tick)
        self._timer.start()
        _windows.add(self)

    def flush(self) -> None:
        """Let the window do what it wants to do by now; not for plots that are in none."""
        try:
            if not self.closed:
                self.figure.canvas.flush_events()
        except Exception:  # of the toolkit; whoever waits for a call goes on
            _log.exception("the window of %s is left alone", ", ".join(self.paths))
            self.close()

    def _tick(self) -> None:
        began = time.monotonic()
        if began < self._next:
            return
        try:
            self.update()
            self.figure.canvas.draw()
            self._next = time.monotonic() + REST * (time.monotonic() - began)
        except Exception:  # a timer that raises says so five times a second
            _log.exception("the plot of %s is not drawn any more", ", ".join(self.paths))
            self.close()

    def _repr_png_(self) -> bytes:
        """What a notebook shows: as it is then."""
        file = BytesIO()
        self.update()
        self.figure.savefig(file, format="png")
        return file.getvalue()

    def __repr__(self) -> str:
        return f"<plot of {', '.join(self.paths)}{', closed' if self.closed else ''}>"


def new_plot(shell: InteractiveShell, series: Sequence[Series], toolkit: str | None) -> Plot:
    """A plot in a window of that toolkit, which the shell then serves while it waits at the prompt; or in none."""
    size = (WIDTH, PANEL * max(1, len(series)))
    if toolkit is None:
        from matplotlib.figure import Figure

        return Plot(Figure(figsize=size), series)
    from matplotlib import pyplot

    serving: Any = shell  # its own has no types
    serving.enable_gui(toolkit)
    figure = pyplot.figure(figsize=size)
    plot = Plot(figure, series)
    plot.live()
    figure.show()
    return plot
