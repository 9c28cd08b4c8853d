"""`macduff monitor` on a terminal: a table that follows its attributes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event

from ..client import Client
from .keys import pressed
from .remote import parts_of
from .rows import Row
from .screen import Screen
from .table import Table

__all__ = ["watch"]

PERIOD = 0.1
"""Seconds between two paintings, at the least: however fast values change, a terminal has time for each."""
IDLE = 5
"""As many of them without a change, and ages are looked at."""


def watch(client: Client, paths: Sequence[str]) -> None:
    """Show the attributes until Ctrl-C or q, and then leave the last table behind."""
    changed = Event()
    client.on_state(lambda state, reason: changed.set())
    with ExitStack() as rows_open:
        rows = []
        for path in paths:
            device, member = parts_of(path)
            rows.append(Row(path, client[device].attributes[member], changed))
            rows_open.callback(rows[-1].close)
        screen = Screen()
        table = Table(client, rows, screen.ascii_only)
        try:
            with screen:
                follow(screen, table, changed)
        except KeyboardInterrupt:
            screen.leave(table.lines(screen.size.columns))
            raise
        screen.leave(table.lines(screen.size.columns))


def follow(screen: Screen, table: Table, changed: Event) -> None:
    """Paint the table as it changes, until somebody says that it is enough."""
    idle, size = 0, screen.size
    while True:
        if changed.is_set() or size != screen.size or not idle:
            changed.clear()
            idle, size = IDLE, screen.size
            screen.paint(table.lines(*size))
        time.sleep(PERIOD)
        idle -= 1
        screen.take_signals()
        for step in pressed(screen.typed(), page=max(1, size.lines - 3)):
            if step is None:
                return
            table.move(step)
            idle = 0
