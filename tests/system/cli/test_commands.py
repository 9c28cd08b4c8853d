"""The client commands against a server in another process: what they print, where, and their exit codes."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from macduff.cli import main
from tests.support import free_port

from .conftest import command


class Shell:
    """Runs commands in this process, as one would in a shell."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *tokens: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = main(tokens)
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err


@pytest.fixture
def run(lab: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("MACDUFF_ADDRESS", lab)
    shell = Shell(capsys)
    for tokens in (("STAGE.velocity", "500"), ("STAGE.note", "")):
        assert shell("put", *tokens) == (0, "", "")
    assert shell("call", "STAGE.move", "0")[0] == 0
    return shell


def test_list(run: Shell) -> None:
    assert run("list") == (0, "STAGE\n", "")
    assert run("list", "--long") == (0, "STAGE  Idle  OK  A linear stage.\n", "")
    assert json.loads(run("list", "-o", "json")[1]) == [{"name": "STAGE"}]


def test_info(run: Shell) -> None:
    code, out, err = run("info", "STAGE")
    assert (code, err) == (0, "")
    assert "position r VDouble 0.0000 mm Where it is" in " ".join(out.split())
    assert "move(target: float, gently: bool = False) -> float" in out
    records = {record["name"]: record for record in json.loads(run("info", "STAGE", "-o", "json")[1])}
    assert list(records)[:3] == ["health", "state", "status"]
    assert records["velocity"]["limits"] == [0.01, 500.0]
    assert records["velocity"]["writable"] is True
    assert records["trace"]["value"] == [0, 0, 0]
    assert records["move"]["kind"] == "method"


def test_get_one_is_its_bare_value(run: Shell) -> None:
    assert run("get", "STAGE.velocity") == (0, "500.0\n", "")
    assert run("get", "STAGE.trace") == (0, "[0.0, 0.0, 0.0]\n", "")
    assert run("get", "STAGE.enabled") == (0, "true\n", "")


def test_get_many(run: Shell) -> None:
    code, out, _ = run("get", "STAGE.position", "STAGE.velocity")
    assert (code, out) == (0, "STAGE.position  0.0000  mm\nSTAGE.velocity  500.0   mm/s\n")
    lines = [json.loads(line) for line in run("get", "STAGE.position", "STAGE.note", "-o", "jsonl")[1].splitlines()]
    assert [(line["name"], line["value"], line["units"]) for line in lines] == [
        ("STAGE.position", 0.0, "mm"),
        ("STAGE.note", "", ""),
    ]
    assert lines[0]["time"].endswith("Z")
    rows = list(csv.DictReader(io.StringIO(run("get", "STAGE.position", "-o", "csv")[1])))
    assert rows[0]["value"] == "0.0"


def test_an_alarm_is_told_beside_the_value(run: Shell) -> None:
    assert run("call", "STAGE.move", "51")[0] == 0
    code, out, err = run("get", "STAGE.position")
    assert (code, out) == (0, "51.0000\n")
    assert err.startswith("macduff: STAGE.position: MINOR: ")


def test_put(run: Shell) -> None:
    assert run("put", "STAGE.velocity", "2.5") == (0, "", "")
    assert run("get", "STAGE.velocity")[1] == "2.5\n"
    assert run("put", "STAGE.note", "-3") == (0, "", "")
    assert run("get", "STAGE.note")[1] == "-3\n"
    assert run("put", "STAGE.enabled", "off") == (0, "", "")
    assert run("get", "STAGE.enabled")[1] == "false\n"
    assert run("put", "STAGE.enabled", "on") == (0, "", "")


def test_call(run: Shell) -> None:
    assert run("call", "STAGE.move", "--target", "2") == (0, "2.0\n", "")
    assert run("call", "STAGE.move", "-1.5", "--gently") == (0, "-1.5\n", "")
    assert json.loads(run("call", "STAGE.move", "1", "-o", "jsonl")[1]) == {"return": 1.0}


@pytest.mark.parametrize(
    ("tokens", "code", "message"),
    [
        (["get", "STAGE.nothing"], 1, "STAGE: no attribute 'nothing'"),
        (["get", "NOBODY.x"], 1, "NOBODY"),
        (["put", "STAGE.velocity", "900"], 1, "STAGE.velocity: expected a value from 0.01 to 500 mm/s, got 900"),
        (["put", "STAGE.velocity", "fast"], 1, "STAGE.velocity: expected a number"),
        (["put", "STAGE.position", "1"], 1, "STAGE.position: expected"),
        (["call", "STAGE.fail"], 1, "the belt is torn"),
        (["get", "STAGE.move"], 1, "STAGE.move: expected an attribute, got a method: call it"),
        (["put", "STAGE.move", "1"], 1, "STAGE.move: expected an attribute, got a method: call it"),
        (["call", "STAGE.velocity"], 1, "STAGE.velocity: expected a method, got an attribute: get or put it"),
        (["call", "STAGE.nothing"], 1, "STAGE.nothing: expected a method of STAGE"),
        (["call", "STAGE.move"], 2, "STAGE.move: expected --target [--gently], got no --target"),
        (["call", "STAGE.move", "--aim", "3"], 2, "STAGE.move: expected --target [--gently], got --aim"),
        (["monitor", "NOPE"], 1, "no device 'NOPE'; there are STAGE"),
        (["monitor", "STAGE."], 2, "expected DEVICE.NAME, such as STAGE.velocity, got 'STAGE.'"),
        (["get", "STAGE"], 2, "got 'STAGE'; `macduff info STAGE` shows what a device has"),
        (["put", "STAGE", "1"], 2, "got 'STAGE'; `macduff info STAGE` shows what a device has"),
        (["put", "STAGE.velocity", "2", "--wait", "-1"], 2, "--wait"),
        (["call", "STAGE.move", "1", "--wait", "nan"], 2, "expected seconds from 0 on"),
        (["list", "--timeout", "-1"], 2, "expected seconds from 0 on"),
        (["get"], 2, "requires"),
        (["gett", "x"], 2, "gett"),
        (["list", "--address", "ftp://x"], 2, "address: expected"),
        (["get", "STAGE.position", "-o", "xml"], 2, "xml"),
    ],
)
def test_what_goes_wrong_is_a_code_and_one_message(run: Shell, tokens: list[str], code: int, message: str) -> None:
    got, out, err = run(*tokens)
    assert (got, out) == (code, "")
    assert err.startswith("macduff: ")
    assert message in err
    assert "Traceback" not in err


def test_a_time_that_cannot_be_waited_starts_nothing(run: Shell) -> None:
    for tokens in (("call", "STAGE.move", "3"), ("put", "STAGE.note", "sent")):
        assert run(*tokens, "--wait", "-1")[0] == 2
    assert run("get", "STAGE.position", "-o", "jsonl")[1].startswith('{"name": "STAGE.position", "value": 0.0,')
    assert run("get", "STAGE.note") == (0, "\n", "")
    assert run("call", "STAGE.move", "1", "--wait", "inf") == (0, "1.0\n", "")


def test_text_has_the_precision_of_the_type_and_everything_else_is_exact(run: Shell) -> None:
    exact = "0.30000000000000004"
    assert run("call", "STAGE.move", exact) == (0, f"{exact}\n", ""), "no precision is known of what it returns"
    assert run("get", "STAGE.position") == (0, "0.3000\n", "")
    line = run("monitor", "STAGE.position", "-n", "1")[1]
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d\dZ STAGE.position 0.3000 mm\n", line)
    for style in ("json", "jsonl", "csv"):
        for tokens in (("get",), ("monitor", "-n", "1")):
            assert exact in run(*tokens, "STAGE.position", "-o", style)[1]


def test_no_connection_is_3(run: Shell) -> None:
    code, out, err = run("list", "--address", f"ws://127.0.0.1:{free_port()}")
    assert (code, out) == (3, "")
    assert "connection refused; is macduff serve running there?" in err


def test_a_time_out_is_4_and_the_method_goes_on(run: Shell) -> None:
    assert run("put", "STAGE.velocity", "1")[0] == 0
    code, out, err = run("call", "STAGE.move", "40", "--wait", "0.1")
    assert (code, out) == (4, "")
    assert "STAGE.move: expected its end within 0.1 s; it still runs" in err
    assert run("get", "STAGE.state")[1] == "Running\n"
    assert run("call", "STAGE.abort")[0] == 0


def test_monitor_begins_with_what_is(run: Shell) -> None:
    code, out, err = run("monitor", "STAGE.position", "STAGE.note", "-n", "2")
    assert (code, err) == (0, "")
    assert {line.split()[1] for line in out.splitlines()} == {"STAGE.position", "STAGE.note"}
    everything = [json.loads(line) for line in run("monitor", "STAGE", "-n", "8", "-o", "jsonl")[1].splitlines()]
    assert {record["name"] for record in everything} == {
        f"STAGE.{name}" for name in ("health", "state", "status", "position", "velocity", "note", "enabled", "trace")
    }


def test_stubs_are_python(run: Shell) -> None:
    code, out, _ = run("stubs")
    assert code == 0
    assert any(isinstance(node, ast.FunctionDef) and node.name == "velocity" for node in ast.walk(ast.parse(out)))


def test_monitor_sees_every_change_until_ctrl_c(run: Shell, lab: str) -> None:
    """Ctrl-C ends it with 130, and what it wrote is one JSON document."""
    monitor = subprocess.Popen(
        command("monitor", "STAGE.note", "--every", "-o", "json", "-a", lab), stdout=subprocess.PIPE, text=True
    )
    assert monitor.stdout is not None
    text = monitor.stdout.read(len('[\n{"name": "STAGE'))  # the present value
    for note in "abc":
        assert run("put", "STAGE.note", note)[0] == 0
    while text.count('"name"') < 4:
        more = monitor.stdout.read(1)
        assert more, text
        text += more
    monitor.send_signal(signal.SIGINT)
    text += monitor.stdout.read()
    monitor.stdout.close()
    assert monitor.wait(20) == 130
    assert [record["value"] for record in json.loads(text)] == ["", "a", "b", "c"]


def test_whoever_reads_no_more_ends_it_quietly(run: Shell, lab: str) -> None:
    monitor = subprocess.Popen(
        command("monitor", "STAGE.position", "-a", lab), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert monitor.stdout is not None
    assert monitor.stderr is not None
    assert "STAGE.position" in monitor.stdout.readline()
    monitor.stdout.close()
    assert run("call", "STAGE.move", "1")[0] == 0
    assert monitor.wait(20) == 0
    assert monitor.stderr.read() == ""
    monitor.stderr.close()


def test_ctrl_c_aborts_the_call_and_waits_for_its_end(run: Shell, lab: str) -> None:
    assert run("put", "STAGE.velocity", "1")[0] == 0
    call = subprocess.Popen(command("call", "STAGE.move", "45", "-a", lab), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while run("get", "STAGE.state")[1] != "Running\n":
        assert time.monotonic() < deadline
    call.send_signal(signal.SIGINT)
    errors = call.communicate(timeout=20)[1]
    assert call.returncode == 130
    assert "abort" in errors
    assert run("get", "STAGE.state")[1] == "Idle\n"


def test_a_call_aborted_by_somebody_else_is_1(run: Shell, lab: str) -> None:
    assert run("put", "STAGE.velocity", "1")[0] == 0
    call = subprocess.Popen(command("call", "STAGE.move", "45", "-a", lab), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while run("get", "STAGE.state")[1] != "Running\n":
        assert time.monotonic() < deadline
    assert run("call", "STAGE.abort")[0] == 0
    assert "aborted" in call.communicate(timeout=20)[1]
    assert call.returncode == 1


def test_get_never_imports_the_core(lab: str) -> None:
    """What a shell loop pays for: the client alone."""
    heavy = ["macduff.core", "macduff.config", "pydantic", "yaml", "IPython", "rich"]
    script = (
        "import sys; from macduff.cli import main; code = main(['get', 'STAGE.position']); "
        f"print(code, [m for m in {heavy!r} if m in sys.modules])"
    )
    environment = {**os.environ, "MACDUFF_ADDRESS": lab}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
