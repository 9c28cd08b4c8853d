"""What the shell shows of devices in a terminal: reprs, progress, interrupts, monitors, plots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from macduff.client import Client, connect
from tests.support import eventually
from tests.system.shell.conftest import CTRL_C, CTRL_D, ENTER, MACDUFF, Lab, Shell, Shells


class WatchedLab(Lab):
    """The process of tests/system/shell/watched_lab.py."""

    module = "tests.system.shell.watched_lab"
    quiet = False


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    found = WatchedLab().start()
    yield found
    found.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shell is."""
    return tmp_path_factory.mktemp("folder")


@pytest.fixture(scope="module")
def shell(lab: Lab, shells: Shells, folder: Path) -> Iterator[Shell]:
    """Where there is no screen for windows."""
    with shells.start(*MACDUFF, lab.address, MPLBACKEND="agg", DISPLAY="", FOLDER=str(folder)) as found:
        found.ready(1)
        found.run("import os; os.chdir(os.environ['FOLDER'])")
        yield found
        found.type(CTRL_C + CTRL_D)
        assert found.end() == 0


@pytest.fixture
def other(lab: Lab) -> Iterator[Client]:
    """Somebody else at the same devices."""
    with connect(lab.address) as client:
        yield client
        client["SLIDER"].heat = 20


def begin(shell: Shell, line: str) -> int:
    """Type a line whose call goes on; the number of the next cell."""
    number = shell.number
    shell.type(line + ENTER)
    return number + 1


def test_a_device_is_shown_as_a_table(shell: Shell) -> None:
    lines = shell.run("SLIDER").splitlines()[-8:]
    assert lines[1:3] == ["SLIDER  Idle  OK", "A slider."]
    name, value, *rest = lines[3].split()
    assert (name, len(value), rest) == ("position", 6, ["mm", "r", "Where", "it", "is"])
    assert lines[5].split()[:4] == ["heat", "20.0", "degC", "rw"]
    assert lines[7] == "methods: abort(), reset(force=False), move(target)"


def test_an_alarm_is_told_by_an_icon_a_word_and_a_colour(shell: Shell, other: Client) -> None:
    other["SLIDER"].heat = 50
    shown = shell.run("SLIDER")
    assert shown.count("▲ MINOR: ") == 2 and "SLIDER  Idle  ▲ MINOR: heat: above warning limit 40 degC" in shown
    assert {cell.fg for cell in shell.styles("MINOR: ")} == {"brown"}, "what pyte calls the yellow of 16 colours"
    assert "MINOR: above warning limit" in shell.run("SLIDER.attributes['heat']")


def test_without_colours_nothing_is_lost(lab: Lab, shells: Shells, other: Client) -> None:
    other["SLIDER"].heat = 70
    with shells.start(*MACDUFF, lab.address, NO_COLOR="1") as shell:
        shell.ready(1)
        assert "■ MAJOR: heat: above alarm limit" in shell.run("SLIDER")
        assert {cell.fg for cell in shell.styles("MAJOR: ")} == {"default"}
        shell.type(CTRL_D)
        shell.end()


def test_an_attribute_and_a_method(shell: Shell, other: Client) -> None:
    other["SLIDER"].gate = 2
    text = shell.run("SLIDER.attributes['gate']")
    assert "SLIDER.gate  2 mm" in text and "float, mm, 0 to 100" in text and "writable" in text
    assert "SLIDER.move(target: float) -> float" in shell.run("SLIDER.move")


def test_a_run_has_a_bar_with_steps_and_the_time_that_is_left(shell: Shell, other: Client) -> None:
    scan = other["SCAN"]
    scan.allowed = 0
    shell.run("SCAN.configure(steps=50)")
    number = begin(shell, "SCAN.run()")
    shell.shows("SCAN.run ━", "0 of 50 steps")
    scan.allowed = 20
    shell.shows("20 of 50 steps", " left")
    scan.pause()
    shell.shows("20 of 50 steps, Paused")
    resuming = scan.resume.start()
    scan.allowed = 50
    shell.ready(number)
    resuming.result(20)
    assert "50 of 50 steps, Ready" in shell.line("SCAN.run ━"), "it stays to be read"


def test_what_configure_leaves_as_it_is_is_shown_as_it_is_now(shell: Shell) -> None:
    """Rule 24: what is left out keeps its set point, whatever it was when the shell connected."""
    for steps in (31, 50):
        shell.run(f"SCAN.configure(steps={steps})")
        assert f"configure(steps={steps})" in shell.run("SCAN")
    assert "configure(steps: int = ...)" in shell.run("SCAN.configure")


def test_a_run_that_somebody_else_began_is_looked_at(shell: Shell, other: Client) -> None:
    scan = other["SCAN"]
    scan.allowed = 5
    scan.configure(steps=50)
    run = scan.run.start()
    number = begin(shell, "progress SCAN")
    shell.shows("SCAN ━", "5 of 50 steps")
    shell.type(CTRL_C)
    shell.ready(number)
    assert "not looked at any longer: SCAN is Running, 5 of 50 steps" in shell.text
    assert not run.done(), "Ctrl-C only stops looking"
    number = begin(shell, "progress SCAN")
    scan.allowed = 50
    run.result(20)
    shell.ready(number)
    assert "SCAN is Ready, 50 of 50 steps" in shell.text


