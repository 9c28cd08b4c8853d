"""What is wrong in a file, and where: one line each, all of a file together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["ConfigurationError", "Fault"]


class Fault(NamedTuple):
    """One fault; lines and columns count from 1. Faults sort in the order of the file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigurationError(Exception):
    """A file with faults; the text has one line for each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))
