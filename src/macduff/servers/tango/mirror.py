"""One macduff device as a Tango device: its attributes, its commands, State and Status."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tango

from macduff.convert.tango import form_of, state_of, text_for_tango
from macduff.core import Outcome
from macduff.errors import MacduffError, NotFound, Removed, TimedOut
from macduff.protocol.model import DeviceModel
from macduff.values import VType

from .changing import change_fields, change_properties, make_anew
from .classes import KEPT, TangoClass
from .commands import Command
from .failing import failure, origin_of
from .pending import WAIT, Waiters
from .shape import Shape, attribute_model, shape_of
from .shown import SUBSCRIBED, ResultModel, ShownAttribute, ShownResult
from .taps import Tap

if TYPE_CHECKING:
    from .host import Host

__all__ = ["TangoMirror"]

LOG = logging.getLogger("macduff.servers.tango")

STATE_FIELDS = ("state", "status", "health")


class TangoMirror:
    """Follows one device. `device` is its Tango device, None before there is one and while Tango restarts."""

    def __init__(self, host: Host, model: DeviceModel, tango_name: str) -> None:
        self.host = host
        self.model = model
        self.tango_name = tango_name
        self.device: Any = None
        self.tango_class: TangoClass | None = None  # of its device; its shape may have changed since
        self.waiters = Waiters()
        self.attributes: dict[str, ShownAttribute] = {}
        self.commands: dict[str, Command] = {}
        self.closed = False
        self._state: Any = None
        self._status = ""
        self._taps: dict[ShownAttribute, Tap] = {}
        self._mutex = threading.Lock()
        self.shape = Shape("", (), ())
        self.fit(shape_of(model, KEPT))

    def fit(self, shape: Shape) -> None:
        """Have what the shape says, keeping what stays."""
        commands = {each.name: each for each in shape.commands}
        self.commands = {name: self._command(name, commands) for name in commands}
        results = {tango_name: each for each in self.commands.values() if (tango_name := self._result_name(each))}
        attributes: dict[str, ShownAttribute] = {}
        for each in shape.attributes:
            model, old = attribute_model(self.model, each.name), self.attributes.get(each.name)
            if old is not None and old.model is model and old.form == each.form and old.writable == each.writable:
                attributes[each.name] = old
            elif model is not None:
                attributes[each.name] = ShownAttribute(self, each.name, model, each.form, each.writable)
            elif (command := results.get(each.name)) is not None:
                attributes[each.name] = self._result(command, each.name)
        for gone in self.attributes.values():
            if attributes.get(gone.name) is not gone:
                self.unwatch(gone)
        self.attributes, self.shape = attributes, shape

    def _command(self, name: str, shapes: Mapping[str, Any]) -> Command:
        old = self.commands.get(name)
        return old if old is not None and old.shape == shapes[name] else Command(self, shapes[name])

    @staticmethod
    def _result_name(command: Command) -> str:
        from macduff.convert.names import tango_result

        return tango_result(command.shape.member) if command.shape.slow else ""

    def _result(self, command: Command, name: str) -> ShownAttribute:
        if command.result is None:
            model = ResultModel(command.shape.name, self.host.time_ns())
            command.result = ShownResult(self, name, model, form_for(model.vtype), False)
        return command.result

    # in Tango's threads

    def state(self) -> Any:
        """Tango's State."""
        fields: Any = self.model.fields
        state = state_of(fields["state"].reading.value.value, fields["health"].reading.alarm.severity)
        return getattr(tango.DevState, state)

    def status(self) -> str:
        """Tango's Status: our state, what the device says it is doing, what is wrong."""
        fields: Any = self.model.fields
        doing, health = fields["status"].reading.value, fields["health"].reading
        text = f"{fields['state'].reading.value.value}" + (f": {doing}" if doing else "")
        return text_for_tango(f"{text}\n{health.value}" if health.alarm.severity else text)

    def put(self, device: Any, name: str, value: Any) -> None:
        """A client's put of one attribute; returns when it has ended, raises what it ended with."""
        with self.waiters.one() as pending:
            self.host.follower.put(self.model.name, {name: value}, self.behind(pending.finish),
                                   origin=origin_of(device))  # fmt: skip
            outcome = pending.wait(device)
        if outcome is None:
            where = f"{self.model.name}.{name}"
            raise TimedOut(
                f"{where}: expected an end within {WAIT:g} s, got none yet; the put goes on, State and Status tell",
                device=self.model.name, member=name,
            )  # fmt: skip
        if outcome.error is not None:
            raise outcome.error

    def behind(self, done: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
        """`done` as the follower calls it: behind the events of all that the request changed (rule 5)."""

        def in_order(outcome: Outcome) -> None:
            self.drain(self.host.now())
            done(outcome)

        return in_order

    def watch(self, shown: ShownAttribute) -> None:
        """From any thread: somebody subscribed, so each change counts from here on."""
        with self._mutex:
            if shown.tap is None and not self.closed:
                try:
                    shown.tap = self._taps[shown] = self.host.tap(shown)
                except NotFound:
                    return  # it went, or is no attribute of the device

    def unwatch(self, shown: ShownAttribute) -> None:
        with self._mutex:
            tap, shown.tap = shown.tap, None
            self._taps.pop(shown, None)
        if tap is not None:
            tap.close()
            self.host.untap(tap)

    # in the server's thread

    def begin(self, device: Any) -> None:
        """There is a Tango device, which clients are about to see."""
        self.device = device
        self._state, self._status = self.state(), self.status()
        self.waiters.open()

    def drain(self, now: float) -> None:
        """Push what the taps hold."""
        if self._taps:
            for tap in list(self._taps.values()):
                tap.drain(now)

    def changes(self, changes: Mapping[str, Any]) -> None:
        """As the follower tells them."""
        if "" in changes:
            self._refit()
        for key, item in changes.items():
            name, _, part = key.partition(".")
            shown = self.attributes.get(name)
            if shown is None:
                continue
            if not part:
                shown.changed(item)
            elif part == "meta":
                self._retype(shown, item)
            elif part == "setpoint" and shown.writable:
                shown.push_again()
        if any(name in changes for name in STATE_FIELDS):
            self.push_state()

    def push_state(self, *, again: bool = False) -> None:
        """State and Status to whoever subscribed, where they changed."""
        device = self.device
        if device is None:
            return
        state, status = self.state(), self.status()
        tango.LatestDeviceImpl.set_state(device, state)  # which is what Tango pushes
        tango.LatestDeviceImpl.set_status(device, status)
        for name, value, old in (("State", state, self._state), ("Status", status, self._status)):
            if again or value != old:
                for kind, push in _PUSHES:
                    if device.is_there_subscriber(name, kind):
                        push(device, name)
        self._state, self._status = state, status

    def push_all(self) -> None:
        """Everything once more: after Tango made its device anew."""
        for shown in self.attributes.values():
            shown.push_configuration()
            shown.push_again()
        self.push_state(again=True)

    def _retype(self, shown: ShownAttribute, vtype: VType[Any]) -> None:
        """Units, limits or labels changed, or the type itself."""
        form = form_of(vtype)
        if form is None or form != shown.form:
            self._refit()
            return
        shown.form = form
        if self.device is None:
            return
        if form.labels:
            make_anew(self, shown)
        else:
            change_properties(self, shown)

    def _refit(self) -> None:
        """Attributes or commands came, went or became others: on this device alone where Tango can, else anew."""
        shape = shape_of(self.model, KEPT)
        if shape == self.shape:
            self.fit(shape)
            return
        if self.device is None or not change_fields(self, shape):
            self.fit(shape)
            self.host.devices.renew(self)

    # the end of it

    def close(self, reason: str) -> None:
        """The device is gone: whoever waits or subscribed is told."""
        error = Removed(reason or f"{self.model.name} was removed", device=self.model.name)
        self.waiters.close(error)
        self.fail(error)
        self.end()
        self.host.devices.forget(self)

    def fail(self, error: MacduffError) -> None:
        """Tell all who subscribed that nothing comes any more."""
        device = self.device
        if device is None:
            return
        told = failure(error, self.model.name)
        for shown in self.attributes.values():
            shown.fail(told)
        for name in ("State", "Status"):
            for kind, push in _PUSHES:
                if device.is_there_subscriber(name, kind):
                    push(device, name, told)

    def end(self) -> None:
        self.closed = True
        for shown in self.attributes.values():
            self.unwatch(shown)

    def subscriptions(self) -> list[tuple[str, str]]:
        """Attribute and event, for all that is subscribed to."""
        device = self.device
        if device is None:
            return []
        names = (*self.attributes, "State", "Status")
        return [(name, event) for name in names for event, kind in SUBSCRIBED.items() if _there(device, name, kind)]


def _there(device: Any, name: str, kind: Any) -> bool:
    try:
        return bool(device.is_there_subscriber(name, kind))
    except tango.DevFailed:  # an attribute that Tango has no more
        return False


def form_for(vtype: VType[Any]) -> Any:
    form = form_of(vtype)
    assert form is not None
    return form


_PUSHES = (
    (tango.EventType.CHANGE_EVENT, tango.LatestDeviceImpl.push_change_event),
    (tango.EventType.ARCHIVE_EVENT, tango.LatestDeviceImpl.push_archive_event),
)
