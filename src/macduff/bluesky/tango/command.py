"""What is behind the signal of a command of a Tango device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ophyd_async.core import CommandBackend

from ...errors import BadValue, NotFound
from ...sources.tango.commands import Command, command_of
from ...sources.tango.library import load
from .member import Member

__all__ = ["CommandOfDevice"]


class CommandOfDevice(CommandBackend[..., Any]):
    """Runs in a thread; Tango's own time-out holds, 3 s, unless the proxy is given another one."""

    def __init__(self) -> None:
        super().__init__(None)
        self.member = Member("command")
        self._takes = ""
        self._command: Command | None = None

    def source(self, name: str) -> str:
        return self.member.source()

    async def connect(self, timeout: float) -> None:
        """Look for it in the device's list of commands; NotConnectedError if it is not there."""
        member = self.member
        async with member.connecting(timeout):
            proxy = await member.reach()
            known = {info.cmd_name.lower(): info for info in await member.ask(proxy.command_list_query)}
            info = known.get(member.signal_name.lower())
            if info is None:
                names = ", ".join(sorted(info.cmd_name for info in known.values()))
                raise NotFound(f"{member.where}: expected one of the device's commands ({names}), got no such one")
            member.signal_name = str(info.cmd_name)
            self._takes = str(info.in_type)
            self._command = command_of(info, member.signal_name)
            member.found(proxy)

    async def execute(self, *argument: Any, **named: Any) -> Any:
        """Run it with its argument, which may be 0, "" or False; None is no argument. What Tango returns."""
        member, proxy = self.member, self.member.needed()
        given = tuple(value for value in argument if value is not None)
        if named or len(given) != (self._takes != "DevVoid"):
            wanted = "no argument" if self._takes == "DevVoid" else f"one argument ({self._takes})"
            got = ", ".join([*(f"{name}=..." for name in named), *map(repr, given)]) or "none"
            raise BadValue(f"{member.where}: expected {wanted}, got {got}")
        return await member.ask(proxy.command_inout, member.signal_name, *map(self._argument, given))

    def _argument(self, value: Any) -> Any:
        """As Tango wants it; BadValue for what the command's type cannot hold."""
        where, tango, command = self.member.where, load(), self._command
        assert command is not None  # it is connected
        takes = dict(command.spec.takes)
        if isinstance(value, tango.DevState):
            value = str(value)
        parts = [value]
        if len(takes) == 2 or self._takes == "DevEncoded":  # numbers and texts, format and data
            if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
                raise BadValue.of(where, f"a pair, for {self._takes}", value)
            parts = list(value)
        if self._takes == "DevEncoded":
            parts = [{"format": parts[0], "data": np.frombuffer(bytes(parts[1]), np.uint8)}]
        given = {
            name: vtype.validate(part, where) for (name, vtype), part in zip(takes.items(), parts, strict=True)
        }  # fmt: skip
        return command.argument(given, tango, where)
