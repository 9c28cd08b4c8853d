"""A callback on an attribute's readings, for asyncio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from macduff.values import Reading

from .amonitor import AsyncMonitor

__all__ = ["AsyncSubscriber"]

_log = logging.getLogger("macduff.client")


class AsyncSubscriber:
    """A subscription with a callback, until `close()`, the end of its `with`, or the end of the client."""

    def __init__(self, monitor: AsyncMonitor, callback: Callable[[Reading], object]) -> None:
        self._monitor = monitor
        self._callback = callback
        self._task = asyncio.create_task(self._run(), name=f"macduff subscription to {monitor.path}")

    @classmethod
    async def of(cls, monitor: AsyncMonitor, callback: Callable[[Reading], object]) -> AsyncSubscriber:
        """Subscribe, and wait until that has succeeded or failed."""
        return cls(await monitor.__aenter__(), callback)

    async def _run(self) -> None:
        async for reading in self._monitor:
            if self._monitor.closed:
                return
            try:
                self._callback(reading)
            except Exception:
                _log.exception("a callback of the client raised")

    @property
    def path(self) -> str:
        """What is subscribed, "STAGE.position"."""
        return self._monitor.path

    @property
    def dropped(self) -> int:
        """How many readings were not given to the callback: merged (`latest`) or lost (`every`)."""
        return self._monitor.dropped

    def close(self) -> None:
        """End it; there are no calls after this. Again does nothing."""
        self._monitor.close()

    def __enter__(self) -> AsyncSubscriber:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<subscription to {self.path}{', closed' if self._monitor.closed else ''}>"
