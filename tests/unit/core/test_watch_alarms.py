"""What the watchdogs report of a method goes when it is so no longer (rule 22)."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from typing import Any

import pytest

from macduff import Device, DeviceFailed, Process, Severity, core, publish_method
from macduff.core.watchdog import authors_line
from macduff.limits import Limits
from tests.support import eventually
from tests.support.play import Client, play


class Holder(Device):
    """Holds its lock, or the interpreter's."""

    abort_grace = 0.2

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._go_on = threading.Event()

    @publish_method
    def hold(self) -> None:
        self._go_on.wait(10)

    @publish_method
    def keep_interpreter(self, seconds: float) -> None:
        with contextlib.ExitStack() as in_a_library:
            in_a_library.callback(ctypes.PyDLL(None).usleep, int(seconds * 1e6))


def line(method: Any, number: int) -> str:
    """Where a line of a method's body is, counted from its decorator, as health tells it."""
    first: int = method.function.__code__.co_firstlineno
    return f"{__file__}:{first + number} in {method.name}"


def reported(device: Device) -> None:
    eventually(lambda: "hold has held the lock" in device.health.value, "the watchdog's report")


@pytest.mark.parametrize("other", ["", "the lid is open"])
def test_the_watchdogs_report_ends_with_the_method(other: str) -> None:
    """Rule 22: before its reply, though it never waited; what else is wrong stands."""

    def scenario(process: Process) -> None:
        device = Holder("H")
        process.add(device)
        call = Client(process).call("H", "hold")
        reported(device)
        assert device.health.value.endswith(line(Holder.hold, 2))  # the author's, though it waits in a library
        process._post(device._machine.problem, "lid", Severity.MAJOR, other)
        eventually(lambda: other in device.health.value, "the other reason")
        device._go_on.set()
        call.result()
        assert device.health.value == (other or "OK")
        assert device.health.alarm.severity is (Severity.MAJOR if other else Severity.NONE)

    play("threads", scenario, limits=Limits(watchdog=0.2))


def test_a_quarantined_method_is_reported_as_that_alone() -> None:
    """Rule 22: it holds the lock no more."""

    def scenario(process: Process) -> None:
        device = Holder("H")
        process.add(device)
        Client(process).call("H", "hold")
        reported(device)
        with pytest.raises(DeviceFailed, match="quarantined"):
            process.view("H").abort()
        assert f"hold does not obey, at {line(Holder.hold, 2)}" in device.health.value
        assert "has held the lock" not in device.health.value
        device._go_on.set()
        eventually(lambda: not device._machine.zombies, "the zombie's end")
        process.view("H").reset()
        assert device.health.value == "OK"

    play("threads", scenario, limits=Limits(watchdog=0.2))


def test_a_stall_that_is_over_is_told_for_a_while() -> None:
    """Rule 22: long enough to be seen after the method's end, and not for ever."""
    device = Holder("H")
    with Process(limits=Limits(watchdog=0.2, stall_shown=0.5), report_stalls=True) as process:
        process.add(device)
        for _ in range(5):  # a stall that ends just when the Process looks may be named only the next time
            Client(process).call("H", "keep_interpreter", seconds=0.7).result()
            if "keep_interpreter kept the interpreter" in device.health.value:
                break
        assert "keep_interpreter kept the interpreter from everybody" in device.health.value
        assert line(Holder.keep_interpreter, 2) in device.health.value
        assert device.health.alarm.severity is Severity.MINOR
        eventually(lambda: device.health.value == "OK", "the end of the report", 3)


LIBRARY, CORE = threading.__file__, core.__file__.replace("__init__.py", "")
BEGIN = [(f"{CORE}manager.py", (90, "_execute")), (LIBRARY, (1, "_bootstrap"))]


@pytest.mark.parametrize(
    ("within", "told"),
    [
        ([(LIBRARY, (3, "wait")), ("/lab/stage.py", (5, "move"))], "/lab/stage.py:5 in move"),
        (
            [("/x/site-packages/sdk/bus.py", (3, "read")), ("/lab/stage.py", (5, "move")), ("/lab/base.py", (1, "f"))],
            "/lab/stage.py:5 in move",
        ),
        (
            [("/x/site-packages/sdk/bus.py", (3, "read")), (LIBRARY, (3, "wait"))],
            "/x/site-packages/sdk/bus.py:3 in read",
        ),
        ([(f"{CORE}lock.py", (7, "acquire")), (f"{CORE}call.py", (8, "enter"))], f"{CORE}lock.py:7 in acquire"),
        ([], "an unknown place"),
    ],
)
def test_the_line_that_an_author_should_look_at(within: list[Any], told: str) -> None:
    """Rule 22: what began the call is never it, nor a library where there is code of the author's."""
    assert authors_line([*within, *BEGIN]) == told
