"""The devices of one server over its connection: descriptions, values, calls. What both clients are made of.

Everything here runs on the connection's loop and reports to a `done` callback; the clients make waiting of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from macduff.errors import BadValue, MacduffError, NotFound
from macduff.values import VType

from .address import Address
from .carrier import OpenCarrier
from .connection import Connection, StateCallback
from .describe import AttributeState, attribute_state, attribute_states, value_of
from .feed import Feed, Sink
from .inbox import Policy
from .mirror import Mirror
from .names import unknown_device
from .request import Done, Request
from .subscription import Subscription

__all__ = ["Core", "plain"]


class Core:
    """What a client can do, without any waiting in it."""

    def __init__(self, address: Address, open_carrier: OpenCarrier, on_state: StateCallback) -> None:
        self.connection = Connection(address, open_carrier, on_state)
        self._mirrors: dict[str, Mirror] = {}

    @property
    def server(self) -> str:
        """The server as it is shown."""
        return self.connection.address.short

    def device(self, name: str, done: Done) -> None:
        """The Mirror of a device: asked for once, kept up to date from then on."""
        mirror = self._mirrors.get(name)
        if mirror is None:
            mirror = self._mirrors[name] = Mirror(name, self.connection)

        def opened(_: Any, error: MacduffError | None) -> None:
            if error is None:
                done(mirror, None)
                return
            self._mirrors.pop(name, None)
            if isinstance(error, NotFound):
                error = unknown_device(name, self.connection.devices, self.server)
            done(None, error)

        mirror.open(opened)

    def get(self, request: Request, vtype: VType[Any] | None = None) -> None:
        """One Get of an attribute: an AttributeState, its values as of `vtype` where that is given."""

        def decode(structure: Any) -> AttributeState:
            return attribute_state(request.what, request.member, structure, self.connection.dialect, vtype)

        path = (request.device, request.member)
        self.connection.send(_decoding(request, decode), lambda session: session.get(path))

    def read(self, request: Request) -> None:
        """One Get of a whole device: its attributes as AttributeStates by name, in its own order."""

        def decode(block: Any) -> dict[str, AttributeState]:
            return attribute_states(request.device, block, self.connection.dialect)

        self.connection.send(_decoding(request, decode), lambda session: session.get((request.device,)))

    def put(self, request: Request, value: Any, readback: bool) -> None:
        """Put an attribute, or without a member several by name, all at once; done when that is complete.

        With `readback` it is complete when the readback confirms it.
        """
        path = (request.device, request.member, "value") if request.member else (request.device,)
        wire = plain(value)
        self.connection.send(request, lambda session: session.put(path, wire, readback=readback))

    def call(self, request: Request, parameters: Mapping[str, Any]) -> None:
        """Call a method; its result as Python has it."""
        path, wire = (request.device, request.member), {name: plain(value) for name, value in parameters.items()}
        self.connection.send(
            _decoding(request, lambda value: self._result(request, value)), lambda session: session.post(path, wire)
        )

    def _result(self, request: Request, value: Any) -> Any:
        mirror = self._mirrors.get(request.device)
        method = mirror.info.methods.get(request.member) if mirror is not None else None
        if method is None or not method.returns:
            return value
        dialect = self.connection.dialect
        if method.unpacked and len(method.returns) == 1:
            return value_of(next(iter(method.returns.values())), value, request.what, dialect)
        if not isinstance(value, Mapping):
            return value
        types = method.returns
        return {
            name: value_of(types[name], item, f"{request.what}.{name}", dialect) if name in types else item
            for name, item in value.items()
            if name != "typeid"
        }

    def watch(
        self, device: str, member: str, policy: Policy, sink: Sink, opened: Done, vtype: VType[Any] | None = None
    ) -> Subscription:
        """Give the readings of an attribute, as of `vtype` where given, to `sink`, until `connection.unsubscribe`."""
        feed = Feed(f"{device}.{member}", self.connection, sink, vtype)
        return self.connection.subscribe((device, member), policy, feed, opened)


def _decoding(request: Request, decode: Callable[[Any], Any]) -> Request:
    """The request with its reply decoded; a reply that cannot be is an error of the request, not of the client."""

    def done(value: Any, error: MacduffError | None) -> None:
        if error is None:
            try:
                value = decode(value)
            except (LookupError, TypeError, ValueError, AttributeError) as reason:
                error = BadValue(f"{request.what}: the reply was not understood: {type(reason).__name__}: {reason}")
        request.done(None if error else value, error)

    return replace(request, done=done)


def plain(value: Any) -> Any:
    """Members of an Enum class as the label that a device knows them by: the value where it is text, else the name."""
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
