"""`macduff serve`: up, announced, and down again in order (rule 28)."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from macduff.client import connect

from .conftest import Serving, command, serving


def configuration(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


@contextmanager
def closing(folder: Path, tmp_path: Path, hang: float, more: str = "") -> Iterator[tuple[Serving, Path]]:
    """A server with a device that takes `hang` seconds to close, and the file in which it says how far it is."""
    mark = tmp_path / "mark"
    file = configuration(
        folder,
        "closing.yaml",
        f"{more}servers: {{web: {{port: 0}}}}\n"
        "devices:\n"
        f"  - {{class: labdevices.Closing, name: LAST, file: {mark}, hang: {hang}}}\n"
        "  - {class: labdevices.Stage, name: STAGE}\n",
    )
    with serving(folder, "serve", file) as server:
        yield server, mark


def until(mark: Path, text: str) -> None:
    deadline = time.monotonic() + 20
    while not mark.exists() or mark.read_text() != text:
        assert time.monotonic() < deadline, f"{mark.name} never said {text!r}"
        time.sleep(0.005)


def test_rule_28_sigterm_aborts_closes_and_ends(folder: Path, tmp_path: Path) -> None:
    """What runs is aborted and its caller is told so; do_close runs to its end; the exit code is 0."""
    with closing(folder, tmp_path, 0.3) as (server, mark):
        with connect(server.address) as client:
            move = client["STAGE"].move.start(1000.0)
            while client["STAGE"].state != "Running":
                time.sleep(0.005)
            server.process.send_signal(signal.SIGTERM)
            error = move.exception(20)
        code, errors = server.end(signal.SIGCONT)
        assert code == 0
        assert mark.read_text() == "closed"
        assert type(error).__name__ in ("Aborted", "Removed"), repr(error)
        assert "ending on SIGTERM" in errors
        assert "Traceback" not in errors
        assert not server.announced.exists(), "what is over is not announced any more"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_rule_28_a_second_signal_exits_at_once(folder: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    with closing(folder, tmp_path, 30) as (server, mark):
        server.process.send_signal(number)
        until(mark, "closing")
        before = time.monotonic()
        assert server.end(number)[0] == code
        assert time.monotonic() - before < 5
        assert mark.read_text() == "closing"


def test_rule_28_a_device_that_does_not_close_is_left_behind(folder: Path, tmp_path: Path) -> None:
    """After close_time the process ends all the same, says who would not, and fails."""
    with closing(folder, tmp_path, 60, "process: {limits: {close_time: 0.5}}\n") as (server, mark):
        before = time.monotonic()
        code, errors = server.end()
        assert time.monotonic() - before < 15
        assert mark.read_text() == "closing"
        assert code == 1, errors
        assert "LAST" in errors


def test_ctrl_c_ends_in_order_too_with_130(folder: Path, tmp_path: Path) -> None:
    with closing(folder, tmp_path, 0.0) as (server, mark):
        code, errors = server.end(signal.SIGINT)
        assert (code, mark.read_text()) == (130, "closed")
        assert "Traceback" not in errors


def test_rule_28_the_switch_interval_is_half_a_millisecond(folder: Path, tmp_path: Path) -> None:
    with closing(folder, tmp_path, 0.0) as (server, _), connect(server.address) as client:
        assert client["LAST"].interval == pytest.approx(0.0005)


def test_nohup_is_respected(folder: Path) -> None:
    """A signal that whoever started the server ignores is ignored by the server."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with serving(folder, "serve", folder / "lab.yaml") as server:
            server.process.send_signal(signal.SIGHUP)
            code, errors = server.end()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert code == 0
    assert "SIGHUP" not in errors


def test_logs_are_json_lines_when_asked(folder: Path) -> None:
    with serving(folder, "serve", folder / "lab.yaml", "--log-format", "json") as server:
        code, errors = server.end()
    assert code == 0
    entries = [json.loads(line) for line in errors.splitlines()]
    assert any(entry["message"].startswith("web: http://127.0.0.1:") for entry in entries)
    assert {"time", "level", "logger", "message"} <= set(entries[0])


def run(folder: Path, *tokens: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*tokens), cwd=folder, capture_output=True, text=True, timeout=50)


def test_a_faulty_file_is_told_whole_and_nothing_starts(folder: Path) -> None:
    file = configuration(
        folder,
        "faulty.yaml",
        "servers: {web: {port: 80800}}\ndevices:\n  - {class: labdevices.Stagg, name: STAGE}\n  - {name: X}\n",
    )
    for done in (run(folder, "serve", file), run(folder, "check", file)):
        both = done.stdout + done.stderr
        assert f"{file}:1:23: servers.web.port: " in both
        assert f"{file}:3:13: STAGE.class: expected a device class of labdevices (Closing, Stage), got 'Stagg'" in both
        assert f"{file}:4:5: devices[1].class: expected a value, got none" in both
    assert run(folder, "serve", file).returncode == 2
    assert run(folder, "check", file).returncode == 1
    records = json.loads(run(folder, "check", file, "-o", "json").stdout)
    assert [(record["line"], record["column"]) for record in records] == [(1, 23), (3, 13), (4, 5)]


