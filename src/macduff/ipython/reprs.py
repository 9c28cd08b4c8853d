"""Devices, attributes and methods in a terminal: aligned, coloured where something is wrong, never wider than it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from macduff.values import Severity
from macduff.values.text import ICONS

from .reprs_rows import DeviceShown, Fact, Row

__all__ = ["attribute_text", "coloured", "device_text", "method_text", "printed", "styled"]

STYLES = {Severity.NONE: "", Severity.MINOR: "yellow", Severity.MAJOR: "bold red", Severity.INVALID: "magenta"}
NARROWEST = 40
NUMBERS = 14
"""Numbers stand one below the other by their last digits in so many columns, all else by its beginning."""


def coloured() -> bool:
    """Whether what is printed may have colours: a terminal that has them, and NO_COLOR is not set."""
    console = Console(file=sys.stdout, force_jupyter=False)
    return console.color_system is not None and not console.no_color


def printed(what: RenderableType, colour: bool | None = None, width: int | None = None) -> str:
    """Something of rich as text, without the line's end."""
    colour = coloured() if colour is None else colour
    width = shutil.get_terminal_size().columns if width is None else width
    console = Console(
        file=StringIO(),
        width=max(NARROWEST, width),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        force_jupyter=False,  # else it is shown there, and the text is empty
        legacy_windows=False,
        highlight=False,
    )
    with console.capture() as capture:
        console.print(what)
    return "\n".join(line.rstrip() for line in capture.get().replace("\N{NO-BREAK SPACE}", " ").splitlines())


def styled(text: str, severity: Severity) -> Text:
    """Text that shows how bad it is by an icon and a colour."""
    icon = ICONS[severity]
    return Text(f"{icon} {text}" if icon else text, style=STYLES[severity])


def device_text(device: DeviceShown) -> RenderableType:
    """The device's name, state and health; then its attributes in columns; then its methods."""
    parts: list[RenderableType] = [_head(device)]
    if device.description:
        parts.append(Text(device.description, style="dim"))
    if device.reason:
        parts.append(styled(device.reason, Severity.INVALID))
    if device.rows:
        parts.append(Padding(_attributes(device.rows), (0, 0, 0, 2)))
    if device.methods:
        methods = Text.assemble(("methods: ", "bold"), Text(", ").join(map(_unbroken, device.methods)))
        parts.append(methods)
    return Group(*parts)


def _unbroken(text: str) -> Text:
    """A signature that is kept on one line where that is long enough."""
    return Text(text.replace(" ", "\N{NO-BREAK SPACE}"))


def _head(device: DeviceShown) -> Text:
    head = Text(device.name, style="bold")
    for text, severity in ((device.state, Severity.NONE), (device.health, device.severity)):
        if text:
            head.append("  ").append_text(Text.assemble(styled(text, severity), style="not bold"))
    if device.status and device.status != device.state:
        head.append("  ").append_text(Text(device.status, style="not bold"))
    return head


def _attributes(rows: Sequence[Row]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    alarms, about = any(row.alarm for row in rows), any(row.description for row in rows)
    for style in ("", "", "", "dim"):
        table.add_column(no_wrap=True, overflow="ellipsis", style=style)
    if alarms:
        table.add_column(overflow="fold", min_width=10)
    if about:
        table.add_column(style="dim")
    widest = min(NUMBERS, max((len(row.value) for row in rows if row.number), default=0))
    for row in rows:
        value = Text(row.value.rjust(widest) if row.number else row.value, style=STYLES[row.severity])
        cells = [Text(row.name), value, Text(row.units), Text(row.access)]
        if alarms:
            cells.append(styled(row.alarm, row.severity))
        if about:  # this column gives way first, and is cut
            cells.append(Text(row.description, no_wrap=True, overflow="ellipsis"))
        table.add_row(*cells)
    return table


def attribute_text(path: str, value: str, severity: Severity, facts: Sequence[Fact]) -> RenderableType:
    """An attribute: its value first, then a line for each fact."""
    head = Text.assemble((path, "bold"), "  ", (value, STYLES[severity]))
    return Group(head, *_facts(facts))


def method_text(signature: str, facts: Sequence[Fact]) -> RenderableType:
    """A method: how it is called, then its docstring."""
    return Group(Text(signature, style="bold"), *_facts(facts))


def _facts(facts: Sequence[Fact]) -> list[RenderableType]:
    width = max((len(fact.name) for fact in facts), default=0)
    found: list[RenderableType] = []
    for fact in facts:
        label = Text(f"{fact.name.ljust(width)}  " if fact.name else "", style="dim")
        found.append(Padding(label + styled(fact.text, fact.severity), (0, 0, 0, 2)))
    return found
