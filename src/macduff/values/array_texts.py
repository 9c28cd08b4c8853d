"""Arrays of text and of labels: tuples, in one dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import VType
from .nesting import is_sequence
from .refusal import refuse

__all__ = ["TextCodec"]


class TextCodec:
    """What a VArray of VString or VEnum does with its values, which are tuples."""

    dtype = None

    def __init__(self, element: VType[Any], shape: tuple[int | None, ...] | None) -> None:
        self.element = element
        self.length = None if shape is None else shape[0]

    @property
    def expected(self) -> str:
        what = "text" if self.element.name == "VString" else "labels"
        return f"a list of {what}" if self.length is None else f"a list of {what}, length {self.length}"

    def validate(self, value: object, where: str, owned: bool) -> tuple[Any, ...]:
        if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "UO":
            value = value.tolist()
        if not is_sequence(value) or self.length not in (None, len(value)):
            raise refuse(where, self.expected, value)
        validate = self.element.validate
        return tuple([validate(item, f"{where}[{n}]") for n, item in enumerate(value)])

    def check_control(self, value: tuple[Any, ...], where: str) -> None:
        """Text has no control limits."""

    def zero(self) -> tuple[Any, ...]:
        return (self.element.zero(),) * (self.length or 0)

    def to_json(self, value: tuple[Any, ...]) -> Any:
        return [self.element.to_json(item) for item in value]

    def from_json(self, data: object, where: str, numeric_strings: bool) -> tuple[Any, ...]:
        return self.validate(data, where, False)

    def to_binary(self, value: tuple[Any, ...]) -> Any:
        return self.to_json(value)

    def from_binary(self, data: object, where: str) -> tuple[Any, ...]:
        return self.validate(data, where, False)
