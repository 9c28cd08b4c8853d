"""What clients send as values of a device's own types, and its results as they want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from macduff.errors import BadValue, MacduffError
from macduff.values import VAction

from .devicepieces import missing
from .dialect import Dialect
from .model import AttributeModel, DeviceModel, MethodModel
from .structure import is_attribute
from .wirevalue import from_wire, to_wire

__all__ = ["attribute_of", "parameters_of", "put_value", "result_of"]


def attribute_of(device: DeviceModel, name: str) -> AttributeModel:
    """The attribute of that name; NotFound, or BadValue when it is a method."""
    field = device.fields.get(name)
    if field is None:
        raise placed(missing(device.name, name, device.fields), device.name)
    if not is_attribute(field):
        raise BadValue(
            f"{device.name}.{name}: expected an attribute to put, got a method; call it instead",
            device=device.name,
            member=name,
        )
    return field


def put_value(device: DeviceModel, name: str, data: Any, dialect: Dialect) -> Any:
    """The value to put into an attribute, of its own type."""
    attribute = attribute_of(device, name)
    try:
        return from_wire(attribute.vtype, data, f"{device.name}.{name}", dialect)
    except MacduffError as error:
        raise placed(error, device.name, name) from None


def parameters_of(
    device: DeviceModel, method: MethodModel, data: Mapping[str, Any], dialect: Dialect
) -> dict[str, Any]:
    """The parameters of a call, each of its own type; which are required is the core's to say."""
    where = f"{device.name}.{method.name}"
    takes = method.takes
    found: dict[str, Any] = {}
    try:
        for name, item in data.items():
            if name not in takes:
                expected = f"one of {', '.join(takes)}" if takes else "no parameters"
                raise BadValue(f"{where}: expected {expected}, got {name!r}")
            found[name] = from_wire(takes[name], item, f"{where}({name})", dialect)
    except MacduffError as error:
        raise placed(error, device.name, method.name) from None
    return found


def result_of(method: MethodModel, value: Any, dialect: Dialect) -> Any:
    """What a Return says: null, the bare single result, or all results by name."""
    returns = method.returns
    if not returns:
        return None
    if method.unpacked:
        return to_wire(next(iter(returns.values())), value, dialect)
    return {name: to_wire(vtype, value[name], dialect) for name, vtype in returns.items()}


def placed(error: MacduffError, device: str, member: str = "") -> MacduffError:
    """The error with its place, where it has none yet."""
    error.device = error.device or device
    error.member = error.member or member
    return error


def is_button(attribute: AttributeModel) -> bool:
    """Whether a Post presses it."""
    return isinstance(attribute.vtype, VAction)
