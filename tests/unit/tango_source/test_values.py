"""What a Tango device says of its attributes and commands, and both ways between its values and ours."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tango

from macduff.convert.names import local_name
from macduff.errors import (
    BadValue,
    DeviceFailed,
    MacduffError,
    NotFound,
    NotWriteable,
    TimedOut,
    Unreachable,
    WrongState,
)
from macduff.sources.facts import Facts
from macduff.sources.tango.commands import command_of
from macduff.sources.tango.library import as_error, is_away, split
from macduff.sources.tango.native import Native, alarm_of, facts_of, native_of, time_of, vtype_for
from macduff.sources.tango.spelling import decoder, encode
from macduff.sources.wrapping import member_name
from macduff.values import (
    Severity,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VFloat,
    VInt,
    VMap,
    VString,
    VType,
)


class Mode(Enum):
    SLOW = "slow"
    FAST = "fast"


def info(type: str, form: str = "SCALAR", writable: str = "READ_WRITE", **more: Any) -> Any:
    alarms = {
        name: more.pop(name, "Not specified") for name in ("min_warning", "max_warning", "min_alarm", "max_alarm")
    }
    told = {
        "name": "x", "unit": "", "format": "%6.2f", "min_value": "Not specified", "max_value": "Not specified",
        "enum_labels": [],
    }  # fmt: skip
    return SimpleNamespace(
        data_type=int(getattr(tango.CmdArgType, type)),
        data_format=getattr(tango.AttrDataFormat, form),
        writable=getattr(tango.AttrWriteType, writable),
        alarms=SimpleNamespace(**alarms),
        **{**told, **more},
    )


def native(type: str, form: str = "SCALAR", labels: tuple[str, ...] = ()) -> Native:
    return native_of("a/b/c", info(type, form, enum_labels=list(labels)), tango)


LABELS = ("slow", "fast")


@pytest.mark.parametrize(
    ("there", "raw", "vtype", "value"),
    [
        (native("DevBoolean"), True, VBool(), True),
        (native("DevUChar"), 255, VInt(8, False), 255),
        (native("DevLong64"), -(2**63), VInt(64), -(2**63)),
        (native("DevFloat"), 1.5, VFloat(), 1.5),
        (native("DevDouble"), 1.5, VDouble(), 1.5),
        (native("DevString"), "é", VString(), "é"),
        (native("DevEnum", labels=LABELS), 1, VEnum(LABELS), "fast"),
        (native("DevState"), tango.DevState.MOVING, None, "MOVING"),
        (native("DevDouble", "SPECTRUM"), np.array([1.0]), VArray("float64"), [1.0]),
        (native("DevBoolean", "SPECTRUM"), np.array([True]), VArray("bool"), [True]),
        (native("DevString", "SPECTRUM"), ("a",), VArray(VString()), ("a",)),
        (native("DevEnum", "SPECTRUM", LABELS), np.array([0, 1]), VArray(VEnum(LABELS)), ("slow", "fast")),
        (native("DevUShort", "IMAGE"), np.ones((2, 3), np.uint16), VArray("uint16", ndim=2), np.ones((2, 3))),
        (native("DevDouble", "SPECTRUM"), None, VArray("float64"), []),
        (
            native("DevEncoded"), ("JPEG", b"\xff"), VMap({"format": VString(), "data": VArray("uint8")}),
            {"format": "JPEG", "data": [255]},
        ),
    ],
)  # fmt: skip
def test_every_type_of_tango_has_one_of_ours(there: Native, raw: Any, vtype: VType[Any] | None, value: Any) -> None:
    ours = vtype_for(there)
    assert vtype is None or ours == vtype
    decoded = ours.validate(decoder(ours, there)(raw))
    assert ours.equal(decoded, ours.validate(value))


@pytest.mark.parametrize(
    ("there", "raw", "vtype", "value"),
    [
        (native("DevEnum", labels=LABELS), 1, VEnum(Mode), Mode.FAST),
        (native("DevEnum", labels=LABELS), 1, VInt(), 1),
        (native("DevEnum", labels=LABELS), 1, VString(), "fast"),
        (native("DevString"), "slow", VEnum(Mode), Mode.SLOW),
        (native("DevState"), tango.DevState.ON, VString(), "ON"),
        (native("DevShort"), 1, VBool(), True),
        (native("DevShort"), 1, VEnum(LABELS), "fast"),
        (native("DevShort"), 3, VDouble(), 3.0),
        (native("DevShort", "SPECTRUM"), np.array([0, 1]), VArray("bool"), [False, True]),
        (native("DevDouble"), 1.0, VAction(), None),
    ],
)
def test_what_else_may_be_declared(there: Native, raw: Any, vtype: VType[Any], value: Any) -> None:
    decoded = vtype.validate(decoder(vtype, there)(raw))
    assert vtype.equal(decoded, vtype.validate(value))


@pytest.mark.parametrize(
    ("there", "vtype"),
    [
        (native("DevString"), VDouble()),
        (native("DevDouble"), VString()),
        (native("DevBoolean"), VDouble()),
        (native("DevDouble", "SPECTRUM"), VDouble()),
        (native("DevDouble"), VArray("float64")),
        (native("DevString", "SPECTRUM"), VArray("float64")),
        (native("DevDouble"), VMap({"x": VDouble()})),
    ],
)
def test_what_cannot_be_is_said_when_connecting(there: Native, vtype: VType[Any]) -> None:
    with pytest.raises(BadValue, match="expected an attribute for"):
        decoder(vtype, there)


def test_values_that_are_none_and_types_that_we_have_not() -> None:
    with pytest.raises(BadValue, match="expected a state from 0 to 1, got 7"):
        decoder(VEnum(LABELS), native("DevEnum", labels=LABELS))(7)
    with pytest.raises(BadValue, match="expected 0 or 1, got 2"):
        decoder(VBool(), native("DevShort"))(2)
    with pytest.raises(BadValue, match="expected numbers, text, labels"):
        vtype_for(native("DevString", "IMAGE"))


@pytest.mark.parametrize(
    ("vtype", "value", "there", "raw"),
    [
        (VDouble(), 3.0, native("DevShort"), 3),
        (VBool(), True, native("DevShort"), 1),
        (VBool(), True, native("DevBoolean"), True),
        (VEnum(Mode), Mode.FAST, native("DevEnum", labels=LABELS), 1),
        (VEnum(Mode), Mode.FAST, native("DevString"), "fast"),
        (VString(), "fast", native("DevEnum", labels=LABELS), 1),
        (VEnum(["a", "b"]), "b", native("DevShort"), 1),
        (VEnum(), "MOVING", native("DevState"), 6),
        (VAction(), None, native("DevBoolean"), True),
        (VArray(VString()), ("a",), native("DevString", "SPECTRUM"), ["a"]),
        (VArray(VEnum(Mode)), (Mode.FAST,), native("DevEnum", "SPECTRUM", LABELS), [1]),
    ],
)
def test_what_is_written(vtype: VType[Any], value: Any, there: Native, raw: Any) -> None:
    assert encode(vtype, value, there) == raw


@pytest.mark.parametrize(
    ("vtype", "value", "there"),
    [
        (VDouble(), 1.5, native("DevShort")),
        (VInt(), 300, native("DevUChar")),
        (VInt(), 2**53 + 1, native("DevDouble")),
        (VInt(), 2, native("DevBoolean")),
        (VString(), "π", native("DevString")),
        (VString(), "a\0b", native("DevString")),
        (VString(), "medium", native("DevEnum", labels=LABELS)),
        (VArray("float64"), np.array([1.5]), native("DevShort", "SPECTRUM")),
        (VArray("float64"), np.array([1.5]), native("DevString", "SPECTRUM")),
        (VArray("int64"), np.array([2**53 + 1]), native("DevDouble", "SPECTRUM")),
    ],
)
def test_what_does_not_fit_is_refused(vtype: VType[Any], value: Any, there: Native) -> None:
    """Rule 31."""
    with pytest.raises(BadValue):
        encode(vtype, value, there)


def test_metadata() -> None:
    told = info(
        "DevDouble", unit="mm", format="%8.3f", min_value="-5", max_value="5.0", max_warning="4", min_alarm="nan"
    )
    there = native_of("a/b/c", told, tango)
    assert facts_of(told, there) == Facts("mm", 3, None, (-5, 5), (None, 4), None)
    read_only = native_of("a/b/c", info("DevDouble", writable="READ"), tango)
    assert facts_of(told, read_only).display == (-5, 5), "of what cannot be written they scale screens"
    usual = info("DevDouble")
    assert facts_of(usual, there) == Facts(), "the format that Tango gives by itself tells nothing"
    assert facts_of(info("DevShort", format="%5.2f"), native("DevShort")).precision is None
    assert facts_of(usual, native("DevEnum", labels=LABELS)).labels == LABELS


def test_alarm_and_time() -> None:
    vtype = VDouble(warning=(None, 4), units="mm")
    assert alarm_of(tango.AttrQuality.ATTR_VALID, vtype, 9.0).severity is Severity.NONE, "the device decides"
    assert "above warning limit 4 mm" in alarm_of(tango.AttrQuality.ATTR_WARNING, vtype, 9.0).message
    assert alarm_of(tango.AttrQuality.ATTR_WARNING, vtype, 1.0).message == "the device says WARNING"
    assert alarm_of(tango.AttrQuality.ATTR_ALARM, vtype, 9.0).severity is Severity.MAJOR
    assert alarm_of(tango.AttrQuality.ATTR_CHANGING, vtype, 1.0).severity is Severity.NONE
    assert alarm_of(tango.AttrQuality.ATTR_INVALID, vtype, None).severity is Severity.INVALID
    stamp = SimpleNamespace(tv_sec=1_700_000_000, tv_usec=250_000, tv_nsec=7)
    assert time_of(stamp) == 1_700_000_000_250_000_007


def command(taken: str, returned: str, **described: str) -> Any:
    told = {"in_type_desc": "Uninitialised", "out_type_desc": "Uninitialised", **described}
    kinds = tango.CmdArgType
    return SimpleNamespace(cmd_name="Go", in_type=getattr(kinds, taken), out_type=getattr(kinds, returned), **told)


@pytest.mark.parametrize(
    ("taken", "given", "raw"),
    [
        ("DevVoid", {}, None),
        ("DevDouble", {"argin": 1.5}, 1.5),
        ("DevBoolean", {"argin": True}, True),
        ("DevString", {"argin": "é"}, "é"),
        ("DevState", {"argin": "MOVING"}, tango.DevState.MOVING),
        ("DevVarStringArray", {"argin": ["a"]}, ["a"]),
        ("DevVarStateArray", {"argin": ["ON"]}, [tango.DevState.ON]),
        ("DevVarDoubleStringArray", {"numbers": [1.5], "texts": ["a"]}, [[1.5], ["a"]]),
        ("DevEncoded", {"argin": {"format": "JPEG", "data": [255]}}, ("JPEG", b"\xff")),
    ],
)
def test_what_commands_take(taken: str, given: Any, raw: Any) -> None:
    made = command_of(command(taken, "DevVoid"), "Go")
    assert made.argument(made.spec.bind("D.Go", given), tango, "D.Go") == raw
    assert made.result(None, "D.Go") is None


@pytest.mark.parametrize(
    ("returned", "raw", "value"),
    [
        ("DevDouble", 1.5, 1.5),
        ("DevBoolean", 1, True),
        ("DevState", tango.DevState.ON, "ON"),
        ("DevVarStringArray", ["a"], ("a",)),
        ("DevVarStateArray", [tango.DevState.ON], ("ON",)),
    ],
)
def test_what_commands_return(returned: str, raw: Any, value: Any) -> None:
    assert command_of(command("DevVoid", returned), "Go").result(raw, "D.Go") == value


def test_arrays_and_pairs_that_commands_return() -> None:
    numbers = command_of(command("DevVoid", "DevVarLongArray"), "Go")
    assert (
        numbers.result(np.array([1, 2], np.int32), "D.Go").tolist() == [1, 2] and numbers.result(None, "D.Go").size == 0
    )
    pair = command_of(command("DevVoid", "DevVarLongStringArray"), "Go").result([np.array([1]), ["a"]], "D.Go")
    assert (pair["numbers"].tolist(), pair["texts"]) == ([1], ("a",))


def test_what_is_declared_of_commands_tells_more_but_not_otherwise() -> None:
    units = VDouble(units="mm")
    made = command_of(command("DevDouble", "DevDouble", in_type_desc="the target"), "go", (units, units))
    assert made.spec.takes == {"argin": units} and made.spec.returns == {"return": units}
    assert made.spec.description == "Takes: the target."
    with pytest.raises(BadValue, match="expected a command with VString, got DevDouble"):
        command_of(command("DevDouble", "DevVoid"), "go", (VString(), None))
    with pytest.raises(BadValue, match="got DevVarEncodedArray"):
        command_of(command("DevVarEncodedArray", "DevVoid"), "go")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b/c/x", ("a/b/c", "x")),
        ("tango://host:1/a/b/c/x", ("tango://host:1/a/b/c", "x")),
        ("tango://host:1/a/b/c/x#dbase=no", ("tango://host:1/a/b/c#dbase=no", "x")),
        ("tango://host:1/a/b/c#dbase=no/x", ("tango://host:1/a/b/c#dbase=no", "x")),
    ],
)
def test_names_of_attributes(name: str, parts: tuple[str, str]) -> None:
    assert split(name, "D.x") == parts


@pytest.mark.parametrize("name", ["x", "a/b/c", "a/b/c/d/e", "a//c/x", "tango://a/b/c/x", ""])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match=r"D.x: expected domain/family/member/name"):
        split(name, "D.x")


class Failed(Exception):
    """As tango.DevFailed: its arguments are what failed, the innermost first."""


def failed(*reasons: str) -> Failed:
    return Failed(*(SimpleNamespace(reason=reason, desc=f"{reason}\n  told") for reason in reasons))


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        (("API_CorbaException", "API_DeviceTimedOut"), TimedOut),
        (("API_CorbaException", "API_CommunicationFailed"), Unreachable),
        (("API_CommandNotAllowed",), WrongState),
        (("API_AttrNotWritable",), NotWriteable),
        (("API_CommandNotFound",), NotFound),
        (("PyDs_PythonError", "API_CommandFailed"), DeviceFailed),
    ],
)
def test_what_errors_of_tango_are_here(reasons: tuple[str, ...], kind: type[MacduffError]) -> None:
    error = as_error(failed(*reasons), "D.go")
    assert type(error) is kind
    assert error.message == f"D.go: {reasons[1] if reasons[0] == 'API_CorbaException' else reasons[0]} told"
    assert is_away(failed(*reasons)) is (kind is Unreachable)
    assert as_error(ValueError("odd"), "D.go").message == "D.go: ValueError: odd"


def test_names_here() -> None:
    """Rule 34."""
    assert [member_name(name, {"taken"}) for name in ("Position", "State", "Taken", "x.y", "1st", "_x", "A_RBV")] == [
        "Position", "State_", "Taken_", "x_y", "m_1st", "x", "A_RBV_",
    ]  # fmt: skip
    assert local_name("sys/tg_test/1") == "sys:tg_test:1" and local_name("BL01:CAM:") == "BL01:CAM"
