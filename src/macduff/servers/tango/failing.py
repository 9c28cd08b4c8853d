"""Our errors as Tango's: DevFailed whose reason is our kind and whose description is our text."""

from __future__ import annotations

import logging
from typing import Any

import tango

from macduff.convert.tango import text_for_tango
from macduff.errors import DeviceFailed, MacduffError, TimedOut

__all__ = ["failure", "origin_of"]

LOG = logging.getLogger("macduff.servers.tango")


def failure(error: BaseException, where: str) -> Any:
    """The DevFailed to raise or push. An error that is none of ours is told as the device's, and logged.

    severity: WARN for what still goes on, ERR else.
    """
    if not isinstance(error, MacduffError):
        LOG.error("%s: it failed", where, exc_info=error)
        error = DeviceFailed(f"{where}: {type(error).__name__}: {error}")
    told = tango.DevError()
    told.reason = error.kind
    told.desc = text_for_tango(error.message)
    told.origin = where
    told.severity = tango.ErrSeverity.WARN if isinstance(error, TimedOut) else tango.ErrSeverity.ERR
    return tango.DevFailed(told)


def origin_of(device: Any) -> str:
    """Who asks, as far as Tango tells: the process and the host of the client that this thread serves."""
    client = device.get_client_ident()
    try:
        host = client.client_ip
        return f"tango {client.client_pid}@{host.removeprefix('giop:tcp:').rpartition(':')[0] or host}"
    except Exception:  # a client that does not say who it is
        return "tango"
