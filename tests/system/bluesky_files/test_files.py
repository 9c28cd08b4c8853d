"""The files themselves: one for each run, whatever else is open, and whole lines whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import bluesky.plan_stubs as bps
import pytest
from bluesky.preprocessors import set_run_key_wrapper
from bluesky.run_engine import RunEngine

from examples.bluesky.to_files import Run, writer
from macduff.bluesky import CommsConnector, tango_motor

ROOT = Path(__file__).parents[3]
KILLED = """
import os, signal, sys
import bluesky.plan_stubs as bps
from bluesky import RunEngine
from pathlib import Path
from examples.bluesky.to_files import writer
from macduff.bluesky import CommsConnector, tango_motor

def plan():
    yield from bps.open_run()
    for point in range(5):
        yield from bps.mv(motor, point)
        yield from bps.trigger_and_read([motor])
        if point == 2:
            os.kill(os.getpid(), signal.SIGKILL)

RE = RunEngine({})
RE.subscribe(writer(Path(sys.argv[1])))
with CommsConnector(sim_mode=True):
    motor = tango_motor("no/such/motor", "motor")
RE(plan())
"""


def test_runs_that_are_open_at_the_same_time_have_a_file_each(run_engine: RunEngine, tmp_path: Path) -> None:
    run_engine.subscribe(writer(tmp_path))  # type: ignore[no-untyped-call]  # Bluesky's
    with CommsConnector(sim_mode=True):
        motor = tango_motor("no/such/motor", "motor")

    def at(place: float, run: str) -> Any:
        yield from bps.mv(motor, place)
        yield from keyed(bps.trigger_and_read([motor]), run)

    def keyed(plan: Any, run: str) -> Any:
        return set_run_key_wrapper(plan, run)  # type: ignore[no-untyped-call]  # Bluesky's

    def both() -> Any:
        uids = []
        for run in "ab":
            uids.append((yield from keyed(bps.open_run(), run)))
        for place, run in ((1, "a"), (2, "b"), (3, "b"), (4, "a")):
            yield from at(place, run)
        for run in "ab":
            yield from keyed(bps.close_run(), run)
        found.extend(uids)

    found: list[str] = []
    run_engine(both())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{uid}.jsonl" for uid in found)
    places = [Run(tmp_path / f"{uid}.jsonl").columns["primary"]["motor-position"] for uid in found]
    assert places == [[1, 4], [2, 3]]


def test_a_killed_process_leaves_the_points_until_then(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, timeout=50, check=False)
    assert done.returncode == -signal.SIGKILL
    (path,) = tmp_path.iterdir()
    assert Run(path).columns["primary"]["motor-position"] == [0, 1, 2]


def test_a_plan_whose_file_cannot_be_written_fails_and_says_so(run_engine: RunEngine, tmp_path: Path) -> None:
    run_engine.subscribe(writer(tmp_path / "nowhere"))  # type: ignore[no-untyped-call]  # Bluesky's
    with pytest.warns(UserWarning, match="FileNotFoundError"), pytest.raises(FileNotFoundError, match="nowhere"):
        run_engine(bps.open_run())
