"""Websockets on bare sockets, for what no client library would send."""

from __future__ import annotations

import json
import socket
from typing import Any

__all__ = ["HANDSHAKE", "closing_code", "masked", "raw_websocket"]

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def raw_websocket(address: str) -> socket.socket:
    """A socket after the handshake with the server at http://127.0.0.1:PORT."""
    found = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=10)
    found.sendall(HANDSHAKE)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += found.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return found


def masked(message: dict[str, Any]) -> bytes:
    payload = json.dumps(message).encode()
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload


def closing_code(client: socket.socket) -> int | None:
    """What the server says when it closes; None when it just hangs up."""
    data = b""
    while chunk := client.recv(1000):
        data += chunk
    return int.from_bytes(data[2:4], "big") if data[:1] == b"\x88" else None
