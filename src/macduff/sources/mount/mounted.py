"""A device of another Process, here under a name of its own, and on all servers of this Process."""

from __future__ import annotations

from macduff.client.address import parse_address
from macduff.core.forwarded import ForwardedDevice, away

from .link import Link

__all__ = ["Mounted"]


class Mounted(ForwardedDevice):
    """A device whose home is another Process: everything it has, and the same meaning.

    address: of that Process, "ws://beamline:8008", or with the device's name there behind it. device: its name there,
    when it has another one here. While its home is away its values stay, INVALID with the reason, and requests are
    refused; when the home returns it is as before, with nothing to restart. Taking it away here leaves it alone there.
    """

    def __init__(self, name: str, address: str, device: str = "") -> None:
        super().__init__(name)
        parsed = parse_address(address)
        self._link = self._home = Link(self, parsed, device or parsed.device or name)

    def do_connect(self) -> None:
        """Begin to follow; the home may come later."""
        away(self, "not connected yet")
        self._link.open()

    def do_close(self) -> None:
        """Follow no longer."""
        self._link.close()
