"""`macduff monitor` on a terminal: a table that follows the values of a Process elsewhere."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from macduff.client import connect
from tests.browser.laboratory import Laboratory
from tests.support.terminal import Terminal

from .conftest import command

DEVICES = '''
import time
from pathlib import Path

import numpy as np

from macduff import Attribute, Device, VArray, VBool, VDouble, VEnum, VInt, VString, publish_method


class Oven(Device):
    """An oven."""

    temperature = Attribute(VDouble(units="degC", precision=2, warning=(5, 60), alarm=(0, 80)), 21.0, "Measured",
                            writable=True)
    door = Attribute(VEnum(("open", "shut")), "shut", "Its door", writable=True)
    hot = Attribute(VBool(), False, "Whether it heats")
    note = Attribute(VString(), "", "What somebody wrote", writable=True)
    trace = Attribute(VArray("float64"), np.arange(1000.0), "Where it was")
    image = Attribute(VArray(np.uint8, 2), np.zeros((48, 64), np.uint8), "Inside")


class Counter(Device):
    """Counts as fast as it can."""

    count = Attribute(VInt(), 0, "How far it is")

    @publish_method
    def run_to(self, end: int) -> int:
        """Count to end."""
        for number in range(self.count.value, end + 1):
            self.count.update(number)
            if number % 1000 == 0:
                self.wait(0)
        return self.count.value
'''
CONFIGURATION = "- {class: lab.Oven, name: OVEN}\n- {class: lab.Counter, name: COUNT}"
OTHER_SCREEN = (b"\x1b[?1049h", b"\x1b[?1049l")

Monitor = Callable[..., Terminal]


@pytest.fixture(scope="module")
def oven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """An oven and a counter, for all tests that leave them as they were."""
    laboratory = Laboratory(tmp_path_factory.mktemp("oven"), DEVICES, CONFIGURATION)
    laboratory.start()
    yield laboratory
    laboratory.close()


@pytest.fixture
def own_oven(tmp_path: Path) -> Iterator[Laboratory]:
    """The same, for a test alone."""
    laboratory = Laboratory(tmp_path, DEVICES, CONFIGURATION)
    laboratory.start()
    yield laboratory
    laboratory.close()


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    """`monitor(laboratory, "OVEN", columns=80)`: the command in a terminal of its own, which shows its first values."""
    with ExitStack() as terminals:

        def start(laboratory: Laboratory, *tokens: str, until: str = "changed", **options: object) -> Terminal:
            address = f"ws://127.0.0.1:{laboratory.port}"
            made = Terminal(command("monitor", *tokens, "-a", address), **options)  # type: ignore[arg-type]  # handed on
            terminal = terminals.enter_context(made)
            terminal.shows(until)
            return terminal

        yield start


def ended(terminal: Terminal) -> str:
    """What Ctrl-C leaves behind."""
    terminal.type("\x03")
    assert terminal.end() == 130
    return terminal.text


def painting(terminal: Terminal) -> bool:
    """Whether the terminal is the command's: its other screen, no cursor, no echo; or, all three, is not."""
    (found,) = {terminal.screen.on_other, terminal.screen.cursor.hidden, not terminal.modes() & termios.ECHO}
    return found


def test_values_with_units_precision_and_alarms_change_in_place(oven: Laboratory, monitor: Monitor) -> None:
    terminal = monitor(oven, "OVEN")
    terminal.shows("OVEN.temperature", "21.00 degC", "shut", "false", "[0, 1, 2,", "(1000)", "64 uint8, 0 to 0")
    lines = terminal.text.splitlines()
    assert lines[0].split() == [f"ws://127.0.0.1:{oven.port}", *"q or Ctrl-C ends it".split()]
    assert lines[1].split() == ["name", "value", "alarm", "changed", "rate"]
    oven.put("OVEN/door", "open")
    oven.put("OVEN/temperature", 63.514)
    terminal.shows("63.51 degC", "▲ MINOR above warning limit 60 degC", "open")
    oven.put("OVEN/temperature", 99)
    terminal.shows("99.00 degC", "■ MAJOR above alarm limit 80 degC")
    oven.put("OVEN/temperature", 21)
    oven.put("OVEN/door", "shut")
    terminal.shows("21.00 degC", "shut")
    assert "MAJOR" not in terminal.text
    assert [line.split()[0] for line in terminal.text.splitlines()[2:]] == [line.split()[0] for line in lines[2:]]
    assert "21.00 degC" in ended(terminal)


