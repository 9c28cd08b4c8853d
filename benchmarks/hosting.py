"""What the bare websocket servers have in common: a place to be, and the rate of their hardware."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from .devices import Hardware

__all__ = ["host"]


async def host(
    websocket: Callable[[web.Request], Awaitable[web.StreamResponse]],
    hardware: Hardware,
    announced: str,
    life: Awaitable[object],
) -> None:
    """Serve /ws on a free port, which is written into the file `announced`; the rate is put as macduff's is.

    life: what goes on while it serves.
    """

    async def rate(request: web.Request) -> web.Response:
        hardware.run_at(float(await request.text()))
        return web.Response(text="null", content_type="application/json")

    app = web.Application()
    app.add_routes([web.get("/ws", websocket), web.put("/api/SOURCE/rate", rate)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    Path(announced + ".part").write_text(str(runner.addresses[0][1]))
    os.replace(announced + ".part", announced)
    await life
