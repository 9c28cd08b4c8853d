"""Whether two values are the same, for values that `==` does not answer well: NaN, arrays, what holds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["values_equal"]

_PLAIN = {float, int, bool, str, type(None)}


def values_equal(a: object, b: object) -> bool:
    """Whether two values are the same: NaN is NaN, arrays by dtype, shape and content, True is not 1; never raises."""
    try:
        return _equal(a, b)
    except Exception:  # a foreign __eq__ may raise whatever it likes, and then nothing says that they are equal
        return False


def _equal(a: object, b: object) -> bool:
    if type(a) is type(b) and type(a) in _PLAIN:
        return a == b or (a != a and b != b)
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and _arrays_equal(a, b)
    if isinstance(a, (bool, np.bool_)) is not isinstance(b, (bool, np.bool_)):
        return False
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return len(a) == len(b) and all(name in b and _equal(value, b[name]) for name, value in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b) or (bool(a != a) and bool(b != b))


def _arrays_equal(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
