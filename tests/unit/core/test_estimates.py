"""What a client is told by `validate`: the parameters as they would be used, and estimates where there are any."""

from __future__ import annotations

import math
from typing import Any

import pytest

from macduff import Process
from tests.support.play import BACKENDS, play
from tests.unit.core.devices import Counter


class Strict(Counter):
    """Refuses, and estimates nothing."""

    def validate(self, **params: Any) -> Any:
        return params


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_said_of_a_duration_that_nobody_estimates(backend: str) -> None:
    """Ready-made, `validate` has no duration; where an author's may have one and has none, it is NaN, as it says."""

    def scenario(process: Process) -> None:
        process.add(Counter("C"))
        process.add(Strict("S"))
        assert process.view("C").validate(frames=4) == {"frames": 4, "wait_time": 0.01}
        assert list(process.devices["C"].methods["validate"].returns) == ["frames", "wait_time"]
        told = process.view("S").validate(frames=4)
        assert math.isnan(told.pop("duration"))
        assert told == {"frames": 4, "wait_time": 0.01}
        duration = process.devices["S"].methods["validate"].returns["duration"]
        assert "NaN without an estimate" in duration.description

    play(backend, scenario, seeds=range(2))
