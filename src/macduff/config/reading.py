"""A configuration file to a Plan; all its faults at once, each with its place and what was expected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

from ..core.device import Device
from ..core.names import check_device_name
from ..limits import DEFAULTS, Limits
from ..telling import did_you_mean
from .arguments import OWN, Arguments, check_arguments
from .classes import WrongClass, device_class, look_in
from .fault import ConfigurationError, Fault
from .models import SERVERS, DeviceEntry, Root
from .plan import DevicePlan, Plan, ServerPlan
from .servers import check_bind
from .shape import check, dotted, shown
from .text import Document, Path, parse

__all__ = ["read", "read_text"]


def read(file: str | FilePath, *, read_only: bool = False, insecure: bool = False) -> Plan:
    """Read and check a file; ConfigurationError has every fault. OSError when it cannot be read.

    A server that listens beyond this machine must be read-only, by the file or for all by `read_only`, or `insecure`
    must be given.
    """
    path = FilePath(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError([Fault(str(file), 1, 1, f"expected UTF-8 text, got {error.reason}")]) from None
    look_in(path.parent)
    return read_text(text, str(file), read_only=read_only, insecure=insecure)


def read_text(text: str, file: str, *, read_only: bool = False, insecure: bool = False) -> Plan:
    """Like `read`, for text that came from somewhere else; `file` is what faults name."""
    document = parse(text, file)
    data = document.data
    if not isinstance(data, dict | None):
        check(document, (), data, Root)
        raise ConfigurationError(document.faults)
    data = {name: section for name, section in (data or {}).items() if section is not None}
    root = check(document, (), data, Root)
    servers = _servers(document, data.get("servers"), read_only=read_only, insecure=insecure)
    devices = _devices(document, data.get("devices"))
    limits = _limits(document, root.process.limits) if root else DEFAULTS
    if root is None or document.faults:
        raise ConfigurationError(document.faults)
    process = root.process
    return Plan(devices, servers, process.name, process.backend, process.log.level, process.log.format, limits)


def _servers(document: Document, data: Any, *, read_only: bool, insecure: bool) -> tuple[ServerPlan, ...]:
    plans = []
    for kind, section in data.items() if isinstance(data, dict) else ():
        path: Path = ("servers", kind)
        if kind not in SERVERS:
            message = f"servers: expected one of {', '.join(SERVERS)}, got {kind!r}{did_you_mean(kind, SERVERS)}"
            document.fault(path, message, at_key=True)
            continue
        model = check(document, path, section, SERVERS[kind], where=f"servers.{kind}")
        if model is None:
            continue
        settings = model.model_dump(exclude={"host", "port", "read_only"})
        plan = ServerPlan(
            kind, model.host, model.port, model.read_only or read_only, insecure, settings, _places(document, path)
        )
        try:
            check_bind(plan)
        except ValueError as error:
            document.fault((*path, "host"), f"servers.{kind}.{error}")
        plans.append(plan)
    return tuple(plans)


def _places(document: Document, path: Path) -> dict[str, str]:
    """How messages name a server's host and port: "lab.yaml:2:15: servers.web.port"."""
    places = {name: document.place((*path, name)) for name in ("host", "port")}
    return {
        name: f"{document.file}:{line}:{column}: {dotted((*path, name))}" for name, (line, column) in places.items()
    }


def _limits(document: Document, given: dict[str, Any]) -> Limits:
    known = {limit.name: limit for limit in dataclasses.fields(Limits)}
    good: dict[str, Any] = {}
    for name, value in given.items():
        path: Path = ("process", "limits", name)
        where = f"process.limits.{name}"
        if name not in known:
            hint = did_you_mean(name, known) or "; macduff.limits has the list"
            document.fault(path, f"process.limits: expected the name of a limit, got {name!r}{hint}", at_key=True)
        elif isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            document.fault(path, f"{where}: expected a number above 0, got {shown(value)}")
        elif isinstance(known[name].default, int) and not isinstance(value, int):
            document.fault(path, f"{where}: expected a whole number, got {shown(value)}")
        else:
            good[name] = value if isinstance(known[name].default, int) else float(value)
    return dataclasses.replace(DEFAULTS, **good)


