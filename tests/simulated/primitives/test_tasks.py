"""Tasks, and what belongs to each of them alone."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from macduff.primitives import Backend, Queue, Task, get_backend

from .conftest import NAMES


def starters(backend: Backend) -> list[Any]:
    return [backend.spawn, backend.service]


def test_join_tells_whether_it_ended(backend: Backend) -> None:
    for start in starters(backend):
        go = backend.flag()
        task = start(go.wait, "one who waits")
        assert task.name == "one who waits"
        assert not task.join(0) and not task.join(0.02) and task.alive
        go.set()
        assert task.join() and task.join(0) and not task.alive


def test_close_tells_the_loop_and_waits(backend: Backend) -> None:
    """Rule 29: a Task ends by close()."""
    for start in starters(backend):
        queue: Queue[int] = Queue(backend)
        seen: list[int] = []
        task = start(lambda queue=queue, seen=seen: seen.extend(queue), "loop", stop=queue.close)
        queue.put(1)
        queue.put(2)
        assert task.close(10) and seen == [1, 2] and not task.alive
        assert task.close(10)


def test_the_end_of_with_ends_it(backend: Backend) -> None:
    """Rule 29: a Task ends by `with`."""
    for start in starters(backend):
        stop = backend.flag()
        with start(stop.wait, "loop", stop=stop.set) as task:
            assert task.alive
        assert not task.alive


def test_it_ends_when_nothing_refers_to_it(backend: Backend) -> None:
    """Rule 29: a Task ends when nothing refers to it; a reference cycle is found by the collector."""
    gc.freeze()  # so that each collection looks at little
    for start in starters(backend):
        stop, ended = backend.flag(), backend.flag()

        def loop(stop: Any = stop, ended: Any = ended) -> None:
            stop.wait()
            ended.set()

        task: Task | None = start(loop, "loop", stop=stop.set)
        assert task is not None and task.alive and not ended.wait(0.02)
        owner: dict[str, object] = {"task": task}
        owner["itself"] = owner
        del owner
        task = None
        gc.collect()
        assert ended.wait(10)
        backend.sleep(0.02)
    gc.unfreeze()


def test_stop_is_called_once_and_not_after_the_end(backend: Backend) -> None:
    calls: list[int] = []
    task = backend.spawn(lambda: None, "short", stop=lambda: calls.append(1))
    assert task.join(10)
    task.close()
    task.close()
    del task
    backend.sleep(0.01)
    assert not calls
    stop = backend.flag()

    def tell() -> None:
        calls.append(1)
        stop.set()

    task = backend.spawn(stop.wait, "long", stop=tell)
    assert task.close(10) and task.close(10)
    del task
    backend.sleep(0.01)
    assert len(calls) == 1


def test_a_task_can_close_itself_but_not_join_itself(backend: Backend) -> None:
    for start in starters(backend):
        stop, given = backend.flag(), backend.flag()
        found: list[object] = []
        box: list[Task] = []

        def body(stop: Any = stop, given: Any = given, found: list[Any] = found, box: list[Task] = box) -> None:
            given.wait()
            try:
                box[0].join(1)
            except RuntimeError as error:
                found.append(str(error))
            found.append(box[0].close())
            found.append(stop.is_set())

        box.append(start(body, "narcissus", stop=stop.set))
        given.set()
        assert box[0].join(10)
        assert found == ["narcissus: expected another task to wait for its end, got itself", False, True]


def test_local_call_belongs_to_one_task_and_is_not_inherited(backend: Backend) -> None:
    """Rule 11: the current call is kept per thread or greenlet, not inherited."""
    local, wrong = backend.local, []
    assert local.call is None
    local.call = "body"

    def body(name: str, depth: int) -> None:
        if local.call is not None:
            wrong.append((name, "inherited", local.call))
        local.call = name
        inner = backend.spawn(lambda: body(name + "'", depth - 1), name + "'") if depth else None
        for _ in range(5):
            backend.sleep(0.001)
            if local.call != name:
                wrong.append((name, "sees", local.call))
        if inner is not None and not inner.join(10):
            wrong.append((name, "no end", None))
        if local.call != name:
            wrong.append((name, "sees", local.call))

    tasks = [backend.spawn(lambda name=name: body(name, 2), name) for name in "abc"]  # type: ignore[misc]  # mypy knows no type of a default
    tasks.append(backend.service(lambda: body("s", 0), "s"))
    assert all(task.join(10) for task in tasks)
    assert not wrong and local.call == "body"
    local.call = None


def test_identity_is_its_own_and_has_a_name(backend: Backend) -> None:
    found: dict[str, list[Any]] = {}
    hold = backend.flag()

    def body(name: str) -> None:
        found[name] = [backend.identity(), backend.name_of(backend.identity())]
        hold.wait(10)
        found[name].append(backend.identity())

    tasks = [backend.spawn(lambda: body("a"), "a"), backend.spawn(lambda: body("b"), "b")]
    tasks.append(backend.service(lambda: body("c"), "c"))
    backend.sleep(0.05)
    hold.set()
    assert all(task.join(10) for task in tasks)
    assert len({one[0] for one in found.values()}) == 3
    for name, (before, title, after) in found.items():
        assert before == after and title == name
    assert backend.identity() not in [one[0] for one in found.values()]


@pytest.mark.parametrize("kind", ["spawn", "service"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "simulated"])
def test_what_a_task_raises_is_not_lost(name: str, kind: str, cothreads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a simulation it fails the run: test_scheduler."""
    caught: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", caught.append)

    def body() -> None:
        raise LookupError("planted")

    task: Task = getattr(get_backend(name), kind)(body, "raiser")
    assert task.join(10)
    assert [str(one.exc_value) for one in caught] == ["planted"]
