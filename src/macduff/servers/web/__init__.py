"""The web server: the websocket at /ws, plain HTTP at /api, metrics, and the page at /."""

from __future__ import annotations

from .server import WebServer

__all__ = ["WebServer"]
