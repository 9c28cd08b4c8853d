"""Types of values that are no numbers: VBool, VString, VAction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import VType
from .refusal import refuse

__all__ = ["VAction", "VBool", "VString"]


@dataclass(frozen=True, eq=False, repr=False)
class VBool(VType[bool]):
    """True or False, and nothing that merely counts as such: 1 is refused."""

    @property
    def python_type(self) -> type:
        return bool

    @property
    def exact(self) -> type:
        return bool

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> bool:
        if value is True or value is False:
            return value
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, np.bool_):
            return bool(value)
        raise refuse(where, "true or false (bool)", value)

    def zero(self) -> bool:
        return False


@dataclass(frozen=True, eq=False, repr=False)
class VString(VType[str]):
    """Text: any str that can be encoded, so no lone surrogates; bytes are refused."""

    @property
    def python_type(self) -> type:
        return str

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> str:
        if type(value) is not str:
            if not isinstance(value, str):
                raise refuse(where, "text (str)", value)
            value = str.__str__(value)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise refuse(where, "text without lone surrogates", value) from None
        return value

    def zero(self) -> str:
        return ""


@dataclass(frozen=True, eq=False, repr=False)
class VAction(VType[None]):
    """A button: put it and it happens; its value is None, always."""

    @property
    def python_type(self) -> type:
        return type(None)

    def validate(self, value: object, where: str = "value", *, owned: bool = False) -> None:
        if value is not None:
            raise refuse(where, "nothing (None): an action takes no value", value)

    def zero(self) -> None:
        return None
