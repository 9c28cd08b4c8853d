"""What runs in the clients' program: proxies, what they read, and the events that they got."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tango

Event = tuple[str, Any]

_proxies: dict[str, Any] = {}
_events: dict[str, list[Event]] = {}
_ids: dict[str, int] = {}
_changed = threading.Condition()


def proxy(device: str) -> Any:
    """The one proxy of a device; it stays over its death."""
    if device not in _proxies:
        _proxies[device] = tango.DeviceProxy(device)
    return _proxies[device]


def plain(value: Any) -> Any:
    """What a test can compare."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def failed(error: Any) -> Event:
    return error.args[0].reason, error.args[0].desc


def attempt(function: Callable[[], Any]) -> Any:
    """What it gives, or (reason, description) of the DevFailed."""
    try:
        return plain(function())
    except tango.DevFailed as error:
        return failed(error)


def read(device: str, *names: str) -> dict[str, Any]:
    """Value by name."""
    found = proxy(device)
    return {name: attempt(lambda name=name: found.read_attribute(name).value) for name in names}  # type: ignore[misc]  # mypy knows no type of a default


def read_all(device: str, name: str) -> tuple[Any, str, float, Any]:
    """Value, quality, time stamp and set point."""
    found = proxy(device).read_attribute(name)
    return plain(found.value), found.quality.name, found.time.totime(), plain(found.w_value)


def write(device: str, name: str, value: Any) -> Any:
    """None, or the error."""
    return attempt(lambda: proxy(device).write_attribute(name, value))


def command(device: str, name: str, *argument: Any) -> Any:
    return attempt(lambda: proxy(device).command_inout(name, *argument))


def timed(device: str, name: str, *argument: Any) -> tuple[Any, float]:
    """What a command gave, and after how long."""
    begin = time.monotonic()
    return command(device, name, *argument), time.monotonic() - begin


def state(device: str) -> tuple[str, str]:
    return proxy(device).state().name, proxy(device).status()


def names(device: str) -> tuple[list[str], list[str], str]:
    """Attributes, commands, and the Tango class."""
    found = proxy(device)
    return list(found.get_attribute_list()), list(found.get_command_list()), found.info().dev_class


def config(device: str, name: str) -> dict[str, Any]:
    found = proxy(device).get_attribute_config(name)
    return {
        "unit": found.unit, "format": found.format, "label": found.label, "description": found.description,
        "value": (found.min_value, found.max_value), "alarm": (found.alarms.min_alarm, found.alarms.max_alarm),
        "warning": (found.alarms.min_warning, found.alarms.max_warning), "labels": list(found.enum_labels),
        "type": tango.CmdArgType.values[found.data_type].name, "writable": found.writable.name,
        "format of data": found.data_format.name,
    }  # fmt: skip


def eventually(device: str, name: str, seconds: float) -> tuple[Any, float]:
    """Read until it can be read, with one proxy; the value, and after how long."""
    begin = time.monotonic()
    while True:
        try:
            return plain(proxy(device).read_attribute(name).value), time.monotonic() - begin
        except tango.DevFailed:
            if time.monotonic() - begin > seconds:
                raise
            time.sleep(0.02)


def fresh(device: str, name: str, seconds: float) -> tuple[Any, float]:
    """The same with a new proxy each time, as programs that begin just now."""
    begin = time.monotonic()
    while True:
        try:
            return plain(tango.DeviceProxy(device).read_attribute(name).value), time.monotonic() - begin
        except tango.DevFailed:
            if time.monotonic() - begin > seconds:
                raise
            time.sleep(0.02)


# events

KINDS = {
    "change": tango.EventType.CHANGE_EVENT, "archive": tango.EventType.ARCHIVE_EVENT,
    "alarm": tango.EventType.ALARM_EVENT, "conf": tango.EventType.ATTR_CONF_EVENT,
}  # fmt: skip


def subscribe(device: str, name: str, kind: str = "change") -> str:
    """From here on its events are kept under the key that this returns."""
    key = f"{device} {name} {kind}"
    if key in _ids:
        proxy(device).unsubscribe_event(_ids.pop(key))
    _events[key] = []

    def heard(event: Any) -> None:
        told: Event
        if event.err:
            told = ("error", (event.errors[0].reason, event.errors[0].desc))
        elif kind == "conf":
            conf = event.attr_conf
            told = ("conf", (conf.unit, list(conf.enum_labels)))
        elif kind == "interface":
            told = ("interface", sorted(attribute.name for attribute in event.att_list))
        else:
            told = (event.attr_value.quality.name, plain(event.attr_value.value))
        with _changed:
            _events[key].append(told)
            _changed.notify_all()

    if kind == "interface":
        _ids[key] = proxy(device).subscribe_event(tango.EventType.INTERFACE_CHANGE_EVENT, heard)
    else:
        _ids[key] = proxy(device).subscribe_event(name, KINDS[kind], heard)
    return key


def heard(key: str, count: int, seconds: float = 10.0) -> list[Event]:
    """All events, once there are so many."""
    with _changed:
        _changed.wait_for(lambda: len(_events[key]) >= count, seconds)
        return list(_events[key])


def heard_last(key: str, last: Event, seconds: float = 10.0) -> list[Event]:
    """All events, once that one is the newest."""
    with _changed:
        _changed.wait_for(lambda: _events[key] != [] and _events[key][-1] == last, seconds)
        return list(_events[key])


def quiet(seconds: float) -> None:
    """Until nothing was heard for so long."""
    with _changed:
        while _changed.wait(seconds):
            pass


def forget(key: str) -> None:
    with _changed:
        _events[key].clear()


def wait_subscribed(key: str, seconds: float = 5.0) -> None:
    """Until something was heard at all: then the server knows of the subscription again."""
    assert heard(key, 1, seconds)


def hammer(device: str, seconds: float) -> tuple[int, int]:
    """Read, and subscribe and unsubscribe, as fast as can be; how often it went well, and how often not."""
    end, good, bad = time.monotonic() + seconds, 0, 0
    found = tango.DeviceProxy(device)
    while time.monotonic() < end:
        try:
            for _ in range(20):
                found.read_attributes(["position", "count", "target"])
            found.write_attribute("target", 0.0)
            found.unsubscribe_event(found.subscribe_event("count", KINDS["change"], lambda event: None))
            good += 1
        except tango.DevFailed:
            bad += 1
            time.sleep(0.001)
    return good, bad


def heard_some(key: str, seconds: float) -> bool:
    """Whether an event with a value comes, after errors or without."""
    forget(key)
    with _changed:
        return _changed.wait_for(lambda: any(kind != "error" for kind, _ in _events[key]), seconds)