def test_ctrl_c_leaves_the_last_table_and_the_terminal_as_it_was(oven: Laboratory, monitor: Monitor) -> None:
    """Exit code 130; nothing that was typed meanwhile is on the screen, or is run by the shell that comes next."""
    terminal = monitor(oven, "OVEN.door", "OVEN.hot")
    assert painting(terminal)
    terminal.type("echo zzz\n")
    left = ended(terminal).splitlines()
    assert [line.split()[0] for line in left] == [f"ws://127.0.0.1:{oven.port}", "name", "OVEN.door", "OVEN.hot"]
    assert not painting(terminal)
    assert "zzz" not in terminal.text
    assert "KeyboardInterrupt" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_signal_that_ends_it_gives_the_terminal_back(
    oven: Laboratory, monitor: Monitor, number: signal.Signals
) -> None:
    terminal = monitor(oven, "OVEN.door")
    terminal.process.send_signal(number)
    assert terminal.end() == 128 + number
    assert not painting(terminal)


def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(oven: Laboratory, monitor: Monitor) -> None:
    terminal = monitor(oven, "OVEN.note")
    terminal.type("\x1a")
    os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
    terminal.until(lambda: not terminal.screen.on_other, "the first screen is back")
    assert not painting(terminal)
    oven.put("OVEN/note", "while it was stopped")
    terminal.process.send_signal(signal.SIGCONT)
    terminal.shows("while it was stopped")
    assert painting(terminal)
    oven.put("OVEN/note", "")
    ended(terminal)


def test_q_ends_it_well(oven: Laboratory, monitor: Monitor) -> None:
    """Exit code 0, and the last table stays as with Ctrl-C."""
    terminal = monitor(oven, "OVEN.door")
    terminal.type("q")
    assert terminal.end() == 0
    assert not painting(terminal)
    assert terminal.line("OVEN.door").split()[:2] == ["OVEN.door", "shut"]


def test_more_than_the_window_holds_is_reached_by_keys(oven: Laboratory, monitor: Monitor) -> None:
    """What is left behind is all of it."""
    terminal = monitor(oven, "OVEN", lines=7)

    def shown(keys: str, *names: str) -> None:
        terminal.type(keys)
        terminal.until(lambda: re.findall(r"^OVEN\.(\w+)", terminal.text, re.MULTILINE) == list(names), keys)

    shown("", "health", "state", "status", "temperature")
    shown("\x1b[B", "state", "status", "temperature", "door")
    shown("\x1b[6~", "hot", "note", "trace", "image")
    shown("kk", "temperature", "door", "hot", "note")
    shown("jjjjjj", "hot", "note", "trace", "image")
    assert terminal.text.endswith("6 to 9 of 9; arrows and page keys move it")
    shown("\x1b[A", "door", "hot", "note", "trace")
    shown("\x1b[H", "health", "state", "status", "temperature")
    terminal.resize(100, 24)
    terminal.shows("OVEN.image")
    left = ended(terminal)
    assert "OVEN.health" in left and "OVEN.image" in left and "keys" not in left


def fits(terminal: Terminal, columns: int, lines: int) -> bool:
    """The first line and the head stand where they shall, nothing is wrapped."""
    shown = terminal.text.splitlines()
    return len(shown) > 2 and shown[0].startswith("ws://") and shown[1].startswith("name ") and "alarm" in shown[1]


def test_it_fits_the_window_whatever_that_becomes(oven: Laboratory, monitor: Monitor) -> None:
    terminal = monitor(oven, "OVEN", columns=120, lines=30)
    whole = terminal.text
    assert len(whole.splitlines()) == 11
    for columns, lines, shown in (
        (70, 12, "64 uint8"),
        (40, 8, "1 to 5 of 9;"),
        (24, 5, "…ealth"),
        (120, 30, "rate"),
    ):
        terminal.resize(columns, lines)
        terminal.until(lambda: fits(terminal, columns, lines) and shown in terminal.text, shown)  # noqa: B023  # called within the round
    assert [line.split()[:1] for line in terminal.text.splitlines()] == [
        line.split()[:1] for line in whole.splitlines()
    ]
    oven.put("OVEN/note", "x" * 500)
    terminal.until(lambda: "xxx…" in terminal.line("OVEN.note"), "it is cut, and that shows")
    oven.put("OVEN/note", "")
    ended(terminal)


