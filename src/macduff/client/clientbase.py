"""What a synchronous client has besides its devices: the connection, descriptions, subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Self

from macduff.values import Reading

from .bridge import Around, Bridge
from .device import RemoteDevice
from .inbox import Policy
from .mirror import Mirror
from .model import DeviceInfo
from .monitor import Monitor
from .names import split_path
from .state import ConnectionState
from .subscriber import Subscriber
from .texts import client_text

__all__ = ["ClientBase"]


class ClientBase:
    """A client without its devices; `Client` finds them at run time, the stubs of a server declare them."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._known: dict[str, RemoteDevice] = {}

    # ---- the connection

    @property
    def address(self) -> str:
        """The server, "ws://127.0.0.1:8008"."""
        return self._bridge.core.server

    @property
    def state(self) -> ConnectionState:
        """connecting, connected, reconnecting or closed."""
        return self._bridge.state

    @property
    def connected(self) -> bool:
        """Whether requests can be sent now."""
        return self.state is ConnectionState.CONNECTED

    @property
    def reason(self) -> str:
        """Why it is not connected; "" while it is."""
        return self._bridge.reason

    def on_state(self, callback: Callable[[ConnectionState, str], object]) -> Callable[[], None]:
        """Call back(state, reason) at each change of state, on the callback thread; the returned function ends it."""
        return self._bridge.on_state(callback)

    def wait_connected(self, timeout: float | None = None) -> None:
        """Wait until it is connected; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        self._bridge.wait_connected(timeout)

    def close(self) -> None:
        """End the connection, its subscriptions and threads; open requests fail with Disconnected."""
        self._bridge.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def around_calls(self, around: Around) -> None:
        """Enter `with around(future):` while somebody waits for a call: for showing how far it is, as the shell does.

        The call is sent inside of it. A KeyboardInterrupt goes through it, when the device is at rest or waited for no
        longer. What it gives, where that is not None, is called when the call is sent, and may stay until its end.
        """
        self._bridge.around = around

    # ---- devices

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the devices, as the server listed them last; kept up to date by it."""
        return tuple(self._bridge.core.connection.devices)

    def _remote(self, name: str) -> RemoteDevice:
        found = self._known.get(name)
        if found is None:
            core = self._bridge.core
            mirror: Mirror = self._bridge.ask(name, lambda done: core.device(name, done))
            found = self._known.setdefault(name, RemoteDevice(self._bridge, mirror))
        return found

    def info(self, name: str) -> DeviceInfo:
        """What the server says of a device: attributes and methods with types, units and descriptions."""
        return self._remote(name)._mirror.info

    def __contains__(self, name: object) -> bool:
        return name in self.devices

    def __iter__(self) -> Iterator[str]:
        return iter(self.devices)

    def __len__(self) -> int:
        return len(self.devices)

    # ---- subscriptions

    def subscribe(
        self, path: str, callback: Callable[[Reading], object], policy: Policy = "latest", size: int | None = None
    ) -> Subscriber:
        """Call back with each reading of "DEVICE.attribute", the present one first; until `close()` on the result.

        Callbacks run one after the other on a thread of the client; they may block and may use the client. `latest`
        merges what comes while a callback runs, `every` keeps up to `size` readings, then the oldest go; both count
        `dropped`. While the connection or the device is away there is one INVALID reading that says so.
        """
        return Subscriber(self._bridge, *split_path(path), callback, policy, size)

    def monitor(self, path: str, policy: Policy = "latest", size: int | None = None) -> Monitor:
        """The readings of "DEVICE.attribute" as an iterator, for a `with`; policies as in `subscribe`."""
        return Monitor(self._bridge, *split_path(path), policy, size)

    def __repr__(self) -> str:
        return client_text(type(self).__name__, self.address, self.state, self.devices)
