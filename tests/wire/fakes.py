"""Devices and a host without a core: what the protocol asks for, and nothing behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from macduff.errors import MacduffError
from macduff.protocol.model import FieldModel, SEvent
from macduff.protocol.server import Hub
from macduff.values import NO_ALARM, Alarm, Reading, VType

__all__ = ["FakeAttribute", "FakeDevice", "FakeHost", "FakeMethod", "Log", "Outcome"]


class Outcome(NamedTuple):
    value: Any = None
    error: MacduffError | None = None


class Log(NamedTuple):
    value: Mapping[str, Any] = {}
    present: tuple[str, ...] = ()
    alarm: Alarm = NO_ALARM
    time: int = 0


@dataclass
class FakeAttribute:
    name: str
    vtype: VType[Any]
    value: Any = None
    writable: bool = False
    writeable: bool = False
    label: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    parameter: bool = False
    setpoint: Any = None
    now: Reading = field(init=False)

    def __post_init__(self) -> None:
        if self.value is None:
            self.value = self.vtype.zero()
        self.value = self.vtype.validate(self.value, self.name)
        if self.setpoint is None:
            self.setpoint = self.value
        self.now = Reading(self.value, NO_ALARM, 1_700_000_000_000_000_000, 0)

    @property
    def reading(self) -> Reading:
        return Reading(*self.now)  # made anew each time, as the core does


@dataclass
class FakeMethod:
    name: str
    takes: Mapping[str, VType[Any]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    returns: Mapping[str, VType[Any]] = field(default_factory=dict)
    writeable: bool = True
    label: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    took: Log = field(default_factory=Log)
    returned: Log = field(default_factory=Log)

    @property
    def unpacked(self) -> bool:
        return list(self.returns) == ["return"]


class FakeDevice:
    """A device whose changes are sent when `host` watches it."""

    def __init__(self, name: str, *fields: FakeAttribute | FakeMethod, label: str = "", **words: Any) -> None:
        self.name = name
        self.label = label or name
        self.description: str = words.get("description", "")
        self.tags: tuple[str, ...] = words.get("tags", ())
        self.fields: dict[str, FieldModel] = {item.name: item for item in fields}
        self.sequence = 0
        self.host: FakeHost | None = None

    def attribute(self, name: str) -> FakeAttribute:
        found = self.fields[name]
        assert isinstance(found, FakeAttribute)
        return found

    def method(self, name: str) -> FakeMethod:
        found = self.fields[name]
        assert isinstance(found, FakeMethod)
        return found

    def next(self) -> int:
        self.sequence += 1
        return self.sequence

    def apply(self, name: str, value: Any, alarm: Alarm = NO_ALARM, time: int | None = None) -> Reading:
        """A new reading, told to nobody yet."""
        attribute, sequence = self.attribute(name), self.next()
        value = attribute.vtype.validate(value, name)
        attribute.now = Reading(value, alarm, attribute.now.time + 1000 if time is None else time, sequence)
        return attribute.reading

    def update(self, alarm: Alarm = NO_ALARM, **values: Any) -> None:
        """New readings in one change set."""
        self.tell({name: self.apply(name, value, alarm) for name, value in values.items()})

    def change(self, **parts: Any) -> None:
        """Other changes, told as they are: meta__x=VDouble(), writeable__move=False, log__move=(took, returned)."""
        changes: dict[str, Any] = {}
        for key, value in parts.items():
            what, _, name = key.partition("__")
            item: Any = self.fields[name]
            if what == "log":
                item.took, item.returned = value
            else:
                setattr(item, {"meta": "vtype"}.get(what, what), value)
            changes[f"{name}.{what}"] = value
        self.next()
        self.tell(changes)

    def tell(self, changes: Mapping[str, Any]) -> None:
        if self.host is not None:
            self.host.changed(self, changes)


Handler = Callable[["FakeHost", str, str, Mapping[str, Any], object], None]


class FakeHost:
    """A host whose puts and calls are what a test says; by default a put echoes and a call returns None."""

    def __init__(self, *devices: FakeDevice) -> None:
        self.all = {device.name: device for device in devices}
        for device in devices:
            device.host = self
        self.hub: Hub
        self.watched: dict[tuple[str, str, bool], None] = {}
        self.paces: dict[tuple[str, str, bool], float] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.abandoned: list[object] = []
        self.on_call: Handler = lambda host, device, method, parameters, reply: host.reply(reply)
        self.on_put: Handler = _echo
        self.initial = True

    # Host

    def find(self, device: str) -> FakeDevice | None:
        return self.all.get(device)

    def devices(self) -> Mapping[str, FakeDevice]:
        return {name: device for name, device in self.all.items() if name != "."}

    def put(
        self, device: str, values: Mapping[str, Any], reply: object, *, readback: bool = False, origin: str = ""
    ) -> None:
        self.asked.append(("put", device, dict(values), readback, origin))
        self.on_put(self, device, "", values, reply)

    def call(self, device: str, method: str, parameters: Mapping[str, Any], reply: object, *, origin: str = "") -> None:
        self.asked.append(("call", device, method, dict(parameters), origin))
        self.on_call(self, device, method, parameters, reply)

    def abandon(self, reply: object) -> None:
        self.abandoned.append(reply)

    def watch(self, device: str, member: str = "", every: bool = False) -> None:
        assert (device, member, every) not in self.watched, "watched twice"
        self.watched[device, member, every] = None
        if self.initial:
            self.present(device, member, every)

    def open_member(self, device: str, member: str, reply: object, *, origin: str = "") -> None:
        raise NotImplementedError("no device here opens members")

    def hold(self, device: str, member: str) -> object:
        raise NotImplementedError("no device here opens members")

    def release(self, held: object) -> None:
        raise NotImplementedError("no device here opens members")

    def pace(self, device: str, member: str, every: bool, period: float) -> None:
        self.paces[device, member, every] = period

    def unwatch(self, device: str, member: str = "", every: bool = False) -> None:
        del self.watched[device, member, every]

    # what a test makes happen

    def present(self, device: str, member: str = "", every: bool = False) -> None:
        self.hub.deliver((SEvent.Value, device, self.all[device]), member if every else None)

    def reply(self, key: object, value: Any = None, error: MacduffError | None = None) -> None:
        self.hub.deliver((key, Outcome(value, error)))

    def changed(self, device: FakeDevice, changes: Mapping[str, Any]) -> None:
        for name, member, every in list(self.watched):
            if name != device.name:
                continue
            if not every:
                self.hub.deliver((SEvent.Changes, name, dict(changes), device.sequence))
                continue
            for key, value in changes.items():
                if not member or key.partition(".")[0] in ("", member):
                    sequence = value.sequence if isinstance(value, Reading) else device.sequence
                    self.hub.deliver((SEvent.Changes, name, {key: value}, sequence), member)

    def remove(self, name: str, reason: str = "") -> None:
        del self.all[name]
        for device, member, every in list(self.watched):
            if device == name:
                self.hub.deliver((SEvent.Removed, name, reason), member if every else None)


def _echo(host: FakeHost, device: str, _: str, values: Mapping[str, Any], reply: object) -> None:
    target = host.all[device]
    for name, value in values.items():
        if value is not None:
            target.attribute(name).setpoint = value
            target.tell({name: target.apply(name, value), f"{name}.setpoint": value})
    host.reply(reply)
