"""What a user types for a server, and the websocket that it means."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

__all__ = ["DEFAULT_PORT", "Address", "parse_address", "server_address"]

DEFAULT_PORT = 8008
"""The port of an address that has neither scheme nor port."""

_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
_EXPECTED = 'an address such as "ws://127.0.0.1:8008", "http://127.0.0.1:8008" or "127.0.0.1:8008"'


@dataclass(frozen=True, slots=True)
class Address:
    """A server's websocket, and the device that the address named behind it ("" for none)."""

    url: str
    """The websocket's address, with its path."""
    device: str = ""

    @property
    def short(self) -> str:
        """The address as it is shown: without the path that every server has, without a password."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        path = parts.path.removesuffix("/ws")
        return f"{parts.scheme}://{host}{path}"


def parse_address(text: str) -> Address:
    """The address that `text` means; ws, wss, http and https are taken, as is a bare host with or without port.

    A path that ends in `/ws` is kept (a proxy may have put something before it); any other single path part is
    the name of a device. ValueError says what is wrong.
    """
    given = text.strip()
    bare = "://" not in given
    parts = urlsplit(f"ws://{given}" if bare else given)
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None:
        raise ValueError(f"address: expected {_EXPECTED}, got {text!r}; schemes are {', '.join(_SCHEMES)}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"address: expected {_EXPECTED}, got {text!r} ({error})") from None
    if not host or any(character.isspace() for character in given):
        raise ValueError(f"address: expected {_EXPECTED}, got {text!r}")
    if parts.query or parts.fragment:
        raise ValueError(f"address: expected no query and no fragment, got {text!r}")
    netloc = parts.netloc
    if bare and port is None:
        netloc = f"{netloc.rstrip(':')}:{DEFAULT_PORT}"
    path, device = _split_path(parts.path, text)
    return Address(urlunsplit((scheme, netloc, path, "", "")), device)


def server_address(text: str) -> Address:
    """The address of a server, ValueError when it names a device of it."""
    address = parse_address(text)
    if address.device:
        raise ValueError(
            f"address: expected a server, got {text!r}; connect to it and ask for {address.device!r} there"
        )
    return address


def _split_path(path: str, text: str) -> tuple[str, str]:
    if path in ("", "/"):
        return "/ws", ""
    if path.endswith("/ws"):
        return path, ""
    device = unquote(path.strip("/"))
    if "/" in device:
        raise ValueError(f"address: expected no path, a path that ends in /ws or the name of a device, got {text!r}")
    return "/ws", device
