"""What a page says and hears over its websockets, message by message."""

from __future__ import annotations

import json
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, WebSocket

__all__ = ["Frames"]

PUT = "malcolm:core/Put:1.0"
POST = "malcolm:core/Post:1.0"
SUBSCRIBE = "malcolm:core/Subscribe:1.0"


class Frames:
    """Hears the connections that `page` opens from now on: reload it first."""

    def __init__(self, page: Page) -> None:
        self.sent: list[list[dict[str, Any]]] = []
        """A list of messages for each connection."""
        self.batches: list[int] = []
        """How many messages each frame brought."""
        self.kinds: set[type] = set()
        """str or bytes."""
        page.on("websocket", self._opened)

    def asked(self, *typeids: str) -> list[dict[str, Any]]:
        """All messages of these kinds that were sent."""
        return [message for each in self.sent for message in each if message["typeid"] in typeids]

    def puts_and_calls(self) -> list[dict[str, Any]]:
        return self.asked(PUT, POST)

    def _opened(self, socket: WebSocket) -> None:
        sent: list[dict[str, Any]] = []
        self.sent.append(sent)

        def said(frame: str | bytes) -> None:
            sent.extend(self._read(frame))

        def heard(frame: str | bytes) -> None:
            self.batches.append(len(self._read(frame)))

        socket.on("framesent", said)
        socket.on("framereceived", heard)

    def _read(self, frame: str | bytes) -> list[dict[str, Any]]:
        self.kinds.add(type(frame))
        found = json.loads(frame) if isinstance(frame, str) else msgpack.unpackb(frame)
        return found if isinstance(found, list) else [found]
