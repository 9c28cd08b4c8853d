"""`macduff monitor` on a terminal: a table that follows its attributes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event

from ..client import Client
from .remote import parts_of
from .rows import Row
from .screen import Screen
from .table import Table

__all__ = ["watch"]

PERIOD = 0.1
"""Seconds between two paintings, at the least: however fast values change, a terminal has time for each."""
IDLE = 0.25
"""Seconds without a change after which ages and the window's size are looked at."""


def watch(client: Client, paths: Sequence[str]) -> None:
    """Show the attributes until Ctrl-C, and then leave the last table behind."""
    changed = Event()

    def tell() -> None:
        if not changed.is_set():
            changed.set()

    client.on_state(lambda state, reason: tell())
    with ExitStack() as rows_open:
        rows = []
        for path in paths:
            device, member = parts_of(path)
            rows.append(Row(path, client[device].attributes[member], tell))
            rows_open.callback(rows[-1].close)
        screen = Screen()
        table = Table(client, rows, screen.ascii_only)
        try:
            with screen:
                while True:
                    screen.paint(table.lines(*screen.size))
                    screen.take_signals()
                    time.sleep(PERIOD)
                    changed.wait(IDLE - PERIOD)
                    changed.clear()
                    screen.take_signals()
        except KeyboardInterrupt:
            screen.leave(table.lines(screen.size.columns))
            raise
