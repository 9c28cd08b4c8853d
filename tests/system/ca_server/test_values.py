"""Values over Channel Access, read and put by libca in another process."""

from __future__ import annotations

import json

import numpy as np
import pytest

from macduff import Process
from macduff.servers.ca import CaServer
from macduff.values import Alarm, AlarmStatus, Severity
from tests.support import eventually
from tests.system.ca_server.lab import Client, Everything, Mode

STRING, SHORT, FLOAT, ENUM, CHAR, LONG, DOUBLE = range(7)
CHARACTERS = 999
"""aioca's word for an array of char that is text."""
PUT_FAILED, NO_WRITE_ACCESS, NO_CONVERSION = 160, 376, 400


def pv(device: Everything, name: str) -> str:
    return f"{device.name}:{name}"


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("number", 1.5, DOUBLE), ("single", 0.25, FLOAT), ("integer", 3.0, DOUBLE), ("small", -7, SHORT),
        ("flag", 0, ENUM), ("mode", 0, ENUM), ("many", "state 0", STRING), ("text", "hello", STRING),
        ("wave", [0.0, 1.0, 2.0], DOUBLE), ("flags", [1, 0], CHAR), ("words", ["a", "b"], STRING),
        ("image", [0, 1, 2, 3, 4, 5], LONG), ("shown", 4.25, DOUBLE), ("counter", 0, LONG), ("state", 0, ENUM),
    ],
)  # fmt: skip
def test_each_type_has_its_kind(device: Everything, client: Client, name: str, value: object, kind: int) -> None:
    answer = client.ask("get", pv=pv(device, name), format="time")
    assert (answer["value"], answer["datatype"]) == (value, kind)


def test_metadata_come_with_the_value(device: Everything, client: Client) -> None:
    answer = client.ask("get", pv=pv(device, "number"), format="ctrl")
    limits = [
        answer[f"{end}_{kind}_limit"] for kind in ("ctrl", "disp", "alarm", "warning") for end in ("lower", "upper")
    ]
    assert (answer["units"], answer["precision"]) == ("mm", 3)
    assert limits == [-5, 5, -6, 6, -4, 4, -3, 3]
    answer = client.ask("get", pv=pv(device, "mode"), format="ctrl")
    assert answer["enums"] == ["off", "slow", "fast"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("EGU", "mm"), ("PREC", 3), ("HOPR", 6.0), ("LOPR", -6.0), ("DRVH", 5.0), ("DRVL", -5.0), ("HIHI", 4.0),
        ("HIGH", 3.0), ("LOW", -3.0), ("LOLO", -4.0), ("HHSV", 2), ("HSV", 1), ("LSV", 1), ("LLSV", 2), ("SEVR", 0),
        ("STAT", "NO_ALARM"), ("DESC", "a number with everything"), ("RTYP", "ao"), ("VAL", 1.5), ("AMSG", ""),
    ],
)  # fmt: skip
def test_a_number_has_the_usual_fields(device: Everything, client: Client, field: str, value: object) -> None:
    assert client.get(pv(device, f"number.{field}")) == value


def test_other_types_have_their_fields(device: Everything, client: Client) -> None:
    assert client.get(pv(device, "number.NAME")) == pv(device, "number")
    assert client.get(pv(device, "number_RBV.RTYP")) == "ai"
    assert [client.get(pv(device, f"mode.{field}")) for field in ("ZRST", "ONST", "TWST", "THST")] == [
        "off", "slow", "fast", "",
    ]  # fmt: skip
    assert [client.get(pv(device, f"flag.{field}")) for field in ("ZNAM", "ONAM")] == ["false", "true"]
    assert client.get(pv(device, "wave.NORD")) == 3
    assert "error" in client.ask("get", pv=pv(device, "number.NONE"), timeout=0.3)


