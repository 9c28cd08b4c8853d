"""Instruments behind a TCP port."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Any

from .talk import Carrier, Manner, Talk
from .waker import Waker
from .wire import Wire

__all__ = ["Tcp"]


class Tcp(Wire):
    """An instrument that speaks in lines over TCP: `Tcp("192.168.1.5:5025")`.

    timeout: seconds for a reply; after that the connection is given up and made anew, so that a late reply is never
    taken for the next query's. terminator: what ends a line, both ways unless send_terminator says otherwise.
    settle: seconds after connecting in which whatever comes (a greeting, an adapter's leftovers) is dropped.
    connect_timeout: seconds for the connection itself.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 1.0,
        terminator: str = "\n",
        send_terminator: str | None = None,
        encoding: str = "utf-8",
        settle: float = 0.0,
        connect_timeout: float = 5.0,
    ) -> None:
        self._host, self._port = _host_and_port(address)
        for name, seconds in (("timeout", timeout), ("connect_timeout", connect_timeout)):
            if not seconds > 0:
                raise ValueError(f"Tcp({name}): expected seconds above 0, got {seconds!r}")
        if not terminator:
            raise ValueError(f"Tcp(terminator): expected at least one character, got {terminator!r}")
        self._connect_timeout = connect_timeout
        manner = Manner(
            timeout=timeout, terminator=terminator, send_terminator=send_terminator, encoding=encoding, settle=settle
        )
        super().__init__(address, manner)

    def _begin(self, waker: Waker, longest: int) -> Talk:
        return Talk(self._connect(waker), self._manner, waker, longest)

    def _connect(self, waker: Waker) -> Carrier:
        """A connected socket; waits with the waker only."""
        problem: OSError = OSError(f"no address for {self._host}")
        try:
            places = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise OSError(f"{self._host!r} is no host name") from None
        for family, kind, protocol, _, place in places:
            try:
                new = socket.socket(family, kind, protocol)
                return _TcpCarrier(_connected(new, place, waker, self._connect_timeout))
            except OSError as error:
                problem = error
        raise problem


class _TcpCarrier:
    """A connected socket as a Carrier."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.fileno = connected.fileno
        self.send = connected.send
        self.close = connected.close

    def receive(self) -> bytes:
        return self._socket.recv(65536)


def _connected(new: socket.socket, place: Any, waker: Waker, timeout: float) -> socket.socket:
    try:
        new.setblocking(False)
        new.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        new.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a peer without power is noticed some day
        for option, seconds in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                new.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)
        deadline = time.monotonic() + timeout
        problem = new.connect_ex(place)
        while problem in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            if waker.wait(deadline, writing=new.fileno()):
                problem = new.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                break
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, f"no connection within {timeout:g} s")
        if problem:
            raise OSError(problem, os.strerror(problem))
    except BaseException:
        new.close()
        raise
    return new


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or ("]" in host) != (":" in host):
        raise ValueError(f"Tcp: expected an address such as 192.168.1.5:5025 or [::1]:5025, got {address!r}")
    return host.strip("[]"), int(port)
