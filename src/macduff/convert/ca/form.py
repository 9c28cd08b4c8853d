"""One type's way over Channel Access, whichever type it is."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, cast

from macduff.values import VArray, VType

from .dbr import DOUBLE
from .spelling import Packed

__all__ = ["ELEMENTS", "Form", "elements_of", "known_shape"]

ELEMENTS = 1024 * 1024
"""How many elements an array may have whose type does not say: a PV must name a number."""


class Form(ABC):
    """One type's way. kind and count: what the PV is; labels: of an enum; text: whether it is one text."""

    kind = DOUBLE
    count = 1
    labels: tuple[str, ...] = ()
    text = False

    def __init__(self, vtype: VType[Any]) -> None:
        self.vtype = vtype

    @abstractmethod
    def pack(self, value: Any, kind: int, most: int) -> Packed:
        """The value in a kind, at most so many elements of it; Unfit when that cannot be."""

    @abstractmethod
    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        """What a client sent, as our Python value; BadValue when it is none."""


def known_shape(vtype: VArray[Any]) -> tuple[int, ...] | None:
    """The shape, where the type says all of it."""
    if vtype.shape is None or None in vtype.shape:
        return None
    return cast("tuple[int, ...]", vtype.shape)


def elements_of(vtype: VArray[Any]) -> int:
    """How many elements a PV says that it may have."""
    shape = known_shape(vtype)
    return ELEMENTS if shape is None else max(1, math.prod(shape))
