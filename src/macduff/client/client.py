"""The synchronous client: the devices of one server, by name."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from macduff.limits import DEFAULTS

from .address import server_address
from .bridge import Bridge
from .carrier import OpenCarrier, open_websocket
from .clientbase import ClientBase
from .device import RemoteDevice
from .names import unknown_device
from .seconds import checked_seconds

__all__ = ["Client", "connect"]

D = TypeVar("D")


class Client(ClientBase):
    """The devices of a server: `client["STAGE"]`, or `client.STAGE` where the name allows it.

    It reconnects by itself and takes its subscriptions up again; what it is doing is `state`. Close it, or use it in
    a `with`. It may be used from several threads.
    """

    @overload
    def device(self, name: str) -> RemoteDevice: ...
    @overload
    def device(self, name: str, cls: type[D]) -> D: ...
    def device(self, name: str, cls: type[Any] | None = None) -> Any:
        """A device by name.

        With a device class it is checked against that class, and what comes back has the class's own objects:
        `client.device("X", Motor).velocity.value`. Type checkers then see a Motor.
        """
        found = self._remote(name)
        if cls is None:
            return found
        from .typed import typed_device

        return typed_device(self._bridge, found._mirror, cls)

    def __getitem__(self, name: str) -> RemoteDevice:
        return self.device(name)

    def __getattr__(self, name: str) -> RemoteDevice:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name not in self.devices:  # nothing is asked for a guess, such as those that `hasattr` makes
            raise unknown_device(name, self.devices, self.address)
        return self.device(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *filter(str.isidentifier, self.devices)]


def connect(
    address: str,
    timeout: float = DEFAULTS.connect_time,
    *,
    retry: bool = False,
    open_carrier: OpenCarrier = open_websocket,
) -> Client:
    """Connect to a server: "ws://127.0.0.1:8008", "http://127.0.0.1:8008" or "127.0.0.1:8008".

    timeout: seconds for this, and later for each get. retry: wait that long for a server that is not there yet.
    Disconnected when nothing answers, TimedOut when it does not in time. open_carrier: what to connect with.
    """
    bridge = Bridge(server_address(address), open_carrier, checked_seconds(timeout, address))
    bridge.open(retry)
    return Client(bridge)
