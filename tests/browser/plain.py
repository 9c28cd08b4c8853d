"""A malcolm 1.0 server of another kind, as a program: no subprotocols, no msgpack, one JSON object a frame, no /api.

`python -m tests.browser.plain UPSTREAM` serves the page and passes its websocket on to the server at UPSTREAM, in the
words of malcolm 1.0 alone: a frame that such a server would not understand ends the connection. Prints its port.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from macduff.servers.web.pages import Pages

__all__ = ["MEMBERS"]

MEMBERS = {
    "malcolm:core/Get:1.0": {"typeid", "id", "path"},
    "malcolm:core/Put:1.0": {"typeid", "id", "path", "value", "get"},
    "malcolm:core/Post:1.0": {"typeid", "id", "path", "parameters"},
    "malcolm:core/Subscribe:1.0": {"typeid", "id", "path", "delta"},
    "malcolm:core/Unsubscribe:1.0": {"typeid", "id"},
}
"""All that its requests may have."""


async def joined(request: web.Request) -> web.WebSocketResponse:
    """One page, and what it says and hears."""
    here = web.WebSocketResponse()
    await here.prepare(request)
    async with ClientSession() as session, session.ws_connect(request.app[UPSTREAM]) as there:
        back = asyncio.create_task(pass_on(there, here))
        async for message in here:
            if message.type is not WSMsgType.TEXT or not understood(json.loads(message.data)):
                print(f"not malcolm 1.0: {message.data!r}", file=sys.stderr)
                await here.close(code=1003)
                break
            await there.send_str(message.data)
        back.cancel()
    return here


async def pass_on(there: ClientWebSocketResponse, here: web.WebSocketResponse) -> None:
    async for message in there:
        assert isinstance(json.loads(message.data), dict), "a message, not a batch"
        await here.send_str(message.data)


def understood(message: Any) -> bool:
    return isinstance(message, dict) and set(message) <= MEMBERS.get(str(message.get("typeid")), set())


UPSTREAM = web.AppKey("upstream", str)


async def main(upstream: str) -> None:
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)  # that it knows none of the subprotocols is meant
    app = web.Application()
    app[UPSTREAM] = upstream
    app.add_routes([*Pages().routes(), web.get("/ws", joined)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started it goes
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
