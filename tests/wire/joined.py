"""A hub and clients joined in memory; every strict message passes the strict decoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from macduff.limits import DEFAULTS, Limits
from macduff.protocol.client import ClientSession, Event
from macduff.protocol.server import Hub, ServerSession

from .fakes import FakeDevice, FakeHost
from .strict import StrictDecoder

__all__ = ["CORE", "Joined", "Peer", "join"]

CORE = "malcolm:core/"
ROOM = 1 << 30


class Peer:
    """One connection, spoken in whole messages."""

    def __init__(self, hub: Hub, subprotocol: str | None) -> None:
        self.session = ServerSession(hub, subprotocol, "test")
        self.binary = subprotocol == "macduff.msgpack.1"
        self.strict = StrictDecoder() if subprotocol in (None, "malcolm.1") else None
        self.client = ClientSession(subprotocol)

    def send(self, kind: str, identity: int, path: Sequence[str] | None = None, **members: Any) -> None:
        """A well-formed request."""
        message = {"typeid": f"{CORE}{kind}:1.0", "id": identity, **({} if path is None else {"path": list(path)})}
        self.message({**message, **members})

    def message(self, message: dict[str, Any]) -> None:
        if self.strict is not None:
            self.strict.sent(message)
        self.raw(msgspec.msgpack.encode([message]) if self.binary else json.dumps(message))

    def raw(self, frame: str | bytes) -> None:
        self.session.receive(frame)

    def frames(self, room: int = ROOM) -> list[str | bytes]:
        return self.session.outgoing(room)

    def got(self, room: int = ROOM) -> list[dict[str, Any]]:
        """Every message that may be sent now, checked."""
        found: list[dict[str, Any]] = []
        for frame in self.frames(room):
            if self.strict is not None:
                found.append(self.strict.received(frame))
                continue
            decoded = msgspec.msgpack.decode(frame) if isinstance(frame, bytes) else json.loads(frame)
            found.extend(decoded if isinstance(decoded, list) else [decoded])
        return found

    def ask(self, kind: str, identity: int, path: Sequence[str] | None = None, **members: Any) -> dict[str, Any]:
        """A request and its one reply, when nothing else is on the way."""
        self.send(kind, identity, path, **members)
        (reply,) = self.got()
        return reply

    # the same through ClientSession

    def does(self, asked: tuple[int, str | bytes]) -> int:
        """Send what a ClientSession's request gave; its id."""
        identity, frame = asked
        self.raw(frame)
        return identity

    def events(self, room: int = ROOM) -> list[Event]:
        return [event for frame in self.frames(room) for event in self.client.receive(frame)]


class Joined:
    """A host, its hub, and connections to it."""

    def __init__(
        self, *devices: FakeDevice, limits: Limits = DEFAULTS, offload: bool = False, read_only: bool = False
    ) -> None:
        self.host = FakeHost(*devices)
        self.hub = Hub(self.host, limits, offload, read_only)
        self.host.hub = self.hub

    def peer(self, subprotocol: str | None = None) -> Peer:
        return Peer(self.hub, subprotocol)


def join(*devices: FakeDevice, subprotocol: str | None = None) -> Peer:
    """One connection to these devices."""
    return Joined(*devices).peer(subprotocol)
