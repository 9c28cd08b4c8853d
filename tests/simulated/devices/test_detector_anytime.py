"""The ready-made detector with something else coming in at every point of a run (rule 30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from macduff import DState, Process
from macduff.devices import Detector
from macduff.primitives.simulation import Simulated, explore
from tests.support.play import Client, Pending

FRAMES = 3


class Recorded(Detector):
    """Notes the number of each frame within its run, and 0 where a run begins."""

    def __init__(self, name: str) -> None:
        super().__init__(name, width=8, height=8)
        self._taken: list[int] = []

    def do_run(self) -> DState:
        if self.completed_steps.value == 0:
            self._taken.append(0)
        return super().do_run()

    def _take(self) -> None:
        super()._take()
        self._taken.append(int(self.completed_steps.value))


class World:
    """A detector, a client that runs it twice, and others."""

    def __init__(self, sim: Simulated) -> None:
        self.sim = sim
        self.pending: list[Pending] = []
        self.process: Process | None = None
        self.busy = 0
        self.rewound = 0

    def ask(self, method: str, **arguments: Any) -> str:
        """A client's call; the outcome's kind."""
        if self.process is None:
            return "too early or late"
        pending = Client(self.process).call("DET", method, **arguments)
        self.pending.append(pending)
        return pending.kind(60.0)

    def pause(self, rewind: int) -> None:
        self.busy += 1
        if self.ask("pause") == "ok":
            if self.ask("rewind", steps=rewind) == "ok":
                self.rewound += rewind
            self.ask("resume")
        self.busy -= 1

    def abort(self) -> None:
        self.busy += 1
        if self.ask("abort") == "ok":
            self.ask("reset")
        self.busy -= 1

    def operations(self) -> Mapping[str, Callable[[], object]]:
        return {
            "pause": lambda: self.pause(0),
            "pause and rewind": lambda: self.pause(1),
            "abort": self.abort,
            "second configure": lambda: self.ask("configure", frames=FRAMES),
        }

    def main(self) -> None:
        detector = Recorded("DET")
        with Process(backend=self.sim) as process:
            process.add(detector)
            self.process = process
            for method in ("configure", "run", "run"):
                arguments = {"exposure": 0.01, "frames": FRAMES} if method == "configure" else {}
                self.ask(method, **arguments)
            self.sim.sleep(1.0)  # what was injected at the end begins too
            while self.busy or any(not pending.outcomes for pending in self.pending):
                self.sim.sleep(1.0)
            self.process = None
            view = process.view("DET")
            assert view.state in (DState.Idle, DState.Ready)
            view.configure(exposure=0.01, frames=FRAMES)
            view.run()
            assert view.completed_steps == FRAMES
            assert view.counter == sum(number > 0 for number in detector._taken)
        self.check(detector._taken)

    def check(self, taken: list[int]) -> None:
        assert all(len(pending.outcomes) == 1 for pending in self.pending)
        again = sum(after == before > 0 for before, after in pairwise(taken))
        assert again <= self.rewound, f"a frame was taken again although nobody rewound: {taken}"
        assert all(after in (before + 1, before, 0) for before, after in pairwise(taken)), f"a frame is lost: {taken}"
        assert taken[-FRAMES:] == list(range(1, FRAMES + 1))


def scenario(sim: Simulated) -> tuple[Callable[[], object], Mapping[str, Callable[[], object]]]:
    world = World(sim)
    return world.main, world.operations()


@pytest.mark.timeout(300)
def test_whatever_comes_in_wherever_no_frame_is_lost_or_taken_twice() -> None:
    """Rules 5, 17, 18, 21: one reply each; pauses and rewinds keep the count; and it works afterwards."""
    explored = explore(scenario, references=(1,), seeds=range(100, 200))
    print(explored)
    assert min(explored.injected.values()) > 100
