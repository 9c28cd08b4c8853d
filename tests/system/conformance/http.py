"""Plain HTTP, by Python's own library. It has no subscriptions: who asks again is told."""

from __future__ import annotations

import http.client
import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from .probe import Bench, Refusal, Seen

__all__ = ["HttpProbe"]

_SPELT = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class HttpProbe:
    def __init__(self, bench: Bench) -> None:
        self._place = urlsplit(bench.listening["web"]["address"]).netloc
        self._watched = ""

    def _ask(self, verb: str, path: str, body: Any = ...) -> Any:
        connection = http.client.HTTPConnection(self._place, timeout=20)
        try:
            connection.request(verb, f"/api/CONF/{path}", None if body is ... else json.dumps(_spell(body)))
            response = connection.getresponse()
            said = json.loads(response.read())
            if response.status >= 400:
                raise Refusal(f"{response.status} {said['message']}")
            return said
        finally:
            connection.close()

    def get(self, name: str) -> Seen:
        told = self._ask("GET", name)
        meta, alarm, stamp = told["meta"], told["alarm"], told["timeStamp"]
        display = meta.get("display", {})
        value = _read(self._ask("GET", f"{name}/value"), meta)
        return Seen(
            value,
            alarm["severity"],
            alarm["message"],
            stamp["secondsPastEpoch"] * 10**9 + stamp["nanoseconds"],
            display.get("units"),
            display.get("precision"),
            meta.get("control"),
            meta.get("warning"),
            meta.get("choices"),
            meta["description"],
            meta["typeid"],
        )

    def put(self, name: str, value: Any) -> None:
        self._ask("PUT", name, value)

    def call(self, method: str, **arguments: Any) -> Any:
        return self._ask("POST", method, arguments)

    def start(self, method: str) -> None:
        self._ask("POST", f"{method}?wait=false", {})

    def watch(self, name: str) -> None:
        self._watched = name

    def gone(self, timeout: float) -> str:
        try:
            self._ask("GET", self._watched)
        except Refusal as error:
            return "404 when asked" if str(error).startswith("404") else f"other: {error}"
        return "still there"

    def again(self, timeout: float) -> tuple[Any, str]:
        return self._ask("GET", f"{self._watched}/value"), ""

    def close(self) -> None:
        """Nothing is kept open."""


def _spell(value: Any) -> Any:
    """JSON has no NaN: protocol.md says how it is written."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {name: _spell(item) for name, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_spell(item) for item in value]
    return value


def _read(value: Any, meta: Mapping[str, Any]) -> Any:
    if "Number" not in meta["typeid"]:
        return value
    if isinstance(value, list):
        return [_read(item, meta) for item in value]
    return _SPELT.get(value, value) if isinstance(value, str) else value
