"""What a MacduffDevice needs of a way to its device, and which way an address means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ...client.describe import AttributeState
from ...client.model import DeviceInfo
from ...values import Reading

__all__ = ["Link", "Subscription", "open_link"]


class Subscription(Protocol):
    """A running subscription."""

    def close(self) -> None:
        """End it; there are no calls after this."""


class Link(Protocol):
    """The way to one device. All of it is for the event loop on which it was opened; errors are MacduffErrors."""

    @property
    def info(self) -> DeviceInfo:
        """What the server says of the device."""
        ...

    async def state(self, attribute: str) -> AttributeState:
        """Description, reading and set point of one moment."""
        ...

    async def put(self, attribute: str, value: Any, readback: bool = False) -> None:
        """Put, and wait until that is complete; with `readback` until the readback confirms it."""

    async def call(self, method: str, args: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Call, and wait for the result; a task that is cancelled meanwhile only stops waiting."""

    async def subscribe(self, attribute: str, callback: Callable[[Reading], object], every: bool) -> Subscription:
        """Call back with each reading, the present one first; with `every` none is merged with the next."""
        ...

    async def close(self) -> None:
        """Let go of it; again does nothing."""


async def open_link(address: str, timeout: float) -> Link:
    """Open the way that `address` means ("ws://host:8008/DET"); ValueError for one that means none."""
    scheme, colon, _ = address.partition("://")
    kind = scheme.lower() if colon else "ws"
    if kind == "pva":
        from .pva import PvaLink

        return await PvaLink.open(address, timeout)
    if kind == "tango":
        from .tango import TangoLink

        return await TangoLink.open(address, timeout)
    if kind not in ("ws", "wss", "http", "https"):
        expected = 'a device such as "ws://127.0.0.1:8008/DET"'
        schemes = "ws, wss, http, https, pva, tango"
        raise ValueError(f"MacduffDevice: expected {expected}, got {address!r}; schemes are {schemes}")
    from .ws import WsLink

    return await WsLink.open(address, timeout)
