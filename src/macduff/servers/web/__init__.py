"""The web server: the websocket at /ws, plain HTTP at /api, metrics, and the page at /."""

from .server import WebServer

__all__ = ["WebServer"]
