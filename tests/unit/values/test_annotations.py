"""vtype_of: annotations that have a VType, and a sentence for those that have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NewType, NotRequired, Optional, TypedDict, Union

import numpy as np
import numpy.typing as npt
import pytest

from macduff.values import (
    Table,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VTable,
    VType,
    vtype_of,
)

from .strategies import Level, Mode, Trigger


class Point(TypedDict):
    x: Annotated[float, VDouble(units="mm")]
    name: str


class Partial(TypedDict):
    x: NotRequired[float]


Millimetres = NewType("Millimetres", float)
OPTIONAL = Optional[float]  # noqa: UP045  # this spelling too
UNION = Union[int, str]  # noqa: UP007  # this spelling too
GAIN = VEnum(["low", "high"])


@pytest.mark.parametrize(
    ("annotation", "vtype"),
    [
        (float, VDouble()), (int, VInt()), (bool, VBool()), (str, VString()), (Mode, VEnum(Mode)),
        (Level, VEnum(Level)),
        (Literal["a", "b"], VEnum(["a", "b"])), (np.float32, VFloat()), (np.uint8, VInt(8, False)), (np.bool_, VBool()),
        (np.float64, VDouble()), (np.ndarray, VArray()), (npt.NDArray[np.uint16], VArray("uint16")),
        (npt.NDArray[np.bool_], VArray(bool)), (npt.NDArray[Any], VArray()),
        (np.ndarray[tuple[int, int], np.dtype[np.int8]], VArray("int8", 2)),
        (list[float], VArray()), (list[str], VArray(str)), (list[bool], VArray(bool)), (tuple[int, ...], VArray(int)),
        (Sequence[float], VArray()), (list[Mode], VArray(Mode)), (list[Literal["a"]], VArray(VEnum(["a"]))),
        (list[list[float]], VArray(ndim=2)), (list[Annotated[float, VDouble(units="s")]], VArray(units="s")),
        (Annotated[float, VDouble(units="V")], VDouble(units="V")), (Annotated[float, VInt(8)], VInt(8)),
        (Annotated[float, "text"], VDouble()), (Annotated[Any, VInt(8)], VInt(8)), (Annotated[str, GAIN], GAIN),
        (Annotated[str, VEnum(Trigger)], VEnum(Trigger)), (Annotated[int, VEnum(Level)], VEnum(Level)),
        (Annotated[npt.NDArray[np.uint8], VArray("uint8", 2)], VArray("uint8", 2)),
        (Annotated[list[float], VArray(units="mm")], VArray(units="mm")),
        (Annotated[Table, VTable({"x": float})], VTable({"x": float})),
        (Annotated[dict[str, Any], VMap({"x": VInt()})], VMap({"x": VInt()})),
        (Point, VMap({"x": VDouble(units="mm"), "name": VString()})), (Millimetres, VDouble()), (VInt(8), VInt(8)),
    ],
    ids=str,
)  # fmt: skip
def test_annotations_that_have_one(annotation: Any, vtype: VType[Any]) -> None:
    assert vtype_of(annotation) == vtype


@pytest.mark.parametrize(
    "annotation",
    [complex, bytes, object, Any, dict, dict[str, float], list, tuple, set[int], tuple[int, str], tuple[int], list[Any],
     OPTIONAL, float | None, UNION, Literal[1, 2], np.complex128, np.floating, np.timedelta64,
     npt.NDArray[np.complex128], npt.NDArray[np.datetime64], list[Point], list[list[str]], "float", 5, VDouble, Partial,
     Annotated[str, VDouble()], Annotated[int, VDouble()], Annotated[np.ndarray, VDouble()],
     Annotated[float, VDouble(), VDouble()]],
    ids=str,
)  # fmt: skip
def test_annotations_that_have_none(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r": expected .*, got "):
        vtype_of(annotation)


def test_the_sentence_teaches() -> None:
    with pytest.raises(
        TypeError, match=r"Annotated\[float, VDouble\(units='mm'\)\], got float \| None; a value has one type"
    ):
        vtype_of(float | None)