@pytest.mark.parametrize(
    ("name", "sent", "value"),
    [
        ("number", 2.5, 2.5), ("number", "2.25", 2.25), ("number", 2, 2.0), ("single", 0.5, 0.5), ("integer", 7, 7),
        ("integer", 7.0, 7), ("integer", "7", 7), ("small", -3, -3), ("flag", 1, True), ("flag", "true", True),
        ("mode", "slow", Mode.SLOW), ("mode", 2, Mode.FAST), ("many", "state 19", "state 19"), ("many", "3", "state 3"),
        ("text", "hello there", "hello there"), ("text", "grüße µm", "grüße µm"),
        ("words", ["x", "y", "z"], ("x", "y", "z")),
    ],
)  # fmt: skip
def test_what_is_put_arrives(device: Everything, client: Client, name: str, sent: object, value: object) -> None:
    assert client.put(pv(device, name), sent) is None
    assert device.attributes[name].value == value


def test_arrays_arrive(device: Everything, client: Client) -> None:
    assert client.put(pv(device, "wave"), [1.5, 2.5]) is None
    assert device.wave.value.tolist() == [1.5, 2.5]
    assert client.put(pv(device, "flags"), [0, 1, 1]) is None
    assert device.flags.value.tolist() == [False, True, True]
    assert client.put(pv(device, "image"), [9, 8, 7, 6, 5, 4]) is None
    assert device.image.value.tolist() == [[9, 8, 7], [6, 5, 4]]
    assert client.put(pv(device, "image"), [9, 8, 7]) == PUT_FAILED


def test_a_put_is_seen_by_the_next_get(device: Everything, client: Client) -> None:
    for number in range(20):
        assert client.put(pv(device, "number"), number / 10) is None
        assert client.get(pv(device, "number_RBV")) == number / 10


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("number", 5.5), ("number", "nonsense"), ("integer", 1.5), ("integer", float(2**53)), ("integer", "1.5"),
        ("small", 40_000), ("flag", 2), ("flag", "maybe"), ("mode", "sideways"), ("mode", 3), ("many", "state 20"),
        ("number", [1.0, 2.0]), ("flags", [0, 2]), ("image", "nonsense"),
    ],
)  # fmt: skip
def test_what_is_no_value_of_the_type_is_refused(device: Everything, client: Client, name: str, sent: object) -> None:
    """rule 31"""
    before = device.attributes[name].reading
    datatype = {float: DOUBLE, str: STRING}.get(type(sent))
    assert client.put(pv(device, name), sent, datatype=datatype) is not None
    assert device.attributes[name].reading.sequence == before.sequence


def test_int64_beyond_doubles_is_exact_as_text_and_not_a_number_otherwise(device: Everything, client: Client) -> None:
    """rule 31: nothing is rounded unseen."""
    number = 2**53 + 1
    assert client.put(pv(device, "integer"), str(number)) is None
    assert device.integer.value == number
    assert client.get(pv(device, "integer"), datatype=STRING) == str(number)
    answer = client.ask("get", pv=pv(device, "integer"), format="time")
    assert (answer["value"], answer["severity"]) == ("nan", Severity.INVALID)
    assert client.put(pv(device, "integer"), str(-(2**63))) is None
    answer = client.ask("get", pv=pv(device, "integer"), format="time")
    assert (answer["value"], answer["severity"]) == (-(2.0**63), 0)
    assert client.put(pv(device, "integer"), str(2**63)) == PUT_FAILED


def test_another_kind_than_the_native_one(device: Everything, client: Client) -> None:
    assert client.get(pv(device, "mode"), datatype=STRING) == "off"
    assert client.get(pv(device, "flag"), datatype=STRING) == "false"
    assert client.get(pv(device, "number"), datatype=STRING) == "1.500"
    assert client.get(pv(device, "number"), datatype=LONG) == 1
    assert client.get(pv(device, "many"), datatype=LONG) == 0
    assert client.get(pv(device, "wave"), datatype=LONG) == [0, 1, 2]
    device.integer.update(2**40)
    eventually(lambda: client.get(pv(device, "integer")) == 2.0**40, "the value is shown")
    assert client.ask("get", pv=pv(device, "integer"), datatype=LONG)["code"] == NO_CONVERSION


