"""Reading over HTTP: the list of devices, their structures and values, the OpenAPI description."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from aiohttp import web

from macduff.core import Attribute
from macduff.errors import NotFound
from macduff.limits import Limits
from macduff.protocol.dialect import MACDUFF, STRICT
from macduff.protocol.large import encode_value, is_large
from macduff.protocol.model import AttributeModel, DeviceModel
from macduff.protocol.server import Hub
from macduff.protocol.structure import is_action, is_attribute
from macduff.values import VArray

from .answers import HEADERS, answer
from .asking import PROCESS, address_of, device_of, member_of
from .host import ProcessHost
from .past import Wanted
from .upkeep import Upkeep

__all__ = ["Reader"]


class Reader:
    """The handlers of GET. They answer from the readings, on the server's loop, and wait for nobody."""

    def __init__(self, hub: Hub, host: ProcessHost, upkeep: Upkeep, limits: Limits, *, read_only: bool) -> None:
        self._hub = hub
        self._host = host
        self._upkeep = upkeep
        self._limits = limits
        self._read_only = read_only
        self._dialect = hub.dialect(MACDUFF.name)

    def routes(self) -> list[web.RouteDef]:
        """What answers to what."""
        return [
            web.get("/api", self.list),
            web.get("/api/openapi.json", self.describe),
            web.get("/api/{device}", self.get),
            web.get("/api/{device}/{path:.+}", self.get),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The devices with state and health."""
        devices = [
            {
                "name": device.name,
                "label": device.label,
                "description": device.description,
                **{name: _plain(device, name) for name in ("state", "health")},
                "href": f"/api/{device.name}",
            }
            for device in self._host.devices().values()
        ]
        return answer({"devices": devices, "process": f"/api/{PROCESS}", "openapi": "/api/openapi.json"})

    async def get(self, request: web.Request) -> web.Response:
        """A device, an attribute or method, or a part of one; `/value` of an attribute is the bare value."""
        device = device_of(request, self._hub)
        parts = [part for part in request.match_info.get("path", "").split("/") if part]
        if parts and parts[0] != "meta":
            parts[0] = await member_of(request, self._host, device, parts[0])
        field = device.fields.get(parts[0]) if len(parts) == 2 and parts[1] in ("value", "history") else None
        if field is not None and is_attribute(field) and not is_action(field):
            return await (self._value(field) if parts[1] == "value" else self._history(field, request))
        path = [device.name, *parts]
        if self._hub.slow(path, self._dialect):
            body = await self._encoded(path)
        else:
            body = self._hub.get(path, self._dialect)
        return web.Response(body=body.encode(), headers=HEADERS, content_type="application/json")

    async def _value(self, attribute: AttributeModel) -> web.Response:
        """The bare value; a large one is encoded in another thread."""
        vtype, value = attribute.vtype, attribute.reading.value
        if not is_large(value, self._limits.large_array):
            return answer(vtype.to_json(value))
        if isinstance(vtype, VArray):  # in steps, so that this thread may run meanwhile; the strict form is a bare list
            text = await self._upkeep.aside(lambda: encode_value(vtype, value, STRICT))
            return web.Response(body=text.encode(), headers=HEADERS, content_type="application/json")
        return await self._upkeep.aside(lambda: answer(vtype.to_json(value)))

    async def _history(self, attribute: AttributeModel, request: web.Request) -> web.Response:
        """What it was, encoded in another thread."""
        wanted = Wanted.of(request)
        if not isinstance(attribute, Attribute):
            raise NotFound(f"{request.path}: expected an attribute of this Process, got one without a history")
        return await self._upkeep.aside(lambda: wanted.answer(attribute))

    async def _encoded(self, path: Sequence[str]) -> str:
        """What is at a path, encoded in another thread."""
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def then(result: tuple[str, int] | None, error: Exception | None) -> None:
            if found.done():
                return
            if result is not None:
                found.set_result(result[0])
            else:
                found.set_exception(error or NotFound(".".join(path)))

        self._hub.encoding(path, self._dialect, then)
        self._upkeep.begin()
        return await found

    async def describe(self, request: web.Request) -> web.Response:
        """The OpenAPI description, made in a thread of its own: it may be large."""
        from .openapi import describe  # only who asks for it pays for it

        devices = [(address_of(name), device) for name, device in self._host.devices().items()]
        process = self._host.find(".")
        if process is not None:
            devices.insert(0, (PROCESS, process))
        made = await self._upkeep.aside(lambda: msgspec.json.encode(
            describe(devices, _version(), read_only=self._read_only)
        ))  # fmt: skip
        return web.Response(body=made, headers=HEADERS, content_type="application/json")


def _version() -> str:
    try:
        return version("macduff")
    except PackageNotFoundError:  # run from its sources, not installed
        return "unknown"


def _plain(device: DeviceModel, name: str) -> Any:
    field: Any = device.fields.get(name)
    return "" if field is None else field.vtype.to_json(field.reading.value)
