"""The protocol's client side, one connection after another: requests become frames, frames become events, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from macduff.errors import KINDS, BadValue, Disconnected, MacduffError, error_for

from . import typeids
from .clientframes import applied, decode
from .dialect import DIALECTS, STRICT, Dialect
from .messages import MOST_ID
from .wirevalue import plain

__all__ = ["ClientSession", "Event", "Failed", "Returned", "Updated"]

Frame = str | bytes
Policy = Literal["latest", "every"]


class Returned(NamedTuple):
    """A request succeeded, or a subscription ended because it was asked to. `value` is plain data as on the wire."""

    id: int
    value: Any


class Failed(NamedTuple):
    """A request or subscription ended with an error; nothing more comes under its id. -1: it was not understood."""

    id: int
    error: MacduffError


class Updated(NamedTuple):
    """What a subscription watches has a new value.

    `value` is all of it, as plain data; it is never changed afterwards, and parts that did not change are the same
    objects as before. `changes`: the stanzas that led to it (with delta; [[], value] for the whole). `sequence` and
    `dropped`, how many changes were left out before this one, are None and 0 where the server may not say them.
    """

    id: int
    value: Any
    changes: Sequence[Any]
    sequence: int | None
    dropped: int


Event = Returned | Failed | Updated

_NOTHING: Any = object()


class _Watched:
    """A subscription: what was asked, and the value as the changes so far make it."""

    __slots__ = ("message", "path", "value")

    def __init__(self, path: tuple[str, ...], message: dict[str, Any]) -> None:
        self.path = path
        self.message = message
        self.value: Any = _NOTHING


class ClientSession:
    """Numbers requests, knows which are open, and keeps the value of each subscription up to date.

    `subprotocol` is what the server chose; None or "" is malcolm.1. After a connection went: `lost()`, then on a new
    one `again()`.
    """

    def __init__(self, subprotocol: str | None = None) -> None:
        self.dialect: Dialect = DIALECTS[subprotocol] if subprotocol else STRICT
        self._last = 0
        self._open: dict[int, str] = {}
        self._watched: dict[int, _Watched] = {}
        self._leaving: set[int] = set()

    # requests: each gives its id and the frame to send

    def get(self, path: Sequence[str]) -> tuple[int, Frame]:
        """Ask for the structure at a path."""
        return self._ask(typeids.GET, path)

    def put(self, path: Sequence[str], value: Any, *, get: bool = False, readback: bool = False) -> tuple[int, Frame]:
        """Write [device, attribute]. get: return the value read back. readback (ours): done when that confirms it."""
        members: dict[str, Any] = {"value": plain(value, self.dialect)}
        if not self.dialect.ours and len(path) == 2:
            path = [*path, "value"]
        if get:
            members["get"] = True
        if readback and self.dialect.ours:
            members["readback"] = True
        return self._ask(typeids.PUT, path, members)

    def post(
        self, path: Sequence[str], parameters: Mapping[str, Any] | None = None, *, abort_on_disconnect: bool = False
    ) -> tuple[int, Frame]:
        """Call [device, method]. abort_on_disconnect (ours): abort it when this connection goes before its end."""
        members: dict[str, Any] = {"parameters": plain(parameters or {}, self.dialect)}
        if abort_on_disconnect and self.dialect.ours:
            members["abort_on_disconnect"] = True
        return self._ask(typeids.POST, path, members)

    def subscribe(self, path: Sequence[str], *, delta: bool = True, policy: Policy = "latest") -> tuple[int, Frame]:
        """Watch what is at a path, until `unsubscribe` or an error; `every` is ours, a strict server merges anyway."""
        members: dict[str, Any] = {"delta": True} if delta else {}
        if self.dialect.ours and policy != "latest":
            members["policy"] = policy
        identity = self._number()
        message = self._message(typeids.SUBSCRIBE, identity, path, members)
        frame = self._frame(message)
        self._watched[identity] = _Watched(tuple(path), message)
        return identity, frame

    def unsubscribe(self, identity: int) -> tuple[int, Frame]:
        """End a subscription: nothing is heard of it but one Returned with its id. KeyError for an unknown one."""
        del self._watched[identity]
        self._leaving.add(identity)
        return identity, self._frame({"typeid": typeids.UNSUBSCRIBE, "id": identity})

    @property
    def open(self) -> Mapping[int, str]:
        """The requests that wait for a reply: what each asks for, by id."""
        return self._open

    @property
    def subscriptions(self) -> Mapping[int, tuple[str, ...]]:
        """The paths that are watched, by id."""
        return {identity: watched.path for identity, watched in self._watched.items()}

    # what comes

    def receive(self, frame: Frame) -> list[Event]:
        """The events in a frame, in order; BadValue when it is none that a server of this protocol sends."""
        events = []
        for message in decode(frame, self.dialect):
            event = self._event(message)
            if event is not None:
                events.append(event)
        return events

    def _event(self, message: Mapping[str, Any]) -> Event | None:
        kind, identity = message.get("typeid"), message.get("id")
        if type(identity) is not int:
            raise BadValue.of("id", "an integer", identity)
        if kind in (typeids.UPDATE, typeids.DELTA):
            return self._updated(identity, message)
        if kind == typeids.RETURN:
            if not self._close(identity):
                return None
            return Returned(identity, message.get("value"))
        if kind == typeids.ERROR:
            known = self._close(identity)
            return Failed(identity, _error(message)) if known or identity == -1 else None
        raise BadValue.of("typeid", "Return, Error, Update or Delta", kind)

    def _close(self, identity: int) -> bool:
        """The last message of an id has come; False if nothing was open under it."""
        if identity in self._leaving:
            self._leaving.discard(identity)
            return True
        if self._open.pop(identity, None) is not None:
            return True
        return self._watched.pop(identity, None) is not None

    def _updated(self, identity: int, message: Mapping[str, Any]) -> Updated | None:
        watched = self._watched.get(identity)
        if watched is None:
            return None  # on its way when the subscription was ended
        if message["typeid"] == typeids.UPDATE:
            changes: Sequence[Any] = [[[], message.get("value")]]
        else:
            changes = message.get("changes", ())
        for stanza in changes:
            watched.value = applied(None if watched.value is _NOTHING else watched.value, stanza)
        return Updated(identity, watched.value, changes, message.get("sequence"), message.get("dropped", 0))

    # the connection goes, and comes back

    def lost(self, reason: str = "the connection went") -> list[Failed]:
        """The connection is gone: the requests that will have no reply. Subscriptions are kept for `again`."""
        failed = [
            Failed(identity, Disconnected(f"{what}: {reason} before the reply; whether it was done is not known"))
            for identity, what in self._open.items()
        ]
        self._open.clear()
        self._leaving.clear()
        for watched in self._watched.values():
            watched.value = _NOTHING
        return failed

    def again(self, subprotocol: str | None = None) -> list[Frame]:
        """The frames that subscribe to everything again, under the same ids; `subprotocol` if it is another now."""
        if subprotocol is not None:
            self.dialect = DIALECTS[subprotocol]
        return [self._frame(watched.message) for watched in self._watched.values()]

    # frames

    def _ask(self, kind: str, path: Sequence[str], members: Mapping[str, Any] | None = None) -> tuple[int, Frame]:
        identity = self._number()
        frame = self._frame(self._message(kind, identity, path, members or {}))
        self._open[identity] = ".".join(path)
        return identity, frame

    def _number(self) -> int:
        used = self._last
        while True:
            used = used + 1 if used < MOST_ID else 1
            if used not in self._open and used not in self._watched and used not in self._leaving:
                self._last = used
                return used

    @staticmethod
    def _message(kind: str, identity: int, path: Sequence[str], members: Mapping[str, Any]) -> dict[str, Any]:
        return {"typeid": kind, "id": identity, "path": list(path), **members}

    def _frame(self, message: Mapping[str, Any]) -> Frame:
        encoding = self.dialect.encoding
        try:
            piece: Frame = encoding.encode(message)
        except (OverflowError, TypeError, ValueError) as error:
            where = ".".join(message.get("path", ()))
            raise BadValue(f"{where}: expected a value that can be sent, got one that cannot ({error})") from None
        return encoding.array([piece]) if encoding.binary else piece


def _error(message: Mapping[str, Any]) -> MacduffError:
    """An Error message as the exception of its kind."""
    text = str(message.get("message", ""))
    kind, colon, sentence = text.partition(": ")
    said = message.get("kind")
    if isinstance(said, str):
        place = {name: str(message.get(name, "")) for name in ("device", "member", "state")}
        sentence = text.removeprefix(f"{said}: ")
        error = error_for(said, sentence, **place, allowed=tuple(message.get("allowed", ())))
        error.traceback = str(message.get("traceback", ""))
        return error
    if colon and kind in KINDS:
        return error_for(kind, sentence)
    return MacduffError(text)