def test_long_texts_are_whole_as_char_arrays(device: Everything, client: Client) -> None:
    text = "a rather long sentence, ümlauts included, that no string of Channel Access holds"
    assert client.put(pv(device, "text$"), text, datatype=CHARACTERS) is None
    assert device.text.value == text
    for name in ("text$", "text.VAL$", "text_RBV$"):
        assert client.get(pv(device, name)) == text
    short = client.get(pv(device, "text"))
    assert short == text.encode()[:36].decode() + "..."
    assert client.get(pv(device, "number.DESC$")) == "a number with everything"


def test_a_short_number_of_elements(device: Everything, client: Client) -> None:
    assert client.get(pv(device, "wave"), count=2) == [0.0, 1.0]
    device.wave.update(np.array([]))
    eventually(lambda: client.get(pv(device, "wave")) == [], "an empty array is shown")


def test_tables_and_maps_are_json_and_columns(device: Everything, client: Client) -> None:

    assert json.loads(client.get(pv(device, "table"), datatype=CHARACTERS)) == {"x": [1.0, 2.0], "name": ["a", "b"]}
    assert client.get(pv(device, "table.x")) == [1.0, 2.0]
    assert client.get(pv(device, "table.name")) == ["a", "b"]
    assert client.put(pv(device, "table"), json.dumps({"x": [3.5], "name": ["c"]}), datatype=CHARACTERS) is None
    assert device.table.value["x"].tolist() == [3.5]
    assert client.get(pv(device, "table_RBV.name"), count=0) in (["c"], "c")
    assert client.put(pv(device, "table"), '{"x": [1]}', datatype=CHARACTERS) == PUT_FAILED
    assert client.put(pv(device, "table"), "{", datatype=CHARACTERS) == PUT_FAILED
    assert client.put(pv(device, "table.x"), [1.0]) == NO_WRITE_ACCESS
    assert client.get(pv(device, "pair.y")) == 2.0
    assert client.put(pv(device, "pair"), '{"x": 2.5, "y": 4}', datatype=CHARACTERS) is None
    assert dict(device.pair.value) == {"x": 2.5, "y": 4}


def test_alarms_and_time_stamps_are_the_readings(device: Everything, client: Client) -> None:
    stamp = 1_700_000_000_123_456_789
    device.shown.update(2.0, time=stamp, alarm=Alarm(Severity.MAJOR, AlarmStatus.DEVICE, "the cable is out"))
    eventually(lambda: client.get(pv(device, "shown")) == 2.0, "the value is shown")
    answer = client.ask("get", pv=pv(device, "shown"), format="time")
    assert answer["severity"] == Severity.MAJOR
    assert abs(answer["timestamp"] - stamp / 1e9) < 1e-6
    assert client.get(pv(device, "shown.AMSG")) == "the cable is out"
    assert client.get(pv(device, "shown.SEVR"), datatype=STRING) == "MAJOR"


@pytest.mark.parametrize(
    ("value", "word", "severity"), [(3.5, "HIGH", 1), (4.5, "HIHI", 2), (-3.5, "LOW", 1), (-4.5, "LOLO", 2)]
)
def test_a_value_beyond_its_limits_says_which(
    device: Everything, client: Client, value: float, word: str, severity: int
) -> None:
    assert client.put(pv(device, "number"), value) is None
    for name in ("number", "number_RBV"):
        assert client.ask("get", pv=pv(device, name), format="time")["severity"] == severity
        assert client.get(pv(device, f"{name}.STAT"), datatype=STRING) == word


def test_set_point_and_value_are_apart(device: Everything, client: Client, process: Process) -> None:
    """rule 33"""
    assert client.put(pv(device, "number"), 2.0) is None
    device.number.update(1.75)
    eventually(lambda: client.get(pv(device, "number_RBV")) == 1.75, "the value is shown")
    assert client.get(pv(device, "number")) == 2.0
    assert client.put(pv(device, "number_RBV"), 1.0) == NO_WRITE_ACCESS
    assert client.put(pv(device, "shown"), 1.0) == NO_WRITE_ACCESS
    assert client.ask("info", pv=pv(device, "number"))["write"] is True


def test_the_process_itself_is_there(device: Everything, server: CaServer) -> None:
    with Client(server.environment) as client:
        assert device.name in client.get("macduff:blocks.mri")