def test_check_of_good_files(folder: Path) -> None:
    done = run(folder, "check", folder / "lab.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    done = run(folder, "check", folder / "labdevices.py")
    assert (done.returncode, done.stdout) == (0, "")


def test_check_of_a_file_that_serves_nothing(folder: Path) -> None:
    done = run(folder, "check", configuration(folder, "empty.yaml", ""))
    assert done.returncode == 0
    assert done.stderr.endswith("is good; but it names no server, and to serve it needs one: servers: {web: {}}\n")


def test_check_of_a_python_file_with_a_fault(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(
        "from macduff import Attribute, Device, VBool\n"
        "class Pump(Device):\n"
        "    connected = Attribute(VBool(), False)\n"
        "    def do_connect(self) -> None:\n"
        "        self.connected = True\n"
        "raise SystemExit('it was run')\n"
    )
    done = run(folder, "check", file)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{file}:5:9: Pump: self.connected: expected self.connected.update(...)")


@pytest.mark.parametrize(
    "tokens", [("serve", "nowhere.yaml"), ("serve",), ("check", "nowhere.py"), ("serve", "no.yaml")]
)
def test_what_is_missing_is_a_usage_fault(folder: Path, tokens: tuple[str, ...]) -> None:
    configuration(folder, "no.yaml", "devices: []\n")
    done = run(folder, *tokens)
    assert done.returncode == 2
    assert done.stderr.startswith("macduff: ")
    assert "Traceback" not in done.stderr


def test_beyond_this_machine_nothing_starts_unless_told(folder: Path) -> None:
    file = configuration(folder, "open.yaml", "servers: {web: {port: 0, host: 0.0.0.0}}\ndevices: []\n")
    done = run(folder, "serve", file)
    assert done.returncode == 2
    assert "open.yaml:1:32: servers.web.host: expected" in done.stderr
    assert "--read-only" in done.stderr
    assert "--insecure" in done.stderr
    with serving(folder, "serve", file, "--read-only") as server:
        assert server.end()[0] == 0


def test_a_taken_port_is_told(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        mark = tmp_path / "mark"
        devices = f"devices:\n  - {{class: labdevices.Closing, name: LAST, file: {mark}}}\n"
        file = configuration(folder, "taken.yaml", f"servers: {{web: {{port: {port}}}}}\n{devices}")
        for tokens, where in (
            (("serve", file), f"{file}:1:23: servers.web.port"),
            (("demo", "--port", str(port)), "--port"),
        ):
            done = run(folder, *tokens)
            assert done.returncode == 1
            assert done.stderr == (
                f"macduff: {where}: expected a free port, got {port}, which another program has; "
                "stop that or choose another (0: any free one)\n"
            )
    assert not mark.exists(), "the device was made and closed again"


def test_an_address_of_another_machine_is_told(folder: Path) -> None:
    file = configuration(
        folder, "elsewhere.yaml", "servers: {web: {host: 192.0.2.1, port: 0, read_only: true}}\ndevices: []\n"
    )
    done = run(folder, "serve", file)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"macduff: {file}:1:23: servers.web.host: expected an address of this machine, got '192.0.2.1'"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("missing", "extra"), [("p4p", "pva"), ("tango", "tango")])
def test_a_protocol_that_is_not_installed_is_told(missing: str, extra: str) -> None:
    without = f"import sys; sys.modules[{missing!r}] = None; from macduff.cli import main; sys.exit(main())"
    tokens = ["demo", "--all", "--port", "0"]
    done = subprocess.run([sys.executable, "-c", without, *tokens], capture_output=True, text=True, timeout=50)
    assert done.returncode == 1
    assert re.fullmatch(rf"macduff: .*; pip install 'macduff\[{extra}\]'\n", done.stderr)


def test_an_announcement_that_cannot_be_written_is_a_usage_fault(folder: Path, tmp_path: Path) -> None:
    """Nothing is made before that is known."""
    mark = tmp_path / "mark"
    devices = f"devices:\n  - {{class: labdevices.Closing, name: LAST, file: {mark}}}\n"
    file = configuration(folder, "unannounced.yaml", f"servers: {{web: {{port: 0}}}}\n{devices}")
    for there in (tmp_path / "nowhere" / "lab.json", tmp_path):
        done = run(folder, "serve", file, "--announce", there)
        assert done.returncode == 2
        assert done.stderr.startswith("macduff: --announce: expected a file")
        assert str(there) in done.stderr
        assert done.stderr.count("\n") == 1
    assert not mark.exists(), "the device was made and closed again"


def test_a_device_that_cannot_be_made_is_told(folder: Path) -> None:
    file = configuration(
        folder,
        "unmade.yaml",
        "servers: {web: {port: 0}}\ndevices:\n  - {class: brokendevices.Broken, name: X}\n",
    )
    (folder / "brokendevices.py").write_text(
        "from macduff import Device\n"
        "class Broken(Device):\n"
        "    def __init__(self, name: str) -> None:\n"
        "        super().__init__(name)\n"
        "        raise OSError('no such card')\n"
    )
    done = run(folder, "serve", file)
    assert done.returncode == 1
    assert ":3:13: X: OSError: no such card (brokendevices.py:5)" in done.stderr


def test_the_demo_is_small(folder: Path) -> None:
    """Less than 80 MB, every thread and buffer included."""
    with serving(folder, "demo", "--port", "0") as server:
        with connect(server.address) as client:
            assert list(client.devices) == ["X", "Y", "DET", "THERMO", "DIODE", "SCAN"]
        used = psutil.Process(server.process.pid).memory_info().rss
        assert used < 80e6, f"{used / 1e6:.0f} MB"
        code, errors = server.end()
        assert code == 0
        assert "http://127.0.0.1:" in errors
