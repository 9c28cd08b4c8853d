"""One attribute on Tango: read by clients in Tango's threads, pushed as events in the server's."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import tango

from macduff.convert.tags import with_tags
from macduff.convert.tango import Form, properties_of
from macduff.errors import BadValue
from macduff.protocol.model import AttributeModel
from macduff.values import NO_ALARM, Alarm, Reading, Severity, VString

from .failing import failure

if TYPE_CHECKING:
    from .mirror import TangoMirror
    from .taps import Tap

__all__ = ["EVENTS", "SUBSCRIBED", "ShownAttribute", "ShownResult"]

LOG = logging.getLogger("macduff.servers.tango")

CHANGE, ARCHIVE, ALARM = (
    tango.EventType.CHANGE_EVENT,
    tango.EventType.ARCHIVE_EVENT,
    tango.EventType.ALARM_EVENT,
)
EVENTS = {"change": CHANGE, "archive": ARCHIVE, "alarm": ALARM}
"""Events that carry readings."""
SUBSCRIBED = {**EVENTS, "attr_conf": tango.EventType.ATTR_CONF_EVENT}
"""All events of an attribute, by the names that Tango's own command has for them."""
QUALITIES = (
    tango.AttrQuality.ATTR_VALID,
    tango.AttrQuality.ATTR_WARNING,
    tango.AttrQuality.ATTR_ALARM,
    tango.AttrQuality.ATTR_INVALID,
)
_NEVER: Any = object()


class ShownAttribute:
    """An attribute of one device; `read` and `write` run in Tango's threads, under the monitor of its Tango device."""

    def __init__(self, mirror: TangoMirror, name: str, model: AttributeModel, form: Form, writable: bool) -> None:
        self.mirror = mirror
        self.name = name
        self.model = model
        self.form = form
        self.writable = writable
        self.tap: Tap | None = None
        self.pushed = -1  # the sequence of the newest reading that was pushed
        self._told: Any = _NEVER  # the set point that Tango knows
        self._value: Any = _NEVER
        self._quality: Any = None

    @property
    def where(self) -> str:
        return f"{self.mirror.model.name}.{self.name}"

    def properties(self) -> dict[str, str]:
        """What Tango is to tell of it: unit, limits, labels, ..."""
        model = self.model
        return properties_of(model.vtype, model.label, with_tags(model.description, model.tags), self.writable)

    # in Tango's threads

    def read(self, attr: Any) -> None:
        """A client, a poller or a new subscriber reads."""
        try:
            if self.tap is None and (attr.is_event_subscribed(CHANGE) or attr.is_event_subscribed(ARCHIVE)):
                self.mirror.watch(self)
            if self.writable:
                self._tell_setpoint(attr)
            reading = self.model.reading
            attr.set_value_date_quality(self.form.out(reading.value), reading.time / 1e9, self.quality(reading))
        except Exception as error:
            raise failure(error, self.where) from None

    def write(self, device: Any, attr: Any) -> None:
        """A client writes; returns when the put has ended."""
        try:
            value = self.form.back(attr.get_write_value(), self.where)
            self.mirror.put(device, self.name, value)
        except tango.DevFailed:
            raise
        except Exception as error:
            raise failure(error, self.where) from None

    def _tell_setpoint(self, attr: Any) -> None:
        """Under the monitor: have Tango show our set point beside the value."""
        setpoint = self.model.setpoint
        if setpoint is not self._told:
            attr.set_write_value(self.form.out(setpoint))
            self._told = setpoint

    def quality(self, reading: Reading) -> Any:
        return QUALITIES[reading.alarm.severity]

    # in the server's thread

    def changed(self, reading: Reading) -> None:
        """A newer reading, merged: pushed, unless each one comes by the tap."""
        if self.tap is not None:
            self.tap.drain()
            if self.tap.active:
                return
        self.push(reading)

    def push(self, reading: Reading) -> None:
        """Tell who subscribed: change when value or quality changed, alarm when the quality did, archive each time."""
        device = self.mirror.device
        if device is None or reading.sequence <= self.pushed:
            return
        self.pushed = reading.sequence
        quality = self.quality(reading)
        graver = quality is not self._quality
        changed = graver or not _same(reading.value, self._value)
        self._value, self._quality = reading.value, quality
        self._send(device, reading, quality, changed, True, graver)

    def push_again(self) -> None:
        """The newest reading to all who subscribed, whatever they were told before."""
        device = self.mirror.device
        if device is not None:
            reading = self.model.reading
            self._send(device, reading, self.quality(reading), True, True, True)

    def push_configuration(self) -> None:
        """Unit, limits and labels to all who subscribed to them."""
        device = self.mirror.device
        if device is not None and device.is_there_subscriber(self.name, SUBSCRIBED["attr_conf"]):
            with tango.AutoTangoMonitor(device):
                attribute = device.get_device_attr().get_attr_by_name(self.name)
                tango.LatestDeviceImpl.push_att_conf_event(device, attribute)

    def _send(self, device: Any, reading: Reading, quality: Any, change: bool, archive: bool, alarm: bool) -> None:
        name, there = self.name, device.is_there_subscriber
        change = change and there(name, CHANGE)
        archive = archive and there(name, ARCHIVE)
        alarm = alarm and there(name, ALARM)
        if not (change or archive or alarm):
            return
        if self.tap is None and (change or archive):
            self.mirror.watch(self)
        if self.writable and self.model.setpoint is not self._told:
            with tango.AutoTangoMonitor(device):
                self._tell_setpoint(device.get_device_attr().get_w_attr_by_name(name))
        value, stamp = self.form.out(reading.value), reading.time / 1e9
        base = tango.LatestDeviceImpl
        if change:
            base.push_change_event(device, name, value, stamp, quality)
        if archive:
            base.push_archive_event(device, name, value, stamp, quality)
        if alarm:
            base.push_alarm_event(device, name, value, stamp, quality)

    def fail(self, error: Any) -> None:
        """Tell who subscribed that there will be no more."""
        device = self.mirror.device
        if device is None:
            return
        base = tango.LatestDeviceImpl
        pushes = (base.push_change_event, base.push_archive_event, base.push_alarm_event)
        for push, event in zip(pushes, EVENTS.values(), strict=True):
            if device.is_there_subscriber(self.name, event):
                push(device, self.name, error)

    def subscriptions(self) -> list[str]:
        """The events with readings that somebody subscribed to."""
        device = self.mirror.device
        return (
            [] if device is None else [n for n, kind in EVENTS.items() if device.is_there_subscriber(self.name, kind)]
        )


