"""A whole Tango device, wrapped with no class written: its attributes and commands are what the device says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...convert.names import local_name
from ...convert.tags import without_tags
from ...core import Attribute, DState, SourceContext
from ...core.forwarded import ForwardedDevice, away, reshape, tell, usable
from ...core.method import MethodSpec
from ...errors import BadValue, MacduffError, NotFound, Unreachable
from ...values import NO_ALARM, Alarm, Severity
from ..facts import improved
from ..glue import Done, members_of, problem
from ..tango_attribute import Tango
from ..wrapping import Requests, member_name, reading
from . import library
from .binding import TangoBinding, Told
from .commands import Command, command_of
from .followed import RETRY, Followed
from .library import TANGO, TangoThread, as_error, text_of
from .link import PERIOD, Subscription
from .native import facts_of, native_of, vtype_for

__all__ = ["OUR_STATES", "TangoDevice", "described", "tango_device"]

LOG = logging.getLogger("macduff.sources")

OUR_STATES = {"MOVING": DState.Running, "RUNNING": DState.Running, "FAULT": DState.Fault, "INIT": DState.Resetting}
"""Ours for a State of Tango's; all others are Idle."""
_BAD = {"FAULT": Severity.MAJOR, "ALARM": Severity.MINOR, "UNKNOWN": Severity.INVALID}
NOT_YET = "not connected yet"
_STOPS = ("stop", "abort")
"""Commands that abort is, the first that the device has."""


@dataclass(frozen=True)
class _Found(Tango):
    """An attribute whose type nobody declared: it is what the device's is, also when that comes back another."""

    follows: ClassVar[bool] = True
    told: Told | None = None

    def bind(self, context: SourceContext) -> TangoBinding:
        device, member = library.split(self.attribute, context.device)
        return TangoBinding(
            context,
            device,
            member,
            writable=self.writable,
            period=self.period,
            events=True,
            timeout=self.timeout,
            follows=True,
            told=self.told,
        )


def described(info: Any) -> tuple[str, tuple[str, ...]]:
    """Description and tags of an attribute."""
    text, tags = without_tags("" if info.description == "No description" else info.description)
    return " ".join(text.split()), tags


class TangoDevice(ForwardedDevice):
    """A Tango device with all its attributes and commands, wrapped with no class written.

    device: its name, "a/b/c", with tango://host:port/ before it or #dbase=no behind it where needed. period: seconds
    between readings of attributes that send no events. timeout: seconds for a write or a command, else Tango's 3.
    abort calls its Stop, else its Abort; reset its Reset, where it has one.
    """

    def __init__(self, name: str, device: str, period: float = PERIOD, timeout: float | None = None) -> None:
        super().__init__(name)
        library.split(f"{device.partition('#')[0]}/x", name)  # a name that cannot be is refused here
        self._wrapped = self._home = _Wrapped(self, device, period, timeout)

    def do_connect(self) -> None:
        """Begin to follow; the device may come later."""
        away(self, NOT_YET)
        problem(self, "there", Severity.INVALID, NOT_YET)
        self._wrapped.open()

    def do_close(self) -> None:
        """Follow no longer."""
        self._wrapped.close()


def tango_device(device: str, name: str = "", *, period: float = PERIOD, timeout: float | None = None) -> TangoDevice:
    """A Tango device as one of ours, to be added to a Process: `process.add(tango_device("sys/tg_test/1"))`.

    name: its name here, else made from its own: "sys:tg_test:1".
    """
    plain = device.partition("#")[0].removeprefix("tango://")
    return TangoDevice(name or local_name("/".join(plain.split("/")[-3:])), device, period, timeout)


