"""The leak check finds each kind of thing that a test may leave behind (the plugin runs around every test)."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.support.leaks import leaked, resources


def test_a_thread() -> None:
    before = resources()
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="left-over")
    thread.start()
    assert leaked(before, grace=0) == ["thread 'left-over'"]
    assert leaked(before, ("left-*",), grace=0) == []
    end.set()
    thread.join()
    assert leaked(before) == []


def test_a_thread_that_is_about_to_end_is_no_leak() -> None:
    before = resources()
    threading.Timer(0.05, lambda: None).start()
    assert leaked(before) == []


def test_a_socket_and_a_file(tmp_path: Path) -> None:
    before = resources()
    with socket.socket(), (tmp_path / "kept").open("w"):
        names = leaked(before, grace=0)
    assert len(names) == 2
    assert any("socket:" in name for name in names)
    assert any(str(tmp_path / "kept") in name for name in names)
    assert leaked(before) == []


def test_a_child_process() -> None:
    before = resources()
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        names = leaked(before, grace=0)
        assert child.stdin is not None
        child.stdin.close()
    assert any(name.startswith(f"child process {child.pid}: ") and "input()" in name for name in names)
    assert leaked(before) == []


def test_an_event_loop_and_its_pending_task() -> None:
    before = resources()

    async def forever() -> None:
        await asyncio.Event().wait()

    loop = asyncio.new_event_loop()
    task = loop.create_task(forever(), name="forgotten")
    loop.run_until_complete(asyncio.sleep(0))
    names = leaked(before, grace=0)
    assert any("event loop" in name for name in names)
    assert any("asyncio task 'forgotten'" in name for name in names)
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
    assert leaked(before) == []