def _devices(document: Document, data: Any) -> tuple[DevicePlan, ...]:
    entries: dict[str, tuple[Path, DeviceEntry]] = {}
    classes: dict[str, type[Any]] = {}
    arguments: dict[str, Arguments] = {}
    for index, item in enumerate(data if isinstance(data, list) else ()):
        path: Path = ("devices", index)
        entry = check(document, path, item, DeviceEntry)
        good = entry is not None and _name_is_good(document, (*path, "name"), entry.name, entries)
        where = entry.name if entry is not None else dotted(path)  # all faults of an entry are told together
        cls, given = _class(document, path, where, item), _given(item)
        sorted_arguments = None if cls is None else check_arguments(document, path, where, cls, given)
        if entry is None or not good:
            continue
        entries[entry.name] = (path, entry)
        if cls is not None and sorted_arguments is not None:
            classes[entry.name], arguments[entry.name] = cls, sorted_arguments
    complete = len(entries) == len(data if isinstance(data, list) else ())
    for name, sorted_arguments in arguments.items():
        _check_references(document, entries[name][0], name, sorted_arguments, classes, entries, complete=complete)
    return _plans(document, entries, classes, arguments)


def _class(document: Document, path: Path, where: str, item: Any) -> type[Device] | None:
    """The class of an entry, which may have other faults."""
    named = item.get("class") if isinstance(item, dict) else None
    if not isinstance(named, str):
        return None
    try:
        return device_class(named)
    except WrongClass as error:
        document.fault((*path, "class"), f"{where}.class: {error}")
        return None


def _given(item: Any) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in OWN} if isinstance(item, dict) else {}


def _name_is_good(document: Document, path: Path, name: str, others: Iterable[str]) -> bool:
    """Rule 34: a name that every protocol can carry, once, and not told apart by case alone."""
    try:
        check_device_name(name)
    except ValueError as error:
        document.fault(path, str(error))
        return False
    for other in others:
        if other.lower() == name.lower():
            again = "again" if other == name else f"beside {other!r}, which differs in case alone"
            document.fault(path, f"device name: expected each name once, got {name!r} {again}")
            return False
    return True


def _check_references(
    document: Document,
    path: Path,
    name: str,
    arguments: Arguments,
    classes: dict[str, type[Any]],
    entries: Iterable[str],
    *,
    complete: bool,
) -> None:
    for role, (other, cls) in arguments.wanted().items():
        found = classes.get(other)
        where = f"{name}.{role}"
        if found is None:
            if other not in entries and complete:  # else it may be the one whose own entry is wrong
                hint = did_you_mean(other, entries)
                message = f"{where}: expected the name of a {cls.__name__} of this file, got {other!r}{hint}"
                document.fault((*path, role), message)
        elif not issubclass(found, cls):
            document.fault((*path, role), f"{where}: expected a {cls.__name__}, got {other!r}, a {found.__name__}")


def _plans(
    document: Document,
    entries: dict[str, tuple[Path, DeviceEntry]],
    classes: dict[str, type[Any]],
    arguments: dict[str, Arguments],
) -> tuple[DevicePlan, ...]:
    needs = {name: [other for other, _ in given.wanted().values()] for name, given in arguments.items()}
    order: dict[str, None] = {}
    for name in needs:
        circle = _visit(name, needs, order, [])
        if circle:
            names = " -> ".join(circle)
            document.fault(entries[name][0], f"{name}: expected children that do not lead back to it, got {names}")
            return ()
    return tuple(
        DevicePlan(
            name,
            classes[name],
            arguments[name].values,
            {role: other for role, (other, _) in arguments[name].devices.items()},
            {role: other for role, (other, _) in arguments[name].children.items()},
            entries[name][1].simulate,
            "{}:{}:{}".format(document.file, *document.place((*entries[name][0], "class"))),
        )
        for name in order
    )


def _visit(name: str, needs: dict[str, list[str]], order: dict[str, None], above: list[str]) -> list[str]:
    """Append `name` to `order` behind all that it needs, otherwise in the file's order; or give the circle it is in."""
    if name in above:
        return [*above[above.index(name) :], name]
    if name not in order and name in needs:
        for other in needs[name]:
            circle = _visit(other, needs, order, [*above, name])
            if circle:
                return circle
        order[name] = None
    return []
