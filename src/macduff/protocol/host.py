"""What a server's hub asks of the Process that it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from macduff.errors import MacduffError

from .model import DeviceModel

__all__ = ["Host", "Outcome"]


class Outcome(Protocol):
    """How a put or call ended."""

    @property
    def value(self) -> Any: ...
    @property
    def error(self) -> MacduffError | None: ...


class Host(Protocol):
    """The Process, as one server sees it. Nothing here blocks; errors may be raised at once as MacduffError.

    `reply` is an opaque key: when the request has ended, the host sees to it that `hub.deliver((reply, outcome))` is
    called on the server's own loop, in order with the changes that came before it (it puts the pair on the same queue
    that its listeners fill).
    """

    def find(self, device: str) -> DeviceModel | None:
        """The device of that name, "." the Process itself; None when there is none."""
        ...

    def devices(self) -> Mapping[str, DeviceModel]:
        """All devices by name, without "."."""
        ...

    def put(
        self, device: str, values: Mapping[str, Any], reply: object, *, readback: bool = False, origin: str = ""
    ) -> None:
        """Ask for a put of valid values."""
        ...

    def call(self, device: str, method: str, parameters: Mapping[str, Any], reply: object, *, origin: str = "") -> None:
        """Ask for a call."""
        ...

    def open_member(self, device: str, member: str, reply: object, *, origin: str = "") -> None:
        """Ask for a member that the device opens when it is asked for; the outcome's value is the member's own name."""
        ...

    def hold(self, device: str, member: str) -> object:
        """Somebody is interested in this very member, as long as what is returned was not given to `release`."""
        ...

    def release(self, held: object) -> None:
        """No longer."""
        ...

    def abandon(self, reply: object) -> None:
        """Who asked has gone and wanted the call to be aborted then."""
        ...

    def watch(self, device: str, member: str = "", every: bool = False) -> None:
        """Listen to a device, with its initial value: each item goes to `hub.deliver(item)`.

        `every`: a second listener of its own, for a member ("" all of the device) with every reading: its items go to
        `hub.deliver(item, member)`.
        """
        ...

    def pace(self, device: str, member: str, every: bool, period: float) -> None:
        """What `watch` brings need come once in a period (s) only, newest wins; 0: at once."""
        ...

    def unwatch(self, device: str, member: str = "", every: bool = False) -> None:
        """Listen no longer; also asked for a device that is gone."""
        ...
