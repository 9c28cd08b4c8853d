"""`macduff stubs`: what a server's devices look like to an editor and a type checker."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from inspect import Parameter as Argument
from typing import TYPE_CHECKING, Any

from .remote import DEFAULT_ADDRESS, DEFAULT_TIMEOUT, Address, Timeout, connected

if TYPE_CHECKING:
    from ..client import DeviceInfo, MethodInfo
    from ..values import VType

__all__ = ["stub_of", "stubs"]

HEAD = '''\
"""Devices of {address}, as they were when `macduff stubs` asked. Use: `lab: devices.Lab = macduff.connect(...)`."""

from collections.abc import Mapping
from typing import Any, Literal, overload

import numpy
from macduff.client import Client, RemoteDevice
'''


def stubs(
    *devices: str,
    address: Address = DEFAULT_ADDRESS,
    timeout: Timeout = DEFAULT_TIMEOUT,
) -> None:
    """Print type stubs; `macduff stubs > devices.pyi`.

    Parameters
    ----------
    devices
        The devices that are wanted; all when none is named.
    """
    with connected(address, timeout) as client:
        infos = [client.info(name) for name in devices or client.devices]
        shown = client.address
    print(stub_of(infos, shown), end="")


def stub_of(devices: Iterable[DeviceInfo], address: str) -> str:
    """The text of the stub file."""
    classes: dict[str, str] = {}
    lines = [HEAD.format(address=address)]
    for device in devices:
        cls = _class_name(device.name, classes.values())
        classes[device.name] = cls
        lines += ["", *_device(device, cls)]
    lines += ["", "class Lab(Client):"]
    for name, cls in classes.items():
        if len(classes) > 1:
            lines.append("    @overload")
        lines.append(f"    def __getitem__(self, name: Literal[{name!r}]) -> {cls}: ...")
    for name, cls in classes.items():
        if name.isidentifier() and not keyword.iskeyword(name):
            lines += ["    @property", f"    def {name}(self) -> {cls}: ..."]
    if not classes:
        lines.append("    ...")
    return "\n".join(lines) + "\n"


def _class_name(name: str, taken: Iterable[str]) -> str:
    """BL01:X-STAGE becomes BL01_X_STAGE; two names that become one are told apart by a number."""
    plain = re.sub(r"\W", "_", name) or "_"
    if plain[0].isdigit() or keyword.iskeyword(plain) or plain in ("Lab", "Client", "RemoteDevice"):
        plain = f"_{plain}"
    used, result, number = set(taken), plain, 2
    while result in used:
        result, number = f"{plain}_{number}", number + 1
    return result


def _device(device: DeviceInfo, cls: str) -> Iterator[str]:
    yield f"class {cls}(RemoteDevice):"
    if device.description:
        yield f"    {_docstring(device.description)}"
    for name in device.fields:
        if not name.isidentifier() or keyword.iskeyword(name):
            continue
        if name in device.attributes:
            attribute = device.attributes[name]
            kind = _type(attribute.vtype)
            yield "    @property"
            yield f"    def {name}(self) -> {kind}: ..."
            if attribute.writable:
                yield f"    @{name}.setter"
                yield f"    def {name}(self, value: {kind}) -> None: ..."
        else:
            yield from _method(device.methods[name])
    if not device.fields:
        yield "    ..."


def _method(method: MethodInfo) -> Iterator[str]:
    from ..client.signature import signature_of

    arguments = ["self"]
    keyword_only = False
    for argument in signature_of(method).parameters.values():
        if argument.kind is Argument.VAR_KEYWORD:
            arguments.append(f"**{argument.name}: Any")
            continue
        if argument.kind is Argument.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            arguments.append("*")
        default = "" if argument.default is Argument.empty else " = ..."
        arguments.append(f"{argument.name}: {_type(method.takes[argument.name])}{default}")
    yield f"    def {method.name}({', '.join(arguments)}) -> {_returned(method)}:"
    yield f"        {_docstring(method.description)}" if method.description else "        ..."


def _returned(method: MethodInfo) -> str:
    if not method.returns:
        return "None"
    if method.unpacked:
        return _type(next(iter(method.returns.values())))
    return "dict[str, Any]"


def _type(vtype: VType[Any]) -> str:
    """The annotation of a value at the keyboard."""
    from ..client.signature import annotation_of

    annotation = annotation_of(vtype)
    if annotation is None:
        return "None"
    if not isinstance(annotation, type):
        return str(annotation).replace("typing.", "")
    if annotation.__module__ == "builtins":
        return annotation.__name__
    if annotation.__module__ == "numpy":
        return "numpy.ndarray[Any, Any]"
    return "Mapping[str, Any]" if issubclass(annotation, dict) or "Mapping" in annotation.__name__ else "Any"


def _docstring(text: str) -> str:
    line = " ".join(text.split())
    return '"""' + line.replace("\\", "\\\\").replace('"', "'") + '"""'
