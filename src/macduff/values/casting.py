"""Numpy arrays of one dtype made from arrays of another, when no element is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["cast_array", "first_misfit"]

AnyArray = npt.NDArray[Any]


def cast_array(array: AnyArray, dtype: np.dtype[Any]) -> AnyArray | None:
    """A new C-ordered array of that dtype with the same numbers, or None when that cannot be.

    Integers are kept exactly, floats are rounded to nearest and must not overflow, booleans are no numbers.
    """
    kind, wanted = array.dtype.kind, dtype.kind
    if kind not in "biuf":
        return None
    if array.size == 0 or array.dtype == dtype:
        return np.array(array, dtype=dtype, order="C", copy=True, subok=False)
    if (kind == "b") is not (wanted == "b"):
        return None
    if not fits(array, dtype).all():
        return None
    with np.errstate(over="ignore"):
        return array.astype(dtype, order="C", subok=False)


def fits(array: AnyArray, dtype: np.dtype[Any]) -> npt.NDArray[np.bool_]:
    """For each element of an array of numbers, whether it can be one of dtype."""
    good: npt.NDArray[np.bool_]
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            good = np.isfinite(array.astype(dtype)) | ~np.isfinite(array)
        return good
    info = np.iinfo(dtype)
    if array.dtype.kind == "f":
        # As floats the bounds are exact: powers of two. max + 1 is the first that does not fit.
        low, above = np.longdouble(info.min), np.longdouble(info.max) + np.longdouble(1)
        good = (array >= low) & (array < above) & (np.trunc(array) == array)
        return good
    own = np.iinfo(array.dtype)
    good = np.ones(array.shape, dtype=np.bool_)
    if own.min < info.min:
        good &= array >= info.min
    if own.max > info.max:
        good &= array <= info.max
    return good


def first_misfit(array: AnyArray, dtype: np.dtype[Any]) -> tuple[int, ...] | None:
    """The index of the first number that does not fit; None when the array's own dtype is what is wrong."""
    if array.dtype.kind not in "iuf" or dtype.kind == "b" or array.size == 0:
        return None
    flat = int(np.argmin(fits(array, dtype)))
    return tuple(int(index) for index in np.unravel_index(flat, array.shape))
