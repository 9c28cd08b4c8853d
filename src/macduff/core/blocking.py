"""How a call sleeps until something holds: its device's lock released, an abort ends it at once (rules 8 to 11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .call import Call, Outside

if TYPE_CHECKING:
    from .device import Device

__all__ = ["block", "current", "never"]


def current(device: Device) -> Call | Outside:
    """The call that this thread runs, or a stand-in when it runs none."""
    call: Call | None = device._local.call
    return Outside(device) if call is None else call


def block(call: Call | Outside, reason: str, until: Callable[[], bool], timeout: float | None = None) -> bool:
    """Wait until `until()` holds; False when `timeout` seconds went by first.

    The lock is released and taken again; a dead token or the error of a started call is raised. `until` is the
    framework's own and is asked again whenever the call is woken; whoever makes it true wakes the call afterwards.
    """
    call.check()
    clock = call.device._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    while True:
        ok = _sleep(call, reason, until, deadline)
        call.check()
        if ok or (deadline is not None and clock.monotonic() >= deadline):
            return ok


def _sleep(call: Call | Outside, reason: str, until: Callable[[], bool], deadline: float | None) -> bool:
    """One wait of a call, to the end of it, to the deadline or to an interruption; whether `until()` held."""
    device = call.device
    flag = device._backend_needed().flag()
    flag.reason = reason
    clock = device._clock
    call.enter_wait(flag)
    try:
        while not until():
            if call.interrupted():
                return False
            left = None if deadline is None else deadline - clock.monotonic()
            if left is not None and left <= 0:
                return False
            patience = call.patience()
            flag.wait(left if patience is None else patience if left is None else min(left, patience))
            flag.clear()
        return True
    finally:
        call.leave_wait()


def never() -> bool:
    return False
