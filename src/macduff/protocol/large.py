"""Arrays that take long to encode: what counts as one, how they are written in steps, and what is too large at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy

from macduff.values import Alarm, AlarmStatus, Reading, Severity, VArray, VTable, VType

from .dialect import Dialect
from .encoding import Piece
from .kinds import array_dtype
from .wirevalue import to_wire

__all__ = ["NO_ARRAY", "Job", "encode_value", "is_large", "within", "written_size"]

_STEP: Final = 16_384
"""Elements that are encoded without letting other threads run: about a millisecond."""

_DIGITS: Final = {"b": (6, 6, 6, 6), "i": (5, 7, 12, 21), "u": (4, 6, 11, 21), "f": (25, 25, 25, 25)}
"""The most characters of one number and its comma, for 1, 2, 4 and 8 bytes."""


NO_ARRAY: Final = frozenset((float, int, bool, str, type(None)))
"""The types of values that hold no array."""


class Job:
    """Work for another thread: `run` there, then `finish` on the server's own."""

    def __init__(self, work: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
        self._work = work
        self._then = then
        self._result: Any = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Do it; touches nothing that changes. Never raises."""
        try:
            self._result = self._work()
        except Exception as error:
            self._error = error

    def finish(self) -> None:
        """Hand on what came of it."""
        self._then(self._result, self._error)


def is_large(value: Any, bound: int) -> bool:
    """Whether a value holds an array of more than `bound` bytes."""
    if type(value) in NO_ARRAY:
        return False
    if isinstance(value, numpy.ndarray):
        return value.nbytes > bound
    if isinstance(value, Mapping):
        return any(is_large(item, bound) for item in value.values())
    return False


def written_size(value: Any, binary: bool) -> int:
    """About how many bytes a value takes in a frame; for numbers in JSON the most that they may take."""
    if isinstance(value, numpy.ndarray):
        if binary:
            return value.nbytes
        return value.size * _DIGITS[value.dtype.kind][value.dtype.itemsize.bit_length() - 1]
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(written_size(item, binary) for item in value.values())
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        return sum(map(len, value)) + 3 * len(value)
    return 0


def within(vtype: VType[Any], reading: Reading, dialect: Dialect, most: int) -> Reading:
    """The reading to show: one that fits no frame becomes an empty one, INVALID, with the reason."""
    value = reading.value
    if type(value) in (float, int, bool) or (size := written_size(value, dialect.encoding.binary)) <= most:
        return reading
    message = f"expected at most {most} bytes in a frame of {dialect.name}, got about {size}"
    if isinstance(vtype, VArray) and isinstance(value, numpy.ndarray):
        empty: Any = numpy.empty((0,) * value.ndim, array_dtype(vtype))
    else:
        empty = vtype.zero()
    return Reading(empty, Alarm(Severity.INVALID, AlarmStatus.UNDEFINED, message), reading.time, reading.sequence)


def encode_value(vtype: VType[Any], value: Any, dialect: Dialect) -> Piece:
    """A value as a piece; large arrays in JSON in steps, between which other threads may run."""
    if not dialect.encoding.binary:
        if isinstance(value, numpy.ndarray):
            if value.size > _STEP:
                return _array_text(vtype, value, dialect)
        elif isinstance(vtype, VTable) and any(len(column) > _STEP for column in value.values()):
            members = [(dialect.piece("typeid"), dialect.piece("malcolm:core/Table:1.0"))]
            members += [
                (dialect.piece(name), encode_value(column, value[name], dialect))
                for name, column in vtype.columns.items()
            ]
            return dialect.encoding.object(members)
    return dialect.piece(to_wire(vtype, value, dialect))


def _array_text(vtype: VType[Any], value: numpy.ndarray[Any, Any], dialect: Dialect) -> str:
    if not dialect.ours:
        return _nested(vtype, value, dialect)
    head = dialect.piece({"dtype": value.dtype.name, "shape": list(value.shape)})
    return f'{head[:-1]},"data":{_nested(vtype, value.ravel(), dialect)}}}'


def _nested(vtype: VType[Any], value: numpy.ndarray[Any, Any], dialect: Dialect) -> str:
    if value.size <= _STEP:
        text: str = dialect.piece(vtype.to_json(value))
        return text
    if value.ndim > 1:
        return "[" + ",".join([_nested(vtype, row, dialect) for row in value]) + "]"
    steps = [value[start : start + _STEP] for start in range(0, len(value), _STEP)]
    return "[" + ",".join([dialect.piece(vtype.to_json(step))[1:-1] for step in steps]) + "]"
