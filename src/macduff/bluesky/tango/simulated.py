"""What is behind signals in mock mode: those without a type hold whatever is put to them; commands note calls."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import (
    CommandConnector,
    DeviceMock,
    MockCommandBackend,
    MockSignalBackend,
    SignalConnector,
    SoftSignalBackend,
)

__all__ = ["Anything", "SimulatedCommand", "TangoCommandConnector", "TangoConnector"]


class Anything(SoftSignalBackend[Any]):
    """Without a type: described by what it holds now."""

    def __init__(self, first: Any) -> None:
        super().__init__(None)
        self.first = first
        self.set_value(first)
        self._setpoint = first

    def set_value(self, value: Any) -> None:
        self.reading = Reading(value=value, timestamp=time.time(), alarm_severity=0)
        if self.callback is not None:
            self.callback(self.reading)

    async def put(self, value: Any) -> None:
        self._setpoint = self.first if value is None else value
        self.set_value(self._setpoint)

    async def get_datakey(self, source: str) -> DataKey:
        return cast(DataKey, {**describe(self.reading["value"], source), **self.metadata})


def describe(value: Any, source: str) -> DataKey:
    """How documents describe a value of which nothing else is known; a mapping counts as an array of its elements."""
    shape: list[int | None] = []
    if isinstance(value, Mapping):
        shape = [len(value)]
    elif not isinstance(value, str) and isinstance(value, Sequence | np.ndarray):
        shape = list(np.shape(value))
    if shape:
        return DataKey(source=source, dtype="array", shape=shape)
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number")):
        if isinstance(value, kind):
            return DataKey(source=source, dtype=name, shape=[])  # type: ignore[typeddict-item]  # one of event-model's
    return DataKey(source=source, dtype="string", shape=[])


class TangoConnector(SignalConnector):
    """Connects signals; in mock mode those without a type to what holds anything."""

    def __init__(self, backend: Any, first: Any) -> None:
        super().__init__(backend)
        self._first = first

    async def connect_mock(self, device: Any, mock: DeviceMock[Any]) -> None:
        typed = self._init_backend.datatype is not None
        simulated: Any = self._init_backend if typed else Anything(self._first)
        self.backend = MockSignalBackend(simulated, mock)


class SimulatedCommand(MockCommandBackend[..., Any]):
    """A command in mock mode: takes any argument and notes its calls, in `execute_mock`, whose result is the call's."""

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await self.execute_mock(*args, **kwargs)


class TangoCommandConnector(CommandConnector[..., Any]):
    """Connects commands; in mock mode to one that takes any argument."""

    async def connect_mock(self, device: Any, mock: DeviceMock[Any]) -> None:
        self.backend = SimulatedCommand(self._init_backend, mock)