def test_ctrl_c_aborts_and_waits_until_the_device_is_at_rest(shell: Shell, other: Client) -> None:
    scan = other["SCAN"]
    scan.allowed = 7
    shell.run("SCAN.configure(steps=50)")
    number = begin(shell, "SCAN.run()")
    shell.shows("7 of 50 steps")
    shell.type(CTRL_C)
    shell.ready(number)
    assert scan.state == "Aborted"
    assert "SCAN.run: abort sent, waiting for its end; interrupt again to stop waiting" in shell.text
    assert "Interrupted: SCAN.run: ended with Aborted" in shell.text
    assert "SCAN is Aborted, 7 of 50 steps" in shell.text
    assert "Traceback" not in shell.text
    shell.run("SCAN.reset()")


def test_a_second_ctrl_c_stops_waiting_and_says_what_still_goes_on(lab: Lab, shell: Shell, other: Client) -> None:
    number = begin(shell, "STUBBORN.disobey()")
    shell.shows("STUBBORN.disobey ━")
    shell.type(CTRL_C)
    shell.shows("abort sent", "Aborting")
    shell.type(CTRL_C)
    shell.ready(number)
    assert "Interrupted: STUBBORN.disobey: not waited for any longer; it may still be running" in shell.text
    assert "STUBBORN is Aborting" in shell.text
    lab.tell("release")
    eventually(lambda: other["STUBBORN"].state == "Idle", "it has come to rest", timeout=30)
    assert "Idle" in shell.run("STUBBORN.state"), "the shell goes on"


def test_ctrl_c_works_too_when_the_server_hangs(lab: Lab, shell: Shell, other: Client) -> None:
    other["SCAN"].allowed = 3
    shell.run("SCAN.configure(steps=50)")
    number = begin(shell, "SCAN.run()")
    shell.shows("3 of 50 steps")
    with lab.stopped():
        shell.type(CTRL_C)
        shell.shows("abort sent")
        shell.type(CTRL_C)
        shell.ready(number)
        assert "how SCAN is, is not known: SCAN.state: " in shell.text
    eventually(lambda: other["SCAN"].state == "Aborted", "the abort came through", timeout=30)
    shell.run("SCAN.reset()")


def test_a_move_shows_how_far_it_is(shell: Shell, other: Client) -> None:
    other["SLIDER"].gate = 1
    number = begin(shell, "SLIDER.move(4)")
    shell.shows("position 1.0000 → 4.0000 mm")
    other["SLIDER"].gate = 3
    shell.shows("position 3.0000 → 4.0000 mm")
    other["SLIDER"].gate = 4
    shell.ready(number)
    assert "SLIDER.move ━" not in shell.text, "a bar that counted no steps goes"


@pytest.mark.parametrize("mon", ["mon", "%mon"])
def test_mon_keeps_changes_and_tells_alarms_at_the_prompt(shell: Shell, other: Client, mon: str) -> None:
    slider = other["SLIDER"]
    shell.run("mon clear")
    assert "SLIDER.heat" in shell.run(f"{mon} add SLIDER.heat")
    number = shell.number
    slider.heat = 30
    slider.heat = 45
    shell.shows("SLIDER.heat 45.0 degC  MINOR: above warning limit")
    shell.ready(number)  # the prompt stands below it
    slider.heat = 35
    shell.shows("SLIDER.heat 35.0 degC  no alarm any more")
    shell.ready(number)
    values = [line.split()[3] for line in shell.run(mon).splitlines()[1:]]
    assert values[0] == "20.0" and values[-1] == "35.0" and "45.0" in values
    assert "35.0" in shell.run(f"{mon} list")
    assert shell.run(f"{mon} delete SLIDER.heat") == "followed no longer: SLIDER.heat"
    assert shell.run(f"{mon} list").startswith("nothing is followed")
    assert shell.run(f"{mon} clear") == "forgotten"
    assert "did you mean 'heat'" in shell.run(f"{mon} add SLIDER.haet")


def test_mon_in_the_manner_of_itango(shell: Shell) -> None:
    assert "SLIDER.gate" in shell.run("mon -a SLIDER.gate")
    assert shell.run("mon -d SLIDER.gate") == "followed no longer: SLIDER.gate"
    assert "Follow attributes" in shell.run("mon?")


def test_a_plot_is_drawn_into_a_file_with_its_history(shell: Shell, folder: Path) -> None:
    told = shell.run("plot SLIDER.position SLIDER.image --save plot.png")
    assert "SLIDER.position, SLIDER.image drawn into plot.png" in told
    assert (folder / "plot.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_without_a_screen_a_plot_is_text(shell: Shell) -> None:
    told = shell.run("plot SLIDER.position SLIDER.image")
    assert "SLIDER.position  ▁" in told and "0 to 11" in told
    assert "there is no screen for a window; --save FILE.png draws into a file" in told


def test_without_matplotlib_a_plot_is_text_and_says_what_to_install(lab: Lab, shells: Shells) -> None:
    with shells.start(*MACDUFF, lab.address) as shell:
        shell.ready(1)
        shell.run("import sys; sys.modules['matplotlib'] = None")
        told = shell.run("plot SLIDER.position")
        assert "SLIDER.position  ▁" in told
        assert "for a picture: pip install 'macduff[plot]'" in told
        shell.type(CTRL_D)
        assert shell.end() == 0
