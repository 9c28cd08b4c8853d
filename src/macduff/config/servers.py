"""The servers that a configuration may name, and how each is made."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Protocol

from .plan import ServerPlan

if TYPE_CHECKING:
    from ..core import Process

__all__ = ["ONLY_HERE", "REMEDY", "Server", "environment_of", "is_loopback", "make_server"]

ONLY_HERE = "this machine alone (127.0.0.1, ::1, localhost)"
REMEDY = ", from where anybody could write and call; say --read-only, or --insecure if you mean it"


class Server(Protocol):
    """What makes the devices of a Process visible on one protocol."""

    @property
    def address(self) -> str:
        """Where it listens, as its clients write it; known once it was started."""
        ...

    def start(self) -> None:
        """Listen, and return when clients can connect. OSError when the address is taken."""

    def stop(self) -> None:
        """Let go of every client and of the address."""


def make_server(process: Process, plan: ServerPlan) -> Server:
    """The server of a plan, not started. ImportError when its extra is not installed."""
    match plan.kind:
        case "web":
            from ..servers.web import WebServer

            return WebServer(process, host=plan.host, port=plan.port, read_only=plan.read_only, **plan.settings)
        case _:
            raise ValueError(f"server: expected web, got {plan.kind!r}")


def environment_of(kind: str, address: str) -> dict[str, str]:
    """The environment variables with which clients find a server."""
    match kind:
        case "web":
            return {"MACDUFF_ADDRESS": address.replace("http", "ws", 1)}
        case _:
            return {}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
