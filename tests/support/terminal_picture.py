"""What stands on a terminal's screen as a picture: text in an SVG, which loads nothing from anywhere."""

from __future__ import annotations

import io
import re
from itertools import groupby

import pyte
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI, TerminalTheme
from rich.text import Text

__all__ = ["svg_of"]

_BRIGHT = [(150, 150, 150), *(MONOKAI.ansi_colors[number] for number in range(9, 16))]
THEME = TerminalTheme((12, 12, 12), (217, 217, 217), [MONOKAI.ansi_colors[number] for number in range(8)], _BRIGHT)
"""With a grey that can be read."""
NAMES = {"brown": "yellow", "brightbrown": "bright_yellow"}
"""What pyte calls otherwise than rich."""


def svg_of(screen: pyte.Screen, title: str) -> str:
    """The screen down to its last line that is not blank, in a window with that title."""
    last = max((number for number, line in enumerate(screen.display) if line.strip()), default=0)
    console = Console(record=True, file=io.StringIO(), width=screen.columns, height=last + 1, force_terminal=True)
    for number in range(last + 1):
        line = Text()
        cells = [screen.buffer[number][column] for column in range(screen.columns)]
        for style, alike in groupby(cells, _style):
            line.append("".join(cell.data for cell in alike), style)
        line.rstrip()
        console.print(line, no_wrap=True, overflow="crop")
    svg = console.export_svg(title=title, theme=THEME, unique_id="terminal")
    return re.sub(r" *@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)


def _style(cell: Char) -> Style:
    fg, bg = (_colour(colour) for colour in (cell.fg, cell.bg))
    return Style(color=fg, bgcolor=bg, bold=cell.bold, underline=cell.underscore, reverse=cell.reverse)


def _colour(colour: str) -> str | None:
    if colour == "default":
        return None
    colour = NAMES.get(colour, colour)
    return f"#{colour}" if re.fullmatch("[0-9a-f]{6}", colour) else re.sub("^bright(?=[a-z])", "bright_", colour)
