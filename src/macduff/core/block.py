"""The Process as a device: its attributes list the devices, its methods create and remove them (rule 37)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from ..values import VArray, VBool, VString, VTable, VType, vtype_of
from .attribute import Attribute
from .device import Device
from .dynamic import fields_changed
from .method import Method, MethodSpec

if TYPE_CHECKING:
    from .process import Process

__all__ = ["ProcessDevice", "creatable"]

C = TypeVar("C", bound=type[Device])


def creatable(cls: C) -> C:
    """Class decorator: a client may ask for a device of this class; without it only local code may create one."""
    type.__setattr__(cls, "_creatable", True)  # on this class alone: a subclass must be decorated itself
    return cls


class ProcessDevice(Device):
    """The devices of this process."""

    blocks = Attribute(VTable({"mri": VArray(VString()), "label": VArray(VString())}), description="The devices")

    def __init__(self, process: Process) -> None:
        super().__init__(".")
        self._owner_process = process
        self._set(label="Process")
        self._publish("remove", self._remove_spec(), lambda _self, name, force=False: process.remove(name, force))

    def list_devices(self) -> None:
        """Publish the list; on the Process thread."""
        devices = [device for name, device in self._owner_process._devices.items() if name != "."]
        table = {"mri": [device.name for device in devices], "label": [device.label for device in devices]}
        self.blocks.apply(self.blocks.vtype.validate(table, "blocks"))

    def offer(self, cls: type[Device]) -> None:
        """Let clients create devices of a @creatable class: `create_CLASS(name, ...)`."""
        if not vars(cls).get("_creatable"):
            raise TypeError(f"{cls.__qualname__}: expected a class decorated with @creatable, got one that is not")
        spec = creation_spec(cls)
        process = self._owner_process

        def create(_self: Device, **arguments: Any) -> str:
            device = cls(**arguments)
            process.add(device)
            return device.name

        self._publish(spec.name, spec, create)
        fields_changed(self)

    def _publish(self, name: str, spec: MethodSpec, function: Callable[..., Any]) -> None:
        method: Method[Any, Any] = Method(self, name, spec, function)
        with self._mutex:
            self._set(methods={**self.methods, name: method}, **{name: method})
            self._set_fields()

    @staticmethod
    def _remove_spec() -> MethodSpec:
        takes: dict[str, VType[Any]] = {"name": VString(), "force": VBool()}
        about = "Remove a device; with force, abort it first"
        return MethodSpec("remove", about, takes, ("name",), {"force": False}, {}, False, busy="allow")


def creation_spec(cls: type[Device]) -> MethodSpec:
    """What clients give to create a device: the constructor's arguments that map to VTypes; others need defaults."""
    hints = get_type_hints(cls.__init__, include_extras=True)
    takes: dict[str, VType[Any]] = {}
    required: list[str] = []
    defaults: dict[str, Any] = {}
    for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        try:
            vtype = vtype_of(hints.get(parameter.name, Any))
        except TypeError:
            if parameter.default is parameter.empty:
                raise TypeError(
                    f"{cls.__qualname__}({parameter.name}): expected an annotation that clients can give a value for, "
                    f"or a default, got {hints.get(parameter.name, 'none')}"
                ) from None
            continue  # local code only
        takes[parameter.name] = vtype
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        else:
            defaults[parameter.name] = parameter.default
    told = inspect.cleandoc(cls.__doc__ or cls.__name__)
    return MethodSpec(f"create_{cls.__name__}", f"Create a device: {told}", takes,
                      tuple(required), defaults, {"return": VString()}, True, busy="allow")  # fmt: skip
