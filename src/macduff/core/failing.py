"""What an author's code raised: told to whoever asked, with its place, and logged once with its traceback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..errors import DeviceFailed, MacduffError
from ..telling import described, frames

if TYPE_CHECKING:
    from .call import Call

__all__ = ["Defect", "failure", "log_unseen", "succeeded"]

LOG = logging.getLogger("macduff.core")

AGAIN_AND_AGAIN = ("idle", "connect")
"""Calls that are made again when they failed: the same failure is logged when it comes first."""


class Defect(DeviceFailed):
    """A DeviceFailed that was made of something else; it says where, and is logged already."""


def failure(call: Call, error: BaseException) -> MacduffError:
    """The error that clients are told; in the worker, for the error's text is the author's code too (rule 15).

    A MacduffError was raised on purpose and is told as it stands; anything else is a defect.
    """
    if isinstance(error, MacduffError):
        return error
    device = call.device
    member = call.request.member if call.kind == "setter" and call.request is not None else call.name
    text = f"{device.name}.{member}: {described(error)}"
    failed = Defect(text, device=device.name, member=member, state=device._machine.state.value)
    failed.__cause__ = error
    failed.traceback = frames(error)
    told = device._machine.last_failures
    if call.kind not in AGAIN_AND_AGAIN or told.get(call.name) != text:
        device._log.error("%s", text, exc_info=error)
    if call.kind in AGAIN_AND_AGAIN:
        told[call.name] = text
    return failed


def succeeded(call: Call) -> None:
    """The next failure of it is news again."""
    call.device._machine.last_failures.pop(call.name, None)


def log_unseen(call: Call) -> None:
    """Errors of what it started and never waited for (rule 14)."""
    for future in call.unseen:
        error = future.take_error()
        if error is not None:
            LOG.error("%s.%s: %s failed, and nobody waited: %s", call.device.name, call.name, future.what, error)
