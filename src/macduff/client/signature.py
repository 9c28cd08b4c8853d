"""Signatures and docstrings for remote methods and attributes, from what the wire says of them."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Mapping
from typing import Any, Literal

from macduff.values import VAction, VEnum, VTable, VType

from .model import AttributeInfo, MethodInfo

__all__ = ["KEEPING", "annotation_of", "attribute_doc", "method_doc", "signature_of", "units_of"]


KEEPING = ("configure", "validate")
"""Methods of which a parameter that is left out keeps its set point (rule 24), which changes."""


class _AsItIs:
    """In a signature what stands for the set point of now."""

    def __repr__(self) -> str:
        return "..."


_AS_IT_IS = _AsItIs()


def annotation_of(vtype: VType[Any]) -> Any:
    """The Python type that a value of this type has in a client; an enum is the Literal of its labels."""
    if isinstance(vtype, VEnum) and vtype.labels:
        return Literal[tuple(vtype.labels)]
    if isinstance(vtype, VAction):
        return None
    return vtype.python_type


def signature_of(method: MethodInfo) -> inspect.Signature:
    """The signature of a call from a client: names, types and defaults, `...` for what stays as it is.

    A required parameter behind an optional one is keyword-only, as Python would have it. A name that Python
    cannot spell as a parameter is taken through `**`.
    """
    parameters: list[inspect.Parameter] = []
    unspellable = False
    seen_default = False
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    for name, vtype in method.takes.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            unspellable = True
            continue
        default = _default(method, name)
        if default is not inspect.Parameter.empty:
            seen_default = True
        elif seen_default:
            kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation_of(vtype)))
    if unspellable:
        parameters.append(inspect.Parameter("others", inspect.Parameter.VAR_KEYWORD, annotation=Any))
    return inspect.Signature(parameters, return_annotation=_returned(method))


def _default(method: MethodInfo, name: str) -> object:
    if name in method.required:
        return inspect.Parameter.empty
    return _AS_IT_IS if method.name in KEEPING else method.defaults.get(name)


def _returned(method: MethodInfo) -> Any:
    if not method.returns:
        return None
    if method.unpacked and len(method.returns) == 1:
        return annotation_of(next(iter(method.returns.values())))
    return dict[str, Any]


def method_doc(device: str, method: MethodInfo) -> str:
    """The docstring of a remote method: its description, then each parameter and result with units and limits."""
    lines = [method.description or f"{method.label or method.name} of {device}."]
    if method.takes:
        lines += ["", "Parameters:"]
        lines += [_element(name, vtype, name in method.required) for name, vtype in method.takes.items()]
    if method.returns:
        lines += ["", "Returns:"]
        if method.unpacked and len(method.returns) == 1:
            lines.append(f"    {_kind(next(iter(method.returns.values())))}")
        else:
            lines += [_element(name, vtype, True) for name, vtype in method.returns.items()]
    return "\n".join(lines)


def attribute_doc(attribute: AttributeInfo) -> str:
    """The docstring of a remote attribute: its description, then type, units and limits."""
    access = "writable" if attribute.writable else "read only"
    lines = [attribute.description] if attribute.description else []
    return "\n".join([*lines, f"{_kind(attribute.vtype)}; {access}"])


def _element(name: str, vtype: VType[Any], required: bool) -> str:
    text = f"    {name}: {_kind(vtype)}"
    if not required:
        text += ", optional"
    return f"{text}. {vtype.description}" if vtype.description else text


def _kind(vtype: VType[Any]) -> str:
    parts = [_type_text(vtype)]
    if units := units_of(vtype):
        parts.append(units)
    if (limits := _limits(vtype)) is not None:
        parts.append(limits)
    return ", ".join(parts)


def _type_text(vtype: VType[Any]) -> str:
    if isinstance(vtype, VEnum):
        return f"one of {', '.join(repr(label) for label in vtype.labels)}"
    if isinstance(vtype, VTable):
        columns: Mapping[str, object] = vtype.columns
        return f"table with columns {', '.join(columns)}"
    dtype = getattr(vtype, "dtype", None)
    name = getattr(vtype.python_type, "__name__", str(vtype.python_type))
    return f"array of {dtype}" if name == "ndarray" and dtype else name


def units_of(vtype: VType[Any]) -> str:
    """The units of a type; "" for one that has none."""
    units: str = getattr(vtype, "units", "")
    return units


def _limits(vtype: VType[Any]) -> str | None:
    control = getattr(vtype, "control", None)
    if control is None:
        return None
    low, high = control
    if low is None and high is None:
        return None
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
