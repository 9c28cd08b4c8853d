"""examples/epics as its README says: the IOC by its script, the devices of lab.yaml in front of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.epics.devices import Camera, Motor
from macduff import Aborted, BadValue, DState, Process, Severity, Superseded
from tests.support import eventually, random_name
from tests.system.ioc import channel_access

EXAMPLE = Path(__file__).parents[3] / "examples" / "epics"


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    name = random_name() + ":"
    command = [sys.executable, str(EXAMPLE / "ioc.py"), "--prefix", name, "--port"]
    with (
        channel_access() as (port,),
        subprocess.Popen([*command, str(port)], stdout=subprocess.PIPE, text=True) as ioc,
    ):
        assert ioc.stdout is not None
        assert name in ioc.stdout.readline()
        assert ioc.stdout.readline() == f"export EPICS_CA_ADDR_LIST=127.0.0.1:{port} EPICS_CA_AUTO_ADDR_LIST=NO\n"
        yield name
        ioc.send_signal(2)
        assert ioc.wait(10.0) == 0


@pytest.fixture
def process(prefix: str) -> Iterator[Process]:
    """With X and CAM, connected."""
    with Process() as process:
        devices = [Motor("X", prefix + "X"), Camera("CAM", prefix + "CAM:")]
        for device in devices:
            process.add(device)
        eventually(
            lambda: all(a.alarm.severity is not Severity.INVALID for d in devices for a in d.attributes.values()),
            "all connected",
            10.0,
        )
        yield process


def test_the_motor(process: Process) -> None:
    view = process.view("X")
    position = process.devices["X"].attributes["position"]
    vtype: Any = position.vtype
    assert (vtype.units, vtype.precision, vtype.control) == ("mm", 3, (-10, 10))
    view.velocity = 50.0
    began = time.monotonic()
    assert view.move(5.0) == 5.0
    assert time.monotonic() - began < 5.0
    with pytest.raises(BadValue, match="-10 to 10 mm"):
        view.move(11.0)
    view.move(9.5)
    assert position.alarm[::2] == (Severity.MINOR, "HIGH")  # the record's limits
    view.velocity = 2.0
    ends: list[str] = []

    def move() -> None:
        try:
            view.move(-9.0)
        except (Superseded, Aborted) as error:
            ends.append(type(error).__name__)

    for end in (lambda: view.move(view.position - 0.1), view.abort):
        thread = threading.Thread(target=move, name="moving")
        thread.start()
        eventually(lambda: view.moving and position.setpoint == -9.0, "it moves")
        end()
        thread.join()
    assert ends == ["Superseded", "Aborted"]
    eventually(lambda: not view.moving, "it stopped")
    assert -9.0 < view.position < 9.5


def test_the_camera(process: Process) -> None:
    view = process.view("CAM")
    view.configure(exposure=0.02, frames=15)
    running = threading.Thread(target=view.run, name="running")
    running.start()
    eventually(lambda: view.completed_steps >= 3, "some frames")
    view.pause()
    done = view.completed_steps
    assert (view.state, view.acquire) == (DState.Paused, False) and 3 <= done < 15
    view.resume()
    running.join()
    assert (view.state, view.completed_steps) == (DState.Ready, 15)


def test_the_file_is_right() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "macduff", "check", str(EXAMPLE / "lab.yaml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
