"""Devices of another Process, mounted: they behave as local ones, and their home may die and return."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from macduff import connect
from macduff.core import DState, Outcome, Process
from macduff.errors import Aborted, BadValue, Busy, DeviceFailed, NotFound, NotWriteable, Unreachable
from macduff.protocol.model import SEvent
from macduff.servers.web import WebServer
from macduff.sources.mount import Mounted
from macduff.values import Severity

ROOT = Path(__file__).parents[3]


class Home:
    def __init__(self) -> None:
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def start(self, shape: str = "") -> None:
        command = [sys.executable, "-m", "tests.system.mount.home", str(self.port), *([shape] if shape else [])]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.line())

    def line(self) -> str:
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "the home has ended"
        return line

    def tell(self, what: str) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        assert self.line() == "done"

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate()


@pytest.fixture
def home() -> Iterator[Home]:
    home = Home()
    home.start()
    yield home
    home.kill()


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        yield process


class Changed:
    """Waits until something is true of a device, looking again at each change."""

    def __init__(self, process: Process, device: str) -> None:
        self.process, self.device = process, process.devices[device]
        self.changed = threading.Condition()
        self.listener = process.listen(self, device, initial_value=True)

    def put(self, item: Any) -> None:
        if item[0] in (SEvent.Changes, SEvent.Value):
            with self.changed:
                self.changed.notify_all()

    def until(self, wanted: Callable[[Any], bool], timeout: float = 15.0) -> float:
        began = time.monotonic()
        with self.changed:
            assert self.changed.wait_for(lambda: wanted(self.device), timeout), self.device.to_dict()
        return time.monotonic() - began


def mounted(process: Process, home: Home, name: str = "THERE", device: str = "STAGE") -> Changed:
    process.add(Mounted(name, home.address, device))
    changed = Changed(process, name)
    changed.until(lambda device: device.health.alarm.severity is Severity.NONE)
    return changed


def test_it_has_everything_that_its_home_shows(process: Process, home: Home) -> None:
    changed = mounted(process, home)
    stage = changed.device
    with connect(home.address) as client:
        info = client.info("STAGE")
        assert list(stage.fields) == list(info.fields)
        there = client["STAGE"].attributes["position"]
        here = stage.attributes["position"]
        assert (here.vtype, here.description, here.label) == (there.vtype, "Where it is", there.info.label)
        assert here.reading[:3] == there.reading[:3], "value, alarm and the home's time stamp"
        client["STAGE"].position = 4.5
        changed.until(lambda device: device.attributes["position"].value == 4.5)
        assert here.reading.time == there.time
        assert here.alarm.severity is Severity.MINOR and here.setpoint == 4.5
        np.testing.assert_array_equal(stage.attributes["trace"].value, [4.5] * 3)


def test_puts_and_calls_go_home_with_the_same_verdicts(process: Process, home: Home) -> None:
    mounted(process, home)
    view = process.view("THERE")
    view.position = 2.0
    assert view.position == 2.0, "rule 5: the reply comes behind its changes, over two Processes"
    view.mode = "fast"
    assert view.mode == "fast"
    assert view.scale(3.0) == 6.0
    assert view.scale(3.0, offset=1.0) == 7.0
    with pytest.raises(BadValue, match=r"THERE\.position"):
        view.position = 6.0
    with pytest.raises(BadValue):
        view.mode = "warp"
    with pytest.raises(NotWriteable):
        view.trace = [1.0]
    refused: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    process.request_call("THERE", "jump", {}, refused.put)
    assert isinstance(refused.get(timeout=5).error, NotFound)
    with pytest.raises(DeviceFailed, match="the stage is on fire") as failed:
        view.fail()
    assert failed.value.device == "THERE"


def test_states_busy_and_abort_are_the_homes(process: Process, home: Home) -> None:
    changed = mounted(process, home)
    view = process.view("THERE")
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(view.hold)
        changed.until(lambda device: device.state.value is DState.Running)
        assert not changed.device.methods["scale"].writeable
        with pytest.raises(Busy):
            view.scale(1.0)
        with pytest.raises(Busy):
            process.remove("THERE")
        view.abort()
        with pytest.raises(Aborted):
            holding.result(10)
    changed.until(lambda device: device.state.value is DState.Idle and device.methods["scale"].writeable)


def test_a_run_is_configured_paused_and_resumed_from_here(process: Process, home: Home) -> None:
    changed = mounted(process, home, "SCAN", "SLOW")
    view = process.view("SCAN")
    assert view.configure(steps=50) is None
    assert changed.device.attributes["total_steps"].value == 50
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(view.run)
        changed.until(lambda device: device.attributes["completed_steps"].value > 3)
        view.pause()
        assert view.state is DState.Paused
        view.resume()
        run.result(20)
    assert view.completed_steps == 50


def test_it_is_served_on_again(process: Process, home: Home) -> None:
    mounted(process, home)
    with WebServer(process, port=0) as server, connect(server.address) as client:
        stage = client["THERE"]
        stage.position = 1.5
        assert stage.scale(2.0) == 3.0
        assert stage.attributes["position"].units == "mm"


def test_the_homes_death_and_return_are_seen_and_need_no_restart(process: Process, home: Home) -> None:
    changed = mounted(process, home)
    view = process.view("THERE")
    view.position = 3.0
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(view.hold)
        changed.until(lambda device: device.state.value is DState.Running)
        home.kill()
        assert changed.until(lambda device: device.health.alarm.severity is Severity.INVALID) < 5
        with pytest.raises(Unreachable, match="unknown"):
            holding.result(5)
    position = changed.device.attributes["position"]
    assert position.value == 3.0 and position.alarm.severity is Severity.INVALID
    assert home.address in position.alarm.message and home.address in changed.device.health.value
    with pytest.raises(Unreachable, match=r"THERE\.position: its home is away"):
        view.position = 1.0
    home.start()
    assert changed.until(lambda device: device.health.alarm.severity is Severity.NONE) < 5
    changed.until(lambda device: device.attributes["position"].value == 0.0)
    view.position = 1.0
    assert view.scale(2.0) == 2.0


def test_a_home_that_returns_with_another_shape_is_followed(process: Process, home: Home) -> None:
    changed = mounted(process, home)
    home.kill()
    changed.until(lambda device: device.health.alarm.severity is Severity.INVALID)
    home.start("other")
    changed.until(lambda device: "temperature" in device.attributes)
    changed.until(lambda device: device.attributes["position"].value == 7)
    assert "scale" not in changed.device.methods and "trace" not in changed.device.attributes
    process.view("THERE").position = 9
    assert process.view("THERE").position == 9
    with pytest.raises(BadValue):
        process.view("THERE").position = 1.5


def test_a_home_that_comes_later_and_a_device_that_comes_and_goes_there(process: Process, home: Home) -> None:
    home.kill()
    process.add(Mounted("THERE", f"{home.address}/STAGE"))
    changed = Changed(process, "THERE")
    changed.until(lambda device: home.address in device.health.value)
    home.start()
    changed.until(lambda device: device.health.alarm.severity is Severity.NONE)
    home.tell("remove")
    assert changed.until(lambda device: device.health.alarm.severity is Severity.INVALID) < 5
    home.tell("add")
    assert changed.until(lambda device: device.health.alarm.severity is Severity.NONE) < 5
    process.view("THERE").position = 1.0


def test_a_device_that_is_not_there_says_which_are(process: Process, home: Home) -> None:
    process.add(Mounted("NOPE", home.address))
    changed = Changed(process, "NOPE")
    changed.until(lambda device: "expected one of STAGE, DET, SLOW" in device.health.value)


def test_several_mounts_share_a_connection_and_can_be_taken_away(process: Process, home: Home) -> None:
    one, two = mounted(process, home, "ONE"), mounted(process, home, "TWO")
    assert len([thread for thread in threading.enumerate() if thread.name == "macduff mounts"]) == 1
    process.remove("ONE")
    process.view("TWO").position = 2.0
    assert two.device.attributes["position"].value == 2.0
    assert one.device.attributes["position"].value == 0.0, "what was taken away hears nothing more"
    process.remove("TWO")
    assert not [thread for thread in threading.enumerate() if thread.name == "macduff mounts"]