def test_a_server_that_is_killed_and_comes_back(own_oven: Laboratory, monitor: Monitor) -> None:
    """The loss is shown, the values stay and are greyed; then all is as before."""
    terminal = monitor(own_oven, "OVEN.temperature", "OVEN.door")
    own_oven.put("OVEN/temperature", 55.5)
    terminal.shows("55.50 degC")
    assert {cell.fg for cell in terminal.styles("55.50")} == {"default"}
    own_oven.kill()
    terminal.shows("✗ connection lost, trying again", "✗ disconnected", "55.50")
    assert {cell.reverse for cell in terminal.styles("connection lost")} == {True}
    assert all("✗ disconnected" in terminal.line(f"OVEN.{name}") for name in ("temperature", "door"))
    assert {cell.fg for cell in terminal.styles("55.50")} == {"brightblack"}, "greyed"
    own_oven.start()
    terminal.until(lambda: "21.00 degC" in terminal.text and "✗" not in terminal.text, "as before")
    own_oven.put("OVEN/temperature", 60)
    terminal.shows("60.00 degC")
    assert own_oven.count("subscriptions") == 4, (
        "two attributes, the fields of the device, the list: none of them twice"
    )
    own_oven.kill()
    terminal.shows("connection lost")
    left = ended(terminal)
    assert "connection lost" in left and "60.00 degC" in left


def test_a_device_that_is_removed_and_comes_back(own_oven: Laboratory, monitor: Monitor) -> None:
    terminal = monitor(own_oven, "OVEN.temperature", "COUNT.count")
    own_oven.call("./remove", name="OVEN")
    terminal.shows("it was removed")
    assert "21.00 degC" in terminal.line("✗ disconnected: OVEN: it was removed")
    assert "✗" not in terminal.line("COUNT.count")
    own_oven.kill()
    own_oven.start()
    terminal.until(lambda: "✗" not in terminal.text, "it is back")
    assert "21.00 degC" in ended(terminal)


def test_no_alarm_is_told_by_its_colour_alone(oven: Laboratory, monitor: Monitor) -> None:
    """NO_COLOR: not one colour, and the same icons and words."""
    oven.put("OVEN/temperature", 99)
    try:
        coloured = monitor(oven, "OVEN.temperature", "OVEN.door")
        plain = monitor(oven, "OVEN.temperature", "OVEN.door", environment={"NO_COLOR": "1"})
        for terminal in (coloured, plain):
            terminal.shows("■ MAJOR above alarm limit 80 degC")
        assert {cell.fg for cell in coloured.styles("MAJOR")} == {"red"}
        assert {cell.fg for cell in plain.styles("MAJOR")} == {"default"}
        colours = re.compile(rb"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10\d)(?:;\d+)*m")
        assert colours.search(bytes(coloured.written)) and not colours.search(bytes(plain.written))
        for terminal in (coloured, plain):
            assert "■ MAJOR above alarm limit 80 degC" in ended(terminal)
    finally:
        oven.put("OVEN/temperature", 21)


