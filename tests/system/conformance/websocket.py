"""The websocket, by macduff's own client."""

from __future__ import annotations

import queue
from typing import Any

from macduff import connect
from macduff.errors import BadValue, MacduffError
from macduff.values import Reading, Severity

from .probe import Bench, ClientRefuses, Refusal, Seen

__all__ = ["WebsocketProbe"]


class WebsocketProbe:
    def __init__(self, bench: Bench) -> None:
        self._client = connect(bench.listening["web"]["address"])
        self._device = self._client["CONF"]
        self._readings: queue.SimpleQueue[Reading] = queue.SimpleQueue()

    def get(self, name: str) -> Seen:
        attribute = self._device.attributes[name]
        reading, kind = attribute.reading, attribute.vtype
        return Seen(
            reading.value,
            int(reading.alarm.severity),
            reading.alarm.message,
            reading.time,
            getattr(kind, "units", None),
            getattr(kind, "precision", None),
            getattr(kind, "control", None),
            getattr(kind, "warning", None),
            getattr(kind, "labels", None),
            attribute.info.description,
            kind.name,
        )

    def put(self, name: str, value: Any) -> None:
        try:
            self._device.attributes[name].put(value)
        except MacduffError as error:
            raise Refusal(str(error)) from None

    def call(self, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._device, method)(**arguments)
        except BadValue as error:
            if isinstance(error, TypeError):
                raise ClientRefuses(str(error)) from None
            raise Refusal(str(error)) from None
        except MacduffError as error:
            raise Refusal(str(error)) from None

    def start(self, method: str) -> None:
        getattr(self._device, method).start()

    def watch(self, name: str) -> None:
        self._client.subscribe(f"CONF.{name}", self._readings.put)
        self._readings.get(timeout=10)

    def gone(self, timeout: float) -> str:
        reading = self._readings.get(timeout=timeout)
        invalid = reading.alarm.severity is Severity.INVALID
        return "yes" if invalid and "removed" in reading.alarm.message else f"other: {reading}"

    def again(self, timeout: float) -> tuple[Any, str]:
        while (reading := self._readings.get(timeout=timeout)).alarm.severity is Severity.INVALID:
            pass
        return reading.value, ""

    def close(self) -> None:
        self._client.close()
