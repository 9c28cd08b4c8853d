"""Plots in windows: live at the prompt and while a call is waited for, and closed when they are closed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import matplotlib
import pytest
from matplotlib import pyplot
from matplotlib.backend_bases import CloseEvent

from macduff.client import Client, RemoteAttribute, connect
from macduff.errors import Disconnected
from macduff.ipython import interrupt
from macduff.ipython.interrupt import Waiting
from macduff.ipython.plotting import Series
from macduff.ipython.plotting_plots import Plot, new_plot, open_windows
from tests.support import eventually
from tests.unit.client.memory import MemoryServer, stage

pytestmark = pytest.mark.allow_files("*/fonts/*")  # matplotlib keeps its fonts open


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(stage())


@pytest.fixture
def client(server: MemoryServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    def no_history(self: RemoteAttribute[Any], seconds: float | None = None) -> None:
        raise Disconnected("none is kept")

    monkeypatch.setattr(RemoteAttribute, "history", no_history)
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client


class Shell:
    """Notes which toolkit it is to serve."""

    toolkit = ""

    def enable_gui(self, toolkit: str) -> None:
        self.toolkit = toolkit


@pytest.fixture
def window(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plot]:
    """A plot in what is a window but for its being seen: the canvas of files has timers and events, too."""
    monkeypatch.delenv("DISPLAY", raising=False)
    before = matplotlib.get_backend()
    pyplot.switch_backend("agg")
    shell: Any = Shell()
    plot = new_plot(shell, [Series(client["STAGE"].attributes["position"], None)], "tk")
    assert shell.toolkit == "tk"
    yield plot
    plot.close()
    assert pyplot.get_fignums() == []
    pyplot.switch_backend(before)


def newest(plot: Plot) -> float:
    """What is drawn now."""
    line: Any = plot.figure.axes[0].lines[0]
    return float(line.get_ydata()[-1])


def test_a_window_draws_what_is_new_by_itself(server: MemoryServer, window: Plot) -> None:
    server.run(lambda: server.update("STAGE", position=4.0))
    eventually(lambda: window._series[0].reading.value == 4.0, "the value has come")
    assert newest(window) == 0.0
    window._timer._on_timer()
    assert newest(window) == 4.0


def test_drawing_leaves_time_for_all_else(window: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    drawn: list[float] = []

    def draw() -> None:
        drawn.append(now[0])
        now[0] += 1.0  # it takes a second

    monkeypatch.setattr("macduff.ipython.plotting_plots.time.monotonic", lambda: now[0])
    monkeypatch.setattr(window.figure.canvas, "draw", draw)
    while now[0] < 110.0:
        window._timer._on_timer()
        now[0] += 0.5
    assert drawn == [100.0, 104.0, 108.0]


def test_the_closing_of_a_window_ends_its_subscription(server: MemoryServer, client: Client, window: Plot) -> None:
    assert open_windows() == [window]
    assert server.run(lambda: server.subscriptions) == ["STAGE.position"]
    canvas = window.figure.canvas
    canvas.callbacks.process("close_event", CloseEvent("close_event", canvas))
    assert window.closed and open_windows() == []
    client["STAGE"].attributes.read()  # a round trip, behind which the end of the subscription has come
    assert server.run(lambda: server.subscriptions) == []


@pytest.mark.parametrize("what", ["draw", "flush_events"])
def test_a_window_that_fails_is_left_alone(
    window: Plot, what: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(window.figure.canvas, what, lambda: 1 / 0)
    window._timer._on_timer()
    window.flush()
    window.flush()
    assert window.closed
    assert len(caplog.records) == 1


def wait_in(client: Client, window: Plot, monkeypatch: pytest.MonkeyPatch, on_flush: Callable[[], object]) -> None:
    """Calls of this client are waited for as in a shell; `on_flush` is called when the window has its turn."""
    monkeypatch.setattr(interrupt, "bar_for", lambda shell, what: None)
    monkeypatch.setattr(window.figure.canvas, "flush_events", on_flush)
    shell: Any = SimpleNamespace()
    client.around_calls(partial(Waiting, shell, client))


def test_windows_go_on_while_a_call_is_waited_for(
    server: MemoryServer, client: Client, window: Plot, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []

    def flush() -> None:
        turns.append(1)
        if len(turns) == 3:
            server.run(lambda: server.finish("move", 3.0))

    wait_in(client, window, monkeypatch, flush)
    assert client["STAGE"].move(3) == 3.0
    assert len(turns) >= 3


def test_ctrl_c_in_a_window_is_not_lost(
    server: MemoryServer, client: Client, window: Plot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Toolkits swallow a KeyboardInterrupt in their callbacks, or end the program by it."""
    before = signal.getsignal(signal.SIGINT)

    def flush() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            pytest.fail("raised within the toolkit")

    wait_in(client, window, monkeypatch, flush)
    with pytest.raises(KeyboardInterrupt):
        client["STAGE"].move(3)
    assert [call[1] for call in server.calls] == ["move", "abort"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_window_that_is_closed_meanwhile_does_not_end_the_waiting(
    server: MemoryServer, client: Client, window: Plot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush() -> None:
        window.close()
        server.run(lambda: server._loop.call_later(0.01, finish))  # type: ignore[union-attr]  # it has one by now

    def finish() -> None:
        server.finish("move", 3.0)
        server.pump()

    wait_in(client, window, monkeypatch, flush)
    assert client["STAGE"].move(3) == 3.0
