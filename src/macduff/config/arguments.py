"""What a configuration gives to a device's constructor, checked against the constructor's own annotations."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin, get_type_hints

from ..core.device import Device
from ..errors import BadValue
from ..telling import did_you_mean
from .shape import check_type, shown
from .text import Document, Path

__all__ = ["Arguments", "check_arguments"]


OWN = ("class", "name", "simulate")
"""What an entry has besides arguments."""


@dataclass
class Arguments:
    """What was given, sorted: values, and names of other devices for constructor arguments and for children."""

    values: dict[str, Any] = field(default_factory=dict)
    devices: dict[str, tuple[str, type[Device]]] = field(default_factory=dict)
    children: dict[str, tuple[str, type[Device]]] = field(default_factory=dict)

    def wanted(self) -> dict[str, tuple[str, type[Device]]]:
        """Every device that this one needs: its role -> (name, class)."""
        return {**self.devices, **self.children}


def check_arguments(
    document: Document, path: Path, where: str, cls: type[Device], given: Mapping[str, Any]
) -> Arguments:
    """Sort and check `given`; each fault goes to the document, at its place."""
    result = Arguments()
    parameters, hints = _signature(cls)
    children = {role: child.cls for role, child in cls._parts.children.items()}
    for name, value in given.items():
        place = (*path, name)
        if name in children and name not in parameters:
            _reference(document, place, f"{where}.{name}", value, children[name], result.children, name)
        elif name in parameters:
            _argument(document, place, f"{where}.{name}", value, hints.get(name), result, name)
        else:
            known = [*parameters, *children]
            takes = f"one of {', '.join(known)}" if known else f"no arguments of {cls.__name__}"
            hint = did_you_mean(name, [*known, *OWN])
            message = f"{where}: expected {takes}, got {name!r}{hint}"
            document.fault(place, message, at_key=True)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in given:
            document.fault(path, f"{where}.{name}: expected {_expected(hints.get(name))}, got none")
    for role, child in children.items():
        if role not in given and role not in parameters:
            document.fault(path, f"{where}.{role}: expected the name of a {child.__name__}, got none")
    return result


def _signature(cls: type[Device]) -> tuple[dict[str, inspect.Parameter], dict[str, Any]]:
    """The constructor's own parameters, without the name, and their annotations."""
    function = cls.__init__
    if function is Device.__init__:
        return {}, {}
    parameters = list(inspect.signature(function).parameters.values())[1:]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    own = {parameter.name: parameter for parameter in parameters if parameter.kind in named}
    own.pop("name", None)
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError:  # names that only a type checker sees; then the constructor itself is the judge
        hints = {}
    return own, hints


def _argument(document: Document, path: Path, where: str, value: Any, hint: Any, result: Arguments, name: str) -> None:
    if isinstance(hint, type) and issubclass(hint, Device):
        _reference(document, path, where, value, hint, result.devices, name)
        return
    good, checked = (True, value) if hint is None or hint is Any else _checked(document, path, where, value, hint)
    if good:
        result.values[name] = checked


def _reference(
    document: Document, path: Path, where: str, value: Any, cls: type[Device], into: dict[str, Any], name: str
) -> None:
    if isinstance(value, str):
        into[name] = (value, cls)
    else:
        document.fault(path, f"{where}: expected the name of a {cls.__name__}, got {shown(value)}")


def _checked(document: Document, path: Path, where: str, value: Any, hint: Any) -> tuple[bool, Any]:
    """The value as the annotation wants it: by its VType where it has one, by pydantic otherwise.

    A `list[float]` stays a list: it is the constructor of an author who wrote list, not an attribute.
    """
    from pydantic import PydanticSchemaGenerationError, TypeAdapter

    from ..values import vtype_of

    if get_origin(hint) not in (list, tuple):
        with suppress(TypeError):
            vtype = vtype_of(hint)
            try:
                return True, vtype.validate_setpoint(value, where)
            except BadValue as error:
                document.fault(path, str(error))
                return False, None
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        if adapter.core_schema["type"] in ("is-instance", "is-subclass", "callable"):
            raise PydanticSchemaGenerationError(_named(hint))
    except PydanticSchemaGenerationError:
        reason = f"a {_named(hint)} cannot be written in a configuration file"
        document.fault(path, f"{where}: expected it to be left out ({reason}), got {shown(value)}")
        return False, None
    return check_type(document, path, value, adapter, where)


def _expected(hint: Any) -> str:
    if hint is None:
        return "a value"
    if isinstance(hint, type) and issubclass(hint, Device):
        return f"the name of a {hint.__name__}"
    return f"a {_named(hint)}"


def _named(hint: Any) -> str:
    if get_origin(hint) is not None and get_args(hint):
        return str(hint).replace("typing.", "")
    return getattr(hint, "__name__", str(hint))
