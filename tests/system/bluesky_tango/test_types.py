"""Attributes of every type as signals: read, described, put; hints that fit and that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from ophyd_async.core import Array1D, StrictEnum, SubsetEnum, SupersetEnum

from macduff.bluesky import NotConnected, TangoAttrR, TangoAttrRW, TangoAttrW
from macduff.errors import BadValue, NotWriteable
from tests.system.bluesky_tango.lab import ARRAYS, IMAGES, LAB, SCALARS, LabProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class Speed(StrictEnum):
    SLOW = "slow"
    FAST = "fast"
    WARP = "warp"


class TwoSpeeds(StrictEnum):
    SLOW = "slow"
    FAST = "fast"


class SomeSpeeds(SubsetEnum):
    SLOW = "slow"


class MoreSpeeds(SupersetEnum):
    STOPPED = "stopped"
    SLOW = "slow"
    FAST = "fast"
    WARP = "warp"


class Doors(SubsetEnum):
    OPEN = "OPEN"
    CLOSE = "CLOSE"


INTEGERS = ("a_uchar", "a_short", "a_ushort", "a_long", "a_ulong", "a_long64", "a_ulong64")
NUMPY = {
    "a_bool": "|b1", "a_uchar": "|u1", "a_short": "<i2", "a_ushort": "<u2", "a_long": "<i4", "a_ulong": "<u4",
    "a_long64": "<i8", "a_ulong64": "<u8", "a_float": "<f4", "a_double": "<f8",
}  # fmt: skip
OTHERS: dict[str, list[Any]] = {
    "a_bool": [False], "a_uchar": [0, 255], "a_short": [-(2**15), 0], "a_ushort": [0], "a_long": [2**31 - 1, 0],
    "a_ulong": [0], "a_long64": [2**63 - 1, 0], "a_ulong64": [2**63, 0], "a_float": [-0.25, 0.0, 3],
    "a_double": [1e300, 0.0, -1], "a_string": ["", "ü"], "a_state": ["FAULT", "ON"], "an_enum": ["warp", "slow"],
}  # fmt: skip
"""What is put."""
BEYOND: dict[str, list[Any]] = {
    "a_bool": [2, "yes", None.__class__], "a_uchar": [256, -1, 1.5], "a_short": [2**15, "1"], "a_ushort": [-1],
    "a_long": [2**31], "a_ulong": [-1], "a_long64": [2**63], "a_ulong64": [2**64, -1], "a_float": ["1"],
    "a_double": ["1", [1.0]], "a_string": [1, "語"], "a_state": ["WALKING"], "an_enum": ["stopped", 1.5],
}  # fmt: skip
"""What none of the type is."""


def plain(name: str) -> Any:
    """The first value of a scalar as signals give it."""
    value = SCALARS[name][1]
    return {"a_state": "OPEN", "an_enum": "fast"}.get(name, value)


async def signal(lab: LabProgram, name: str, cls: Any = TangoAttrRW, datatype: Any = None) -> Any:
    made = cls(datatype, name="it")
    await made.connect(lab.device(), name)
    return made


@pytest.mark.parametrize("name", SCALARS)
async def test_a_scalar(lab: LabProgram, name: str) -> None:
    it = await signal(lab, name)
    dtype = {"a_bool": "boolean", "a_float": "number", "a_double": "number"}.get(name, "integer")
    key = await it.get_descriptor()
    assert key["source"] == f"tango://{lab.address}/{LAB}/{name}"
    assert (key["dtype"], key["shape"]) == (dtype if name in NUMPY else "string", [])
    assert key["dtype_numpy"] == NUMPY.get(name, "|S40")
    try:
        assert await it.get_value() == plain(name) and type(await it.get_value()) is type(plain(name))
        for value in OTHERS[name]:
            await it.put(value)
            reading = await it.get_reading()
            assert (reading["value"], reading["alarm_severity"]) == (value, 0)
            assert await it.locate() == {"setpoint": value, "readback": value}
        written = lab.writes(name)
        for value in BEYOND[name]:
            with pytest.raises(BadValue, match=f"{LAB}.*{name}"):
                await it.put(value)
        assert lab.writes(name) == written
    finally:
        await it.put(plain(name))


@pytest.mark.parametrize("name", ARRAYS)
async def test_a_spectrum(lab: LabProgram, name: str) -> None:
    it, first = await signal(lab, name), list(ARRAYS[name][1])
    if name in ("modes", "states"):
        first = {"modes": ["slow", "warp"], "states": ["ON", "FAULT"]}[name]
    key = await it.get_descriptor()
    assert (key["dtype"], key["shape"]) == ("array", [8])
    value: Any = await it.get_value()
    text = name in ("strings", "modes", "states")
    if text:
        assert type(value) is list
    else:
        assert value.dtype.str == key["dtype_numpy"] == np.dtype(ARRAYS[name][0]).str
    assert list(value) == first
    await it.put(list(reversed(first)))
    assert list(await it.get_value()) == list(reversed(first))
    await it.put(first)
    await it.put(value)  # as it was read
    assert list((await it.locate())["setpoint"]) == first


@pytest.mark.parametrize("name", [name for name in IMAGES if name != "string_image"])
async def test_an_image(lab: LabProgram, name: str) -> None:
    it, first = await signal(lab, name), np.array(IMAGES[name][1])
    key = await it.get_descriptor()
    assert (key["dtype"], key["shape"]) == ("array", [4, 6])  # rows, columns
    assert key["dtype_numpy"] == np.dtype(IMAGES[name][0]).str
    value = await it.get_value()
    assert value.tolist() == first.tolist() and value.dtype == np.dtype(IMAGES[name][0])
    await it.put(value[::-1])
    assert (await it.get_value()).tolist() == first[::-1].tolist()
    await it.put(value)


async def test_an_empty_spectrum_has_no_elements(lab: LabProgram) -> None:
    it = await signal(lab, "doubles")
    await it.put([])
    assert (await it.get_value()).shape == (0,)
    await it.put([1.0, 2.5])


@pytest.mark.parametrize("name", ["encoded", "string_image"])
async def test_what_documents_cannot_hold_is_refused_and_why(lab: LabProgram, name: str) -> None:
    kind = "DevEncoded" if name == "encoded" else "DevString image"
    with pytest.raises(NotConnected, match=rf"{LAB}.*{name} \({kind}\): expected numbers, text, labels or states"):
        await signal(lab, name, TangoAttrR)


async def test_labels_and_states_are_choices(lab: LabProgram) -> None:
    assert (await (await signal(lab, "an_enum")).get_descriptor())["choices"] == ["slow", "fast", "warp"]
    choices = (await (await signal(lab, "a_state")).get_descriptor())["choices"]
    assert choices[0] == "ON" and choices[-1] == "UNKNOWN" and len(choices) == 14


async def test_what_the_configuration_says_is_described(lab: LabProgram) -> None:
    limited = await signal(lab, "limited")
    key = await limited.get_descriptor()
    assert (key["units"], key["precision"]) == ("mm", 3) == (limited.units, limited.precision)
    assert key["limits"]["control"] == {"low": -5.0, "high": 5.0} and limited.limits == (-5.0, 5.0)
    assert key["limits"]["warning"] == {"low": -4.0, "high": 4.0}
    assert key["limits"]["alarm"] == {"low": -4.5, "high": 4.5}
    shown = await signal(lab, "shown", TangoAttrR)
    assert (await shown.get_descriptor())["limits"] == {"display": {"low": 0, "high": 300}}
    assert (shown.limits, shown.units, shown.precision) == (None, "K", None)
    assert "limits" not in await (await signal(lab, "a_double")).get_descriptor()


async def test_describing_reads_no_value(lab: LabProgram) -> None:
    it = await signal(lab, "limited")
    before = lab.reads("limited")
    await it.get_descriptor()
    await it.describe()
    assert lab.reads("limited") == before
    await it.get_value()
    assert lab.reads("limited") == before + 1


@pytest.mark.parametrize("value", [5.001, -6, float("inf"), float("nan")])
async def test_what_is_beyond_the_limits_is_not_written(lab: LabProgram, value: float) -> None:
    it = await signal(lab, "limited")
    before = lab.writes("limited")
    with pytest.raises(ValueError, match="limited"):
        await it.put(value)
    with pytest.raises(ValueError, match="limited"):
        await it.set(value)
    assert lab.writes("limited") == before
    await it.put(-5)
    await it.set(1.0)
    assert lab.writes("limited") == before + 2


async def test_limits_hold_for_each_element(lab: LabProgram) -> None:
    it = await signal(lab, "at_most")
    before = lab.writes("at_most")
    with pytest.raises(BadValue, match="at_most"):
        await it.put([1, 11])
    assert lab.writes("at_most") == before
    await it.put([10, -1000])


async def test_nothing_is_written_to_what_is_read_only_and_one_warning_says_so(lab: LabProgram) -> None:
    with pytest.warns(UserWarning, match=r"fixed.* is read-only") as warned:
        it = await signal(lab, "fixed")
    assert len(warned) == 1
    for put in (it.put, it.set):
        with pytest.raises(NotWriteable, match="fixed"):
            await put(1.0)
    assert await it.locate() == {"setpoint": 4.5, "readback": 4.5}
    with pytest.raises(NotConnected, match=r"fixed.*expected an attribute that can be written"):
        await signal(lab, "fixed", TangoAttrW)


async def test_one_that_is_only_written(lab: LabProgram) -> None:
    it = await signal(lab, "only", TangoAttrW)
    await it.put(2.5)
    await it.set(3.5)
    assert lab.writes("only") >= 2


FIT: list[tuple[str, Any, Any]] = [
    ("a_double", float, 1.5), ("a_float", float, 0.5), ("a_long", float, -70000.0), ("a_long", int, -70000),
    ("a_ulong64", int, 2**64 - 1), ("a_bool", bool, True), ("a_string", str, "käse"), ("a_state", str, "OPEN"),
    ("a_state", Doors, Doors.OPEN), ("an_enum", str, "fast"), ("an_enum", Speed, Speed.FAST),
    ("an_enum", SomeSpeeds, "fast"), ("an_enum", MoreSpeeds, MoreSpeeds.FAST),
    ("doubles", Array1D[np.float64], [1.0, 2.5]),
    ("doubles", np.ndarray, [1.0, 2.5]), ("image", np.ndarray, [[1, 2, 3], [4, 5, 6]]),
    ("shorts", Array1D[np.int16], [-1, 1]), ("strings", Sequence[str], ["a", "käse"]),
    ("modes", Sequence[str], ["slow", "warp"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "hint", "value"), FIT, ids=lambda part: getattr(part, "__name__", None))
async def test_a_hint_that_fits(lab: LabProgram, name: str, hint: Any, value: Any) -> None:
    it = await signal(lab, name, datatype=hint)
    assert it.datatype == hint
    found = await it.get_value()
    if isinstance(found, np.ndarray):
        found = found.tolist()
    assert found == value and type(found) is type(value)
    await it.put(found)
    assert (await it.get_descriptor())["dtype"] == {
        float: "number", int: "integer", bool: "boolean", str: "string", list: "array",
    }.get(type(value), "string")  # fmt: skip


MISFIT: list[tuple[str, Any]] = [
    ("a_double", int), ("a_double", str), ("a_double", bool), ("a_bool", int), ("a_long", bool), ("a_string", float),
    ("an_enum", int), ("an_enum", TwoSpeeds), ("a_state", Speed), ("a_string", Speed), ("doubles", float),
    ("doubles", Array1D[np.float32]), ("doubles", Sequence[str]), ("strings", np.ndarray),
    ("image", Array1D[np.uint16]), ("a_double", np.ndarray), ("strings", str),
]  # fmt: skip


@pytest.mark.parametrize(("name", "hint"), MISFIT, ids=lambda part: getattr(part, "__name__", None))
async def test_a_hint_that_does_not_fit_is_refused(lab: LabProgram, name: str, hint: Any) -> None:
    with pytest.raises(NotConnected, match=rf"{LAB}.*{name} .*expected .* as its hint says, got"):
        await signal(lab, name, datatype=hint)


async def test_a_member_of_an_enum_is_put(lab: LabProgram) -> None:
    it = await signal(lab, "an_enum", datatype=Speed)
    await it.put(Speed.WARP)
    assert await it.get_value() is Speed.WARP
    await it.set("fast")
    assert await it.get_value() is Speed.FAST
    more = await signal(lab, "an_enum", datatype=MoreSpeeds)
    with pytest.raises(BadValue, match="stopped"):
        await more.put(MoreSpeeds.STOPPED)
