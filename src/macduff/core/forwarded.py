"""Devices whose home is elsewhere: they show what they are told, and what is asked of them is passed on.

Such a device has no methods that run here and no state machine of its own: its home decides. Names, types and leases
are checked here first, so that what is refused here is refused as for any device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import BadValue, Disconnected, MacduffError, NotFound, Removed, TooMany, Unreachable
from ..telling import did_you_mean
from ..values import Alarm, AlarmStatus, Reading, Severity
from . import leases
from .attribute import Attribute
from .call import Outcome, Request
from .device import Device
from .dynamic import fields_changed
from .initial import NEVER_CONNECTED, bind
from .machine import Machine
from .method import Method, MethodSpec
from .refusals import read_only
from .retyping import retype
from .states import StateChanged
from .unset import UNSET

if TYPE_CHECKING:
    from ..values import VType

__all__ = ["ForwardedDevice", "Home", "RemoteValue", "away", "reshape", "tell", "usable"]

Done = Callable[[Any, MacduffError | None], None]


class Home(Protocol):
    """Where the device really is. Neither function blocks; `done(value, error)` is called once, from any thread."""

    def put(self, values: Mapping[str, Any], readback: bool, done: Done) -> None: ...
    def call(self, method: str, arguments: Mapping[str, Any], done: Done) -> None: ...


class RemoteValue:
    """The source of a forwarded device's attributes: they are told what they are, puts go the device's own way."""

    def __init__(self, writable: bool) -> None:
        self.writable = writable

    def bind(self, context: Any) -> RemoteValue:
        return self

    def simulated(self) -> RemoteValue:
        return self

    def start(self) -> None:
        """Nothing to begin."""

    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None:
        done(MacduffError("a forwarded device's attribute is put by its device"))

    def close(self) -> None:
        """Nothing to let go of."""


class ForwardedDevice(Device):
    """A device that is somewhere else. `reshape`, `tell` and `away` say what it is; `_home` takes what is asked."""

    _home: Home

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._machine: ForwardingMachine = ForwardingMachine(self)
        self._set(description="")
        for attribute in self.attributes.values():
            attribute.apply(attribute.value, None, NEVER_CONNECTED)


class ForwardingMachine(Machine):
    """Passes requests on, and remembers which are open. Process thread; `away` and `told` are replaced from others."""

    forwards = True

    def __init__(self, device: ForwardedDevice) -> None:
        super().__init__(device)
        self._forwarded = device
        self.away = "never connected"
        self.told: Mapping[str, bool] = {}
        self.open: dict[Request, None] = {}

    @property
    def _home(self) -> Home:
        return self._forwarded._home

    @property
    def open_elsewhere(self) -> bool:
        return bool(self.open)

    def writeable(self, attribute: Attribute[Any]) -> bool:
        return self.holder is None and self._usable(attribute.name)

    def callable_now(self, method: Method[Any, Any]) -> bool:
        return (self.holder is None or method.name == "abort") and self._usable(method.name)

    def _usable(self, member: str) -> bool:
        return not self.device._removed and not self.away and self.told.get(member, False)

    def forward(self, request: Request) -> None:
        """Check what can be checked here, then ask the home; raises what the client is told."""
        device, name, member = self.device, self.device.name, request.member
        aborts = request.kind == "call" and member == "abort"
        arguments = self._arguments(request)
        if not aborts:
            leases.check(device, request)
        if self.away:
            raise Unreachable(f"{name}.{member}: its home is away: {self.away}", device=name, member=member)
        most = self.process.limits.open_calls
        if len(self.open) >= most and not aborts:
            text = f"{name}.{member}: expected at most {most} open requests, got one more"
            raise TooMany(text, device=name, member=member)
        self.open[request] = None

        def done(value: Any, error: MacduffError | None) -> None:
            if type(error) is Disconnected:
                error = Unreachable(error.message)  # not the server that the client talks to
            self.process._post(self._ended, request, Outcome(value, error))

        home = self._home
        if request.kind == "put":
            home.put(arguments, request.readback, done)
        else:
            home.call(member, arguments, done)

    def _arguments(self, request: Request) -> Mapping[str, Any]:
        if request.kind == "put":
            return {name: self._writable(name).check_setpoint(value) for name, value in request.args.items()}
        method = self.device.methods.get(request.member)
        if method is None:
            raise self._not_found(request.member, "a method", self.device.methods)
        bound = method.bind(request.args)
        request.args = bound
        return bound

    def _writable(self, name: str) -> Attribute[Any]:
        attribute = self.device.attributes.get(name)
        if attribute is None:
            raise self._not_found(name, "an attribute", self.device.attributes)
        if not attribute.writable:
            raise read_only(attribute)
        return attribute

    def _not_found(self, member: str, what: str, known: Iterable[str]) -> NotFound:
        name, hint = self.device.name, did_you_mean(member, known)
        text = f"{name}.{member}: expected {what} of {name}, got none of that name{hint}"
        return NotFound(text, device=name, member=member)

    def _ended(self, request: Request, outcome: Outcome) -> None:
        if outcome.error is not None:
            outcome.error.device = self.device.name  # its home may call it otherwise
        if self.open.pop(request, UNSET) is None:
            self.process._resolve(request, outcome)

    def end(self, request: Request, message: str) -> None:
        """Whoever asked has ended: what it asked for is aborted at home, and the request ends as that says."""
        if request.kind != "call" or request not in self.open:
            return
        home = self._home
        if self.away:
            ended = self.ended_error(StateChanged("Ended", message), request.member)
            self._ended(request, Outcome(None, ended))
        else:
            home.call("abort", {}, lambda value, error: None)

    def drop(self, reason: str) -> None:
        """The device leaves this Process; its home goes on, and nobody hears of it here."""
        for request in list(self.open):
            removed = Removed(f"{request.title()}: {reason}", device=self.device.name, member=request.member)
            self._ended(request, Outcome(None, removed))


# what the link to the home tells, from any one thread


def reshape(
    device: ForwardedDevice,
    attributes: Mapping[str, Attribute[Any]],
    methods: Mapping[str, MethodSpec],
    *,
    label: str = "",
    description: str = "",
    tags: tuple[str, ...] | None = None,
) -> None:
    """The members that the device has now; those of the same name and kind stay, `tell` gives them another type.

    label, tags: the device's own where none are given.
    """
    process = device._process_needed()
    base = device._parts.members
    kept, added = {}, []
    for name, attribute in attributes.items():
        old = device.attributes.get(name)
        if old is not None and old.writable == attribute.writable and old.parameter == attribute.parameter:
            kept[name] = old
        elif name not in base:
            attribute.name = name
            kept[name] = bound = bind(attribute, device)
            process._joining.prepare_attribute(device, bound)
            added.append(bound)
    always = {name: member for name, member in device.attributes.items() if name in base}
    gone = [member for name, member in device.attributes.items() if kept.get(name) is not member and name not in always]
    verbs = {name: method for name, method in device.methods.items() if name in base}
    for name, spec in methods.items():
        if name not in base:
            verbs[name] = Method(device, name, spec, _elsewhere)
    with device._mutex:
        for name in (*(member.name for member in gone), *device.methods):
            device.__dict__.pop(name, None)
        device._set(attributes={**always, **kept}, methods=verbs, **{**always, **kept, **verbs})
        device._set(label=label or device.label, description=description)
        device._set(tags=device.tags if tags is None else tags)
        device._set_fields()
    device._machine.plain = "configure" not in methods
    for bound in added:
        process._post(process._attribute_added, device, bound)
    for member in gone:
        if member._binding is not None:
            member._binding.close()  # of a wrapped device; what is only told has nothing to let go of
        process._post(process._attribute_removed, device, member)
    fields_changed(device)


def _elsewhere(_device: Device, **arguments: Any) -> None:
    raise RuntimeError("a forwarded device's methods run at its home")


def tell(device: ForwardedDevice, name: str, reading: Reading, setpoint: Any, vtype: VType[Any] | None = None) -> None:
    """What an attribute is now, of another type first where `vtype` is given."""
    attribute = device.attributes.get(name)
    if attribute is None or device._removed:
        return
    where = f"{device.name}.{name}"
    retyped = vtype is not None and name not in device._parts.members and vtype != attribute.vtype
    kind = vtype if vtype is not None and retyped else attribute.vtype
    try:
        value = kind.validate(reading.value, where, owned=True)
        asked = kind.validate(setpoint, where, owned=True)
    except BadValue as error:
        attribute.apply(attribute._now[0], None, Alarm(Severity.INVALID, AlarmStatus.CONF, str(error)))
        return
    if retyped:
        retype(attribute, kind, (value, reading.alarm, reading.time), asked)
        return
    if attribute.writable and not attribute.vtype.equal(asked, attribute.setpoint):
        attribute.ask(asked)
    attribute.apply(value, reading.time, reading.alarm)


def usable(device: ForwardedDevice, members: Mapping[str, bool]) -> None:
    """Which members can be put or called now, as the home says; it can be reached."""
    machine: ForwardingMachine = device._machine
    machine.told, machine.away = dict(members), ""
    device._process_needed()._post(machine.refresh)


def away(device: ForwardedDevice, reason: str) -> None:
    """The home cannot be reached: values stay, INVALID, and nothing can be asked."""
    machine: ForwardingMachine = device._machine
    machine.away = reason
    alarm = Alarm(Severity.INVALID, AlarmStatus.CLIENT, reason)
    for attribute in device.attributes.values():
        if attribute._now[1] != alarm:
            value = reason if attribute.name == "health" else attribute._now[0]
            attribute.apply(value, None, alarm)
    device._process_needed()._post(machine.refresh)
