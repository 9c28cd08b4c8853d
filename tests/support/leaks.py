"""A pytest plugin: a test that leaves a thread, a task, a socket, a file or a child process behind fails by name.

What a fixture of a wider scope opens while it is set up may stay until the session ends; then it must be gone too.
"""

from __future__ import annotations

import asyncio
import fnmatch
import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Generator, Hashable, Iterator
from typing import Any

import pytest

GRACE = 2.0
"""Seconds that threads and peers have to end after the test's last fixture was torn down."""

Resources = dict[Hashable, str]
"""What is open: its identity and how to name it to the author of the test."""

_loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
_lasting: Resources = {}
_before: pytest.StashKey[Resources] = pytest.StashKey()
_ignored_threads = ("pytest_timeout*", "execnet*", "pydevd*")
_ignored_files = ("/dev/", "/proc/", "/sys/", "/memfd:", "anon_inode:[eventfd]")
"""Event counters too: ZeroMQ, under Tango, makes them in threads of its own; Python code here has none."""


def _remember_loops() -> None:
    """Make every event loop known to us from its birth; asyncio itself forgets them."""
    import uvloop

    # libuv's first loop opens a pipe for signals that stays for the life of the program.
    uvloop.new_event_loop().close()
    for cls in (asyncio.BaseEventLoop, uvloop.Loop):
        original = cls.__init__

        def remember(self: Any, *args: Any, _original: Any = original, **kwargs: Any) -> None:
            _original(self, *args, **kwargs)
            _loops.add(self)

        cls.__init__ = remember  # type: ignore[method-assign]  # a hook for the tests alone


def _threads() -> Iterator[tuple[Hashable, str]]:
    for thread in threading.enumerate():
        if not any(fnmatch.fnmatch(thread.name, pattern) for pattern in _ignored_threads):
            yield thread, f"thread {thread.name!r}"


def _tasks() -> Iterator[tuple[Hashable, str]]:
    for loop in list(_loops):
        if not loop.is_closed():
            yield loop, f"event loop {loop!r} that was not closed"
        for task in asyncio.all_tasks(loop):
            yield task, f"asyncio task {task.get_name()!r}: {task.get_coro()!r}"


def _files() -> Iterator[tuple[Hashable, str]]:
    try:
        numbers = os.listdir("/proc/self/fd")
    except OSError:
        return
    for number in numbers:
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if not target.startswith(_ignored_files):
            yield (number, target), f"file descriptor {number}: {target}"


def _children() -> Iterator[tuple[Hashable, str]]:
    try:
        tasks = os.listdir("/proc/self/task")
    except OSError:
        return
    for task in tasks:
        try:
            with open(f"/proc/self/task/{task}/children") as file:
                pids = file.read().split()
        except OSError:
            continue
        for pid in pids:
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue
            if "multiprocessing.resource_tracker" not in command:
                yield ("process", pid), f"child process {pid}: {command or 'ended, not waited for'}"


def resources() -> Resources:
    """Everything that is open now in this process."""
    return {**dict(_threads()), **dict(_tasks()), **dict(_files()), **dict(_children())}


def leaked(
    before: Resources,
    allowed_threads: tuple[str, ...] = (),
    grace: float = GRACE,
    allowed_files: tuple[str, ...] = (),
) -> list[str]:
    """What is open now, was not before, and does not go away within `grace` seconds."""

    def left() -> list[str]:
        return [
            name
            for key, name in resources().items()
            if key not in before
            and key not in _lasting
            and not (
                isinstance(key, threading.Thread)
                and any(fnmatch.fnmatch(key.name, pattern) for pattern in allowed_threads)
            )
            and not (
                name.startswith("file descriptor")
                and any(fnmatch.fnmatch(name.partition(": ")[2], pattern) for pattern in allowed_files)
            )
        ]

    warned = _collect() if left() else []  # what only a cycle kept open warns when it is collected
    deadline = time.monotonic() + grace
    while names := left():
        if time.monotonic() > deadline:
            break
        time.sleep(0.002)
    return names + warned


def _collect() -> list[str]:
    """Collect garbage; what was said while that was done, which belongs to this test and not to the next."""
    said: list[str] = []
    usual, sys.unraisablehook = (
        sys.unraisablehook,
        lambda event: said.append(f"{event.exc_type.__name__}: {event.exc_value}"),
    )
    try:
        gc.collect()
    finally:
        sys.unraisablehook = usual
    return said


def pytest_configure(config: pytest.Config) -> None:
    _remember_loops()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    item.stash[_before] = resources()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    """Note what a fixture that outlives the test opens."""
    if fixturedef.scope == "function":
        return (yield)
    before = resources()
    result = yield
    _lasting.update((key, name) for key, name in resources().items() if key not in before)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    result = yield
    before = item.stash.get(_before, None)
    if before is None:
        return result
    patterns = tuple(pattern for mark in item.iter_markers("allow_threads") for pattern in mark.args)
    files = tuple(pattern for mark in item.iter_markers("allow_files") for pattern in mark.args)
    if nextitem is None:
        # Every scope has ended: what the wider fixtures opened may not stay.
        before = {key: name for key, name in before.items() if key not in _lasting}
        _lasting.clear()
    names = leaked(before, patterns, allowed_files=files)
    if names:
        pytest.fail("left behind by this test: " + "; ".join(names), pytrace=False)
    return result
