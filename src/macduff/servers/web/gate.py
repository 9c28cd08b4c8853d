"""Who may speak to the server: the address it binds, the Host that a request names, the Origin that it comes from.

A page from anywhere may ask the visitor's browser to talk to 127.0.0.1 (so Origin is checked), and a name under an
attacker's control may resolve to 127.0.0.1 (so Host is checked). An address written in digits cannot be rebound.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from macduff.errors import Refused

__all__ = ["Gate", "check_bind", "is_loopback"]

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    if host.rstrip(".").lower() == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def check_bind(host: str, *, read_only: bool, insecure: bool) -> None:
    """ValueError for a bind that would let other machines write."""
    if is_loopback(host) or read_only or insecure:
        return
    raise ValueError(
        f"host: expected an address of this machine alone such as 127.0.0.1, got {host!r}: whoever reaches it "
        "could move your hardware, for there are no accounts yet. read_only (--read-only, or read_only: true in the "
        "file) lets others look and nobody write; insecure (--insecure) lets everybody do everything; or keep "
        "127.0.0.1 and use ssh -L"
    )


class Gate:
    """Which Host and Origin headers are let in.

    bound: the address that the server listens on. hosts: further names under which it is known, such as that of a
    proxy. origins: further pages, "https://panel.example", whose scripts may talk to it.
    """

    def __init__(self, bound: str, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._names = {"localhost", *(_bare(name) for name in hosts)}
        if not is_loopback(bound):
            self._names |= {_bare(socket.gethostname()), _bare(socket.getfqdn()), _bare(bound)}
        self._origins = {_origin(text) for text in origins}

    def check_host(self, header: str | None) -> None:
        """Refused when the Host header names somebody else."""
        name = _host_of(header or "")
        if name and (name in self._names or name.endswith(".localhost") or _address(name) is not None):
            return
        raise Refused(
            f"Host: expected localhost, an address in digits or one of the configured names, got {header!r}; "
            "a server that is reached by another name must be told so (hosts)"
        )

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Refused when a script from another page asks; programs that are no browsers send no Origin."""
        if origin is None:
            return
        asked = _origin(origin)
        if asked is not None and (asked in self._origins or asked[1:] == _authority(host or "", asked[0])):
            return
        raise Refused(
            f"Origin: expected a page of this server ({host}) or a configured one, got {origin!r}; "
            "a page from elsewhere must be allowed (origins)"
        )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _bare(name: str) -> str:
    return name.strip().rstrip(".").lower()


def _authority(host: str, scheme: str) -> tuple[str, int] | None:
    """Name and port of a Host header or an origin's authority; None when it is none."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or parts.path or parts.query or parts.fragment or "@" in host:
        return None
    return _bare(name), _DEFAULT_PORTS.get(scheme, 0) if port is None else port


def _host_of(header: str) -> str:
    found = _authority(header, "http")
    return found[0] if found is not None else ""


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, name and port; None for "null" and whatever else is no origin."""
    scheme, separator, rest = text.partition("://")
    authority = _authority(rest.removesuffix("/"), scheme.lower()) if separator else None
    return None if authority is None else (scheme.lower(), *authority)
