"""Immutable mappings: FrozenMap, the value of a VMap, and Table, the value of a VTable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from .equality import values_equal

__all__ = ["FrozenMap", "Table"]

V = TypeVar("V")


class FrozenMap(Mapping[str, V]):
    """A mapping that cannot be changed, in the order in which it was made; equal to any mapping of equal content."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items: dict[str, V] = dict(items)

    def __getitem__(self, name: str) -> V:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and values_equal(self, other)

    __hash__ = None  # type: ignore[assignment]  # it may hold arrays

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"


class Table(FrozenMap[Any]):
    """Named columns of one length: numpy arrays for numbers, tuples of str otherwise."""

    __slots__ = ()

    @property
    def row_count(self) -> int:
        """How many rows there are; 0 without columns."""
        return next((len(column) for column in self.values()), 0)

    def row(self, index: int) -> dict[str, Any]:
        """One row as name -> element."""
        return {name: column[index] for name, column in self.items()}

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows, in order."""
        return (self.row(index) for index in range(self.row_count))
