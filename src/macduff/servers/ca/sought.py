"""Who has searched for what, so that a name that appears is told at once to those who want it.

A client that found nothing searches ever more rarely, and one that lost a PV waits ten seconds before it searches at
all; but an answer that nobody asked for just now connects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

__all__ = ["Sought", "record_name"]

W = TypeVar("W")
_LONGEST = 256
"""Characters of a name that may ever appear."""


def record_name(pv: str) -> str:
    """NAME of NAME, NAME.FIELD, NAME$ and NAME.FIELD$."""
    return pv.partition(".")[0].removesuffix("$")


class Sought(Generic[W]):
    """The newest searches. W: who asked. most: how many are kept; the oldest go, and are no loss: who still searches
    will do so again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._searches: dict[str, dict[tuple[W, int], str]] = {}

    def note(self, who: W, number: int, pv: str) -> None:
        """Somebody searches; `number` is theirs for the PV."""
        if len(pv) > _LONGEST:
            return
        name = record_name(pv)
        searches = self._searches.pop(name, {})
        self._searches[name] = searches  # now the newest
        self._count += (who, number) not in searches
        searches[who, number] = pv
        while self._count > self._most:
            oldest = next(iter(self._searches))
            self._count -= len(self._searches.pop(oldest))

    def of(self, names: Iterable[str]) -> Iterator[tuple[W, int, str]]:
        """Who searched for PVs of these records: who, their number, the PV."""
        for name in names:
            for (who, number), pv in self._searches.get(name, {}).items():
                yield who, number, pv

    def __contains__(self, name: str) -> bool:
        return name in self._searches

    def __len__(self) -> int:
        return self._count
