"""Channel Access by hand, for what no library does: to be slow, to be rude, to see the very bytes."""

from __future__ import annotations

import socket
import struct
from typing import Self

from macduff.servers.ca import CaServer, wire
from macduff.servers.ca.wire import Frame, Frames, message

__all__ = ["RawClient"]


class RawClient:
    """One connection. Everything waits at most 10 s."""

    def __init__(self, server: CaServer, buffer: int = 0) -> None:
        host, port = server.address.split(":")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(10.0)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.connect((host, int(port)))
        self._frames = Frames(1 << 26)
        self._cid = 0
        self.send(message(wire.VERSION, 0, 13) + message(wire.CLIENT_NAME, payload=b"raw\0"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def next(self) -> Frame:
        """The next message; ConnectionError when the server has hung up."""
        while (frame := self._frames.next()) is None:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the server has hung up")
            self._frames.feed(data)
        return frame

    def until(self, command: int) -> Frame:
        """The next message of that kind; others are dropped."""
        while (frame := self.next()).command != command:
            pass
        return frame

    def open(self, pv: str) -> int:
        """The number that the server gave the channel."""
        while True:  # one that was added a moment ago may not be there yet
            self._cid += 1
            self.send(message(wire.CREATE_CHANNEL, 0, 0, self._cid, 13, pv.encode() + b"\0"))
            while (frame := self.next()).command not in (wire.CREATE_CHANNEL, wire.CREATE_FAILED):
                pass
            if frame.command == wire.CREATE_CHANNEL:
                return frame.second

    def subscribe(self, channel: int, kind: int, number: int = 1, mask: int = 5) -> None:
        self.send(message(wire.EVENT_ADD, kind, 0, channel, number, struct.pack(">fffHH", 0, 0, 0, mask, 0)))

    def put(self, channel: int, value: float, number: int = 1, notify: bool = True) -> None:
        command = wire.WRITE_NOTIFY if notify else wire.WRITE
        self.send(message(command, 6, 1, channel, number, struct.pack(">d", value)))

    def refused(self, channel: int, value: float, notify: bool = True) -> str:
        """The server's words."""
        self.put(channel, value, notify=notify)
        return self.until(wire.ERROR).payload[16:].split(b"\0")[0].decode()
