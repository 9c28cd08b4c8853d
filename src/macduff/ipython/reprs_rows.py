"""A device, an attribute and a method as rows of text: what a terminal and a notebook both show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from macduff.client import AttributeInfo, DeviceInfo, MethodInfo
from macduff.client.describe import AttributeState
from macduff.client.signature import KEEPING, attribute_doc, method_doc, units_of
from macduff.values import NO_ALARM, Alarm, Severity, VNumber
from macduff.values.text import alarm_text, clean, time_text, value_text

__all__ = ["DeviceShown", "Fact", "Row", "attribute_facts", "device_shown", "method_facts", "with_units"]

HEAD = ("state", "health", "status")
"""Attributes that every device has, which stand above the table."""
RANGES = {"warning": "minor", "alarm": "major"}
"""Ranges of a type, and the alarm that is raised beyond them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute of a device; everything is text that is safe to print."""

    name: str
    value: str
    units: str
    access: str
    alarm: str
    severity: Severity
    description: str
    number: bool


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """A device; `reason` says why there are no values, where there are none."""

    name: str
    description: str
    state: str
    health: str
    severity: Severity
    status: str
    rows: tuple[Row, ...]
    methods: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line below the name of an attribute or a method."""

    name: str
    text: str
    severity: Severity = Severity.NONE


def device_shown(info: DeviceInfo, states: Mapping[str, AttributeState], reason: str = "") -> DeviceShown:
    """A device with the values that were read; without them it still says what there is."""
    attributes = {name: states[name].info if name in states else known for name, known in info.attributes.items()}
    rows = [_row(known, states.get(name)) for name, known in attributes.items() if name not in HEAD]
    health = states.get("health")
    alarm = health.reading.alarm if health is not None else NO_ALARM
    return DeviceShown(
        clean(info.name),
        _first_line(info.description),
        _value(states.get("state")),
        alarm_text(alarm) or _value(health),
        alarm.severity,
        _value(states.get("status")),
        tuple(rows),
        tuple(_called(method, states) for method in info.methods.values()),
        clean(reason),
    )


def _called(method: MethodInfo, states: Mapping[str, AttributeState]) -> str:
    """A method as it is called: "move(target)", "configure(exposure=0.1, frames=10)"."""
    takes = []
    for name, vtype in method.takes.items():
        default = method.defaults.get(name)
        if method.name in KEEPING and name in states:
            default = states[name].setpoint
        exact = default is None or isinstance(default, bool | str)
        text = repr(default) if exact else value_text(vtype, default, 20)
        takes.append(name if name in method.required else f"{name}={text}")
    return clean(f"{method.name}({', '.join(takes)})")


def _value(state: AttributeState | None) -> str:
    return "" if state is None else value_text(state.info.vtype, state.reading.value)


def _row(info: AttributeInfo, state: AttributeState | None) -> Row:
    alarm = Alarm() if state is None else state.reading.alarm
    return Row(
        clean(info.name),
        "" if state is None else _with_setpoint(state),
        clean(units_of(info.vtype)),
        _access(info),
        alarm_text(alarm),
        alarm.severity,
        _first_line(info.description),
        isinstance(info.vtype, VNumber),
    )


def _with_setpoint(state: AttributeState) -> str:
    """What it is; behind an arrow what it was asked to be, where that is not the same to people."""
    vtype = state.info.vtype
    shown, asked = (value_text(vtype, value, 40) for value in (state.reading.value, state.setpoint))
    return shown if asked == shown else f"{shown} → {asked}"


def _access(info: AttributeInfo) -> str:
    if not info.writable:
        return "r"
    return "rw" if info.writeable else "rw, not now"


def _first_line(text: str) -> str:
    return clean(text.strip().partition("\n")[0])


def attribute_facts(state: AttributeState) -> list[Fact]:
    """What there is to know of an attribute besides its name and value."""
    info, reading = state.info, state.reading
    facts = [Fact("", _first_line(info.description))] if info.description else []
    facts.append(Fact("alarm", alarm_text(reading.alarm) or "none", reading.alarm.severity))
    if time := time_text(reading.time, date=True):
        facts.append(Fact("time", time))
    if info.writable or not info.vtype.equal(state.setpoint, reading.value):
        facts.append(Fact("set point", with_units(value_text(info.vtype, state.setpoint), units_of(info.vtype))))
    kind, _, access = attribute_doc(info).rpartition("\n")[2].rpartition("; ")
    facts.append(Fact("type", clean(kind)))
    facts += [Fact(label, found) for name, label in RANGES.items() if (found := _range(info, name))]
    if info.writable and not info.writeable:
        access += ", but not now"
    return [*facts, Fact("access", access + (", a parameter of configure" if info.parameter else ""))]


def _range(info: AttributeInfo, name: str) -> str:
    pair = getattr(info.vtype, name, None)
    if pair is None:
        return ""
    low, high = ("…" if end is None else f"{end:g}" for end in pair)
    return f"outside {low} to {high}"


def with_units(value: str, units: str) -> str:
    """ "0.4500 mm"."""
    return f"{value} {clean(units)}" if units else value


def method_facts(device: str, method: MethodInfo) -> list[Fact]:
    """What there is to know of a method besides its name: its docstring, line by line."""
    lines = method_doc(device, method).split("\n")
    return [Fact("", clean(line)) for line in lines]
