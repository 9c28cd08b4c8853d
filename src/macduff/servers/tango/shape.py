"""What makes two devices of one Tango class: the names, types and access of attributes and commands, nothing else.

Tango keeps definitions with the class, so a device whose attributes or commands differ needs another class. Units,
limits, labels of enumerations and texts are each device's own.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field

from macduff.convert.names import tango_command, tango_result
from macduff.convert.tango import Form, arguments_text, command_form, form_of, kind_text
from macduff.protocol.model import AttributeModel, DeviceModel, MethodModel

__all__ = ["AttributeShape", "CommandShape", "Shape", "is_slow", "shape_of"]

LOG = logging.getLogger("macduff.servers.tango")

STANDARD = ("state", "status")
"""Tango has its own of these, made from ours."""


@dataclass(frozen=True, slots=True)
class AttributeShape:
    """An attribute as the Tango class knows it."""

    name: str
    form: Form
    writable: bool = False


@dataclass(frozen=True, slots=True)
class CommandShape:
    """A command as the Tango class knows it; `takes` and `gives` are names of Tango types.

    style: "none", "single" for exactly one argument that must be given, "json" for all others, "action" for a put.
    """

    name: str
    member: str
    style: str
    takes: str
    gives: str
    slow: bool = False
    takes_text: str = field(default="", compare=False)
    gives_text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that a Tango class says about its devices. kind: the name of the Python class."""

    kind: str
    attributes: tuple[AttributeShape, ...]
    commands: tuple[CommandShape, ...]


def is_slow(method: MethodModel) -> bool:
    """Whether its command returns at once (rule 38)."""
    return method.name in ("run", "configure") or bool(getattr(getattr(method, "spec", None), "slow", False))


def shape_of(model: DeviceModel, taken: Collection[str] = ()) -> Shape:
    """The shape that a device has now. taken: names, in lower case, that no command may have."""
    attributes: list[AttributeShape] = []
    commands: list[CommandShape] = []
    for name, member in model.fields.items():
        if isinstance(member, MethodModel):
            commands.append(_command(member, taken))
        elif name not in STANDARD:
            form = form_of(member.vtype)
            if form is None:
                command = tango_command(name, taken)
                commands.append(CommandShape(command, name, "action", "DevVoid", "DevVoid", False, "", "It happens"))
            else:
                attributes.append(AttributeShape(name, form, member.writable))
    names = {attribute.name.lower() for attribute in attributes}
    for each in commands:
        result = tango_result(each.member)
        if each.slow and result.lower() in names:
            LOG.warning("%s.%s: it hides what would tell of the command %s on Tango", model.name, result, each.name)
        elif each.slow:
            attributes.append(AttributeShape(result, Form("DevString")))
    return Shape(type(model).__name__, tuple(attributes), tuple(commands))


def _command(method: MethodModel, taken: Collection[str]) -> CommandShape:
    name, slow = tango_command(method.name, taken), is_slow(method)
    style, takes, takes_text = _input(method)
    if slow:
        gives, gives_text = "DevLong64", f"the number of the call; {tango_result(method.name)} tells of it"
    elif not method.returns:
        gives, gives_text = "DevVoid", ""
    elif method.unpacked:
        vtype = method.returns["return"]
        form = command_form(vtype)
        gives, gives_text = form.type, ("JSON: " if form.substitute else "") + kind_text(vtype)
    else:
        gives, gives_text = "DevString", f"JSON: {arguments_text(method.returns, tuple(method.returns))}"
    return CommandShape(name, method.name, style, takes, gives, slow, takes_text, gives_text)


def _input(method: MethodModel) -> tuple[str, str, str]:
    takes, required = method.takes, tuple(method.required)
    if not takes and method.name not in ("configure", "validate"):
        return "none", "DevVoid", ""
    if len(takes) == 1 == len(required) and method.name not in ("configure", "validate"):
        ((argument, vtype),) = takes.items()
        form = command_form(vtype)
        return "single", form.type, f"{argument}: {'JSON: ' if form.substitute else ''}{kind_text(vtype)}"
    return "json", "DevString", f"JSON: {arguments_text(takes, required)}; an empty text for none"


def attribute_model(model: DeviceModel, name: str) -> AttributeModel | None:
    """An attribute of a device as it is now; None when it went or became something else."""
    member = model.fields.get(name)
    return None if member is None or isinstance(member, MethodModel) else member
