"""CommsConnector: what is made within it is connected at its end, all at once, and all that failed are told."""

from __future__ import annotations

import asyncio

import pytest
from ophyd_async.core import NotConnectedError

from macduff.bluesky.tango.connecting import CommsConnector


class Thing:
    """What can be connected, and notes how."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name, self.error = name, error
        self.calls: list[tuple[bool, float]] = []
        CommsConnector.schedule_connect(self)

    def __repr__(self) -> str:
        return f"Thing({self.name!r})"

    async def connect(self, mock: bool = False, timeout: float = 0.0) -> None:
        self.calls.append((mock, timeout))
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error


async def test_what_is_made_within_is_connected_at_the_end_and_not_before() -> None:
    async with CommsConnector(timeout=3.0):
        thing = Thing("a")
        assert thing.calls == []
    assert thing.calls == [(False, 3.0)]


async def test_what_is_made_outside_stays_unconnected() -> None:
    before = Thing("before")
    async with CommsConnector():
        pass
    after = Thing("after")
    assert before.calls == after.calls == []


async def test_in_sim_mode_everything_is_simulated() -> None:
    async with CommsConnector(sim_mode=True):
        assert CommsConnector.in_sim_mode()
        thing = Thing("a")
    assert thing.calls == [(True, 10.0)]
    assert not CommsConnector.in_sim_mode()


async def test_one_error_lists_everything_that_failed_and_why_and_the_rest_is_connected() -> None:
    """A failing connection was only logged."""
    with pytest.raises(NotConnectedError) as caught:
        async with CommsConnector():
            good, *_ = Thing("good"), Thing("bad", ValueError("no such thing")), Thing("bad", OSError("gone"))
            last = Thing("last")
    errors = caught.value.sub_errors
    assert {name: str(error) for name, error in errors.items()} == {
        "Thing('bad')": "no such thing", "Thing('bad') (2)": "gone",
    }  # fmt: skip
    assert "no such thing" in str(caught.value) and "gone" in str(caught.value)
    assert len(good.calls) == len(last.calls) == 1


async def test_an_error_in_the_body_connects_nothing_and_is_the_one_that_is_seen() -> None:
    with pytest.raises(KeyError):
        async with CommsConnector():
            thing = Thing("a")
            raise KeyError("mine")
    assert thing.calls == []
    assert not CommsConnector.in_sim_mode()


async def test_the_innermost_takes_what_is_made() -> None:
    async with CommsConnector():
        outer = Thing("outer")
        async with CommsConnector(sim_mode=True):
            inner = Thing("inner")
        assert inner.calls == [(True, 10.0)] and outer.calls == []
    assert outer.calls == [(False, 10.0)] and len(inner.calls) == 1


async def test_tasks_do_not_take_what_others_make() -> None:
    opened, made = asyncio.Event(), asyncio.Event()

    async def other() -> Thing:
        await opened.wait()
        thing = Thing("other")
        made.set()
        return thing

    task = asyncio.create_task(other())
    async with CommsConnector():
        opened.set()
        await made.wait()
    assert (await task).calls == []


def test_where_nothing_was_made_no_loop_is_needed() -> None:
    with CommsConnector():
        pass


def test_without_a_run_engine_a_plain_with_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bluesky.run_engine._bluesky_event_loop", None)
    with pytest.raises(NotConnectedError, match="expected a RunEngine"), CommsConnector():
        Thing("a")


async def test_a_plain_with_in_the_loop_of_the_run_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait for itself."""
    monkeypatch.setattr("bluesky.run_engine._bluesky_event_loop", asyncio.get_running_loop())
    with pytest.raises(RuntimeError, match="use `async with`"), CommsConnector():
        pass
