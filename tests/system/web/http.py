"""An HTTP client for tests."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

__all__ = ["Http"]


class Http:
    """A client that gives (status, decoded body)."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self.session = session
        self.address = address

    async def ask(self, verb: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.session.request(verb, self.address + path, **options) as response:
            assert response.content_type == "application/json", await response.text()
            return response.status, json.loads(await response.text())

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        return await self.ask("GET", path, **options)

    async def put(self, path: str, value: Any, **options: Any) -> tuple[int, Any]:
        return await self.ask("PUT", path, data=json.dumps(value), **options)

    async def post(self, path: str, **arguments: Any) -> tuple[int, Any]:
        return await self.ask("POST", path, data=json.dumps(arguments))
