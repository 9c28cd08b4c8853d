"""Commands as signals: what they take and refuse, awaited and in plans, simulated."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import tango
from bluesky import plan_stubs as bps
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from ophyd_async.core import callback_on_mock_execute, get_mock_execute

from macduff.bluesky import TangoCommand
from macduff.errors import BadValue, DeviceFailed
from tests.system.bluesky_tango.lab import LAB, LabProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


@pytest.mark.parametrize(
    ("name", "argument", "result"),
    [
        ("Double", 0.0, 0.0), ("Double", 0, 0.0), ("Double", 2.5, 5.0), ("Whole", 0, 0), ("Whole", -3, -3),
        ("Flag", False, "False"), ("Flag", True, "True"), ("Text", "", "<>"), ("Text", "käse", "<käse>"),
        ("Length", [], 0), ("Length", [1, 2.5], 2), ("Length", (), 0), ("Texts", [], []),
        ("Texts", ["", "a"], ["", "a"]), ("Mixed", [[], []], [[0, 2], []]),
        ("Mixed", ([1.0], ["a", ""]), [[1, 2], ["a", ""]]),
        ("Same", "OPEN", tango.DevState.OPEN), ("Same", tango.DevState.ON, tango.DevState.ON),
    ],
)  # fmt: skip
async def test_what_a_command_is_given_arrives_be_it_falsy(
    lab: LabProgram, name: str, argument: Any, result: Any
) -> None:
    command = TangoCommand()
    await command.connect(lab.device(), name)
    found = await command.execute(argument)
    assert ([list(part) for part in found] if name == "Mixed" else found) == result


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Double", ()), ("Double", (1.0, 2.0)), ("Double", ("x",)), ("Whole", (2**31,)), ("Whole", (1.5,)),
        ("Reset", (0,)), ("Text", ("語",)), ("Text", ("a\0b",)), ("Length", (3,)), ("Texts", ("abc",)), ("Mixed", (3,)),
        ("Same", ("WALKING",)),
    ],
)  # fmt: skip
async def test_what_a_command_cannot_take_is_refused(lab: LabProgram, name: str, arguments: Any) -> None:
    command = TangoCommand()
    await command.connect(lab.device(), name)
    with pytest.raises(BadValue, match=f"{LAB}.*{name}: expected"):
        await command.execute(*arguments)


async def test_a_command_that_fails_says_why(lab: LabProgram) -> None:
    command = TangoCommand()
    await command.connect(lab.device(), "Fail")
    with pytest.raises(DeviceFailed, match=f"{LAB}.*Fail.*the lab is on fire"):
        await command.execute()


def test_a_command_in_plans(lab: LabProgram, run_engine: RunEngine) -> None:
    double, reset = TangoCommand("double"), TangoCommand("reset")
    call_in_bluesky_event_loop(double.connect(lab.device(), "Double"))
    call_in_bluesky_event_loop(reset.connect(lab.device(), "Reset"))
    before = lab.tell(count="Reset")
    results = []

    def plan() -> Any:
        yield from bps.trigger(reset, wait=True)
        (done,) = yield from bps.wait_for([functools.partial(double.execute, 0.0)])
        results.append(done.result())
        (done,) = yield from bps.wait_for([lambda: double.execute(4)])
        results.append(done.result())

    run_engine(plan())
    assert results == [0.0, 8.0] and lab.tell(count="Reset") == before + 1


async def test_a_command_that_is_simulated_notes_its_calls() -> None:
    command = TangoCommand("it")
    await command.connect(mock=True)
    assert await command.execute(0.0) is None
    with callback_on_mock_execute(command, lambda value: value + 1):
        assert await command.execute(2) == 3
    await command.trigger()
    assert [call.args for call in get_mock_execute(command).call_args_list] == [(0.0,), (2,), ()]
