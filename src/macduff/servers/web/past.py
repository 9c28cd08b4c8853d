"""The history of an attribute over HTTP: columns as JSON, or lines as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from aiohttp import web

from macduff.core import Attribute
from macduff.errors import BadValue
from macduff.values import History, VType

from .answers import HEADERS, answer

__all__ = ["Wanted"]


@dataclass(frozen=True)
class Wanted:
    """What a query asks for."""

    seconds: float | None
    since: int | None
    count: int | None
    csv: bool

    @classmethod
    def of(cls, request: web.Request) -> Self:
        """From the query; BadValue."""
        form = request.query.get("format", "json")
        if form not in ("json", "csv"):
            raise BadValue.of("?format", "json or csv", form)
        seconds = _number(request, "seconds", float)
        return cls(seconds, _number(request, "since", int), _number(request, "count", int), form == "csv")

    def answer(self, attribute: Attribute[Any]) -> web.Response:
        """The whole answer; may take some milliseconds, so not on the loop."""
        while True:
            vtype = attribute.vtype
            history = attribute.history(self.seconds, since=self.since, count=self.count)
            if attribute.vtype is vtype:
                break
        if not self.csv:
            return answer(as_json(vtype, history))
        return web.Response(text=as_csv(vtype, history), headers=HEADERS, content_type="text/csv", charset="utf-8")


def _number(request: web.Request, name: str, kind: type[Any]) -> Any:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    lowest = 1 if name == "count" else 0
    if not value >= lowest or len(text) > 30:
        what = "a number" if kind is float else "an integer"
        raise BadValue.of(f"?{name}", f"{what} from {lowest} on", text)
    return value


def as_json(vtype: VType[Any], history: History) -> dict[str, Any]:
    """The columns; alarms only where they change."""
    alarms = [
        {"index": at, "severity": int(alarm.severity), "status": int(alarm.status), "message": alarm.message}
        for at, alarm in history.alarms
    ]
    times, severities = history.times.tolist(), history.severities.tolist()
    return {"times": times, "values": _values(vtype, history), "severities": severities, "alarms": alarms}


def _values(vtype: VType[Any], history: History) -> list[Any]:
    values = history.values
    if isinstance(values, np.ndarray):
        plain: list[Any] = values.tolist()
        return plain if bool(np.isfinite(values).all()) else [vtype.to_json(value) for value in plain]
    return [vtype.to_json(value) for value in values]


def as_csv(vtype: VType[Any], history: History) -> str:
    """A head and a line for each reading; what is no number and no text stands there as JSON."""
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\n")
    lines.writerow(("time", "value", "severity", "message"))
    stamps = np.datetime_as_string(history.times.astype("datetime64[ns]")).tolist()
    for stamp, value, reading in zip(stamps, _values(vtype, history), history, strict=True):
        shown = value if isinstance(value, (str, int, float)) and not isinstance(value, bool) else json.dumps(value)
        lines.writerow((f"{stamp}Z", shown, reading.alarm.severity.name, reading.alarm.message))
    return stream.getvalue()
