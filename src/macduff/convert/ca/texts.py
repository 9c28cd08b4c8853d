"""Texts, labels, and what goes as text (tables, maps), over Channel Access."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from macduff.errors import BadValue
from macduff.values import VArray, VEnum, VType

from .dbr import CHAR, ENUM, STRING, cut
from .form import Form, elements_of
from .spelling import (
    NAMES,
    TEXT,
    Packed,
    Unfit,
    as_kind,
    characters_in,
    element_in,
    number_bytes,
    numbers_in,
    one_label,
    padded,
    single,
    texts_in,
)

__all__ = ["EnumForm", "JsonForm", "LongForm", "TextForm", "TextsForm"]

CHARACTERS = 4096
JSON_CHARACTERS = 256 * 1024
"""How long a text may be, as a PV must name a number."""


class EnumForm(Form):
    """Up to 16 labels of 25 bytes; one with more or longer ones is a string (`TextForm`).

    A menu of EPICS's, such as .STAT, may have more; only the first 16 are listed.
    """

    kind = ENUM

    def __init__(self, vtype: VEnum[Any]) -> None:
        super().__init__(vtype)
        self.labels = vtype.labels

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        label = self.vtype.to_json(value)
        if kind == STRING:
            return 1, padded(cut(label, TEXT)), True
        if self.labels and label not in self.labels:  # of another type, whose labels come in a moment
            raise Unfit(f"{label!r} is none of the labels")
        return number_bytes(self.labels.index(label) if self.labels else 0, kind)

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        return one_label(self.labels, element_in(kind, count, data, where))


class TextForm(Form):
    """A string of 39 bytes at most; a longer text ends in "..." here and is whole as NAME$."""

    kind = STRING
    text = True

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        text = self.vtype.to_json(value)
        if kind == STRING:
            return 1, padded(cut(text, TEXT)), True
        if isinstance(self.vtype, VEnum) and text in self.vtype.labels:
            return number_bytes(self.vtype.labels.index(text), kind)
        raise Unfit(f"text cannot be a {NAMES[kind]}")

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        if kind == CHAR and count != 1:
            return characters_in(data[:count], where)
        raw = element_in(kind, count, data, where)
        return one_label(self.vtype.labels, raw) if isinstance(self.vtype, VEnum) else raw


class LongForm(Form):
    """A text as an array of char: NAME$."""

    kind = CHAR
    text = True

    def __init__(self, vtype: VType[Any], count: int = CHARACTERS) -> None:
        super().__init__(vtype)
        self.count = count

    def words(self, value: Any) -> str:
        return str(self.vtype.to_json(value))

    def meant(self, text: str, where: str) -> Any:
        return text

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        text = self.words(value)
        if kind == STRING:
            return 1, padded(cut(text, TEXT)), True
        if kind != CHAR:
            raise Unfit(f"text cannot be a {NAMES[kind]}")
        data = (text.encode() + b"\0")[:most]
        return len(data), data, True

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        if kind == CHAR:
            return self.meant(characters_in(data[:count], where), where)
        if kind == STRING:
            return self.meant(single(texts_in(count, data, where), where), where)
        raise BadValue(f"{where}: expected text, got a {NAMES[kind]}")


class JsonForm(LongForm):
    """A table or a map: its JSON, as one long text."""

    def __init__(self, vtype: VType[Any]) -> None:
        super().__init__(vtype, JSON_CHARACTERS)

    def words(self, value: Any) -> str:
        return json.dumps(self.vtype.to_json(value), ensure_ascii=False)

    def meant(self, text: str, where: str) -> Any:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadValue(f"{where}: expected {self.vtype.name} as JSON, got what is none: {error}") from None
        return self.vtype.from_json(data, where)


class TextsForm(Form):
    """An array of texts or labels, each a string of 39 bytes at most."""

    kind = STRING

    def __init__(self, vtype: VArray[Any]) -> None:
        super().__init__(vtype)
        self.count = elements_of(vtype)
        self._labels = vtype.element.labels if isinstance(vtype.element, VEnum) else None

    def pack(self, value: Any, kind: int, most: int) -> Packed:
        words = self.vtype.to_json(value)[:most]
        if kind == STRING:
            return len(words), b"".join(padded(cut(text, TEXT)) for text in words), True
        if self._labels is None:
            raise Unfit(f"text cannot be a {NAMES[kind]}")
        indices = np.array([self._labels.index(text) for text in words], dtype=np.int64)
        return len(words), *as_kind(indices, kind)

    def unpack(self, kind: int, count: int, data: bytes, where: str) -> Any:
        raw = texts_in(count, data, where) if kind == STRING else numbers_in(kind, count, data, where).tolist()
        return [one_label(self._labels, item) for item in raw] if self._labels is not None else raw
