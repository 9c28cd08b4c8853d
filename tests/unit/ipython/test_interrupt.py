"""Around a call in the shell: a bar while it lasts, and what an interrupt says."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from macduff.client import Client, connect
from macduff.errors import Aborted
from macduff.ipython import interrupt, progress_following
from macduff.ipython.interrupt import Waiting
from macduff.ipython.progress import Progress, Seen
from macduff.ipython.progress_bars import NotebookBar, TerminalBar, bar_for
from tests.unit.client.memory import MemoryServer
from tests.unit.client.test_interrupt import ctrl_c

from .counted import FakeBar, counting


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(counting())


@pytest.fixture
def client(server: MemoryServer) -> Iterator[Client]:
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client


def wait_in(client: Client, monkeypatch: pytest.MonkeyPatch, bar: FakeBar | None) -> None:
    """Calls of this client are waited for as in a shell, whose bar is shown at once."""
    monkeypatch.setattr(progress_following, "DELAY", 0.0)
    monkeypatch.setattr(progress_following, "PERIOD", 0.005)
    monkeypatch.setattr(interrupt, "bar_for", lambda shell, what: bar)
    shell: Any = SimpleNamespace(kernel=None)
    client.around_calls(partial(Waiting, shell, client))


def told(error: BaseException) -> str:
    """What IPython shows instead of a traceback."""
    render: Callable[[], list[str]] = getattr(error, "_render_traceback_")  # noqa: B009 - no exception declares it
    return "\n".join(render())


def test_a_call_is_shown_until_its_end(server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> None:
        if bar.lines == ["Idle"]:
            server.run(lambda: server.update("SCAN", completed_steps=4, state="Running"))
        elif bar.lines.count("4 of 10 steps") == 1 and bar.lines[-1] == "4 of 10 steps":
            server.run(lambda: server.update("SCAN", completed_steps=10, state="Idle"))
            server.run(lambda: server.finish("move", 3.0))

    bar = FakeBar(shown)
    wait_in(client, monkeypatch, bar)
    assert client["SCAN"].move(3) == 3.0
    assert bar.lines[:2] == ["Idle", "4 of 10 steps"]
    assert bar.lines[-1] == "end: 10 of 10 steps, Idle", "the end is looked at, whenever the last look was"


def test_a_quick_call_shows_nothing(server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bar = FakeBar()
    wait_in(client, monkeypatch, bar)
    monkeypatch.setattr(progress_following, "DELAY", 60.0)
    server.on_request = lambda name: server.finish("move", 3.0)
    assert client["SCAN"].move(3) == 3.0
    assert bar.lines == []


def test_a_call_of_another_thread_shows_nothing(
    server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two bars at a time would write over one another."""
    monkeypatch.setattr(interrupt, "bar_for", lambda shell, what: pytest.fail("no bar here"))
    client.around_calls(partial(Waiting, SimpleNamespace(), client))  # type: ignore[arg-type]  # it is not looked at
    server.on_request = lambda name: server.finish("move", 3.0)
    found: list[float] = []
    thread = threading.Thread(target=lambda: found.append(client["SCAN"].move(3)))
    thread.start()
    thread.join()
    assert found == [3.0]


def test_an_error_in_what_shows_it_is_none_of_the_call(
    server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        server.run(lambda: server.finish("move", 3.0))
        raise ZeroDivisionError

    wait_in(client, monkeypatch, FakeBar(broken))
    assert client["SCAN"].move(3) == 3.0


def test_an_interrupt_says_how_the_call_ended_and_how_the_device_is(
    server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_in(client, monkeypatch, FakeBar())
    server.on_request = lambda name: ctrl_c() if name == "move" else None
    with pytest.raises(KeyboardInterrupt) as caught:
        client["SCAN"].move(3)
    assert told(caught.value).splitlines() == [
        "Interrupted: SCAN.move: ended with Aborted: SCAN.move: aborted",
        "  SCAN is Idle, 3 of 10 steps",
    ]


def test_a_second_interrupt_says_what_is_still_going_on(
    server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.obeys = False
    client["SCAN"]
    server.run(lambda: server.update("SCAN", state="Running"))
    wait_in(client, monkeypatch, None)
    server.on_request = lambda name: ctrl_c()
    with pytest.raises(KeyboardInterrupt) as caught:
        client["SCAN"].move(3)
    assert told(caught.value).splitlines() == [
        "Interrupted: SCAN.move: not waited for any longer; it may still be running",
        "  SCAN is Running, 3 of 10 steps",
    ]


def test_the_errors_of_a_call_are_left_alone(
    server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_in(client, monkeypatch, None)
    server.on_request = lambda name: server.finish("move", error=Aborted("SCAN.move: aborted"))
    with pytest.raises(Aborted) as caught:
        client["SCAN"].move(3)
    assert not hasattr(caught.value, "_render_traceback_")


def steps(done: int, state: str = "Running") -> Progress:
    progress = Progress(0.0)
    progress.look(Seen("Running", "", 0, 10, "0 of 10 steps"), 0.0)
    progress.look(Seen(state, "", done, 10, f"{done} of 10 steps"), 1.0)
    return progress


def test_a_bar_of_a_terminal_stays_when_it_counted_steps() -> None:
    file = io.StringIO()
    bar = TerminalBar("[red]DET.run", Console(file=file, force_terminal=True, width=100, color_system=None))
    bar.show(steps(4), 1.0)
    bar.close(steps(10, "Ready"), 2.0)
    last = file.getvalue().rpartition("\x1b[2K")[2]
    assert "[red]DET.run" in last and "10 of 10 steps, Ready 0:02" in last


def test_a_bar_that_nobody_saw_leaves_nothing() -> None:
    file = io.StringIO()
    TerminalBar("DET.run", Console(file=file, force_terminal=True, width=100)).close(steps(4), 2.0)
    assert file.getvalue() == ""


def test_a_bar_of_a_notebook_is_one_piece_of_html_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, html: Any) -> None:
            shown.append(html.data)

    def display(html: Any, display_id: bool) -> Handle:
        assert display_id
        shown.append(html.data)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    bar = NotebookBar("<b>DET.run")
    bar.show(steps(4), 1.0)
    bar.close(steps(10, "Ready"), 2.0)
    assert len(shown) == 2
    assert "&lt;b&gt;DET.run" in shown[0] and 'value="0.4000" max="1"' in shown[0]
    assert "10 of 10 steps, Ready" in shown[1]


def test_where_nobody_would_see_a_bar_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Any = SimpleNamespace()
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert bar_for(plain, "DET.run") is None
    notebook: Any = SimpleNamespace(kernel=object())
    assert isinstance(bar_for(notebook, "DET.run"), NotebookBar)
