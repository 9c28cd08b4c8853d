"""What runs in the server's program: a Process with test devices, and its Tango server."""

from __future__ import annotations

import os
import threading
from typing import Any

from macduff import Device, Process
from macduff.servers.tango import TangoServer

from . import devices

process: Process
server: TangoServer


def begin(kinds: dict[str, str], options: dict[str, Any] | None = None, name: str = "test") -> str:
    """Start a Process with devices, NAME -> class, and serve it; its address."""
    global process, server
    process = Process(name).start()
    for device, kind in kinds.items():
        process.add(_made(kind, device))
    server = TangoServer(process, **(options or {}))
    return server.start().address


def add(kind: str, name: str, *arguments: Any) -> None:
    process.add(_made(kind, name, *arguments))


def remove(name: str) -> None:
    process.remove(name, force=True)


def recreate(kind: str, name: str, *arguments: Any) -> None:
    remove(name)
    add(kind, name, *arguments)


def call(device: str, method: str, *arguments: Any) -> Any:
    return getattr(process.view(device), method)(*arguments)


def environment() -> tuple[dict[str, str], str | None]:
    """What clients need, and what the server's own program has."""
    return server.environment, os.environ.get("TANGO_HOST")


def stop() -> list[str]:
    """Stop the server; the threads that are left."""
    server.stop()
    return [thread.name for thread in threading.enumerate() if "tango" in thread.name]


def start() -> str:
    return server.start().address


def end() -> None:
    server.stop()
    process.stop()


def _made(kind: str, name: str, *arguments: Any) -> Device:
    device: Device = getattr(devices, kind)(name, *arguments)
    return device
