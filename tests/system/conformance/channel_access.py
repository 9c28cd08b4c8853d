"""Channel Access, by aioca and the C library under it."""

from __future__ import annotations

import asyncio
import json
import queue
from collections.abc import Coroutine
from typing import Any, TypeVar

import numpy as np
from aioca import (  # type: ignore[import-untyped]  # the library has no types
    DBR_CHAR_STR,
    FORMAT_CTRL,
    FORMAT_TIME,
    CANothing,
    caget,
    cainfo,
    camonitor,
    caput,
)
from epicscorelibs.ca.cadef import CAException

from .probe import Bench, ClientRefuses, NotCarried, Refusal, Seen

__all__ = ["CaProbe"]

T = TypeVar("T")
LONG = ("a_string", "table", "a_map")
"""What may be long text is asked for as arrays of characters, as CA's clients do."""
JSON = ("table", "a_map")
INVALID = 3
LIMITS = ("lower_ctrl_limit", "upper_ctrl_limit", "lower_warning_limit", "upper_warning_limit")


class CaProbe:
    def __init__(self, bench: Bench) -> None:
        self._loop = asyncio.new_event_loop()
        self._readings: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._subscription: Any = None
        self._pending: set[asyncio.Task[Any]] = set()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(coroutine)

    async def _get(self, pv: str, **options: Any) -> Any:
        try:
            return await caget(pv, timeout=5, **options)
        except CANothing as error:
            raise NotCarried(str(error)) from None

    def get(self, name: str) -> Seen:
        return self._run(self._seen(name))

    async def _seen(self, name: str) -> Seen:
        pv = f"CONF:{name}" if name in ("read_only", "stamped", "alarmed") else f"CONF:{name}_RBV"
        if name in LONG:
            value = await self._get(f"{pv}$", format=FORMAT_TIME, datatype=DBR_CHAR_STR)
        else:
            value = await self._get(pv, format=FORMAT_TIME)
        about = await self._get(pv, format=FORMAT_CTRL)
        description = await self._get(f"{pv}.DESC")
        limits = [getattr(about, part, None) for part in LIMITS]
        labels = tuple(about.enums) if hasattr(about, "enums") else None
        return Seen(
            plain(value, labels, name),
            int(value.severity),
            None,
            int(value.raw_stamp[0]) * 10**9 + int(value.raw_stamp[1]),
            getattr(about, "units", None),
            getattr(about, "precision", None),
            None if limits[0] is None or limits[1] is None else (limits[0], limits[1]),
            None if limits[2] is None or limits[3] is None else (limits[2], limits[3]),
            labels,
            str(description),
        )

    def put(self, name: str, value: Any) -> None:
        if name in LONG:
            text = json.dumps(value) if name in JSON else value
            self._run(self._put(f"CONF:{name}$", text, datatype=DBR_CHAR_STR))
        elif name == "image":
            self._run(self._put(f"CONF:{name}", np.ravel(value)))
        else:
            self._run(self._put(f"CONF:{name}", value))

    async def _put(self, pv: str, value: Any, **options: Any) -> None:
        try:
            await caput(pv, value, wait=True, timeout=10, **options)
        except CANothing as error:
            raise Refusal(str(error)) from None
        except CAException as error:
            kind = Refusal if "Write access denied" in str(error) else ClientRefuses
            raise kind(str(error)) from None
        except (ValueError, TypeError, OverflowError, AssertionError) as error:
            raise ClientRefuses(str(error)) from None

    def call(self, method: str, **arguments: Any) -> Any:
        if arguments:
            raise NotCarried("a PV takes no arguments")
        self._run(self._put(f"CONF:{method}", 1))
        return None

    def start(self, method: str) -> None:
        async def begin() -> None:
            async with asyncio.timeout(5):  # access rights follow the device's state a moment later
                while not (await cainfo(f"CONF:{method}")).write:
                    await asyncio.sleep(0.005)
            await caput(f"CONF:{method}", 1, wait=False, timeout=5)

        self._run(begin())

    def watch(self, name: str) -> None:
        async def begin() -> None:
            self._subscription = camonitor(
                f"CONF:{name}_RBV", self._readings.put, format=FORMAT_TIME, notify_disconnect=True, all_updates=True
            )

        self._run(begin())
        self._last = self._next(10)

    def _next(self, timeout: float) -> Any:
        async def wait() -> Any:
            async with asyncio.timeout(timeout):
                while self._readings.empty():
                    await asyncio.sleep(0.005)
            return self._readings.get()

        return self._run(wait())

    def gone(self, timeout: float) -> str:
        reading = self._next(timeout)
        return "yes" if not reading.ok else f"other: {reading}"

    def again(self, timeout: float) -> tuple[Any, str]:
        try:
            while not (reading := self._next(8.0)).ok or reading.severity == INVALID:
                pass
            return plain(reading, None, ""), ""
        except TimeoutError:  # the C library asks the new channel for the old type, and gets nothing that is valid
            self._subscription.close()
            self.watch("a_double")
            return plain(self._last, None, ""), "subscribed anew"

    def close(self) -> None:
        async def end() -> None:
            if self._subscription is not None:
                self._subscription.close()

        self._run(end())
        self._loop.close()


def plain(value: Any, labels: tuple[str, ...] | None, name: str) -> Any:
    """aioca's augmented values as they are without."""
    if name in JSON:
        return json.loads(str(value))
    if name == "a_bool":
        return bool(int(value))
    if labels and not hasattr(value, "shape"):
        return labels[int(value)] if 0 <= int(value) < len(labels) else int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, np.ndarray):
        return [str(item) if isinstance(item, str) else item for item in np.asarray(value).tolist()]
    return float(value) if isinstance(value, float) else int(value)
