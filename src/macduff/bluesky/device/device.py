"""MacduffDevice: any device of a macduff server, as Bluesky sees it."""

from __future__ import annotations

from typing import Any

from ophyd_async.core import AsyncStatus, Command, SignalR, StandardReadable

from .collecting import Collector
from .connector import LinkConnector
from .link import Link
from .moving import Mover
from .names import member_name
from .running import Runner
from .staging import Staging

__all__ = ["MacduffDevice"]


class MacduffDevice(StandardReadable):
    """`MacduffDevice("ws://host:8008/DET")`: on connecting it gets the members and the abilities of that device.

    Attributes become signals, methods commands; names that Bluesky has for itself get `_` behind them. Readable and
    Stageable always; Movable with a method `move` and an attribute `position`, or with a `position` that can be put;
    Triggerable, Preparable, Flyable and Pausable with `configure` and `run`; Collectable with `completed_steps`.

    address: "ws://host:8008/DET", "pva://DET" or "pva://host:5075/DET", "tango://host:10000/domain/macduff/det", the
    last with `#dbase=no` behind it where there is no database. stream: the name of the stream of what is collected,
    else the device's; None where plans say it, by `bps.declare_stream(det, name="...", collect=True)`.
    """

    def __init__(self, address: str, name: str = "", *, stream: str | None = "") -> None:
        self.stream = stream
        self._mover: Mover | None = None
        self._runner: Runner | None = None
        self._staging = Staging(self)
        super().__init__(name, LinkConnector(address))

    @property
    def link(self) -> Link | None:
        """The way to the device; None in mock mode, and while it is not connected."""
        connector = self._connector
        return connector.link if self._mock is None and isinstance(connector, LinkConnector) else None

    def command(self, name: str) -> Command[..., Any] | None:
        """A command by the name that it has on the device; None when there is no such."""
        found = getattr(self, member_name(type(self), name), None)
        return found if isinstance(found, Command) else None

    def signal(self, name: str) -> SignalR[Any] | None:
        """A signal that can be read, by the name that it has on the device; None when there is no such."""
        found = getattr(self, member_name(type(self), name), None)
        return found if isinstance(found, SignalR) else None

    def became(self, mock: bool) -> None:
        """It is connected: give it the verbs of Bluesky that it is capable of, for plans look for those."""
        verbs: dict[str, Any] = {}
        if self.command("configure") and self.command("run"):
            runner = self._runner = Runner(self)
            for verb in ("trigger", "prepare", "kickoff", "complete", "pause", "resume"):
                verbs[verb] = getattr(runner, verb)
            if not mock and self.signal("completed_steps") and self.collected:
                collector = runner.collector = Collector(self)
                verbs |= {"collect": collector.collect, "describe_collect": collector.describe_collect}
        elif mover := Mover.of(self):
            self._mover = mover
            for verb in ("set", "stop", "locate", "check_value"):
                verbs[verb] = getattr(mover, verb)
        for verb, method in verbs.items():
            if not hasattr(type(self), verb):  # a subclass may know better
                object.__setattr__(self, verb, method)
        self.set_name(self.name)

    def is_placed(self, signal: SignalR[Any]) -> bool:
        """Whether the signal has its part in documents already, by a hint of its class."""
        return signal.describe in (*self._describe_funcs, *self._describe_config_funcs)

    @property
    def collected(self) -> dict[str, SignalR[Any]]:
        """The signals that are in events, by the attribute's name."""
        own = {} if self.link is None else self.link.info.attributes
        found: dict[str, SignalR[Any]] = {}
        for name, child in self.children():
            if isinstance(child, SignalR) and child.describe in self._describe_funcs:
                found[name if name in own else name.removesuffix("_")] = child
        return found

    def set_name(self, name: str, *, child_name_separator: str | None = None) -> None:
        """As ophyd-async does; the readback of a device that can be moved has the device's own name."""
        super().set_name(name, child_name_separator=child_name_separator)
        mover = getattr(self, "_mover", None)
        if mover is not None:
            mover.readback.set_name(name)

    @AsyncStatus.wrap
    async def stage(self) -> None:
        """Make ready for a plan: a device that an earlier plan left Aborted is reset."""
        runner = self._runner
        if runner is not None and runner.left_open:  # by a plan that was halted: nobody waits for it any more
            await self._leave()
        if runner is not None:
            runner.forget()
        await self._staging.stage()
        await super().stage()

    @AsyncStatus.wrap
    async def unstage(self) -> None:
        """Leave the device as it was found: what is not at rest is aborted."""
        await super().unstage()
        await self._leave()
        await self._staging.restore()

    async def _leave(self) -> None:
        runs = self._runner is not None and self._runner.abandon()
        await self._staging.abort(runs)
        if self._runner is not None:
            await self._runner.ended()

    async def disconnect(self) -> None:
        """Let go of the connection; the last device of a server closes it. `connect` makes it again."""
        connector = self._connector
        if isinstance(connector, LinkConnector):
            if connector.link is not None:
                await connector.link.close()
            connector.link = None
            self._connect_task = None
