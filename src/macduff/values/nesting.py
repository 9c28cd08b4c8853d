"""Nested lists taken apart, level by level, into a shape and one flat list of leaves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeGuard

import numpy as np

from .refusal import refuse

__all__ = ["MOST_DIMENSIONS", "flatten", "index_text", "is_sequence"]

MOST_DIMENSIONS = 32
_PLAIN = {list, tuple}


def is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a value counts as a list of values: text and bytes do not."""
    return isinstance(value, (list, tuple)) or (
        isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview))
    )


def flatten(data: object, ndim: int | None, where: str, expected: str) -> tuple[tuple[int, ...], list[Any]]:
    """The shape and the leaves in C order, or BadValue for what is ragged, too deep or not deep enough.

    ndim None: as deep as the first elements go.
    """
    shape: tuple[int, ...] = ()
    level: list[Any] = [data]
    while len(shape) < (MOST_DIMENSIONS if ndim is None else ndim):
        if ndim is None and shape and not (level and _opens(level[0])):
            break
        if not level:  # an empty list above: nothing says how long the rest is
            if ndim is None:
                break
            shape = (*shape, 0)
            continue
        level = _as_lists(level, shape, where, expected)
        length = len(level[0])
        if any(len(item) != length for item in level):
            position, odd = next((n, item) for n, item in enumerate(level) if len(item) != length)
            raise refuse(where + index_text(position, shape), f"{length} elements as in its neighbours", odd)
        shape = (*shape, length)
        level = list(chain.from_iterable(level)) if len(level) > 1 else list(level[0])
    return shape, level


def _opens(value: object) -> bool:
    return is_sequence(value) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _as_lists(level: list[Any], shape: tuple[int, ...], where: str, expected: str) -> list[Any]:
    if set(map(type, level)) <= _PLAIN:
        return level
    lists = []
    for position, item in enumerate(level):
        if isinstance(item, np.ndarray) and item.ndim > 0:
            lists.append(item.tolist())
        elif is_sequence(item):
            lists.append(list(item))
        else:
            raise refuse(where + index_text(position, shape), expected if not shape else "a list", item)
    return lists


def index_text(position: int, shape: tuple[int, ...]) -> str:
    """The place of a flat position in an array of that shape: "[3][2]"."""
    indices = []
    for length in reversed(shape):
        position, index = divmod(position, length)
        indices.append(index)
    return "".join(f"[{index}]" for index in reversed(indices))
