"""The servers that a configuration may name, and how each is made."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .plan import ServerPlan

if TYPE_CHECKING:
    from ..core import Process

__all__ = ["Reserving", "Server", "check_bind", "make_server"]


class Server(Protocol):
    """What makes the devices of a Process visible on one protocol."""

    @property
    def address(self) -> str:
        """Where it listens, as its clients write it; known once it was started."""
        ...

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which its clients find it; known once it was started."""
        ...

    def start(self) -> object:
        """Listen, and return when clients can connect. OSError when the address is taken."""

    def stop(self) -> None:
        """Let go of every client and of the address."""


@runtime_checkable
class Reserving(Protocol):
    """A server that can take its address before there is anything to serve."""

    def reserve(self) -> object:
        """Take the address for `start`. OSError when somebody has it."""


def make_server(process: Process, plan: ServerPlan) -> Server:
    """The server of a plan, not started. ImportError when its extra is not installed."""
    known = {"web": "web.WebServer", "pva": "pva.PvaServer", "ca": "ca.CaServer", "tango": "tango.TangoServer"}
    if plan.kind not in known:
        raise ValueError(f"server: expected one of {', '.join(known)}, got {plan.kind!r}")
    module, _, name = known[plan.kind].partition(".")
    kind = getattr(import_module(f"macduff.servers.{module}"), name)
    allowed = {"read_only": plan.read_only, "insecure": plan.insecure}
    server: Server = kind(process, plan.host, plan.port, limits=process.limits, **allowed, **plan.settings)
    return server


def check_bind(plan: ServerPlan) -> None:
    """ValueError when a server would let other machines write and nobody said that this is meant."""
    from ..servers.web.gate import check_bind

    check_bind(plan.host, read_only=plan.read_only, insecure=plan.insecure)
