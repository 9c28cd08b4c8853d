"""Quick plots: what they show, as text, and as figures drawn into files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from IPython.core.error import UsageError

from macduff.client import Client, RemoteAttribute, connect
from macduff.errors import BadValue, Disconnected
from macduff.ipython import plotting_magic
from macduff.ipython.plotting import Series
from macduff.ipython.plotting_figures import panels
from macduff.ipython.plotting_magic import parsed
from macduff.ipython.plotting_plots import Plot, new_plot
from macduff.ipython.plotting_texts import series_text, spark
from macduff.values import Alarm, History, Severity, VArray, VBool
from tests.support import eventually
from tests.unit.client.memory import MemoryServer, attribute, stage

pytestmark = pytest.mark.allow_files("*/fonts/*")  # matplotlib keeps its fonts open

NOW = 1_700_000_000.0
SECOND = 1_000_000_000


@pytest.fixture
def server() -> MemoryServer:
    found = stage()
    found.fields["image"] = attribute("image", VArray("uint8", 2), [[0, 50], [100, 200]])
    found.fields["wave"] = attribute("wave", VArray("float64"), [0.0, 1.0, 4.0])
    found.fields["on"] = attribute("on", VBool(), True)
    found.fields["cube"] = attribute("cube", VArray("uint8", 3), [[[0]]])
    return MemoryServer(found)


@pytest.fixture
def client(server: MemoryServer) -> Iterator[Client]:
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client


@pytest.fixture(autouse=True)
def past(monkeypatch: pytest.MonkeyPatch) -> dict[str, History]:
    """The histories that the server has, by path; there is no HTTP here."""
    known: dict[str, History] = {}

    def history(self: RemoteAttribute[Any], seconds: float | None = None) -> History:
        if self.path not in known:
            raise Disconnected(f"history of {self.path}: none is kept")
        return known[self.path]

    monkeypatch.setattr(RemoteAttribute, "history", history)
    return known


def positions(*values: float) -> History:
    """One a second, the last at NOW."""
    times = np.array([(NOW - len(values) + 1 + n) * SECOND for n in range(len(values))], np.int64)
    return History(times, np.array(values), ((0, Alarm()),))


def series(client: Client, name: str, seconds: float | None = None) -> Series:
    return Series(client["STAGE"].attributes[name], seconds)


def test_numbers_begin_with_the_history_and_go_on_live(
    server: MemoryServer, client: Client, past: dict[str, History]
) -> None:
    past["STAGE.position"] = positions(1.0, 2.0, 3.0)
    found = series(client, "position")
    assert found.times(NOW).values[:3].tolist() == [1.0, 2.0, 3.0]
    found.follow()
    server.run(lambda: server.update("STAGE", position=9.0))
    eventually(lambda: found.times(time.time()).values[-1] == 9.0, "the new value is there")
    now = time.time() + 60
    assert found.times(now).times[-1] == now, "a value holds until the next"
    found.close()


def test_what_was_not_known_is_a_gap(client: Client, past: dict[str, History]) -> None:
    invalid = Alarm(Severity.INVALID, message="disconnected")
    past["STAGE.position"] = History(
        np.array([1, 2, 3]) * SECOND, np.array([1.0, 1.0, 2.0]), ((0, Alarm()), (1, invalid), (2, Alarm()))
    )
    values = series(client, "position").times(NOW).values
    assert values[0] == 1.0 and np.isnan(values[1]) and values[2] == 2.0


def test_of_the_last_seconds_the_value_that_was_true_then_is_there(client: Client, past: dict[str, History]) -> None:
    past["STAGE.position"] = positions(1.0, 2.0, 3.0, 4.0, 5.0)
    found = series(client, "position", 2.5)
    found._readings.pop()  # the present value, of another time
    shown = found.times(NOW)
    assert (shown.times - NOW).tolist() == [-2.5, -2.0, -1.0, 0.0, 0.0]
    assert shown.values.tolist() == [2.0, 3.0, 4.0, 5.0, 5.0]


def test_a_server_without_histories_says_so_and_the_plot_begins_now(client: Client) -> None:
    found = series(client, "position")
    assert "none is kept" in found.no_history
    assert found.times(time.time()).values.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("name", "kind"), [("state", "strip"), ("on", "strip"), ("wave", "line"), ("image", "image")])
def test_kinds(client: Client, name: str, kind: str) -> None:
    assert series(client, name).kind == kind


def test_what_cannot_be_plotted_is_told(client: Client) -> None:
    with pytest.raises(BadValue, match=r"STAGE\.cube: expected a number, .* got a 3-dimensional array"):
        series(client, "cube")


def test_what_has_the_same_units_shares_a_panel(client: Client) -> None:
    found = [series(client, name) for name in ("position", "velocity", "position", "image", "wave", "state")]
    assert [[each.path for each in panel] for panel in panels(found)] == [
        ["STAGE.position", "STAGE.position"],
        ["STAGE.velocity"],
        ["STAGE.image"],
        ["STAGE.wave"],
        ["STAGE.state"],
    ]


def test_as_text(client: Client, past: dict[str, History]) -> None:
    past["STAGE.position"] = positions(*map(float, range(9)))
    found = series(client, "position")
    found._readings.pop()
    text = series_text(found, NOW)
    assert text.startswith("STAGE.position  ▁▁▁▁▁▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄") and "0.0000 to 8.0000 mm in 0:08" in text
    assert series_text(series(client, "wave"), NOW) == "STAGE.wave  ▁▃█  0 to 4, 3 values"
    assert series_text(series(client, "image"), NOW).endswith("2 uint8, 0 to 200")
    assert "slow to slow" in series_text(series(client, "mode"), NOW)


def test_blocks() -> None:
    assert spark(np.array([0.0, np.nan, 7.0])) == "▁ █"
    assert spark(np.array([2.0, 2.0])) == "▁▁"
    assert spark(np.array([np.nan])) == " "
    assert spark(np.array([-1e308, 1e308])) == "▁▁"


def test_a_figure_is_drawn_into_a_file(client: Client, past: dict[str, History], tmp_path: Path) -> None:
    past["STAGE.position"] = positions(1.0, 2.0, 3.0)
    shell: Any = SimpleNamespace()
    plot = new_plot(shell, [series(client, name) for name in ("position", "state", "wave", "image", "on")], None)
    axes = plot.figure.axes
    assert [ax.get_title() for ax in axes[:5]] == [
        f"STAGE.{name}" for name in ("position", "state", "wave", "image", "on")
    ]
    assert axes[0].get_ylabel() == "mm"
    assert [label.get_text() for label in axes[1].get_yticklabels()] == ["Idle", "Running"]
    assert axes[0].lines[0].get_ydata()[:3] == pytest.approx([1, 2, 3])  # type: ignore[index]  # an array
    plot.save(str(tmp_path / "plot.png"))
    plot.close()
    assert (tmp_path / "plot.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert repr(plot) == "<plot of STAGE.position, STAGE.state, STAGE.wave, STAGE.image, STAGE.on, closed>"


@pytest.mark.parametrize(
    "values", [(), (np.nan,), (np.inf, -np.inf), (1e308, -1e308), (5e-324,), (0.0, 0.0), (1.0, np.nan, 2.0)]
)
def test_whatever_the_numbers_were_they_are_drawn_and_told(
    client: Client, past: dict[str, History], tmp_path: Path, values: tuple[float, ...]
) -> None:
    past["STAGE.position"] = positions(*values)
    found = series(client, "position")
    assert series_text(found, NOW).isprintable()
    plot = new_plot(SimpleNamespace(), [found], None)  # type: ignore[arg-type]  # without a window
    plot.save(str(tmp_path / "plot.png"))
    plot.close()


@pytest.mark.parametrize("name", ["wave", "image"])
def test_whatever_the_arrays_are_they_are_drawn_and_told(
    server: MemoryServer, client: Client, tmp_path: Path, name: str
) -> None:
    found = series(client, name)
    plot = new_plot(SimpleNamespace(), [found], None)  # type: ignore[arg-type]  # without a window
    shape = (0,) if name == "wave" else (0, 3)
    for array in (np.zeros(shape), np.full((2,) * len(shape), np.nan), np.full((1,) * len(shape), np.inf)):
        found.reading = found.reading._replace(value=array)
        assert series_text(found, NOW).isprintable()
        plot.save(str(tmp_path / "plot.png"))
    plot.close()


def test_a_plot_follows_what_it_shows(server: MemoryServer, client: Client) -> None:
    plot = new_plot(SimpleNamespace(), [series(client, "image")], None)  # type: ignore[arg-type]  # without a window
    server.run(lambda: server.update("STAGE", image=np.full((3, 4), 7, np.uint8)))
    eventually(lambda: plot._series[0].array.shape == (3, 4), "the new picture is there")
    assert plot._repr_png_()[1:4] == b"PNG"
    image = plot.figure.axes[0].images[0]
    assert np.asarray(image.get_array()).shape == (3, 4)
    assert tuple(image.get_extent()) == (-0.5, 3.5, 2.5, -0.5)
    plot.close()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("X.a", (["X.a"], 3600.0, "")),
        ("X.a Y.b --seconds 60", (["X.a", "Y.b"], 60.0, "")),
        ("-s all X.a -o 'my plot.png'", (["X.a"], None, "my plot.png")),
        ("('X.a', 'Y.b')", (["X.a", "Y.b"], 3600.0, "")),
    ],
)
def test_what_is_typed(line: str, found: object) -> None:
    assert parsed(line) == found


@pytest.mark.parametrize("line", ["", "X.a --seconds", "X.a -s -1", "X.a -s nan", "X.a --save", "X.a -x", "X.a 'b"])
def test_what_is_typed_wrongly_is_told(line: str) -> None:
    with pytest.raises(UsageError, match=r"^plot"):
        parsed(line)


Typed = Callable[[str], Plot | None]


@pytest.fixture
def shell(client: Client) -> SimpleNamespace:
    """As much of one as the command needs."""
    lines: dict[str, Any] = {}
    return SimpleNamespace(
        user_ns={"my": client["STAGE"]},
        magics_manager=SimpleNamespace(magics={"line": lines}),
        register_magic_function=lambda function, kind, name: lines.__setitem__(name, function),
    )


@pytest.fixture
def plot(client: Client, shell: SimpleNamespace) -> Iterator[Typed]:
    """The command."""
    lines = shell.magics_manager.magics["line"]
    session: Any = SimpleNamespace(shell=shell, client=client)
    undo = plotting_magic.install(session)
    yield lines["plot"]
    undo()
    assert not lines


def test_without_matplotlib_there_is_text_and_how_to_install_it(
    plot: Typed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plotting_magic, "has_matplotlib", lambda: False)
    assert plot("STAGE.position") is None
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "nothing from before: history of STAGE.position: none is kept"
    assert lines[1].startswith("STAGE.position  ▁▁▁")
    assert lines[2] == "for a picture: pip install 'macduff[plot]'"


def test_without_a_screen_there_is_text_and_how_to_have_a_file(
    plot: Typed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plotting_magic, "window_kind", lambda: None)
    assert plot("my.wave") is None
    assert capsys.readouterr().out.splitlines() == [
        "STAGE.wave  ▁▃█  0 to 4, 3 values",
        "there is no screen for a window; --save FILE.png draws into a file",
    ]


def test_in_a_notebook_the_plot_is_the_result(plot: Typed, shell: SimpleNamespace) -> None:
    shell.kernel = object()
    found = plot("STAGE.wave")
    assert found is not None and not found.closed
    assert found._repr_png_()[1:4] == b"PNG"


def test_a_file_that_cannot_be_is_told(plot: Typed, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"plot --save .*x\.nonsense: Format 'nonsense' is not supported"):
        plot(f"STAGE.wave --save {tmp_path}/x.nonsense")
    with pytest.raises(UsageError, match="No such file or directory"):
        plot(f"STAGE.wave --save {tmp_path}/no/x.png")
    with pytest.raises(UsageError, match="expected an attribute of STAGE"):
        plot("STAGE")
