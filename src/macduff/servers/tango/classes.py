"""Tango classes made from shapes, and the Tango devices of these classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import tango

from macduff.convert.tango import MOST, text_for_tango

from .shape import AttributeShape, Shape

if TYPE_CHECKING:
    from .devices import Devices
    from .mirror import TangoMirror

__all__ = ["KEPT", "MacduffDevice", "TangoClass", "attr_of", "prepare_command", "prepare_reader"]

KEPT = frozenset(name.lower() for name in dir(tango.LatestDeviceImpl)) | {"init", "state", "status"}
"""Names that Tango and PyTango keep for themselves, in lower case: no command may hide them."""


class MacduffDevice(tango.LatestDeviceImpl):  # type: ignore[misc]  # PyTango is not typed
    """The Tango device of one of ours; all that it does is its mirror's."""

    _devices: ClassVar[Devices]

    def __init__(self, tango_class: Any, name: str, mirror: TangoMirror) -> None:
        self._mirror = mirror
        self._leaving = False
        description = mirror.model.description or mirror.model.label or mirror.model.name
        super().__init__(tango_class, name, text_for_tango(description), tango.DevState.ON, "")

    def init_device(self) -> None:
        """Tango's Init does nothing: `reset` is a command of those devices that know what to reset."""

    def delete_device(self) -> None:
        """Called by Init too, which must not let go of anything."""
        self._devices.device_goes(self)

    def dev_state(self) -> Any:
        return self._mirror.state()

    def dev_status(self) -> str:
        return self._mirror.status()


def prepare_reader(device_class: type, name: str) -> tuple[str, str]:
    """Have the functions that PyTango calls to read and write an attribute; their names."""
    reader, writer = f"_read_of_{name}", f"_write_of_{name}"
    if not hasattr(device_class, reader):

        def read(self: Any, attr: Any) -> None:
            self._mirror.attributes[name].read(attr)

        def write(self: Any, attr: Any) -> None:
            self._mirror.attributes[name].write(self, attr)

        setattr(device_class, reader, read)
        setattr(device_class, writer, write)
    return reader, writer


def prepare_command(device_class: type, name: str) -> None:
    """Have the function that PyTango calls for a command."""

    def run(self: Any, argument: Any = None) -> Any:
        return self._mirror.commands[name].run(self, argument)

    setattr(device_class, name, run)


def attr_of(shape: AttributeShape) -> Any:
    """The definition of an attribute that one device alone is given."""
    kind = getattr(tango.CmdArgType, shape.form.type)
    access = tango.AttrWriteType.READ_WRITE if shape.writable else tango.AttrWriteType.READ
    if shape.form.format == "SPECTRUM":
        return tango.SpectrumAttr(shape.name, kind, access, MOST)
    if shape.form.format == "IMAGE":
        return tango.ImageAttr(shape.name, kind, access, MOST, MOST)
    return tango.Attr(shape.name, kind, access)


class TangoClass:
    """A Tango class and its Python halves. `made` is Tango's own object, another after each restart; None before."""

    def __init__(self, devices: Devices, shape: Shape, name: str) -> None:
        self.name = name
        self.shape = shape
        self.grew = False  # one of its devices was given attributes of its own
        self.made: Any = None
        self.properties: dict[str, dict[str, str]] = {}
        self.device_class = type(_identifier(name), (MacduffDevice,), {"_devices": devices})
        for attribute in shape.attributes:
            prepare_reader(self.device_class, attribute.name)
        for command in shape.commands:
            prepare_command(self.device_class, command.name)
        self.factory = type(f"{_identifier(name)}Class", (_MacduffClass,), {"_devices": devices, "tango_class": self})


class _MacduffClass(tango.DeviceClass):  # type: ignore[misc]  # PyTango is not typed
    """What Tango asks to define a class and to make its devices."""

    _devices: ClassVar[Devices]
    tango_class: ClassVar[TangoClass]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.set_type(name)
        self.tango_class.made = self
        self.tango_class.properties = {}
        self.tango_class.grew = False

    def _attribute_factory(self, attr_list_wrapper: Any) -> None:
        formats, types, access = tango.AttrDataFormat, tango.CmdArgType, tango.AttrWriteType
        for each in self.tango_class.shape.attributes:
            form, name = each.form, each.name
            properties: Any = None
            if form.type == "DevEnum":
                properties = tango.UserDefaultAttrProp()
                properties.set_enum_labels(list(form.labels))
            self._create_attribute(
                attr_list_wrapper, name, getattr(types, form.type), getattr(formats, form.format),
                access.READ_WRITE if each.writable else access.READ,
                1 if form.format == "SCALAR" else MOST, MOST if form.format == "IMAGE" else 0,
                tango.DispLevel.OPERATOR, -1, False, False,
                True, False, True, False, True, False, False,
                *prepare_reader(self.tango_class.device_class, name), "", properties,
            )  # fmt: skip

    def _command_factory(self) -> None:
        types = tango.CmdArgType
        for each in self.tango_class.shape.commands:
            self._create_command(
                each.name, getattr(types, each.takes), getattr(types, each.gives), each.takes_text, each.gives_text,
                tango.DispLevel.OPERATOR, False, -1, "",
            )  # fmt: skip

    def device_factory(self, device_list: Any) -> None:
        """Tango starts, or starts again: the devices are those that the Process has, whatever Tango believes."""
        self._devices.class_ready(self.tango_class)


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)
