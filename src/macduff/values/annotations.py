"""vtype_of: the VType that a Python annotation stands for."""

from __future__ import annotations

import collections.abc
import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from .arrays import VArray
from .base import VType
from .composite import VMap
from .elements import type_of_dtype
from .enums import VEnum
from .numbers import VDouble, VInt
from .refusal import shown
from .simple import VAction, VBool, VString

__all__ = ["vtype_of"]

_LISTS = (list, tuple, collections.abc.Sequence)
_UNIONS = (Union, types.UnionType)
_ALLOWED = (
    "float, int, bool, str, an Enum class, Literal['a', 'b'], list[float], numpy.typing.NDArray[numpy.float64], "
    "a TypedDict, or Annotated[float, VDouble(units='mm')]"
)


def vtype_of(annotation: Any) -> VType[Any]:
    """The VType of an annotation: `float` -> `VDouble()`, `Annotated[float, VDouble(units="mm")]` -> that VDouble.

    TypeError for an annotation that has none; it says what would be allowed.
    """
    if isinstance(annotation, VType):
        return annotation
    found = _scalar(annotation)
    if found is None:
        found = _generic(annotation)
    if found is None:
        hint = "; a value has one type and is never None" if get_origin(annotation) in _UNIONS else ""
        raise TypeError(f"annotation: expected {_ALLOWED}, got {shown(annotation)}{hint}")
    return found


def _scalar(annotation: Any) -> VType[Any] | None:
    if annotation in (None, type(None)):
        return VAction()
    if not isinstance(annotation, type) or get_origin(annotation) is not None:
        return None
    simple: dict[type, VType[Any]] = {float: VDouble(), int: VInt(), bool: VBool(), str: VString()}
    if annotation in simple:
        return simple[annotation]
    if is_typeddict(annotation):
        return _typed_dict(annotation)
    if issubclass(annotation, Enum):
        return VEnum(annotation)
    if issubclass(annotation, np.ndarray):
        return VArray("float64")
    if issubclass(annotation, np.generic) and annotation.__module__ == "numpy":
        return _numpy_scalar(annotation)
    return None


def _numpy_scalar(annotation: type[np.generic]) -> VType[Any] | None:
    if annotation in (np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger, np.inexact, np.floating):
        return None  # abstract ones
    return type_of_dtype(np.dtype(annotation))


def _generic(annotation: Any) -> VType[Any] | None:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(annotation)
    if origin is Literal:
        if all(isinstance(choice, str) for choice in arguments):
            return VEnum(arguments)
        return None
    if origin in _LISTS:
        return _list(origin, arguments)
    if isinstance(origin, type) and issubclass(origin, np.ndarray):
        return _ndarray(arguments)
    hidden = _unwrapped(annotation, origin, arguments)
    return None if hidden is None else vtype_of(hidden)


def _unwrapped(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    """What a NewType or an alias (`type X = ...`, `type X[T] = ...`) stands for; None for anything else."""
    if origin is not None and hasattr(origin, "__value__"):
        given = dict(zip(origin.__type_params__, arguments, strict=True))
        wanted = getattr(origin.__value__, "__parameters__", ())
        return origin.__value__[tuple(given[name] for name in wanted)] if wanted else origin.__value__
    return getattr(annotation, "__supertype__", None) or getattr(annotation, "__value__", None)


def _annotated(annotation: Any) -> VType[Any]:
    base, *extras = get_args(annotation)
    given = [extra for extra in extras if isinstance(extra, VType)]
    if not given:
        return vtype_of(base)
    if len(given) > 1:
        raise TypeError(f"annotation: expected one VType, got {shown(given)}")
    try:
        plain = vtype_of(base).python_type
    except TypeError:  # Any, or a class that only the VType knows
        return given[0]
    kind = given[0].python_type
    if not issubclass(kind, plain) and (plain, kind) != (float, int):
        raise TypeError(f"annotation: expected a VType of {plain.__name__}, got {given[0]!r}")
    return given[0]


def _list(origin: Any, arguments: tuple[Any, ...]) -> VType[Any] | None:
    if origin is tuple:
        if len(arguments) != 2 or arguments[1] is not Ellipsis:
            return None
        arguments = arguments[:1]
    element = vtype_of(arguments[0])
    if isinstance(element, VArray):
        if element.ndim is None or element.numpy_dtype is None:
            return None
        return element.replace(ndim=element.ndim + 1)
    if isinstance(element, (VMap, VAction)):
        return None
    return VArray(element)


def _ndarray(arguments: tuple[Any, ...]) -> VType[Any] | None:
    if len(arguments) != 2:
        return None
    lengths = get_args(arguments[0])
    ndim = len(lengths) if lengths and Ellipsis not in lengths else 1
    scalar = get_args(arguments[1])
    if not scalar or scalar[0] is Any:
        return VArray("float64", ndim)
    element = _scalar(scalar[0])
    return None if element is None else VArray(element, ndim)


def _typed_dict(annotation: Any) -> VType[Any]:
    optional = sorted(annotation.__optional_keys__)
    if optional:
        raise TypeError(f"{annotation.__name__}: expected all keys required, got {', '.join(optional)} as optional")
    hints = get_type_hints(annotation, include_extras=True)
    return VMap({name: vtype_of(hint) for name, hint in hints.items()})