def _same(a: Any, b: Any) -> bool:
    """Whether a value is the one that was pushed; arrays are not compared (rule 4)."""
    if a is b:
        return True
    return type(a) is type(b) and isinstance(a, (int, float, str)) and bool(a == b or (a != a and b != b))


class ResultModel:
    """What became of the calls of a command that returns at once, as an attribute (rule 38).

    Its value is JSON: {"call": 3, "state": "running" | "done" | "failed", "value": ..., "error": {kind, message}}.
    """

    label = description = ""
    tags: tuple[str, ...] = ()
    writable = writeable = parameter = False
    vtype = VString()

    def __init__(self, command: str, time: int) -> None:
        self.name = command
        self.label = f"What became of {command}"
        self.running = False
        self.reading = Reading(json.dumps({"call": 0, "state": "never"}), NO_ALARM, time, 0)

    @property
    def setpoint(self) -> str:
        value: str = self.reading.value
        return value

    def tell(self, told: dict[str, Any], time: int, *, failed: bool = False) -> Reading:
        self.running = told["state"] == "running"
        alarm = Alarm(Severity.MAJOR) if failed else NO_ALARM
        try:
            text = json.dumps(told, allow_nan=False)
        except ValueError as error:
            raise BadValue(f"{self.name}: expected a result that JSON can hold: {error}") from None
        self.reading = Reading(text, alarm, time, self.reading.sequence + 1)
        return self.reading


class ShownResult(ShownAttribute):
    """NAME_result: its quality is CHANGING while the call runs, ALARM when it failed."""

    def quality(self, reading: Reading) -> Any:
        model: Any = self.model
        return tango.AttrQuality.ATTR_CHANGING if model.running else super().quality(reading)
