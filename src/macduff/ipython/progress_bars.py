"""What shows the progress of a call: a bar in a terminal, a bar in a notebook, nothing where nobody would see it."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from .progress import Progress

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Bar", "NotebookBar", "TerminalBar", "bar_for"]


class Bar(Protocol):
    """Shown from the first `show` to `close`; each from one thread at a time."""

    def show(self, progress: Progress, now: float) -> None:
        """How it is now."""
        ...

    def close(self, progress: Progress, now: float) -> None:
        """How it was in the end; of a run that stays to be read, of the rest nothing does."""
        ...


def bar_for(shell: InteractiveShell, what: str) -> Bar | None:
    """The bar for where this shell's output goes."""
    if getattr(shell, "kernel", None) is not None:
        return NotebookBar(what)
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, force_jupyter=False)
    return TerminalBar(what, console) if console.is_terminal and not console.is_dumb_terminal else None


class TerminalBar:
    """One line at the foot of the terminal; what is printed meanwhile goes above it."""

    def __init__(self, what: str, console: Any) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        plain = {"markup": False}
        self._bar = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", **plain),  # type: ignore[arg-type]  # a flag, as it is declared
            BarColumn(bar_width=24),
            TextColumn("{task.fields[text]}", **plain),  # type: ignore[arg-type]  # the same
            TextColumn("{task.fields[times]}", style="dim", **plain),  # type: ignore[arg-type]  # the same
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task(what, total=None, text="", times="")
        self._stays = False

    def show(self, progress: Progress, now: float) -> None:
        fraction = progress.fraction
        self._stays = self._stays or (fraction is not None and "step" in progress.seen.text)
        total, done = (None, None) if fraction is None else (1.0, fraction)
        self._bar.update(self._task, total=total, completed=done, text=progress.text(), times=progress.times(now))
        if not self._bar.live.is_started:
            self._bar.start()
        self._bar.refresh()

    def close(self, progress: Progress, now: float) -> None:
        if not self._bar.live.is_started:
            return
        self.show(progress, now)
        self._bar.live.transient = not self._stays
        self._bar.stop()


class NotebookBar:
    """A bar below the cell, changed in place."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._handle: Any = None

    def show(self, progress: Progress, now: float) -> None:
        import IPython.display

        tools: Any = IPython.display  # it has no types
        html = tools.HTML(self._html(progress, now))
        if self._handle is None:
            self._handle = tools.display(html, display_id=True)
        else:
            self._handle.update(html)

    def _html(self, progress: Progress, now: float) -> str:
        fraction = progress.fraction
        value = "" if fraction is None else f' value="{fraction:.4f}" max="1"'
        bar = f'<progress{value} style="width:16em;vertical-align:middle" aria-label="progress"></progress>'
        words = " &nbsp; ".join(escape(part) for part in (progress.text(), progress.times(now)) if part)
        return f"<div>{escape(self._what)} {bar} {words}</div>"

    def close(self, progress: Progress, now: float) -> None:
        if self._handle is not None:
            self.show(progress, now)
