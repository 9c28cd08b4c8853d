"""`lsdev`, `lsproc`, `lstype`: what there is."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from macduff.client import Client
from macduff.errors import Disconnected, MacduffError
from macduff.values import Severity

from .magics import add
from .reprs_values import clean
from .roster import class_of
from .session import Session, Undo

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

__all__ = ["install"]

_AT_ONCE = 8
"""So many devices are asked at the same moment."""
_COLOURS = {Severity.MINOR: "yellow", Severity.MAJOR: "red", Severity.INVALID: "magenta"}


def install(session: Session) -> Undo:
    """The commands."""

    def lsdev(line: str) -> None:
        """The devices: name, class, state and alarm. `lsdev BL01:*` or `lsdev Motor`: those of that name or class."""
        client = session.client
        _write(["device", "class", "state", "alarm"], _devices(session, client, line.strip()))

    def lstype(line: str) -> None:
        """The classes of the server's devices, with their devices; `Motor("X")` is a device of a class."""
        wanted = line.strip()
        _ = session.client
        classes = session.inventory.classes().items()
        rows = [[kind, ", ".join(names)] for kind, names in classes if not wanted or fnmatch.fnmatchcase(kind, wanted)]
        _write(["class", "devices"], rows)

    def lsproc(line: str) -> None:
        """The servers of this shell: the one of now, and those that one was connected to before."""
        rows: list[Sequence[str | Text]] = []
        for address in session.visited:
            now = address == session.address
            state = str(session.client.state) if now else ""
            rows.append(["*" if now else "", address, state, str(len(session.inventory.names())) if now else ""])
        _write(["", "server", "state", "devices"], rows)

    return add(session, lsdev=lsdev, lstype=lstype, lsproc=lsproc)


def _devices(session: Session, client: Client, wanted: str) -> list[Sequence[str | Text]]:
    known = session.inventory.devices()
    kinds = {name: class_of(device) for name, device in known.items()}
    names = [name for name in client.devices if _wanted(wanted, name, kinds.get(name, ""))]
    if not client.connected:
        raise Disconnected(f"{client.address}: its devices cannot be asked, the connection is away ({client.reason})")
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="macduff lsdev") as pool:
        told = list(pool.map(lambda name: _told(client, name), names))
    return [[name, kinds.get(name) or client.info(name).label, *cells] for name, cells in zip(names, told, strict=True)]


def _wanted(wanted: str, name: str, kind: str) -> bool:
    return not wanted or fnmatch.fnmatchcase(name, wanted) or kind == wanted


def _told(client: Client, name: str) -> tuple[str | Text, str | Text]:
    """State and alarm of a device."""
    from rich.text import Text

    try:
        attributes = client[name].attributes
        state = str(attributes["state"].value) if "state" in attributes else ""
        if "health" not in attributes:
            return state, ""
        health = attributes["health"].reading
    except MacduffError as error:
        return "", Text(clean(str(error)), "red")
    severity = health.alarm.severity
    if severity is Severity.NONE:
        return state, ""
    text = health.alarm.message or str(health.value)
    return state, Text(f"{severity.name} {clean(text)}", _COLOURS[severity])


def _write(heads: Iterable[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """On the terminal with colours, elsewhere without."""
    from rich.console import Console

    Console().print(_table(heads, rows))


def _table(heads: Iterable[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean(cell)) if isinstance(cell, str) else cell for cell in row))
    return table
