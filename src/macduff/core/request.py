"""What waits for a reply: a call or a put that somebody asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import MacduffError
from ..values import NO_ALARM, Alarm

if TYPE_CHECKING:
    from .call import Call
    from .device import Device
    from .spec import MethodSpec

__all__ = ["MethodLog", "Outcome", "Request"]


class Outcome(NamedTuple):
    """How a request ended: a value, or an error."""

    value: Any = None
    error: MacduffError | None = None


class MethodLog(NamedTuple):
    """What a method took or returned when it was last called."""

    value: Mapping[str, Any] = {}
    present: tuple[str, ...] = ()
    alarm: Alarm = NO_ALARM
    time: int = 0


class Request:
    """A put or call that gets exactly one outcome, delivered on the Process thread."""

    __slots__ = (
        "args",
        "call",
        "device",
        "event",
        "forced",
        "kind",
        "left",
        "member",
        "on_done",
        "open",
        "origin",
        "parent",
        "readback",
        "spec",
        "time",
        "waits_for",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        device: Device,
        member: str,
        args: Mapping[str, Any],
        on_done: Callable[[Outcome], None],
        *,
        parent: Call | None = None,
        origin: str = "",
        readback: bool = False,
    ) -> None:
        self.kind = kind  # "call", "put" or "open"
        self.device = device
        self.member = member
        self.args = args
        self.on_done = on_done
        self.parent = parent
        self.origin = origin
        self.readback = readback
        self.spec: MethodSpec | None = None
        self.event = ""  # "configure", "run", ...: what it is to the state machine
        self.call: Call | None = None
        self.open = True
        self.time = 0
        self.forced: MacduffError | None = None  # the first decision wins (rule 5)
        self.waits_for: list[Request] = []
        self.left = False  # nobody waits for it any more

    @property
    def reserved(self) -> bool:
        """Made by an abort, so that it may take the workers kept for aborts (rule 13)."""
        return self.parent is not None and self.parent.reserved

    def sheltered(self, seconds: float) -> bool:
        """Whether its code is in a shield, or was so many seconds ago."""
        return self.call is not None and self.call.sheltered(seconds)

    def title(self) -> str:
        """How errors name it: DEVICE.member, and for whom."""
        whom = f" for {self.origin}" if self.origin else ""
        return f"{self.device.name}.{self.member}{whom}"
