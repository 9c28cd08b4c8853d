"""A server without I/O: the protocol's hub over devices of plain data, joined to clients by queues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from macduff.client import Client
from macduff.errors import Aborted, Disconnected, MacduffError, NotFound
from macduff.protocol.dialect import choose
from macduff.protocol.hub import Hub
from macduff.protocol.model import SEvent
from macduff.protocol.server import ServerSession
from macduff.values import NO_ALARM, Alarm, Reading, VDouble, VEnum, VString, VTable, VType
from tests.support import eventually

__all__ = ["FakeAttribute", "FakeDevice", "FakeMethod", "MemoryServer", "Outcome", "attribute", "kill", "stage"]


@dataclass
class Outcome:
    """How a request ended."""

    value: Any = None
    error: MacduffError | None = None


@dataclass
class FakeAttribute:
    """An AttributeModel whose state a test sets."""

    name: str
    vtype: VType[Any]
    reading: Reading
    setpoint: Any = None
    writable: bool = False
    writeable: bool = False
    parameter: bool = False
    label: str = ""
    description: str = ""
    tags: Sequence[str] = ()


@dataclass
class FakeLog:
    """One side of a call that never was."""

    value: Mapping[str, Any] = field(default_factory=dict)
    present: Sequence[str] = ()
    alarm: Alarm = NO_ALARM
    time: int = 0


Finish = Callable[[Any, MacduffError | None], None]


@dataclass
class FakeMethod:
    """A MethodModel; `run(parameters, finish)` is what a call does, None leaves it open until the test ends it."""

    name: str
    takes: Mapping[str, VType[Any]] = field(default_factory=dict)
    required: Sequence[str] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    returns: Mapping[str, VType[Any]] = field(default_factory=dict)
    unpacked: bool = True
    writeable: bool = True
    description: str = ""
    label: str = ""
    tags: Sequence[str] = ()
    took: FakeLog = field(default_factory=FakeLog)
    returned: FakeLog = field(default_factory=FakeLog)
    run: Callable[[Mapping[str, Any], Finish], None] | None = None


@dataclass
class FakeDevice:
    """A DeviceModel."""

    name: str
    fields: dict[str, Any]
    description: str = ""
    label: str = ""
    tags: Sequence[str] = ()


def attribute(name: str, vtype: VType[Any], value: Any, **more: Any) -> FakeAttribute:
    """An attribute with a first reading."""
    writable = more.pop("writable", False)
    value = vtype.validate(value)
    return FakeAttribute(
        name,
        vtype,
        Reading(value, NO_ALARM, time.time_ns(), 1),
        setpoint=value if writable else None,
        writable=writable,
        writeable=writable,
        **more,
    )


def stage(name: str = "STAGE", **more: Any) -> FakeDevice:
    """A stage that does not move by itself: `move` stays open until `server.finish` or an abort."""
    fields: list[Any] = [
        attribute("state", VEnum(["Idle", "Running"]), "Idle"),
        attribute("position", VDouble(units="mm", precision=4), 0.0, description="Where it is"),
        attribute("velocity", VDouble(units="mm/s", control=(0.01, 5)), 1.0, writable=True),
        attribute("mode", VEnum(["slow", "fast"]), "slow", writable=True),
        FakeMethod(
            "move",
            takes={"target": VDouble(units="mm", description="Where to"), "speed": VDouble(units="mm/s")},
            required=("target",),
            defaults={"speed": 1.0},
            returns={"return": VDouble(units="mm")},
            description="Go to target and return where it ended.",
        ),
        FakeMethod("abort"),
    ]
    return FakeDevice(name, {item.name: item for item in fields}, description="A linear stage.", **more)


class MemoryServer:
    """Serves fake devices to clients in this process; `open` is what a client connects with.

    It lives on the loop of the first client that connects. From other threads use `run`.
    """

    def __init__(self, *devices: FakeDevice) -> None:
        self.up = True
        self.received = 0
        """Frames that came from clients."""
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.puts: list[tuple[str, dict[str, Any], bool]] = []
        self.hold_puts = False
        self.obeys = True
        """Whether an abort ends anything, or is even answered."""
        self.on_request: Callable[[str], object] = lambda name: None
        """Told of each call by its method's name, and of each put as "put", when it has been taken."""
        self.mute = False
        """Whether it takes what comes and says nothing."""
        self.subprotocols: Sequence[str] | None = None
        self._devices: dict[str, FakeDevice] = {}
        self._sequence = 10
        self._open: list[tuple[str, str, Any]] = []
        self._carriers: list[MemoryCarrier] = []
        self._watched: dict[tuple[str, str | None], None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._list_of_devices()
        self.hub = Hub(self)
        for device in devices:
            self.add(device)

    def _list_of_devices(self) -> None:
        blocks = attribute("blocks", VTable({"mri": str, "label": str}), {"mri": (), "label": ()})
        self._devices["."] = FakeDevice(".", {"blocks": blocks, "state": attribute("state", VString(), "Idle")})

    # ---- the connection

    async def open(self, url: str, subprotocols: Sequence[str], timeout: float) -> MemoryCarrier:
        """An OpenCarrier."""
        if not self.up:
            raise Disconnected(f"{url}: expected a server, got none: connection refused")
        self._loop = asyncio.get_running_loop()
        offered = subprotocols if self.subprotocols is None else self.subprotocols
        carrier = MemoryCarrier(self, choose(offered) or "")
        self._carriers.append(carrier)
        return carrier

    def kill(self, reason: str = "the connection was lost") -> None:
        """Everything goes at once, as with SIGKILL; on the loop."""
        self.up = False
        carriers, self._carriers = self._carriers, []
        for carrier in carriers:
            carrier.session.close()
            carrier.break_off(reason)
        self._open.clear()

    def run(self, function: Callable[..., object], *args: object) -> Any:
        """Run function(*args) on the server's loop, from another thread, and wait for its result."""
        assert self._loop is not None

        async def task() -> object:
            result = function(*args)
            self.pump()
            return result

        return asyncio.run_coroutine_threadsafe(task(), self._loop).result(10)

    def pump(self) -> None:
        """Give clients what there is for them."""
        self.hub.ready()
        if self.mute:
            return
        for carrier in self._carriers:
            carrier.pump()

    @property
    def subscriptions(self) -> list[str]:
        """What is subscribed on all connections, without what every client watches by itself."""
        found = [
            ".".join((subscription.feed.name, *subscription.channel.rest))
            for carrier in self._carriers
            for subscription in carrier.session._subscriptions.values()
        ]
        return sorted(path for path in found if path != "..blocks" and not path.endswith("STAGE.meta"))

    # ---- the devices

    def add(self, device: FakeDevice) -> None:
        """A device comes."""
        self._devices[device.name] = device
        self._relist()

    def remove(self, name: str) -> None:
        """A device goes."""
        del self._devices[name]
        for device, member in [watched for watched in self._watched if watched[0] == name]:
            self.hub.deliver((SEvent.Removed, device, ""), member)
        self._relist()

    def _relist(self) -> None:
        names = tuple(name for name in self._devices if name != ".")
        self.update(".", blocks={"mri": names, "label": names})

    def update(self, device: str, *, alarm: Alarm = NO_ALARM, **values: Any) -> None:
        """Attributes have new values."""
        self._sequence += 1
        changes: dict[str, Any] = {}
        for name, value in values.items():
            target = self._devices[device].fields[name]
            target.reading = Reading(value, alarm, time.time_ns(), self._sequence)
            changes[name] = target.reading
        if hasattr(self, "hub"):
            self.hub.deliver((SEvent.Changes, device, changes, self._sequence))
            for name in values:
                self.hub.deliver((SEvent.Changes, device, {name: changes[name]}, self._sequence), name)

    def refield(self, device: str, *fields: Any) -> None:
        """Fields come to a device."""
        found = self._devices[device]
        found.fields.update({item.name: item for item in fields})
        self._sequence += 1
        self.hub.deliver((SEvent.Changes, device, {"": found}, self._sequence))

    def finish(self, method: str, value: Any = None, error: MacduffError | None = None) -> None:
        """The oldest open request of that name ends."""
        for entry in self._open:
            if entry[1] == method:
                self._open.remove(entry)
                self.hub.deliver((entry[2], Outcome(value, error)))
                return
        raise AssertionError(f"no open {method}")

    # ---- what the hub asks: macduff.protocol.host.Host

    def find(self, device: str) -> FakeDevice | None:
        return self._devices.get(device)

    def devices(self) -> Mapping[str, FakeDevice]:
        return {name: device for name, device in self._devices.items() if name != "."}

    def put(
        self, device: str, values: Mapping[str, Any], reply: object, *, readback: bool = False, origin: str = ""
    ) -> None:
        self.puts.append((device, dict(values), readback))
        if self.hold_puts:
            self._open.append((device, "put", reply))
            self.on_request("put")
            return
        for name, value in values.items():
            self._devices[device].fields[name].setpoint = value
        self.update(device, **values)
        self.hub.deliver((reply, Outcome()))

    def call(self, device: str, method: str, parameters: Mapping[str, Any], reply: object, *, origin: str = "") -> None:
        self.calls.append((device, method, dict(parameters)))
        found: FakeMethod = self._devices[device].fields[method]
        if method == "abort" and self.obeys:
            aborted = [entry for entry in self._open if entry[0] == device and entry[1] != "put"]
            for entry in aborted:
                self.finish(entry[1], error=Aborted(f"{device}.{entry[1]}: aborted", device=device, member=entry[1]))
            self.hub.deliver((reply, Outcome()))
        elif found.run is not None:

            def finish(value: Any, error: MacduffError | None) -> None:
                self.hub.deliver((reply, Outcome(value, error)))

            found.run(parameters, finish)
        else:
            self._open.append((device, method, reply))
        self.on_request(method)

    def abandon(self, reply: object) -> None:
        raise NotFound("abandon: no client of these tests asks for it")

    def watch(self, device: str, member: str = "", every: bool = False) -> None:
        self._watched[device, member if every else None] = None
        self.hub.deliver((SEvent.Value, device, self._devices[device]), member if every else None)

    def open_member(self, device: str, member: str, reply: object, *, origin: str = "") -> None:
        raise NotImplementedError("no device here opens members")

    def hold(self, device: str, member: str) -> object:
        raise NotImplementedError("no device here opens members")

    def release(self, held: object) -> None:
        raise NotImplementedError("no device here opens members")

    def pace(self, device: str, member: str, every: bool, period: float) -> None:
        """What it is told is told at once, whoever would bear with less."""

    def unwatch(self, device: str, member: str = "", every: bool = False) -> None:
        self._watched.pop((device, member if every else None), None)


class MemoryCarrier:
    """One connection of a client to a MemoryServer."""

    def __init__(self, server: MemoryServer, subprotocol: str) -> None:
        self.subprotocol = subprotocol
        self.session = ServerSession(server.hub, subprotocol)
        self._server = server
        self._frames: asyncio.Queue[bytes | str | Disconnected] = asyncio.Queue()
        self._broken = ""

    async def send(self, frame: bytes | str) -> None:
        if self._broken:
            raise Disconnected(self._broken)
        self._server.received += 1
        self.session.receive(frame)
        self._server.pump()

    async def receive(self) -> bytes | str:
        frame = await self._frames.get()
        if isinstance(frame, Disconnected):
            raise frame
        return frame

    async def close(self) -> None:
        self.session.close()
        self.break_off("the connection was closed")
        if self in self._server._carriers:
            self._server._carriers.remove(self)

    def pump(self) -> None:
        for frame in self.session.outgoing(1 << 24):
            self._frames.put_nowait(frame)

    def break_off(self, reason: str) -> None:
        self._broken = reason
        self._frames.put_nowait(Disconnected(reason))


def kill(server: MemoryServer, client: Client) -> None:
    """The server goes at once, and the client has noticed."""
    server.run(server.kill)
    eventually(lambda: not client.connected, "the loss of the connection is noticed")
