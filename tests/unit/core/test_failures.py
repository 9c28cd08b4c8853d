"""Defects in device code: what the client is told, what the log has, and what stays out of it (rule 18)."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    DeviceFailed,
    MacduffError,
    PausableDevice,
    Process,
    VDouble,
    VInt,
    idle_task,
    publish_method,
)
from tests.support.play import BACKENDS, Client, play

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Faulty(Device):
    """Fails in every way."""

    position = Attribute(VDouble(), 0.0)
    gain = Attribute(VInt(), 1)

    @publish_method
    def boom(self, over: int) -> float:
        return 1 / over

    @publish_method
    def misspelt(self) -> None:
        self.positon.update(3)  # type: ignore[attr-defined]  # the author's mistake

    @publish_method
    def in_library(self) -> None:
        json.loads("{")

    @publish_method
    def on_purpose(self) -> None:
        raise BadValue("the dial: expected a turn to the left, got one to the right")

    @publish_method
    def own_update(self) -> None:
        self.position.update("far")  # type: ignore[arg-type]  # the author's mistake

    @publish_method
    def elsewhere(self) -> None:
        self.own_thread(_Sdk).turn()

    @gain.on_put
    def _set_gain(self, value: int) -> None:
        raise KeyError(value)


class _Sdk:
    def turn(self) -> None:
        raise OSError("no such card")


class Caller(Device):
    """Calls one that fails."""

    def __init__(self, name: str, other: Faulty) -> None:
        super().__init__(name)
        self._other = other

    @publish_method
    def ask(self) -> None:
        self._other.boom(0)


class Idler(Device):
    """An idle task that always fails the same way, until it is told otherwise."""

    trouble = Attribute(VInt(), 0, writable=True)
    runs = Attribute(VInt(), 0)

    @idle_task(period=0.02)
    def look(self) -> None:
        self.runs.update(self.runs.value + 1)
        raise ValueError(f"trouble {self.trouble.value}")


class Runner(PausableDevice):
    """Its do_run has a defect."""

    def do_run(self) -> None:
        raise IndexError("no frame")


def line_of(function: Callable[..., Any], offset: int = 1) -> str:
    """Where a function's statement stands, "test_failures.py:12"; decorators count as lines of it."""
    return f"test_failures.py:{function.__code__.co_firstlineno + offset}"


def played(backend: str, scenario: Callable[[Process], None]) -> None:
    play(backend, scenario, seeds=range(1))


def defects(caplog: pytest.LogCaptureFixture, device: str) -> list[str]:
    """What the device's logger has at ERROR with a traceback."""
    records = [record for record in caplog.records if record.name == f"macduff.device.{device}"]
    return [record.getMessage() for record in records if record.levelno == logging.ERROR and record.exc_info]


def told(call: Callable[[], object]) -> str:
    with pytest.raises(DeviceFailed) as caught:
        call()
    return str(caught.value)


def test_a_defect_is_told_with_device_member_type_and_place(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 18: the Error of an ordinary method says what and where; the log has the traceback once."""

    def scenario(process: Process) -> None:
        process.add(Faulty("D"))
        text = told(lambda: process.view("D").boom(0))
        assert text == f"D.boom: ZeroDivisionError: division by zero ({line_of(Faulty.boom.function, 2)})"
        assert defects(caplog, "D") == [text]
        assert "return 1 / over" in caplog.text

    played(backend, scenario)


def test_a_misspelt_attribute_is_taught(backend: str) -> None:
    def scenario(process: Process) -> None:
        process.add(Faulty("D"))
        text = told(lambda: process.view("D").misspelt())
        assert text.startswith("D.misspelt: AttributeError: 'Faulty' object has no attribute 'positon'; did you mean ")
        assert f"'position'? ({line_of(Faulty.misspelt.function, 2)})" in text

    played(backend, scenario)


def test_the_place_is_the_authors_line(backend: str) -> None:
    """Neither a line of a library that it called, nor one of macduff, also where another thread does the work."""

    def scenario(process: Process) -> None:
        process.add(Faulty("D"))
        view = process.view("D")
        assert line_of(Faulty.in_library.function, 2) in told(view.in_library)
        if backend == "threads":
            assert f"D.elsewhere: OSError: no such card ({line_of(_Sdk.turn)})" == told(view.elsewhere)
        text = told(lambda: view.put(gain=3))
        assert text == f"D.gain: KeyError: 3 ({line_of(Faulty._set_gain, 2)})"

    played(backend, scenario)


def test_what_was_raised_on_purpose_is_no_defect(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """A MacduffError reaches the client as it stands, and no traceback is logged."""

    def scenario(process: Process) -> None:
        process.add(Faulty("D"))
        with pytest.raises(BadValue, match=r"^the dial: expected a turn to the left, got one to the right$"):
            process.view("D").on_purpose()
        with pytest.raises(BadValue, match=r"^D\.position: expected a number"):
            process.view("D").own_update()
        assert defects(caplog, "D") == []

    played(backend, scenario)


def test_a_childs_defect_is_told_and_logged_once(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """The caller's client hears where it really was."""

    def scenario(process: Process) -> None:
        other = Faulty("D")
        process.add(other)
        process.add(Caller("C", other))
        text = told(lambda: process.view("C").ask())
        assert text.startswith("D.boom: ZeroDivisionError")
        assert (defects(caplog, "D"), defects(caplog, "C")) == ([text], [])

    played(backend, scenario)


def test_a_defect_in_a_do_function_is_in_health(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 18: Fault, the message, an Error to its caller."""

    def scenario(process: Process) -> None:
        device = Runner("R")
        process.add(device)
        Client(process).call("R", "configure").result()
        text = told(lambda: Client(process).call("R", "run").result())
        assert text == f"R.do_run: IndexError: no frame ({line_of(Runner.do_run)})"
        assert device.health.value == text
        assert defects(caplog, "R") == [text]

    played(backend, scenario)


def test_an_idle_task_that_goes_on_failing_is_logged_once(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """Rule 27: the alarm tells of it; the log when it is news."""

    def scenario(process: Process) -> None:
        device = Idler("I")
        process.add(device)
        for trouble in (0, 1):
            process.view("I").trouble = trouble
            runs = device.runs.value
            while device.runs.value < runs + 3:
                process.backend.sleep(0.01)
        place = line_of(Idler.look, 3)
        expected = [f"I.look: ValueError: trouble {n} ({place})" for n in (0, 1)]
        assert defects(caplog, "I") == expected
        assert device.health.value == expected[1]

    played(backend, scenario)


def test_an_error_whose_text_fails_is_told_all_the_same(backend: str) -> None:
    """Rule 15: the text is made in the worker, never in the Process thread."""

    class Mute(Exception):
        def __str__(self) -> str:
            names.append(threading.current_thread().name)
            raise ValueError("no text")

    class Thing(Device):
        @publish_method
        def go(self) -> None:
            raise Mute

    names: list[str] = []

    def scenario(process: Process) -> None:
        process.add(Thing("T"))
        with pytest.raises(MacduffError, match=r"T\.go: Mute, whose text cannot be told \(test_failures\.py:\d+\)"):
            process.view("T").go()
        if backend == "threads":
            assert not any("macduff process" in name for name in names)

    played(backend, scenario)
