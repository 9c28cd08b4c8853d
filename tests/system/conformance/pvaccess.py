"""PVAccess, by p4p's client."""

from __future__ import annotations

import contextlib
import queue
from typing import Any

import numpy as np
from p4p import Value
from p4p.client.raw import Disconnected, RemoteError
from p4p.client.thread import Context
from p4p.nt import NTURI

from .probe import Bench, ClientRefuses, Refusal, Seen

__all__ = ["PvaProbe"]

READ_ONLY = ("read_only", "stamped", "alarmed")
ARGUMENTS = {"a": "d", "b": "d", "name": "s", "count": "l", "values": "ad"}
"""How this client spells the arguments of methods."""


class PvaProbe:
    def __init__(self, bench: Bench) -> None:
        self._raw = Context("pva", conf=bench.listening["pva"]["environment"], useenv=False, nt=False)
        self._context = Context("pva", conf=bench.listening["pva"]["environment"], useenv=False)
        self._readings: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def get(self, name: str) -> Seen:
        raw = self._raw.get(f"CONF:{name}" if name in READ_ONLY else f"CONF:{name}_RBV", timeout=5)
        alarm, stamp = raw["alarm"], raw["timeStamp"]
        display, control = raw.get("display"), raw.get("control")
        limits = raw.get("valueAlarm")
        return Seen(
            plain(raw),
            alarm["severity"],
            alarm["message"],
            stamp["secondsPastEpoch"] * 10**9 + stamp["nanoseconds"],
            display["units"] if display is not None and "units" in display else None,
            display.get("precision") if display is not None else None,
            None if control is None else (control["limitLow"], control["limitHigh"]),
            None if limits is None else (limits["lowWarningLimit"], limits["highWarningLimit"]),
            tuple(raw["value"]["choices"]) if raw.getID().startswith("epics:nt/NTEnum") else None,
            display["description"] if display is not None else raw.get("descriptor"),
            raw.getID(),
        )

    def put(self, name: str, value: Any) -> None:
        pv = f"CONF:{name}"
        try:
            if name == "table":
                shape = self._raw.get(pv, timeout=5)
                shape["value"] = {column: items for column, items in value.items()}
                self._raw.put(pv, {"value": shape["value"]}, timeout=10)
            elif name == "a_map":
                self._raw.put(pv, {"value": value}, timeout=10)
            elif name == "image":
                self._context.put(pv, np.array(value, "uint16"), timeout=10)
            else:
                self._context.put(pv, value, timeout=10)
        except RemoteError as error:
            raise Refusal(str(error)) from None
        except (ValueError, TypeError, OverflowError, KeyError, IndexError) as error:
            raise ClientRefuses(str(error)) from None

    def call(self, method: str, **arguments: Any) -> Any:
        spelt = [(name, "s" if isinstance(value, str) else ARGUMENTS[name]) for name, value in arguments.items()]
        request = NTURI(spelt).wrap(f"CONF:{method}", kws=arguments)
        try:
            reply = self._raw.rpc(f"CONF:{method}", request, timeout=10)
        except RemoteError as error:
            raise Refusal(str(error)) from None
        return plain(reply) if isinstance(reply, Value) else reply

    def start(self, method: str) -> None:
        request = NTURI([]).wrap(f"CONF:{method}")
        from threading import Thread

        def call() -> None:
            with contextlib.suppress(RemoteError, TimeoutError):
                self._raw.rpc(f"CONF:{method}", request, timeout=20)

        Thread(target=call, daemon=True).start()

    def watch(self, name: str) -> None:
        self._context.monitor(f"CONF:{name}_RBV", self._readings.put, notify_disconnect=True)
        while isinstance(self._readings.get(timeout=10), Disconnected):
            pass

    def gone(self, timeout: float) -> str:
        reading = self._readings.get(timeout=timeout)
        return "yes" if isinstance(reading, Disconnected) else f"other: {reading}"

    def again(self, timeout: float) -> tuple[Any, str]:
        while isinstance(reading := self._readings.get(timeout=timeout), Exception):
            pass
        raw = getattr(reading, "raw", reading)
        return plain(raw), ""

    def close(self) -> None:
        self._raw.close()
        self._context.close()


def plain(raw: Any) -> Any:
    """A normative type as its plain value."""
    kind = raw.getID()
    value = raw.get("value", raw)
    if kind.startswith("epics:nt/NTEnum"):
        return value["choices"][value["index"]]
    if kind.startswith("epics:nt/NTNDArray"):
        sizes = [dimension["size"] for dimension in raw["dimension"]]
        return np.reshape(value, sizes[::-1]).tolist()
    if isinstance(value, Value):
        return {name: plain_item(item) for name, item in value.todict().items()}
    return plain_item(value)


def plain_item(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
