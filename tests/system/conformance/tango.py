"""Tango, by PyTango's DeviceProxy."""

from __future__ import annotations

import json
import queue
from typing import Any

import numpy as np
import tango

from .probe import Bench, ClientRefuses, NotCarried, Refusal, Seen

__all__ = ["TangoProbe"]

SEVERITY = {
    tango.AttrQuality.ATTR_VALID: 0,
    tango.AttrQuality.ATTR_CHANGING: 0,
    tango.AttrQuality.ATTR_WARNING: 1,
    tango.AttrQuality.ATTR_ALARM: 2,
    tango.AttrQuality.ATTR_INVALID: 3,
}
JSON = ("table", "a_map")


class TangoProbe:
    def __init__(self, bench: Bench) -> None:
        self._name = f"{bench.listening['tango']['address']}/conformance/macduff/conf#dbase=no"
        self._proxy = tango.DeviceProxy(self._name)
        self._readings: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._id: int | None = None

    def get(self, name: str) -> Seen:
        try:
            read = self._proxy.read_attribute(name)
            about = self._proxy.get_attribute_config(name)
        except tango.DevFailed as error:
            raise NotCarried(told(error)) from None
        labels = tuple(about.enum_labels) or None
        return Seen(
            plain(read.value, labels, name),
            SEVERITY[read.quality],
            None,
            read.time.tv_sec * 10**9 + read.time.tv_usec * 1000 + read.time.tv_nsec,
            about.unit or None,
            precision_of(about.format),
            pair(about.min_value, about.max_value),
            pair(about.alarms.min_warning, about.alarms.max_warning),
            labels,
            about.description,
            str(about.data_type),
        )

    def put(self, name: str, value: Any) -> None:
        if name in JSON:
            value = json.dumps(value)
        elif name in ("doubles", "ints", "longs", "bools", "image"):
            value = np.array(value)
        try:
            self._proxy.write_attribute(name, value)
        except tango.DevFailed as error:
            if error.args[0].reason.startswith("PyDs") or "PyTango" in error.args[0].reason:
                raise ClientRefuses(told(error)) from None
            raise Refusal(told(error)) from None
        except (ValueError, TypeError, OverflowError, AttributeError, SystemError) as error:
            raise ClientRefuses(str(error)) from None

    def call(self, method: str, **arguments: Any) -> Any:
        try:
            return self._call(method, arguments)
        except tango.DevFailed as error:
            raise Refusal(told(error)) from None

    def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        if not arguments:
            return self._proxy.command_inout(method)
        if method == "pair":  # one argument goes as it is, several results come as JSON
            return json.loads(self._proxy.command_inout(method, arguments["values"]))
        return self._proxy.command_inout(method, json.dumps(arguments))

    def start(self, method: str) -> None:
        self._proxy.command_inout(method)

    def watch(self, name: str) -> None:
        self._id = self._proxy.subscribe_event(name, tango.EventType.CHANGE_EVENT, self._readings.put)
        while self._readings.get(timeout=10).err:
            pass

    def gone(self, timeout: float) -> str:
        event = self._readings.get(timeout=timeout)
        return "an error event" if event.err else f"other: {event.attr_value.value}"

    def again(self, timeout: float) -> tuple[Any, str]:
        while (event := self._readings.get(timeout=timeout)).err:
            pass
        return event.attr_value.value, ""

    def close(self) -> None:
        if self._id is not None:
            self._proxy.unsubscribe_event(self._id)


def told(error: tango.DevFailed) -> str:
    return f"{error.args[0].reason}: {error.args[0].desc}"


def precision_of(text: str) -> int | None:
    """The 3 of "%.3f"."""
    digits = text.removeprefix("%").removeprefix(".").rstrip("fe")
    return int(digits) if text.startswith("%.") and digits.isdecimal() else None


def pair(low: str, high: str) -> tuple[float, float] | None:
    if "Not specified" in (low, high):
        return None
    return float(low), float(high)


def plain(value: Any, labels: tuple[str, ...] | None, name: str) -> Any:
    if name in JSON:
        return json.loads(value)
    if labels and isinstance(value, int):
        return labels[value]
    return value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, tuple) else value
