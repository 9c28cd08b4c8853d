"""`macduff stubs`: what a server's devices look like to an editor and a type checker."""

from __future__ import annotations

from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, connected

__all__ = ["stubs"]


def stubs(
    *devices: str,
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Print type stubs of a server's devices; `macduff stubs > devices.pyi`.

    Parameters
    ----------
    devices
        Those that are wanted; all when none is named.
    """
    from ..client.stubs import stubs_of

    with connected(address, timeout) as client:
        text = stubs_of(client.address, [client.info(name) for name in devices or client.devices])
    print(text, end="")
