"""What is behind the signal of a command of a Tango device."""

from __future__ import annotations

from typing import Any

from ophyd_async.core import CommandBackend

from ...errors import BadValue, NotFound
from .member import Member

__all__ = ["CommandOfDevice"]


class CommandOfDevice(CommandBackend[..., Any]):
    """Runs in a thread; Tango's own time-out holds, 3 s, unless the proxy is given another one."""

    def __init__(self) -> None:
        super().__init__(None)
        self.member = Member("command")
        self._takes = self._gives = ""

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
            self._takes, self._gives = str(info.in_type), str(info.out_type)
            await member.found(proxy)

    async def execute(self, *argument: Any, **named: Any) -> Any:
        """Run it with its argument, which may be 0, "" or False; None is no argument. What Tango returns."""
        member, proxy = self.member, self.member.needed()
        given = tuple(value for value in argument if value is not None)
        if named or len(given) != (self._takes != "DevVoid"):
            wanted = "no argument" if self._takes == "DevVoid" else f"one argument ({self._takes})"
            got = ", ".join([*(f"{name}=..." for name in named), *map(repr, given)]) or "none"
            raise BadValue(f"{member.where}: expected {wanted}, got {got}")
        try:
            return await member.ask(proxy.command_inout, member.signal_name, *given)
        except TypeError as error:  # PyTango's, about the argument
            raise BadValue(
                f"{member.where}: expected {self._takes}, got {given[0] if given else None!r}: {error}"
            ) from error