class _Wrapped:
    """The home of a wrapped device. `put`, `call`, `open` and `close` from any thread, the rest on Tango's."""

    def __init__(self, device: ForwardedDevice, there: str, period: float, timeout: float | None) -> None:
        self._device = device
        self._there = there
        self._period = period
        self._timeout = timeout
        self._thread: TangoThread | None = None
        self._followed: Followed | None = None
        self._requests = Requests(device)
        self._commands: dict[str, Command] = {}
        self._verbs: dict[str, Command] = {}
        self._shape: object = None
        self._warned: set[str] = set()
        self._interface: Subscription | None = None
        self._closed = False
        self._state = "UNKNOWN"
        self._status = ""

    # any thread

    def open(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = thread = TANGO.acquire()
            thread.call(self._begin, thread)

    def close(self) -> None:
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.call(self._end)
            thread.release()

    def put(self, values: Mapping[str, Any], readback: bool, done: Done) -> None:
        self._requests.put(self._thread, values, readback, done)

    def call(self, method: str, arguments: Mapping[str, Any], done: Done) -> None:
        what = f"{self._device.name}.{method}"
        if method == "abort":
            work = self._abort()
        elif method == "reset":
            work = self._run(self._named("reset"), {}, what)
        else:
            work = self._run(self._commands.get(method), arguments, what)
        self._requests.begin(self._thread, work, what, done)

    # the thread of Tango

    def _begin(self, thread: TangoThread) -> None:
        if self._thread is not None:
            self._followed = Followed.of(thread, self._there)
            self._followed.add(self)

    def _end(self) -> None:
        if self._followed is not None:
            if self._interface is not None:
                self._followed.unsubscribe([self._interface])
            self._followed.remove(self)

    def found(self) -> None:
        """The device is there; what it is is asked anew."""
        if self._thread is not None:
            self._thread.spawn(self._discover())

    def lost(self, reason: str) -> None:
        if not self._closed:
            away(self._device, reason)
            problem(self._device, "state")
            if self._shape is None:  # else its attributes tell
                problem(self._device, "there", Severity.INVALID, reason)

    async def _discover(self) -> None:
        followed = self._followed
        if followed is None:
            return
        try:
            attributes = await followed.ask("attribute_list_query_ex")
            commands = await followed.ask("command_list_query")
            about = await followed.ask("info")
            if self._interface is None:
                self._interface = await followed.subscribe("INTERFACE_CHANGE_EVENT", self._interface_changed)
        except followed.tango.DevFailed as error:
            self.lost(f"{self._there}: {text_of(error)}")
            if followed.up and self._thread is not None:
                self._thread.loop.call_later(RETRY, self.found)
            return
        if self._closed or not followed.up:
            return
        self._show(followed, attributes, commands, about)

    def _interface_changed(self, event: Any) -> None:
        """Attributes or commands came or went."""
        if not self._closed and not event.err and self._followed is not None and self._followed.up:
            self.found()

    def _show(self, followed: Followed, attributes: Any, commands: Any, about: Any) -> None:
        taken = {name.lower() for name in members_of(self._device)}
        made: dict[str, Attribute[Any]] = {}
        shape: list[object] = []
        for info in attributes:
            name = member_name(info.name, taken)
            try:
                made[name] = self._attribute(followed, info)
            except BadValue as error:
                self._left_out(info.name, error)
                continue
            taken.add(name.lower())
            shape.append((name, info.name, made[name].writable, made[name].description, made[name].label))
        self._commands, self._verbs = {}, {}
        for info in commands:
            if info.cmd_name in ("State", "Status"):  # attributes tell them
                continue
            own = info.cmd_name in ("abort", "reset")  # the device here has these
            name = info.cmd_name if own else member_name(info.cmd_name, taken)
            try:
                self._verbs[name] = command_of(info, name)
                if own:
                    continue
                self._commands[name] = self._verbs[name]
            except BadValue as error:
                self._left_out(info.cmd_name, error)
                continue
            taken.add(name.lower())
        methods: dict[str, MethodSpec] = {name: command.spec for name, command in self._commands.items()}
        described = f"The Tango device {self._there} of class {about.dev_class}."
        shape += [described, methods]
        if shape != self._shape:
            self._shape = shape
            reshape(self._device, made, methods, label=self._there.partition("#")[0], description=described)
        told = {name: attribute.writable for name, attribute in made.items()} | dict.fromkeys(methods, True)
        usable(self._device, {**told, "abort": True, "reset": self._named("reset") is not None})
        problem(self._device, "there")

    def _left_out(self, name: str, error: BadValue) -> None:
        if name not in self._warned:
            self._warned.add(name)
            LOG.warning("%s: %s is left out: %s", self._device.name, name, error)

    def _attribute(self, followed: Followed, info: Any) -> Attribute[Any]:
        native = native_of(self._there, info, followed.tango)
        facts = facts_of(info, native)
        told = {"state": self._state_told, "status": self._status_told}.get(info.name.lower())
        source = _Found(native.name, self._period, timeout=self._timeout, read_only=not native.writable, told=told)
        description, tags = described(info)
        label = "" if info.label == info.name else info.label
        vtype = improved(vtype_for(native), facts, facts)
        return Attribute(vtype, description=description, label=label, source=source, tags=tags)

    # its state

    def _state_told(self, value: Any, alarm: Alarm, time: int) -> None:
        self._state = str(value)
        state = OUR_STATES.get(self._state, DState.Idle)
        tell(self._device, "state", reading(state, NO_ALARM, time), state)
        self._tell_health()

    def _status_told(self, value: Any, alarm: Alarm, time: int) -> None:
        self._status = str(value)
        tell(self._device, "status", reading(self._status, NO_ALARM, time), self._status)
        self._tell_health()

    def _tell_health(self) -> None:
        severity = _BAD.get(self._state, Severity.NONE)
        text = f"{self._state}: {' '.join(self._status.split())}" if severity else ""
        problem(self._device, "state", severity, text)

    # what is asked of it

    def _named(self, wanted: str) -> Command | None:
        return next((c for c in self._verbs.values() if c.name.lower() == wanted), None)

    async def _run(self, command: Command | None, arguments: Mapping[str, Any], what: str) -> Any:
        followed = self._followed
        if followed is None or not followed.up:
            raise Unreachable(f"{what}: expected a device that is there, got one that is not")
        if command is None:
            raise NotFound(f"{what}: expected a command that the device has, got one that it has not")
        raw = command.argument(arguments, followed.tango, what)
        try:
            given = (command.name,) if command.types[0] == "DevVoid" else (command.name, raw)
            returned = await followed.ask("command_inout", *given, timeout=self._timeout)
        except MacduffError:
            raise
        except Exception as error:
            raise as_error(error, what) from error
        return command.result(returned, what)

    async def _abort(self) -> None:
        """What waits here ends, and the device is told to stop, if there is a way to tell it."""
        self._requests.abort()
        command = next((found for name in _STOPS if (found := self._named(name)) is not None), None)
        if command is not None:
            await self._run(command, {}, f"{self._device.name}.abort")