def test_a_terminal_that_has_no_such_characters(oven: Laboratory, monitor: Monitor) -> None:
    oven.put("OVEN/temperature", 61)
    oven.put("OVEN/note", "°" + "x" * 200)
    try:
        terminal = monitor(oven, "OVEN", environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        terminal.shows("! MINOR above warning limit 60 degC", "?xxx", "xx~")
        ended(terminal)
    finally:
        oven.put("OVEN/temperature", 21)
        oven.put("OVEN/note", "")


def test_the_terminal_is_painted_ten_times_a_second_however_fast_values_come(
    oven: Laboratory, monitor: Monitor
) -> None:
    """The newest wins, the last one stands at the end, and what was merged on the way is in the rate."""
    terminal = monitor(oven, "COUNT", lines=12)
    begun, before = time.monotonic(), len(terminal.written)
    assert oven.call("COUNT/run_to", end=100_000) == 100_000
    terminal.shows("100000")
    seconds, written = time.monotonic() - begun, terminal.written[before:]
    at = terminal.text.splitlines().index(terminal.line("COUNT.count")) + 1
    assert 1 <= written.count(f"\x1b[{at};1H".encode()) <= 10 * seconds + 3
    assert len(written) < (10 * seconds + 3) * 12 * 200
    assert oven.call("COUNT/run_to", end=100_000) == 100_000
    ended(terminal)


def lines_of(terminal: Terminal) -> list[str]:
    """What the command printed, where it paints nothing."""
    assert not any(code in terminal.written for code in (b"\x1b", *OTHER_SCREEN))
    return terminal.written.decode().splitlines()


@pytest.mark.parametrize(
    ("tokens", "environment"),
    [
        (("-o", "text"), {}),
        (("-n", "2"), {}),
        (("--every",), {}),
        ((), {"TERM": "dumb"}),
        ((), {"TERM": ""}),
        ((), {"TERM": "dumb", "FORCE_COLOR": "1"}),
    ],
)
def test_lines_on_a_terminal_where_no_table_is_wanted_or_possible(
    oven: Laboratory, monitor: Monitor, tokens: tuple[str, ...], environment: dict[str, str]
) -> None:
    terminal = monitor(oven, "OVEN.temperature", "OVEN.door", *tokens, until="shut", environment=environment)
    terminal.shows("21.00 degC")
    if tokens != ("-n", "2"):
        terminal.type("\x03")
    assert terminal.end() == (0 if tokens == ("-n", "2") else 130)
    lines = [line for line in lines_of(terminal) if line != "^C"]
    assert [re.sub(r"^\d\d:\d\d:\d\d\.\d{3}Z ", "", line).removeprefix("^C") for line in lines] == [
        "OVEN.temperature 21.00 degC",
        "OVEN.door shut",
    ]


def test_without_rich_it_says_so_and_prints_lines(oven: Laboratory) -> None:
    without = "import sys; sys.modules['rich'] = None; from macduff.cli import main; sys.exit(main())"
    tokens = ["monitor", "OVEN.door", "-a", f"ws://127.0.0.1:{oven.port}"]
    with Terminal([sys.executable, "-c", without, *tokens]) as terminal:
        terminal.shows("OVEN.door shut")
        terminal.process.send_signal(signal.SIGKILL)
        terminal.end()
        assert lines_of(terminal)[0] == "macduff: no table without rich, so a line for each change; pip install rich"


@pytest.mark.parametrize("closed", ["<&-", "</dev/null"])
def test_nobody_can_type(oven: Laboratory, closed: str) -> None:
    """Then there are no keys, and everything else is as it is."""
    job = shlex.join(command("monitor", "OVEN.door", "-a", f"ws://127.0.0.1:{oven.port}"))
    with Terminal(["/bin/sh", "-c", f"exec {job} {closed}"]) as terminal:
        terminal.shows("OVEN.door", "shut", "changed")
        assert terminal.screen.on_other
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "shut" in terminal.line("OVEN.door")


def test_in_a_pipe_nothing_is_said_of_a_table(oven: Laboratory) -> None:
    """Not even where colours are asked for: programs read this."""
    monitoring = subprocess.Popen(
        command("monitor", "OVEN.door", "-a", f"ws://127.0.0.1:{oven.port}"),
        env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert monitoring.stdout is not None
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}Z OVEN.door shut\n", monitoring.stdout.readline())
    monitoring.send_signal(signal.SIGINT)
    assert monitoring.communicate(timeout=50) == ("", "")
    assert monitoring.returncode == 130


def test_a_background_job_prints_lines(oven: Laboratory) -> None:
    """It would be stopped as soon as it changed the terminal."""
    job = shlex.join(command("monitor", "OVEN.door", "-a", f"ws://127.0.0.1:{oven.port}"))
    with Terminal(["/bin/sh", "-c", f"set -m; {job} & read line; kill %1"]) as terminal:
        terminal.shows("OVEN.door shut")
        assert not terminal.screen.on_other
        terminal.type("\n")
        terminal.end()


def test_who_looks_at_the_server_itself(oven: Laboratory, monitor: Monitor) -> None:
    """The device of a single dot is the Process."""
    terminal = monitor(oven, ".", columns=140)
    terminal.shows("..health", "2 rows of mri, label")
    assert "..state" in ended(terminal)
    with connect(f"ws://127.0.0.1:{oven.port}") as client:
        assert set(client.devices) == {"OVEN", "COUNT"}
