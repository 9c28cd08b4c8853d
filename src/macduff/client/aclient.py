"""The asynchronous client: the devices of one server, by name, on the caller's own loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from macduff.limits import DEFAULTS
from macduff.values import Reading

from .address import server_address
from .adevice import AsyncDevice
from .amonitor import AsyncMonitor
from .asubscriber import AsyncSubscriber
from .carrier import OpenCarrier, open_websocket
from .core import Core
from .inbox import Policy
from .mirror import Mirror
from .model import DeviceInfo
from .names import UnknownName, split_path, suggestion
from .reply import reply_of
from .seconds import checked_seconds
from .state import ConnectionState
from .states import StateListeners
from .texts import client_text

__all__ = ["AsyncClient", "connect_async"]


class AsyncClient:
    """The devices of a server: `stage = await client.device("STAGE")`, then `client["STAGE"]` as well.

    It reconnects by itself and takes its subscriptions up again; what it is doing is `state`. Close it, or use it in
    an `async with`. All of it is for the loop on which it was made.
    """

    def __init__(self, core: Core, timeout: float, states: StateListeners) -> None:
        self._core = core
        self._timeout = timeout
        self._states = states
        self._devices: dict[str, AsyncDevice] = {}

    # ---- the connection

    @property
    def address(self) -> str:
        """The server, "ws://127.0.0.1:8008"."""
        return self._core.server

    @property
    def state(self) -> ConnectionState:
        """connecting, connected, reconnecting or closed."""
        return self._core.connection.state

    @property
    def connected(self) -> bool:
        """Whether requests can be sent now."""
        return self.state is ConnectionState.CONNECTED

    @property
    def reason(self) -> str:
        """Why it is not connected; "" while it is."""
        return self._core.connection.reason

    def on_state(self, callback: Callable[[ConnectionState, str], object]) -> Callable[[], None]:
        """Call back(state, reason) at each change of state, on the loop; the returned function ends it."""
        return self._states.add(callback)

    async def wait_connected(self, timeout: float | None = None) -> None:
        """Wait until it is connected; TimedOut after `timeout` seconds, Disconnected once it is closed."""
        await self._core.connection.wait_connected(timeout)

    async def close(self) -> None:
        """End the connection and its subscriptions; open requests fail with Disconnected."""
        await self._core.connection.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *args: object) -> None:
        await self.close()

    # ---- devices

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the devices, as the server listed them last; kept up to date by it."""
        return tuple(self._core.connection.devices)

    async def device(self, name: str) -> AsyncDevice:
        """A device by name; its description is asked for the first time only."""
        found = self._devices.get(name)
        if found is None:
            core = self._core
            mirror: Mirror = await reply_of(
                "get", name, "", lambda request: core.device(name, request.done), self._timeout
            )
            found = self._devices.setdefault(name, AsyncDevice(core, self._timeout, mirror))
        return found

    def __getitem__(self, name: str) -> AsyncDevice:
        """A device that `await client.device(name)` has given before."""
        found = self._devices.get(name)
        if found is None:
            hint = "" if name in self.devices else suggestion(name, self.devices)
            what = f"expected a device that was asked for before, got {name!r}; use `await client.device({name!r})`"
            raise UnknownName(f"{self.address}: {what}{hint}", device=name)
        return found

    async def info(self, name: str) -> DeviceInfo:
        """What the server says of a device: attributes and methods with types, units and descriptions."""
        return (await self.device(name))._mirror.info

    def __contains__(self, name: object) -> bool:
        return name in self.devices

    def __iter__(self) -> Iterator[str]:
        return iter(self.devices)

    def __len__(self) -> int:
        return len(self.devices)

    # ---- subscriptions

    async def subscribe(
        self, path: str, callback: Callable[[Reading], object], policy: Policy = "latest", size: int | None = None
    ) -> AsyncSubscriber:
        """Call back on the loop with each reading of "DEVICE.attribute", the present one first; until `close()`.

        `latest` merges what comes before the loop gets round to the callback, `every` keeps up to `size` readings,
        then the oldest go; both count `dropped`. While the connection or the device is away there is one INVALID
        reading that says so.
        """
        return await AsyncSubscriber.of(self.monitor(path, policy, size), callback)

    def monitor(self, path: str, policy: Policy = "latest", size: int | None = None) -> AsyncMonitor:
        """The readings of "DEVICE.attribute" as an iterator: `async with client.monitor(...) as readings`."""
        return AsyncMonitor(self._core, self._timeout, *split_path(path), policy, size)

    def __repr__(self) -> str:
        return client_text("AsyncClient", self.address, self.state, self.devices)


async def connect_async(
    address: str,
    timeout: float = DEFAULTS.connect_time,
    *,
    retry: bool = False,
    open_carrier: OpenCarrier = open_websocket,
) -> AsyncClient:
    """Connect to a server on the running loop; arguments and errors as those of `connect`."""
    timeout = checked_seconds(timeout, address)
    states = StateListeners(lambda tell: tell())
    core = Core(server_address(address), open_carrier, states.changed)
    await core.connection.open(timeout, retry)
    return AsyncClient(core, timeout, states)
