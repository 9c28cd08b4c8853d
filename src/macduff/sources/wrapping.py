"""What devices that are wrapped with no class written have in common, over Tango and PVAccess."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Coroutine, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.names import RESERVED
from ..errors import Aborted, MacduffError, Unreachable
from ..values import Reading
from .glue import Done, confirmed, put_source
from .shared import Running

if TYPE_CHECKING:
    from ..core.forwarded import ForwardedDevice

__all__ = ["Requests", "member_name", "plain", "reading"]

_RESERVED = frozenset(name.lower() for name in RESERVED)
LOOK = 0.02
"""Seconds between looks at a readback."""


def member_name(there: str, taken: Collection[str]) -> str:
    """What a member is called here. taken: names in lower case; this one is not among them.

    Names that macduff keeps for itself, or that are there already, get a "_" behind them.
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", there).lstrip("_")
    if not name[:1].isalpha():
        name = f"m_{name}"
    if name.upper().endswith("_RBV"):
        name += "_"
    while name.lower() in taken or name.lower() in _RESERVED:
        name += "_"
    return name


class Requests:
    """What was asked of a wrapped device and has not ended yet; on the loop, but for `put`, `call` and `told`."""

    def __init__(self, device: ForwardedDevice) -> None:
        self._device = device
        self._open: dict[asyncio.Task[Any], str] = {}

    def put(self, thread: Running[Any] | None, values: Mapping[str, Any], readback: bool, done: Done) -> None:
        """Put attributes by their sources; done when all are, and when the readbacks say so."""
        left, failed = len(values), list[MacduffError]()

        def ended(error: MacduffError | None) -> None:
            nonlocal left
            left -= 1
            if error is not None:
                failed.append(error)
            if left == 0:
                if failed or not readback:
                    done(None, failed[0] if failed else None)
                else:
                    self.begin(thread, self._read_back(values), f"the readback of {', '.join(values)}", done)

        for name, value in values.items():
            attribute = self._device.attributes.get(name)
            if attribute is None:
                ended(Unreachable(f"{self._device.name}.{name}: expected an attribute, got one that has just gone"))
            else:
                put_source(attribute, value, ended)

    async def _read_back(self, values: Mapping[str, Any]) -> None:
        attributes = self._device.attributes
        while not all(name in attributes and confirmed(attributes[name], value) for name, value in values.items()):
            await asyncio.sleep(LOOK)
            attributes = self._device.attributes

    def begin(self, thread: Running[Any] | None, work: Coroutine[Any, Any, Any], what: str, done: Done) -> None:
        """Run `work` on the loop; its result, or what it raised, is the outcome. Any thread."""

        def start() -> None:
            task = running.spawn(work)
            self._open[task] = what
            task.add_done_callback(ended)

        def ended(task: asyncio.Task[Any]) -> None:
            self._open.pop(task, None)
            if task.cancelled():
                done(None, Aborted(f"{self._device.name}: {what} was ended by abort"))
                return
            error = task.exception()
            if error is None:
                done(task.result(), None)
            else:
                known = isinstance(error, MacduffError)
                done(None, error if known else MacduffError(f"{what}: {type(error).__name__}: {error}"))  # type: ignore[arg-type]  # it is one

        if thread is None:
            work.close()
            done(None, Unreachable(f"{self._device.name}: expected a device that is followed, got one that is closed"))
            return
        running = thread
        try:
            running.call(start)
        except RuntimeError:  # the loop was closed a moment ago
            work.close()
            done(None, Unreachable(f"{self._device.name}: expected a device that is followed, got one that is closed"))

    def abort(self) -> None:
        """All of them end, except what the caller is itself part of."""
        current = asyncio.current_task()
        for task in list(self._open):
            if task is not current:
                task.cancel()


def plain(value: Any) -> Any:
    """An argument of a call as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def reading(value: Any, alarm: Any, time: int) -> Reading:
    """As `tell` takes it; the sequence is the device's own."""
    return Reading(value, alarm, time, 0)
