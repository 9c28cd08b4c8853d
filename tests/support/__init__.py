"""What several tests need: free ports, random names, waiting for a condition."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable

__all__ = ["eventually", "free_port", "random_name"]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody used a moment ago; where a server takes port 0, give it that instead."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def random_name(prefix: str = "T") -> str:
    """A device name that no other test uses, whatever seeds the `random` module was given."""
    return prefix + secrets.token_hex(4).upper()


def eventually(condition: Callable[[], object], what: str, timeout: float = 5.0) -> None:
    """Wait until `condition()` is true, looking every 5 ms; for what gives no event. Fails naming `what`."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not so after {timeout} s")
        time.sleep(0.005)
