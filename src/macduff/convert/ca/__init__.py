"""How our values go over Channel Access, and how its spellings of a value become ours (rule 31).

`form_of(vtype)` says what a PV of that type is (its kind and how many elements) and converts both ways. Out: whatever
kind the client asks for. In: an index for a label, 0 and 1 for a bool, text for a number, because its tools send so;
the verdict on the result is the VType's. What a kind cannot hold is Unfit, never clipped.
"""

from __future__ import annotations

from typing import Any

from macduff.values import VAction, VArray, VBool, VEnum, VMap, VNumber, VString, VTable, VType

from .dbr import Facts, condition_of, facts_of
from .form import Form
from .numbers import ActionForm, ArrayForm, BoolForm, NumberForm
from .spelling import Unfit
from .texts import EnumForm, JsonForm, LongForm, TextForm, TextsForm

__all__ = [
    "ActionForm", "ArrayForm", "BoolForm", "EnumForm", "Facts", "Form", "JsonForm", "LongForm", "NumberForm",
    "TextForm", "TextsForm", "Unfit", "condition_of", "facts_of", "form_of",
]  # fmt: skip

_LABEL, _LABELS = 25, 16
"""Bytes of a label, and how many labels, that a client can be told."""


def form_of(vtype: VType[Any]) -> Form:
    """The way of a type."""
    if isinstance(vtype, VNumber):
        return NumberForm(vtype)
    if isinstance(vtype, VBool):
        return BoolForm(vtype)
    if isinstance(vtype, VEnum):
        fits = len(vtype.labels) <= _LABELS and all(len(label.encode()) <= _LABEL for label in vtype.labels)
        return EnumForm(vtype) if fits else TextForm(vtype)
    if isinstance(vtype, VString):
        return TextForm(vtype)
    if isinstance(vtype, VArray):
        return TextsForm(vtype) if isinstance(vtype.element, (VString, VEnum)) else ArrayForm(vtype)
    if isinstance(vtype, VAction):
        return ActionForm(vtype)
    if isinstance(vtype, (VTable, VMap)):
        return JsonForm(vtype)
    raise TypeError(f"form_of: expected a type that Channel Access can show, got {vtype.name}")
