"""A put over PVAccess: sent once, done when the record is, ended when its server goes."""

from __future__ import annotations

import asyncio
from typing import Any

from ...errors import Unreachable
from .library import PvaThread

__all__ = ["put"]


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
    putting = asyncio.ensure_future(thread.resource.context.put(pv, members, request=request, get=False))
    lost = asyncio.ensure_future(gone.wait())
    try:
        async with asyncio.timeout(timeout):
            await asyncio.wait((putting, lost), return_when=asyncio.FIRST_COMPLETED)
        if not putting.done():
            raise Unreachable(f"{pv}: expected the end of the put, got disconnected")
        putting.result()
    finally:
        putting.cancel()  # p4p would send it again to whoever comes back by that name
        lost.cancel()
        completing[pv] -= block
