"""A table of attributes as lines of a terminal: name, value, units, alarm, when it changed, how often it does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from ..client import Client
from ..values import Alarm, Severity, VNumber
from .brief import age, brief, clean, rate
from .columns import fitted, gap
from .rows import Row

__all__ = ["Table"]

ICONS = {"minor": ("▲", "!"), "major": ("■", "!!"), "invalid": ("?", "?"), "disconnected": ("✗", "x")}
"""Each with what stands for it where the terminal has no such characters."""
STYLES = {"": "", "minor": "yellow", "major": "bold red", "invalid": "magenta", "disconnected": "magenta"}
AWAY = "disconnected: "
"""What the client's alarm says first while a value cannot be seen."""
HINT = "q or Ctrl-C ends it"
MOVING = "arrows and page keys move it"
ELLIPSIS = ("…", "~")


class Cells(NamedTuple):
    """One attribute as text, and which of `STYLES` it has."""

    name: str
    value: str
    units: str
    alarm: str
    changed: str
    rate: str
    condition: str
    number: bool


class Table:
    """Makes the lines. Columns get wider with what they hold and not narrower, so that nothing jumps to and fro."""

    def __init__(self, client: Client, rows: Sequence[Row], ascii_only: bool = False) -> None:
        self._client = client
        self._rows = rows
        self._ascii = ascii_only
        self._width = 0
        self._wanted: dict[str, int] = {}
        self._top = 0

    def move(self, lines: int) -> None:
        """Show what is so many lines further down, or up."""
        self._top += lines

    def lines(self, width: int, height: int | None = None) -> list[Text]:
        """The table as it is now, each line `width` wide; at most `height` of them, all when that is None."""
        if width != self._width:
            self._width = width
            self._wanted = {name: 0 for name in Cells._fields[:6]}
            self._wanted["name"] = max((cell_len(clean(row.path)) for row in self._rows), default=0)
        shown = self._visible(height)
        cells = [self._cells(row, max(20, width // 3)) for row in shown]
        for name, wanted in self._wanted.items():
            self._wanted[name] = max(wanted, *(cell_len(getattr(each, name)) for each in (HEAD, *cells)))
        columns = fitted(self._wanted, width)
        found = [self._state("" if height is None else HINT), self._line(HEAD, columns)]
        found += [self._line(each, columns) for each in cells]
        if len(shown) < len(self._rows):
            last = self._top + len(shown)
            found.append(self._full(f"{self._top + 1} to {last} of {len(self._rows)}; {MOVING}", "dim"))
        return found[:height]

    def _visible(self, height: int | None) -> Sequence[Row]:
        """Those that there is room for, below the state and the head, and above where it says that there are others."""
        if height is None or len(self._rows) <= height - 2:
            return self._rows
        room = max(1, height - 3)
        self._top = max(0, min(self._top, len(self._rows) - room))
        return self._rows[self._top : self._top + room]

    # one line each

    def _state(self, hint: str) -> Text:
        client = self._client
        if client.connected:
            line = self._full(client.address, "bold")
            if hint and cell_len(client.address) + 2 + len(hint) <= self._width:
                line.right_crop(len(hint))
                line.append(hint, "dim")
            return line
        icon, reason = ICONS["disconnected"][self._ascii], client.reason or client.address
        return self._full(f"{icon} connection lost, trying again: {reason}", "bold reverse red")

    def _full(self, text: str, style: str) -> Text:
        line = Text(self._cut(clean(text), self._width))
        line.stylize(style)
        return line

    def _line(self, cells: Cells, columns: dict[str, int]) -> Text:
        line = Text()
        for name, width in columns.items():
            if line:
                line.append(" " * gap(name))
            text = self._cut(getattr(cells, name), width, of_end=name != "name")
            if (cells.number and name == "value") or name == "rate":
                text = " " * (width - cell_len(text.rstrip())) + text.rstrip()
            line.append(text, "" if cells is HEAD else _style(cells.condition, name))
        line.append(" " * (self._width - line.cell_len))
        if cells is HEAD:
            line.stylize("bold underline")
        return line

    def _cut(self, text: str, width: int, of_end: bool = True) -> str:
        """Exactly so wide."""
        return set_cell_size(self._most(text, width, of_end), width)

    def _most(self, text: str, width: int, of_end: bool = True) -> str:
        """At most so wide; that something is cut off, of its end or of its beginning, shows."""
        if cell_len(text) <= width:
            return text
        if of_end:
            return set_cell_size(text, width - 1) + ELLIPSIS[self._ascii]
        while cell_len(text) >= width:
            text = text[1:]
        return ELLIPSIS[self._ascii] + text

    def _cells(self, row: Row, room: int) -> Cells:
        row.look()
        reading, name = row.reading, clean(row.path)
        if reading is None:
            return Cells(name, "", "", "", "", "", "", False)
        vtype, alarm = row.info.vtype, reading.alarm
        condition = _condition(alarm)
        return Cells(
            name,
            self._most(brief(vtype, reading.value, room), room),
            clean(getattr(vtype, "units", "")),
            self._alarm(alarm, condition),
            age((time.time_ns() - reading.time) / 1e9) if reading.time else "",
            rate(row.rate()),
            condition,
            isinstance(vtype, VNumber),
        )

    def _alarm(self, alarm: Alarm, condition: str) -> str:
        if not condition:
            return ""
        what = alarm.message if condition == "disconnected" else f"{alarm.severity.name} {alarm.message}"
        return clean(f"{ICONS[condition][self._ascii]} {what}".strip())


HEAD = Cells("name", "value", "", "alarm", "changed", "rate", "", False)


def _condition(alarm: Alarm) -> str:
    if alarm.severity is Severity.INVALID and alarm.message.startswith(AWAY):
        return "disconnected"
    return "" if alarm.severity is Severity.NONE else alarm.severity.name.lower()


def _style(condition: str, column: str) -> str:
    """Beside its colour an alarm has its icon and its name; a value that is not known any more is dim."""
    if condition in ("invalid", "disconnected") and column != "alarm":
        return "dim"
    if column in ("value", "alarm"):
        return STYLES[condition]
    return "" if column == "name" else "dim"
