"""The source text of the Python types of values, for stubs."""

from __future__ import annotations

from typing import Any

from macduff.values import VAction, VArray, VEnum, VMap, VTable, VType

from .model import MethodInfo

__all__ = ["accepted_text", "result_text", "value_text"]


def value_text(vtype: VType[Any]) -> str:
    """What a value read from a device is."""
    if isinstance(vtype, VEnum):
        return f"Literal[{', '.join(map(repr, vtype.labels))}]" if vtype.labels else "str"
    if isinstance(vtype, VArray):
        dtype = vtype.numpy_dtype
        if dtype is None:
            return "tuple[str, ...]"
        return f"NDArray[numpy.{'bool_' if dtype.kind == 'b' else dtype.name}]"
    if isinstance(vtype, VTable):
        return "Table"
    if isinstance(vtype, VMap):
        return "Mapping[str, Any]"
    return "None" if isinstance(vtype, VAction) else vtype.python_type.__name__


def accepted_text(vtype: VType[Any]) -> str:
    """What may be put or given as an argument."""
    if isinstance(vtype, VArray):
        return "Sequence[str]" if vtype.numpy_dtype is None else "ArrayLike"
    return "Mapping[str, Any]" if isinstance(vtype, VTable) else value_text(vtype)


def result_text(method: MethodInfo) -> str:
    """What a call returns."""
    if not method.returns:
        return "None"
    if method.unpacked and len(method.returns) == 1:
        return value_text(next(iter(method.returns.values())))
    return "dict[str, Any]"
