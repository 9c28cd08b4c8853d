"""What a Tango device can change while clients look at it: properties, labels, attributes and commands of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import tango

from .classes import attr_of, prepare_command, prepare_reader

if TYPE_CHECKING:
    from .mirror import TangoMirror
    from .shape import AttributeShape, CommandShape, Shape
    from .shown import ShownAttribute

__all__ = ["change_fields", "change_properties", "make_anew", "set_class_properties", "set_events"]

LOG = logging.getLogger("macduff.servers.tango")

LIMITS = ("min_value", "max_value", "min_alarm", "max_alarm", "min_warning", "max_warning")
TEXTS = ("label", "description", "unit", "format")
NONE = "Not specified"


def set_class_properties(tango_class: Any, name: str, properties: dict[str, str]) -> None:
    """What the next attribute of that name in this class is made with; made ones keep theirs."""
    try:
        attr = tango_class.get_class_attr().get_attr(name)
    except tango.DevFailed:
        return  # nobody has it yet
    attr.set_class_properties([tango.AttrProperty(key, text) for key, text in properties.items()])


def set_events(device: Any, name: str) -> None:
    """Events of this attribute are pushed, without Tango's own criteria."""
    base = tango.LatestDeviceImpl
    base.set_change_event(device, name, True, False)
    base.set_archive_event(device, name, True, False)
    base.set_alarm_event(device, name, True, False)


def change_properties(mirror: TangoMirror, shown: ShownAttribute) -> None:
    """New unit, limits or texts; subscribers of the configuration are told."""
    device, properties = mirror.device, shown.properties()
    mirror.host.devices.class_properties(mirror, shown.name, properties)
    with tango.AutoTangoMonitor(device):
        attribute = device.get_device_attr().get_attr_by_name(shown.name)
        told = attribute.get_properties()
        before = {key: getattr(told, key) for key in (*TEXTS, *LIMITS)}
        for key in TEXTS:
            setattr(told, key, properties.get(key, ""))
        for key in LIMITS:
            setattr(told, key, properties.get(key, NONE))
        if before != {key: getattr(told, key) for key in before}:
            attribute.set_properties(told)
    mirror.host.devices.properties_changed(mirror, shown.name)


def make_anew(mirror: TangoMirror, shown: ShownAttribute) -> None:
    """The attribute again, with its new labels, which Tango cannot change; who subscribed stays so."""
    events = [each for each in mirror.subscriptions() if each[0] == shown.name]
    shape = next(each for each in mirror.shape.attributes if each.name == shown.name)
    _remove_attribute(mirror, shown.name)
    _add_attribute(mirror, shape, shown)
    mirror.host.devices.arm(mirror, events)


def change_fields(mirror: TangoMirror, shape: Shape) -> bool:
    """Attributes and commands that came or went, on this device alone; False when Tango cannot do that."""
    old, new = set(mirror.shape.attributes), set(shape.attributes)
    was, will = set(mirror.shape.commands), set(shape.commands)
    gone = [each.name for each in mirror.shape.attributes if each not in new]
    try:
        for name in gone:
            mirror.unwatch(mirror.attributes[name])
            _remove_attribute(mirror, name)
        for command in mirror.shape.commands:
            if command not in will:
                tango.LatestDeviceImpl._remove_command(mirror.device, command.name, False, False)
        mirror.fit(shape)
        for each in shape.attributes:
            if each not in old:
                _add_attribute(mirror, each, mirror.attributes[each.name])
        for command in shape.commands:
            if command not in was:
                _add_command(mirror, command)
    except tango.DevFailed as error:
        LOG.info("%s: Tango makes it anew: %s", mirror.model.name, error.args[0].desc)
        return False
    return True


def _remove_attribute(mirror: TangoMirror, name: str) -> None:
    # clean_db=False: without a database PyTango would end the process
    tango.LatestDeviceImpl._remove_attribute(mirror.device, name, False, False)


def _add_attribute(mirror: TangoMirror, shape: AttributeShape, shown: ShownAttribute) -> None:
    device, properties = mirror.device, shown.properties()
    attr = attr_of(shape)
    attr.set_default_properties(_defaults(properties))
    mirror.host.devices.class_properties(mirror, shape.name, properties)  # where others have it, theirs would count
    tango.LatestDeviceImpl._add_attribute(device, attr, *prepare_reader(type(device), shape.name), "")
    set_events(device, shape.name)
    mirror.host.devices.grew(mirror, shape.name)


def _defaults(properties: dict[str, str]) -> Any:
    defaults = tango.UserDefaultAttrProp()
    for name, text in properties.items():
        if name == "enum_labels":
            defaults.set_enum_labels(text.split(","))
        else:
            getattr(defaults, f"set_{name}")(text)
    return defaults


def _add_command(mirror: TangoMirror, shape: CommandShape) -> None:
    device = mirror.device
    prepare_command(type(device), shape.name)
    types = tango.CmdArgType
    takes, gives = getattr(types, shape.takes), getattr(types, shape.gives)
    description = [[takes, shape.takes_text], [gives, shape.gives_text]]
    tango.LatestDeviceImpl._add_command(device, shape.name, description, "", tango.DispLevel.OPERATOR, True)
