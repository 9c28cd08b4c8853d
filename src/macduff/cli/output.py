"""Records on standard output, as text for people or as JSON, JSON lines or CSV for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Annotated, Any, Literal, TextIO

from cyclopts import Parameter

__all__ = ["Format", "Output", "Writer", "aligned", "plain", "write"]

Format = Literal["text", "json", "jsonl", "csv"]
Output = Annotated[
    Format, Parameter(name=("--output", "-o"), help="text for people; one JSON document, JSON lines or CSV")
]
Record = Mapping[str, Any]


class Writer(AbstractContextManager["Writer"]):
    """Write records as they come; each is flushed. The fields of the first are the columns of CSV.

    `json` is one array, closed at the end, an interrupted one included. `text` is what `line` makes of a record.
    """

    def __init__(self, style: Format, line: Callable[[Record], str], stream: TextIO | None = None) -> None:
        self.style = style
        self.line = line
        self.stream = stream or sys.stdout
        self.columns: list[str] = []
        self.count = 0

    def record(self, record: Record) -> None:
        self.stream.write(self._formatted(record))
        self.stream.flush()
        self.count += 1

    def _formatted(self, record: Record) -> str:
        match self.style:
            case "text":
                return self.line(record) + "\n"
            case "json":
                return ("[\n" if self.count == 0 else ",\n") + json.dumps(record, default=str)
            case "jsonl":
                return json.dumps(record, default=str) + "\n"
            case _:
                head = ""
                if not self.columns:
                    self.columns = list(record)
                    head = _csv(self.columns)
                return head + _csv(plain(record.get(column)) for column in self.columns)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.style == "json" and kind is not BrokenPipeError:
            self.stream.write("\n]\n" if self.count else "[]\n")
            self.stream.flush()


def write(style: Format, records: Iterable[Record], line: Callable[[Record], str]) -> None:
    """All the records there are."""
    with Writer(style, line) as writer:
        for record in records:
            writer.record(record)


def plain(value: object) -> str:
    """A value on one line: text as it is, numbers and switches as Python and JSON have them, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, default=str)


def aligned(rows: Iterable[Iterable[object]]) -> str:
    """Rows of text with their columns one below the other; the last column is not padded."""
    table = [[plain(cell) for cell in row] for row in rows]
    if not table:
        return ""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)


def _csv(cells: Iterable[str]) -> str:
    import csv
    import io

    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
