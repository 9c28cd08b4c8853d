"""`lsdev`, `lsproc`, `lstype`: what there is."""

from __future__ import annotations

import fnmatch
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from macduff.client import CallFuture, Client, RemoteDevice
from macduff.client.describe import AttributeState
from macduff.errors import Disconnected, MacduffError
from macduff.values import Severity
from macduff.values.text import clean

from .magics import add
from .roster import class_of
from .session import Session, Undo

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

__all__ = ["install"]

_ASKED = ("state", "health")
_AT_ONCE = 32
"""So many requests are on their way at the same moment."""
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
    cells = _told(client, {name: known[name] if name in known else client[name] for name in names})
    return [[name, kinds.get(name) or client.info(name).label, *cells[name]] for name in names]


def _wanted(wanted: str, name: str, kind: str) -> bool:
    return not wanted or fnmatch.fnmatchcase(name, wanted) or kind == wanted


def _told(client: Client, devices: Mapping[str, RemoteDevice]) -> dict[str, tuple[str | Text, str | Text]]:
    """State and alarm of devices, several of which are asked at the same moment."""
    asked: deque[tuple[str, str, CallFuture[AttributeState]]] = deque()
    found: dict[str, dict[str, AttributeState | MacduffError]] = {name: {} for name in devices}

    def answered() -> None:
        name, member, future = asked.popleft()
        try:
            found[name][member] = future.result(client._bridge.timeout)
        except MacduffError as error:
            found[name][member] = error

    for name, device in devices.items():
        for member in (each for each in _ASKED if each in device.attributes):
            if len(asked) == _AT_ONCE:
                answered()
            asked.append((name, member, client._bridge.request("get", name, member, client._bridge.core.get)))
    while asked:
        answered()
    return {name: _cells(states) for name, states in found.items()}


def _cells(states: Mapping[str, AttributeState | MacduffError]) -> tuple[str | Text, str | Text]:
    from rich.text import Text

    for told in states.values():
        if isinstance(told, MacduffError):
            return "", Text(clean(str(told)), "red")
    state, health = (states.get(member) for member in _ASKED)
    shown = str(state.reading.value) if isinstance(state, AttributeState) else ""
    if not isinstance(health, AttributeState) or health.reading.alarm.severity is Severity.NONE:
        return shown, ""
    severity = health.reading.alarm.severity
    return shown, Text(f"{severity.name} {clean(str(health.reading.value))}", _COLOURS[severity])


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
