"""Type stubs for the devices of a server, so that editors and type checkers know them."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Iterable

from .client import Client
from .model import AttributeInfo, DeviceInfo, MethodInfo
from .signature import attribute_doc, method_doc, signature_of
from .stubtypes import accepted_text, result_text, value_text

__all__ = ["stubs", "stubs_of"]

_HEAD = '''"""The devices of {server} as type checkers see them; written by macduff, made again rather than edited."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, overload

import numpy
from numpy.typing import ArrayLike, NDArray

from macduff.client import Attributes, CallFuture, ClientBase, RemoteAttribute
from macduff.values import Table

_D = TypeVar("_D")
'''


def stubs(client: Client) -> str:
    """The text of a .pyi with a class for each device, and `Devices` for the client that has them all."""
    return stubs_of(client.address, [client.info(name) for name in client.devices])


def stubs_of(server: str, devices: Iterable[DeviceInfo]) -> str:
    """The same from descriptions."""
    parts = [_HEAD.format(server=server)]
    classes: dict[str, str] = {}
    for info in devices:
        name = _class_name(info.name, set(classes.values()))
        classes[info.name] = name
        for method in info.methods.values():
            parts.append(_method_class(f"{name}_{_spelled(method.name)}", info.name, method))
        parts += [_attributes_class(f"{name}_attributes", info), _device_class(name, info)]
    parts.append(_client_class(classes))
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _class_name(device: str, taken: set[str]) -> str:
    name = f"{_spelled(device)}Device"
    number = 2
    while name in taken:
        name = f"{_spelled(device)}Device{number}"
        number += 1
    return name


def _spelled(name: str) -> str:
    """A name as Python can spell it."""
    text = re.sub(r"\W", "_", name)
    return f"_{text}" if text[:1].isdigit() else text


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _doc(text: str, indent: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    lines = [f"{indent}{line}".rstrip() for line in safe.split("\n")]
    closing = '"""' if len(lines) == 1 and not lines[0].endswith('"') else f'\n{indent}"""'
    return f'{indent}"""' + "\n".join(lines).removeprefix(indent) + closing


def _method_class(name: str, device: str, method: MethodInfo) -> str:
    parameters = _parameters(method)
    result = result_text(method)
    return "\n".join(
        [
            f"class {name}:",
            _doc(method_doc(device, method), "    "),
            f"    def __call__(self, /{parameters}) -> {result}: ...",
            f"    def start(self, /{parameters}) -> CallFuture[{result}]: ...",
        ]
    )


def _parameters(method: MethodInfo) -> str:
    text = ""
    keywords = False
    for name, parameter in signature_of(method).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            text += f", **{name}: Any"
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not keywords:
            keywords = True
            text += ", *"
        text += f", {name}: {accepted_text(method.takes[name])}"
        if parameter.default is not inspect.Parameter.empty:
            text += " = ..."
    return text


def _attributes_class(name: str, info: DeviceInfo) -> str:
    lines = [f"class {name}(Attributes):"]
    for attribute in info.attributes.values():
        typed = f"RemoteAttribute[{value_text(attribute.vtype)}]"
        lines += ["    @overload", f"    def __getitem__(self, name: Literal[{attribute.name!r}], /) -> {typed}: ..."]
    if info.attributes:
        lines.append("    @overload")
    lines.append("    def __getitem__(self, name: str, /) -> RemoteAttribute[Any]: ...")
    return "\n".join(lines)


def _device_class(name: str, info: DeviceInfo) -> str:
    lines = [f"class {name}:", _doc(info.description or f"The device {info.name}.", "    ")]
    lines += ["    @property", f"    def attributes(self) -> {name}_attributes: ..."]
    lines.append("    def put(self, *, readback: bool = ..., timeout: float | None = ..., **values: Any) -> None: ...")
    for field in info.fields:
        if not _is_name(field) or field in ("attributes", "put"):
            lines.append(f"    # {field!r}: not a name that Python can spell here")
        elif field in info.methods:
            lines += ["    @property", f"    def {field}(self) -> {name}_{field}: ..."]
        else:
            lines += _attribute(info.attributes[field])
    return "\n".join(lines)


def _attribute(attribute: AttributeInfo) -> list[str]:
    lines = ["    @property", f"    def {attribute.name}(self) -> {value_text(attribute.vtype)}:"]
    lines += [_doc(attribute_doc(attribute), "        ")]
    if attribute.writable:
        lines += [
            f"    @{attribute.name}.setter",
            f"    def {attribute.name}(self, value: {accepted_text(attribute.vtype)}) -> None: ...",
        ]
    return lines


def _client_class(classes: dict[str, str]) -> str:
    lines = ["class Devices(ClientBase):", '    """The client: `cast("Devices", macduff.connect(...))`."""']
    known = set(dir(Client))
    for device, name in classes.items():
        if _is_name(device) and device not in known:
            lines += ["    @property", f"    def {device}(self) -> {name}: ..."]
    items = [
        f"    def __getitem__(self, name: Literal[{device!r}], /) -> {name}: ..." for device, name in classes.items()
    ]
    devices = [item.replace("__getitem__", "device") for item in items]
    devices.append("    def device(self, name: str, cls: type[_D]) -> _D: ...")
    for choices in (items, devices):
        lines += choices if len(choices) == 1 else [line for item in choices for line in ("    @overload", item)]
    return "\n".join(lines)
