"""The errors that users meet, the same in device code, in clients and, by their kind, on every wire."""

from __future__ import annotations

from typing import Any

__all__ = [
    "Aborted", "AlarmRaised", "BadValue", "Busy", "DeviceFailed", "Disconnected", "DuplicateId", "Held", "KINDS",
    "MacduffError", "NotFound", "NotWriteable", "Overrun", "Refused", "Removed", "Superseded", "TimedOut", "TooMany",
    "Unreachable", "WrongState", "error_for",
]  # fmt: skip


class MacduffError(Exception):
    """An error with its place: a sentence, and what a program needs to act on it.

    `kind` is its name on every wire; `device` and `member` say where; `state` is the device's state when it was
    refused and `allowed` what would be accepted now (both may be empty).
    """

    kind = "Error"

    traceback = ""
    """Of an error in a device's code: a line for each frame of that code, where its server tells them."""

    def __init__(
        self,
        message: str,
        *,
        device: str = "",
        member: str = "",
        state: str = "",
        allowed: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.device = device
        self.member = member
        self.state = state
        self.allowed = tuple(allowed)

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data: kind, message, device, member, state, allowed."""
        return {
            "kind": self.kind,
            "message": self.message,
            "device": self.device,
            "member": self.member,
            "state": self.state,
            "allowed": list(self.allowed),
        }


class BadValue(MacduffError, ValueError):
    """A value that is not what was expected: the message says where, expected what, got what."""

    kind = "BadValue"

    @classmethod
    def of(cls, where: str, expected: str, got: object, **place: Any) -> BadValue:
        """*where: expected X, got Y*; `got` is shown by its repr, cut to 80 characters."""
        try:
            shown = repr(got)
        except ValueError:  # an integer of more digits than Python shows
            shown = f"a huge {type(got).__name__}"
        if len(shown) > 80:
            shown = shown[:77] + "..."
        return cls(f"{where}: expected {expected}, got {shown}", **place)


class NotFound(MacduffError, LookupError):
    """No such device, attribute or method."""

    kind = "NotFound"


class Refused(MacduffError):
    """A request that was refused before anything changed. The base of Busy, Held, WrongState, NotWriteable, TooMany."""

    kind = "Refused"


class NotWriteable(Refused):
    """An attribute that cannot be put from outside, ever or now."""

    kind = "NotWriteable"


class WrongState(Refused):
    """The device's state does not allow it."""

    kind = "WrongState"


class Busy(Refused):
    """Another call holds the device; the message says which, by whom and since when."""

    kind = "Busy"


class Held(Refused):
    """A child that a parent holds while it is configured; only the parent may drive it, anybody may abort it."""

    kind = "Held"


class TooMany(Refused):
    """A bound is reached: calls, connections, subscriptions."""

    kind = "TooMany"


class DuplicateId(Refused):
    """The id is in use by a subscription of the same connection."""

    kind = "DuplicateId"


class Aborted(MacduffError):
    """The call was ended by an abort."""

    kind = "Aborted"


class Superseded(MacduffError):
    """The call was ended by a later call of a method with busy="replace"."""

    kind = "Superseded"


class Removed(MacduffError):
    """The device was removed while the call or subscription was open."""

    kind = "Removed"


class DeviceFailed(MacduffError):
    """The device's own code raised; the message holds the type and text of what it raised."""

    kind = "DeviceFailed"


class TimedOut(MacduffError, TimeoutError):
    """Nothing came in the time that was given."""

    kind = "TimedOut"


class Disconnected(MacduffError, ConnectionError):
    """What the value comes from, or the server, cannot be reached."""

    kind = "Disconnected"


class Unreachable(Disconnected):
    """The server is there, but not what the device needs: its instrument, its PV."""

    kind = "Unreachable"


class Overrun(MacduffError):
    """A watcher was too slow; so many of the oldest changes are gone."""

    kind = "Overrun"


class AlarmRaised(MacduffError):
    """Something asked for a good value and the attribute is INVALID."""

    kind = "AlarmRaised"


KINDS: dict[str, type[MacduffError]] = {
    cls.kind: cls
    for cls in (
        MacduffError, BadValue, NotFound, Refused, NotWriteable, WrongState, Busy, Held, TooMany, DuplicateId, Aborted,
        Superseded, Removed, DeviceFailed, TimedOut, Disconnected, Unreachable, Overrun,
        AlarmRaised,
    )
}  # fmt: skip


def error_for(kind: str, message: str, **place: Any) -> MacduffError:
    """The error of that kind; an unknown kind gives the base class, its kind in front of the message."""
    cls = KINDS.get(kind)
    if cls is None:
        return MacduffError(f"{kind}: {message}", **place)
    return cls(message, **place)
