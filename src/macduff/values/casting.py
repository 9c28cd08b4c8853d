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
    kind = array.dtype.kind
    if kind not in "biuf":
        return None
    if array.size and (kind == "b") is not (dtype.kind == "b"):
        return None
    if array.size and not np.can_cast(array.dtype, dtype, "safe") and not _fits(array, dtype).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):  # what would overflow was refused; signalling NaNs are NaNs
        return np.array(array, dtype=dtype, order="C", copy=True, subok=False)


def first_misfit(array: AnyArray, dtype: np.dtype[Any]) -> tuple[int, ...] | None:
    """The index of the first number that does not fit; None when the array's own dtype is what is wrong."""
    if array.dtype.kind not in "iuf" or dtype.kind == "b" or array.size == 0:
        return None
    flat = int(np.argmin(_fits(array, dtype)))
    return tuple(int(index) for index in np.unravel_index(flat, array.shape))


def _fits(array: AnyArray, dtype: np.dtype[Any]) -> npt.NDArray[np.bool_]:
    """For each number, whether it can be one of dtype."""
    good: npt.NDArray[np.bool_]
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            good = np.isfinite(array.astype(dtype)) | ~np.isfinite(array)
        return good
    info = np.iinfo(dtype)
    if array.dtype.kind == "f":
        if array.dtype.itemsize < 4:
            array = array.astype(np.float32)  # float16 cannot hold the bounds
        # The bounds are powers of two, so exact as floats; max + 1 is the first that does not fit.
        good = (array >= float(info.min)) & (array < float(info.max + 1)) & (np.trunc(array) == array)
        return good
    own = np.iinfo(array.dtype)
    good = np.ones(array.shape, dtype=np.bool_)
    if own.min < info.min:
        good &= array >= info.min
    if own.max > info.max:
        good &= array <= info.max
    return good
