"""A call by PVAccess: a method of a macduff server, or whatever else answers to RPC."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ...errors import KINDS, DeviceFailed, MacduffError, error_for
from ..wrapping import plain
from .decode import decoder
from .facts import vtype_for
from .library import PvaThread
from .native import native_of
from .putting import during

__all__ = ["call", "remote"]

_CODES = {bool: "?", int: "l", float: "d", str: "s"}


async def call(
    thread: PvaThread, pv: str, arguments: Mapping[str, Any], gone: asyncio.Event, timeout: float | None = None
) -> Any:
    """What the PV returns. gone: set when the connection ends. Raises Unreachable, TimeoutError or what p4p does.

    Arguments that are no scalars go as JSON, for their types are not known here.
    """
    raw = await during(thread.resource.context.rpc(pv, _request(pv, arguments)), pv, "call", gone, timeout)
    if raw is None or not raw.keys():
        return None
    native = native_of(pv, raw)
    return decoder(vtype_for(native), native)(raw)


def remote(error: Exception, where: str) -> MacduffError:
    """What p4p raised, for our users: a macduff server says the kind first."""
    if isinstance(error, MacduffError):
        return error
    said = str(error) or type(error).__name__
    kind, colon, text = said.partition(": ")
    return error_for(kind, text) if colon and kind in KINDS else DeviceFailed(f"{where}: {said}")


def _request(pv: str, arguments: Mapping[str, Any]) -> Any:
    p4p: Any = import_module("p4p")
    spelled = {name: _spelled(value) for name, value in arguments.items()}
    query = [(name, _CODES[type(value)]) for name, value in spelled.items()]
    fields = [("scheme", "s"), ("path", "s"), ("query", ("S", None, query))]
    kind = p4p.Type(fields, id="epics:nt/NTURI:1.0")
    return p4p.Value(kind, {"scheme": "pva", "path": pv, "query": spelled})


def _spelled(value: Any) -> Any:
    value = plain(value)
    return value if type(value) in _CODES else json.dumps(value)
