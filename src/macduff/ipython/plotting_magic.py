"""`plot`: a quick look at attributes, with their history, live where there is a window."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from macduff.client import RemoteDevice
from macduff.values.text import clean

from .magics import add
from .monitors import path_parts
from .plotting import Series
from .plotting_plots import Plot, has_matplotlib, new_plot, window_kind
from .plotting_texts import series_text

if TYPE_CHECKING:
    from .session import Session, Undo

__all__ = ["install"]

PERIOD = 3600.0
"""Seconds that are shown when it is not said how many."""
INSTALL = "for a picture: pip install 'macduff[plot]'"
NO_WINDOW = "there is no screen for a window; --save FILE.png draws into a file"
HELP = """A quick look at attributes: numbers over time with their history, arrays as lines, 2-D arrays as pictures.

plot X.position                      the last hour, and from then on live, in a window or in the notebook
plot X.position Y.position DET.image several; those of the same units share a panel
plot X.position --seconds 60         the last minute; --seconds all: as far back as the server has it
plot X.position --save position.png  into a file (png, pdf, svg, ...), with no window

p = %plot X.position gives the plot: p.save("position.pdf"), p.figure, p.update(), p.close().
Needs matplotlib (pip install 'macduff[plot]'); without it, and where no window can be, there is a line of text.
"""


def install(session: Session) -> Undo:
    """The command; the plots that are open end with it."""
    plots: list[Plot] = []

    def plot(line: str) -> Plot | None:
        paths, seconds, file = parsed(line)
        series = [_series(session, path, seconds) for path in paths]
        plots[:] = [each for each in plots if not each.closed]
        for each in series:
            if each.no_history:
                print(f"nothing from before: {clean(each.no_history)}")
        found = _shown(session, series, file)
        if found is not None and not found.closed:
            plots.append(found)
        return found

    plot.__doc__ = HELP
    taken = add(session, plot=plot)

    def undo() -> None:
        taken()
        for each in plots:
            each.close()

    return undo


def parsed(line: str) -> tuple[list[str], float | None, str]:
    """Paths, seconds (None: all there is), file; also from `plot("X.position", "Y.position")`."""
    try:
        words = shlex.split(line.strip().removeprefix("(").removesuffix(")").replace(",", " "))
    except ValueError as error:
        raise UsageError(f"plot: {error}") from None
    paths: list[str] = []
    seconds: float | None = PERIOD
    file = ""
    rest = iter(words)
    for word in rest:
        if word in ("--seconds", "-s"):
            seconds = _seconds(next(rest, ""))
        elif word in ("--save", "-o"):
            file = next(rest, "")
            if not file:
                raise UsageError("plot --save: expected the name of a file, such as position.png")
        elif word.startswith("-"):
            raise UsageError(f"plot: expected --seconds or --save, got {word!r}; `plot?` says more")
        else:
            paths.append(word)
    if not paths:
        raise UsageError("plot: expected DEVICE.ATTRIBUTE, such as `plot X.position`; `plot?` says more")
    return paths, seconds, file


def _seconds(text: str) -> float | None:
    if text == "all":
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"plot --seconds: expected a number above 0, or all, got {text!r}")
    return seconds


def _series(session: Session, path: str, seconds: float | None) -> Series:
    device, member = path_parts(path)
    if not member:
        raise UsageError(f"plot: expected an attribute of {device}, such as {device}.state, got the whole device")
    thing = session.shell.user_ns.get(device)
    client = session.client
    if not isinstance(thing, RemoteDevice) or device in client:
        thing = client[device]
    return Series(thing.attributes[member], seconds)


def _shown(session: Session, series: list[Series], file: str) -> Plot | None:
    """The plot where it can be drawn; else its line of text, printed, and what to do."""
    if not has_matplotlib():
        print(_text(series), INSTALL, sep="\n")
        return None
    if file:
        return _saved(new_plot(session.shell, series, None), file)
    if getattr(session.shell, "kernel", None) is not None:
        return new_plot(session.shell, series, None)
    toolkit = window_kind()
    if toolkit is None:
        print(_text(series), NO_WINDOW, sep="\n")
        return None
    return new_plot(session.shell, series, toolkit)


def _saved(plot: Plot, file: str) -> Plot:
    try:
        plot.save(file)
    except (OSError, ValueError) as error:
        raise UsageError(f"plot --save {file}: {error}") from None
    finally:
        plot.close()
    print(f"{', '.join(plot.paths)} drawn into {file}")
    return plot


def _text(series: list[Series]) -> str:
    return "\n".join(series_text(each, time.time()) for each in series)
