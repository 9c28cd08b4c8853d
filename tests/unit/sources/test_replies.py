"""What instruments answer, as values; and values as instruments want them."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff import BadValue, VArray, VBool, VDouble, VEnum, VFloat, VInt, VString, VTable
from macduff.sources.replies import parse_reply, split_list, unquoted
from macduff.sources.texts import command_text, fill, reply_text

WHERE = "PSU.voltage (VOLT?)"


class Mode(Enum):
    CONSTANT_VOLTAGE = "CV"
    CONSTANT_CURRENT = "CC"


@pytest.mark.parametrize(
    ("text", "vtype", "value"),
    [
        ("+1.500000E+00", VDouble(), 1.5),
        (" -3 ", VDouble(), -3.0),
        (".5", VDouble(), 0.5),
        ("9.9E37", VDouble(), math.inf),
        ("-9.9E+37", VDouble(), -math.inf),
        ("INF", VFloat(), math.inf),
        ("7", VInt(), 7),
        ("+7", VInt(8), 7),
        ("1.2E1", VInt(), 12),
        ("#HFF", VInt(), 255),
        ("#B101", VInt(), 5),
        ("#Q17", VInt(), 15),
        ("1", VBool(), True),
        ("0", VBool(), False),
        ("on", VBool(), True),
        ("OFF", VBool(), False),
        ("+0.0E0", VBool(), False),
        ('"a ""b"" c"', VString(), 'a "b" c'),
        ("ACME,Supply,42", VString(), "ACME,Supply,42"),
        ("cv", VEnum(["CV", "CC"]), "CV"),
        ('"CC"', VEnum(Mode), Mode.CONSTANT_CURRENT),
        ('"a,b",c', VArray(VString()), ("a,b", "c")),
        ("", VArray(VString()), ()),
    ],
)
def test_reply(text: str, vtype: Any, value: object) -> None:
    assert parse_reply(text, vtype, WHERE) == value


def test_not_a_number_of_scpi() -> None:
    assert math.isnan(parse_reply("9.91E37", VDouble(), WHERE))
    assert math.isnan(parse_reply("NAN", VDouble(), WHERE))


def test_array() -> None:
    assert parse_reply("1, 2.5,-3E0", VArray("float64"), WHERE).tolist() == [1.0, 2.5, -3.0]
    assert parse_reply("1,0,ON", VArray(VBool()), WHERE).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("text", "vtype"),
    [
        ("", VDouble()),
        ("1.5V", VDouble()),
        ("1_000", VDouble()),
        ("0x10", VInt()),
        ("1.5", VInt()),
        ("300", VInt(8)),
        ("9.91E37", VInt()),
        ("#HXY", VInt()),
        ("#H1_0", VInt()),
        ("²", VInt()),
        ("9" * 5000, VInt()),
        ("2", VBool()),
        ("yes", VBool()),
        ("nan", VBool()),
        ("XX", VEnum(["CV", "CC"])),
        ("1,?", VArray("float64")),
        ("1,,2", VArray("float64")),
        ("1", VTable({"a": VArray("float64")})),
    ],
)
def test_garbage_is_refused_naming_the_query(text: str, vtype: Any) -> None:
    with pytest.raises(BadValue, match=r"^PSU\.voltage \(VOLT\?\)"):
        parse_reply(text, vtype, WHERE)


def test_parse_of_the_author() -> None:
    assert parse_reply("T=21.5C", VDouble(), WHERE, lambda text: float(text[2:-1])) == 21.5
    with pytest.raises(BadValue, match=r"PSU\.voltage .*could not convert"):
        parse_reply("T=??", VDouble(), WHERE, lambda text: float(text[2:-1]))
    with pytest.raises(BadValue, match="expected a number"):
        parse_reply("x", VDouble(), WHERE, lambda text: text)


@given(st.text(max_size=60))
def test_no_reply_raises_anything_but_bad_value(text: str) -> None:
    for vtype in (VDouble(), VFloat(), VInt(), VBool(), VString(), VEnum(["a", "A"]), VArray("int16")):
        try:
            parse_reply(text, vtype, WHERE)
        except BadValue as error:
            assert str(error).startswith(WHERE)


@given(st.floats(allow_nan=True))
def test_numbers_survive_the_way_out_and_back(number: float) -> None:
    back = parse_reply(reply_text(number), VDouble(), WHERE)
    assert VDouble().equal(back, number) or abs(number) in (9.91e37, 9.9e37)


@given(st.lists(st.text(alphabet="ab,\"'", max_size=6), max_size=5))
def test_quoted_items_survive(items: list[str]) -> None:
    text = ",".join('"' + item.replace('"', '""') + '"' for item in items)
    assert [unquoted(item) for item in split_list(text)] == items


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("VOLT {value},(@{n})", 1.5, "VOLT 1.5,(@2)"),
        ("VOLT {value:.3f}", 1.5, "VOLT 1.500"),
        ("OUTP {value:d}", True, "OUTP 1"),
        ("OUTP {value}", False, "OUTP 0"),
        ("MODE {value}", Mode.CONSTANT_CURRENT, "MODE CC"),
        ("MODE {value:>4}", Mode.CONSTANT_CURRENT, "MODE   CC"),
        ("DISP {value:q}", 'say "hi"; *RST', 'DISP "say ""hi""; *RST"'),
        ("WAVE {value}", np.array([1.0, 2.5]), "WAVE 1.0,2.5"),
        ("LIST {value}", ("a", "b"), "LIST a,b"),
        ("LIM {value}", -math.inf, "LIM -INF"),
        ("LIM {value}", math.nan, "LIM NAN"),
        ("GAIN {value}", np.float64(0.1), "GAIN 0.1"),
    ],
)
def test_command(template: str, value: object, text: str) -> None:
    assert command_text(template, {"n": 2, "value": "of the constructor"}, value, "PSU.x") == text


@pytest.mark.parametrize("value", ["a\n*RST", "a\r", "a\x00b"])
def test_a_value_cannot_smuggle_in_a_second_command(value: str) -> None:
    with pytest.raises(BadValue, match="control characters"):
        command_text("DISP {value}", {}, value, "PSU.text")


def test_a_format_that_does_not_fit_is_a_bad_value() -> None:
    with pytest.raises(BadValue, match=r"PSU\.x"):
        command_text("VOLT {value:d}", {}, 1.5, "PSU.x")


def test_arguments_fill_names() -> None:
    assert fill("{prefix}X{{Det:1}}", {"prefix": "BL:"}, "CAM.x") == "BL:X{Det:1}"
    for bad in ("{prefx}X", "{", "{prefix.nothing}", "{}"):
        with pytest.raises(ValueError, match=r"CAM\.x: expected text with arguments of the constructor .*\{prefix\}"):
            fill(bad, {"prefix": "BL:"}, "CAM.x")
