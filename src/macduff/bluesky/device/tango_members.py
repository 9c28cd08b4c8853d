"""What the attributes and commands of a Tango device are to a MacduffDevice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ...client.model import AttributeInfo, DeviceInfo, MethodInfo
from ...convert.names import tango_command, tango_result
from ...convert.tango import STATES
from ...errors import BadValue
from ...sources.facts import improved
from ...sources.tango.commands import Command, command_of
from ...sources.tango.device import described
from ...sources.tango.native import facts_of, native_of, vtype_for
from ...values import VEnum, VString
from .words import Takes, json_arguments, single_argument

__all__ = ["Asked", "Members"]

_JSON = ("JSON: {", "an empty text for none")
_SLOW = "the number of the call; "
_OWN = {
    "state": AttributeInfo("state", VEnum(tuple(STATES)), description="What it does"),
    "status": AttributeInfo("status", VString(), description="What it says of that"),
}


@dataclass(frozen=True)
class Asked:
    """A command. json: its argument is JSON by name. result: the attribute that tells its end, if it does not wait."""

    command: Command
    json: bool = False
    result: str = ""


class Members:
    """Of a device of a macduff server with the names that they have on that; of another with its own."""

    def __init__(self, tango: Any, name: str, attributes: Iterable[Any], commands: Iterable[Any]) -> None:
        self.members: dict[str, str] = {}
        """The Tango attribute of each of ours."""
        self.commands: dict[str, Asked] = {}
        self.methods: dict[str, MethodInfo] = {}
        self.attributes: dict[str, AttributeInfo] = {}
        self.left_out: list[str] = []
        self._tango = tango
        self._name = name
        configurations = {info.name: info for info in attributes}
        self.ours = "health" in configurations
        """Whether a macduff server shows it."""
        for info in commands:
            if info.cmd_name not in ("Init", "State", "Status"):
                self._command(info)
        results = {asked.result for asked in self.commands.values() if asked.result}
        for key, info in configurations.items():
            if key not in results and key.lower() not in ("state", "status"):
                self._attribute(info)
        for key, own in _OWN.items():
            self.attributes[key] = own
            self.members[key] = "Status" if self.ours else key.capitalize()  # ours has more states than Tango
        if "configure" in self.methods:
            for key in self.methods["configure"].takes.keys() & self.attributes.keys():
                self.attributes[key] = replace(self.attributes[key], parameter=True)

    def info(self, device: str, description: str) -> DeviceInfo:
        return DeviceInfo(
            device, description=description, attributes=self.attributes, methods=self.methods,
            fields=(*self.attributes, *self.methods),
        )  # fmt: skip

    def attribute_info(self, info: Any) -> AttributeInfo:
        """From an attribute's configuration; BadValue for what has no place among our types."""
        native = native_of(self._name, info, self._tango)
        facts = facts_of(info, native)
        description, tags = described(info)
        found = AttributeInfo(
            info.name, improved(vtype_for(native), facts, facts), label="" if info.label == info.name else info.label,
            description=description, tags=tags, writeable=native.writable, writable=native.writable,
        )  # fmt: skip
        return _limited(found) if self.ours and info.name == "position" and "move" in self.methods else found

    def _attribute(self, info: Any) -> None:
        try:
            self.attributes[info.name] = self.attribute_info(info)
            self.members[info.name] = info.name
        except BadValue:
            self.left_out.append(info.name)

    def _command(self, info: Any) -> None:
        name = self._own_name(info.cmd_name)
        try:
            command = command_of(info, name)
        except BadValue:
            self.left_out.append(info.cmd_name)
            return
        spec, json = command.spec, False
        takes: Takes = (dict(spec.takes), tuple(spec.required))
        if self.ours and spec.takes:
            text = info.in_type_desc
            json = text.startswith(_JSON[0]) and text.endswith(_JSON[1])
            takes = json_arguments(text) if json else single_argument(text)
        slow = self.ours and info.out_type_desc.startswith(_SLOW)
        self.commands[name] = Asked(command, json, tango_result(name) if slow else "")
        self.methods[name] = MethodInfo(
            name, description=spec.description, takes=takes[0], required=takes[1],
            returns={} if slow else spec.returns, unpacked=spec.unpacked,
        )  # fmt: skip

    def _own_name(self, command: str) -> str:
        """A macduff server puts a "_" behind names that Tango or PyTango keeps for itself."""
        plain = command.removesuffix("_")
        kept = {kept.lower() for kept in dir(self._tango.LatestDeviceImpl)} | {"init", "state", "status"}
        return plain if self.ours and plain != command and tango_command(plain, kept) == command else command


def _limited(info: AttributeInfo) -> AttributeInfo:
    """Where a device can go: Tango has one pair of limits, of what can be written; of a readback it is for screens."""
    vtype: Any = info.vtype
    if info.writable or getattr(vtype, "display", None) is None:
        return info
    return replace(info, vtype=vtype.replace(control=vtype.display))
