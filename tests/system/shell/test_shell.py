"""`macduff shell` in a terminal: devices, constructors, commands, errors."""

from __future__ import annotations

import pytest

from tests.support import random_name
from tests.system.shell.conftest import CLEAR_LINE, CLEAR_SCREEN, CTRL_C, ENTER, Lab, Shell

pytestmark = pytest.mark.timeout(240)  # a busy machine takes long to start an IPython


def test_the_prompt_says_where_one_is(lab: Lab, shell: Shell) -> None:
    assert shell.where == lab.place


@pytest.mark.parametrize("command", ["lsdev", "%lsdev"])
def test_lsdev_lists_the_devices_with_class_state_and_alarm(shell: Shell, command: str) -> None:
    rows = [line.split() for line in shell.run(command).splitlines()]
    assert rows[0] == ["device", "class", "state", "alarm"]
    assert ["STAGE", "Stage", "Idle"] in rows and ["CAM", "Camera", "Idle"] in rows
    assert [line.split()[0] for line in shell.run(f"{command} BL*").splitlines()] == ["device", "BL01:Y"]
    assert [line.split()[0] for line in shell.run(f"{command} Camera").splitlines()] == ["device", "CAM"]


def test_lsdev_says_what_is_wrong_with_a_device(lab: Lab, shell: Shell) -> None:
    name = random_name("PUMP")
    lab.tell(f"add Pump {name}")
    try:
        shell.run_until("lsdev Pump", "no answer")
        (line,) = [line for line in shell.text.splitlines() if line.startswith(name)]
        assert line.split()[:2] == [name, "Pump"] and "INVALID" in line
        assert {style.fg for style in shell.styles("INVALID")} == {"magenta"}
    finally:
        lab.tell(f"remove {name}")


@pytest.mark.parametrize("command", ["lserr", "lstype", "lsproc", "switch"])
def test_each_command_is_there_with_and_without_its_sign(shell: Shell, command: str) -> None:
    assert shell.run(command) == shell.run(f"%{command}") != ""


def test_lstype_and_lsproc(lab: Lab, shell: Shell) -> None:
    assert shell.run("lstype Stage").splitlines()[1].split() == ["Stage", "STAGE,", "BL01:Y"]
    assert shell.run("lsproc").splitlines()[1].split()[:3] == ["*", lab.address, "connected"]


def test_devices_are_variables_that_read_write_and_call(shell: Shell) -> None:
    assert shell.run("STAGE.velocity = 2") == ""
    assert shell.run("STAGE.velocity").endswith("2.0")
    assert shell.run("STAGE.move(0.25)").endswith("0.25")
    assert shell.run("devices['BL01:Y'].move(target=1, rate=50)").endswith("1.0")
    assert "mode" in shell.run("STAGE")


def test_what_is_asked_for_shows_itself(shell: Shell) -> None:
    assert "access     writable" in shell.run("STAGE.velocity?")
    assert "A linear stage." in shell.run("STAGE?")


def test_devices_of_a_class_by_its_constructor(shell: Shell) -> None:
    shell.run("y = Stage('BL01:Y')")
    assert shell.run("y.move(0.5)").endswith("0.5")
    assert shell.run("Stage").endswith("<devices of class Stage: STAGE, BL01:Y>")
    assert "no Stage 'STAG'; did you mean 'STAGE'?" in shell.run("Stage('STAG')")
    assert "CAM: expected a Stage, got a Camera; there are STAGE, BL01:Y" in shell.run("Stage('CAM')")
    assert "did you mean 'Stage'" in shell.run("Stagge('STAGE')")


def test_an_unknown_attribute_is_not_assigned(shell: Shell) -> None:
    assert "STAGE: no attribute 'velocty'; did you mean 'velocity'?" in shell.run("STAGE.velocty = 1")
    assert "STAGE.move: expected to be called, not assigned; it is a method" in shell.run("STAGE.move = 1")


def test_an_error_is_short_and_lserr_tells_the_whole(lab: Lab, shell: Shell) -> None:
    short = shell.run("STAGE.fail()")
    assert "DeviceFailed: STAGE.fail: RuntimeError: the belt is torn (lab.py:" in short
    assert "client/method.py" not in short
    whole = shell.run("lserr")
    for part in (
        "DeviceFailed: STAGE.fail: RuntimeError: the belt is torn",
        "]: STAGE.fail()  (at ",
        f"server     {lab.address}",
        "where      STAGE.fail",
        "on the server",
        'in fail: raise RuntimeError("the belt is torn")',
        "state now  Idle",
        "health now OK",
        "Traceback (most recent call last):",
    ):
        assert part in whole
    assert "STAGE: no attribute" not in whole
    shell.run("STAGE.velocty = 1")
    assert shell.run("lserr").startswith("UnknownName: STAGE: no attribute 'velocty'")
    assert shell.run("lserr 2").startswith("DeviceFailed: STAGE.fail")
    assert "expected which error" in shell.run("lserr nonsense")


def test_what_the_user_assigns_comes_before_a_device(lab: Lab, shell: Shell) -> None:
    name = random_name("MINE")
    shell.run(f"{name} = 3")
    lab.tell(f"add Camera {name}")
    assert shell.run(f"{name} + 1").endswith("4")
    assert shell.run(f"devices['{name}'].exposure").endswith("0.1")
    lab.tell(f"remove {name}")
    assert shell.run(f"{name} + 2").endswith("5")


def test_tb_has_the_frames_of_macduff_too(shell: Shell) -> None:
    assert "client/" not in shell.run("STAGE.fail()")
    assert "client/method.py" in shell.run("%tb")


def test_ctrl_c_ends_a_command_that_the_server_does_not_answer(lab: Lab, shell: Shell) -> None:
    number = shell.number
    with lab.stopped():
        shell.type("print('it', 'runs'); get_ipython().run_line_magic('lsdev', '')\r")
        shell.shows("it runs")
        shell.type(CTRL_C)
        shell.ready(number + 1)


def test_ctrl_c_at_the_prompt_harms_nothing(shell: Shell) -> None:
    shell.type("STAGE.mo\x03")
    shell.until(lambda: shell.typed == "", "an empty prompt")
    assert shell.run("1 + 1").endswith("2")


def test_code_of_several_lines_is_typed_as_in_any_ipython(shell: Shell) -> None:
    number = shell.number
    shell.type(CLEAR_LINE + CLEAR_SCREEN + "for turn in range(2):" + ENTER)
    shell.shows("...:")
    shell.type("print('turn', turn)" + ENTER + ENTER)
    shell.ready(number + 1)
    assert "turn 0" in shell.text and "turn 1" in shell.text
