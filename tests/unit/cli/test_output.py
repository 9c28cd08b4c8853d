"""Data on standard output in four formats; logs and announcements."""

from __future__ import annotations

import csv
import io
import json
import logging
import math
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from macduff.cli import exits, logs
from macduff.cli.announce import announce, withdraw
from macduff.cli.output import Format, Writer, aligned, plain
from macduff.cli.remote import value_of
from macduff.errors import KINDS, Disconnected, TimedOut
from macduff.values import VArray, VBool, VDouble, VFloat, VInt, VMap, VString, VTable, VType

RECORDS: list[dict[str, Any]] = [{"name": "X.a", "value": 1.5}, {"name": "X, b", "value": [1, "two"]}]


def written(style: Format, records: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    with Writer(style, lambda record: f"{record['name']} {plain(record['value'])}", stream) as writer:
        for record in records:
            writer.record(record)
    return stream.getvalue()


def test_text_is_a_line_each() -> None:
    assert written("text", RECORDS) == 'X.a 1.5\nX, b [1, "two"]\n'


@pytest.mark.parametrize("count", [0, 1, 2])
def test_json_is_one_document(count: int) -> None:
    assert json.loads(written("json", RECORDS[:count])) == RECORDS[:count]


def test_each_line_of_json_begins_with_its_record() -> None:
    lines = written("json", RECORDS).splitlines()
    assert [line[0] for line in lines] == ["[", "{", "{", "]"]


def test_json_is_one_document_after_an_interrupt() -> None:
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Writer("json", str, stream) as writer:
        writer.record(RECORDS[0])
        raise KeyboardInterrupt
    assert json.loads(stream.getvalue()) == RECORDS[:1]


def test_json_lines_are_a_document_each() -> None:
    assert [json.loads(line) for line in written("jsonl", RECORDS).splitlines()] == RECORDS


def test_csv_has_a_head_and_quotes() -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", RECORDS))))
    assert rows == [{"name": "X.a", "value": "1.5"}, {"name": "X, b", "value": '[1, "two"]'}]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a b", "a b"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (0.1, "0.1"),
        (math.inf, "inf"),
        ([1], "[1]"),
    ],
)
def test_a_value_on_one_line(value: object, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("vtype", "value", "text"),
    [
        (VDouble(precision=4), 0.12000000000000001, "0.1200"),
        (VDouble(precision=2), -0.001, "0.00"),
        (VDouble(precision=0), 3.7, "4"),
        (VDouble(precision=2), math.nan, "NaN"),
        (VDouble(precision=2), 1.5e300, "1.5e+300"),
        (VFloat(precision=1), 0.25, "0.2"),
        (VArray(VDouble(precision=1), 2), [[1.25, 2.0], [3.0, math.inf]], '[[1.2, 2.0], [3.0, "Infinity"]]'),
        (VTable({"x": VDouble(precision=1), "name": str}), {"x": [0.11], "name": ["a"]}, '{"x": [0.1], "name": ["a"]}'),
        (VMap({"x": VDouble(precision=1), "on": VBool()}), {"x": 0.11, "on": True}, '{"x": 0.1, "on": true}'),
    ],
)
def test_numbers_for_people_have_the_precision_of_their_type(vtype: VType[Any], value: Any, text: str) -> None:
    value = vtype.validate(value)
    shown = value_of(vtype, value, "text")
    assert plain(shown) == text
    assert value_of(vtype, value, "json") == vtype.to_json(value)


@pytest.mark.parametrize(
    ("vtype", "value"), [(VDouble(), 0.1 + 0.2), (VInt(precision=2), 3), (VString(), "1.5"), (VArray("float64"), [0.1])]
)
def test_what_has_no_precision_is_shown_as_it_is(vtype: VType[Any], value: Any) -> None:
    value = vtype.validate(value)
    assert value_of(vtype, value, "text") == vtype.to_json(value)


def test_columns_stand_below_each_other() -> None:
    assert aligned([["a", 1, "x"], ["long", 22, ""]]) == "a     1   x\nlong  22"
    assert aligned([]) == ""


def test_exit_codes() -> None:
    assert exits.code_of(Disconnected("x")) == 3
    assert exits.code_of(TimedOut("x")) == 4
    assert exits.code_of(exits.Usage("x")) == 2
    assert exits.code_of(exits.Failure("x")) == 1
    others = [cls for cls in KINDS.values() if cls not in (Disconnected, TimedOut)]
    assert {exits.code_of(cls("x")) for cls in others} == {1}


def test_an_announcement_appears_whole_and_is_readable_by_others(tmp_path: Path) -> None:
    file = tmp_path / "lab.json"
    file.write_text("what another run left")
    servers = {"web": {"address": "http://127.0.0.1:1", "environment": {"MACDUFF_ADDRESS": "ws://127.0.0.1:1"}}}
    announce(file, servers)
    assert json.loads(file.read_text()) == servers
    assert stat.S_IMODE(file.stat().st_mode) & 0o444 == 0o444
    assert list(tmp_path.iterdir()) == [file], "nothing else stays"
    withdraw(file)
    withdraw(file)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def root_logger(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """The root logger, put back afterwards."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(logging, "captureWarnings", lambda capture: None)
    return root


def test_logs_as_json_lines(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "json")
    log = logging.getLogger("macduff.audit")
    log.info("not this")
    try:
        raise ValueError("the cause")
    except ValueError:
        log.exception("put %s", "X.a", extra={"who": "me", "outcome": Path("a")})
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    entry = json.loads(line)
    assert entry["level"] == "error"
    assert entry["logger"] == "macduff.audit"
    assert entry["message"] == "put X.a"
    assert entry["who"] == "me"
    assert entry["outcome"] == "a"
    assert "ValueError: the cause" in entry["exception"]
    assert entry["time"].endswith("Z")


def test_logs_as_text(root_logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "text")
    logging.getLogger("macduff.core").info("hello")
    assert capsys.readouterr().err.endswith(" INFO macduff.core: hello\n")


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    exits.say("hello")
    assert capsys.readouterr() == ("", "macduff: hello\n")


def test_the_command_line_imports_nothing_heavy_before_it_knows_the_command() -> None:
    """`macduff --version` needs no values, no client and no core."""
    heavy = ["numpy", "aiohttp", "pydantic", "msgspec", "macduff.core", "macduff.client"]
    script = (
        "import sys; from macduff.cli import main; main(['--version']); "
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
