"""Hear every change of the small beamline, and hold it against the rules."""

from __future__ import annotations

from collections import Counter as Tally
from typing import Any

from macduff import DState
from macduff.core import LEGAL

__all__ = ["VISITED", "Observer", "Pairs", "Patient"]

VISITED: Tally[tuple[str, str]] = Tally()
"""(state, event) pairs of all runs, for the report."""

BACKWARDS = (DState.Configuring, DState.Ready, DState.Rewinding)
"""Where completed_steps may go down."""

QUIET = {"X": "position", "DET": "completed_steps", "SCAN": "completed_steps", "DIS": "steps"}
"""What must not change between Aborting and the next thing that is begun."""


class Pairs:
    """Hears merged changes of X: `at` and `of` are never seen apart (rule 4)."""

    def put(self, item: tuple[Any, ...]) -> None:
        if item[0].name == "Changes" and ("at" in item[2] or "of" in item[2]):
            changes = item[2]
            assert "at" in changes and "of" in changes, f"half a set: {changes}"
            assert changes["at"].value == changes["of"].value, f"half a set: {changes}"


class Observer:
    """Hears every change of one device and holds it against the rules."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sequence = -1
        self.state: DState | None = None
        self.quiet = False
        self.steps = 0
        self.ends = 0

    def put(self, item: tuple[Any, ...]) -> None:
        event = item[0].name
        if event == "Removed":
            self.ends += 1
            assert self.ends == 1, f"{self.name}: told of its removal twice"
            return
        assert not self.ends, f"{self.name}: a change after its end: {item}"
        if event == "Value":
            self.state = item[2].state.value
            self.sequence = item[3]
            return
        assert event == "Changes", item
        _, _, changes, sequence = item
        for key, value in changes.items():
            if "." in key or key == "":
                continue
            assert value.sequence > self.sequence, f"{self.name}.{key}: sequence {value.sequence} after {self.sequence}"
            self.sequence = value.sequence
            if key == "state":
                self._state(value.value)
            if key == "completed_steps":
                backwards = value.value < self.steps and self.state not in BACKWARDS
                assert not backwards, f"{self.name}.{key}: from {self.steps} to {value.value} in {self.state}"
                self.steps = value.value
            if key == QUIET.get(self.name):
                assert not self.quiet, f"{self.name}.{key}: changed to {value.value} by a dead call"
        assert sequence <= self.sequence or all("." in key or not key for key in changes)

    def _state(self, state: DState) -> None:
        before, self.state = self.state, state
        assert before is not None
        assert (before, state) in LEGAL, f"{self.name}: {before} -> {state} is no transition"
        self.quiet = state in (DState.Aborting, DState.Aborted) or (self.quiet and state is DState.Idle)
        VISITED[before.value, state.value] += 1


class Patient(Observer):
    """Is told once in a period only, newest wins: states between may be missing, the newest may not."""

    def put(self, item: tuple[Any, ...]) -> None:
        if item[0].name != "Changes":
            super().put(item)
            return
        assert not self.ends, f"{self.name}: a change after its end: {item}"
        for key, value in item[2].items():
            if "." not in key and key:
                assert value.sequence > self.sequence or key != "state", f"{self.name}.{key}: an older one came later"
                if key == "state":
                    self.state = value.value
        self.sequence = max(self.sequence, item[3])
