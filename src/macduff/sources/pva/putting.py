"""A put over PVAccess, or a call: sent once, done when the record is, ended when its server goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from ...errors import Unreachable
from .library import PvaThread

__all__ = ["during", "put"]

T = TypeVar("T")


async def put(
    thread: PvaThread, pv: str, members: dict[str, Any], gone: asyncio.Event, *, wait: bool, timeout: float | None
) -> None:
    """Send members, by path. gone: set when the connection ends. Raises what p4p does, Unreachable or TimeoutError.

    A record makes whoever puts with completion while it is still at it wait. So a second put, such as the one that
    stops the first, goes without, and is done when it was taken.
    """
    completing = thread.resource.completing
    block = wait and not completing[pv]
    request = f"field()record[block={'true' if block else 'false'},process=passive]"
    completing[pv] += block
    try:
        await during(thread.resource.context.put(pv, members, request=request, get=False), pv, "put", gone, timeout)
    finally:
        completing[pv] -= block


async def during(work: Awaitable[T], pv: str, what: str, gone: asyncio.Event, timeout: float | None) -> T:
    """Wait for something that is asked of a PV until its connection ends. p4p alone would send it again to whoever
    comes back by that name.
    """
    asked = asyncio.ensure_future(work)
    lost = asyncio.ensure_future(gone.wait())
    try:
        async with asyncio.timeout(timeout):
            await asyncio.wait((asked, lost), return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise Unreachable(f"{pv}: expected the end of the {what}, got disconnected")
        return asked.result()
    finally:
        asked.cancel()
        lost.cancel()
