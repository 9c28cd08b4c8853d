"""`progress`: looking at a device that somebody else made busy."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.error import UsageError

from macduff.client import Client, connect
from macduff.errors import Disconnected
from macduff.ipython import progress_magic
from macduff.ipython.progress_magic import watch
from tests.unit.client.memory import MemoryServer, kill
from tests.unit.client.test_interrupt import ctrl_c

from .counted import FakeBar, counting


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(counting())


@pytest.fixture
def client(server: MemoryServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(progress_magic, "PERIOD", 0.005)
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        client["SCAN"]
        yield client


def test_it_is_looked_at_until_it_is_at_rest(server: MemoryServer, client: Client) -> None:
    server.run(lambda: server.update("SCAN", state="Running"))
    bar = FakeBar(lambda: server.run(lambda: server.update("SCAN", state="Idle", completed_steps=10)))
    assert watch(client["SCAN"], bar) == "SCAN is Idle, 10 of 10 steps"
    assert bar.lines == ["3 of 10 steps", "end: 10 of 10 steps, Idle"]


def test_one_that_is_at_rest_only_says_so(client: Client) -> None:
    assert watch(client["SCAN"], None) == "SCAN is Idle, 3 of 10 steps"


def test_ctrl_c_only_stops_looking(server: MemoryServer, client: Client) -> None:
    server.run(lambda: server.update("SCAN", state="Running"))
    bar = FakeBar(ctrl_c)
    assert watch(client["SCAN"], bar) == "not looked at any longer: SCAN is Running, 3 of 10 steps"
    assert bar.lines[-1] == "end: 3 of 10 steps"
    assert server.calls == []


def test_a_server_that_goes_is_told_and_the_bar_is_closed(server: MemoryServer, client: Client) -> None:
    server.run(lambda: server.update("SCAN", state="Running"))
    bar = FakeBar(lambda: kill(server, client))
    with pytest.raises(Disconnected):
        watch(client["SCAN"], bar)
    assert bar.lines[-1] == "end: 3 of 10 steps"


def test_the_command(client: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_magic, "bar_for", lambda shell, what: None)
    lines: dict[str, Any] = {}
    shell = SimpleNamespace(
        user_ns={"my": client["SCAN"]},
        magics_manager=SimpleNamespace(magics={"line": lines}),
        register_magic_function=lambda function, kind, name: lines.__setitem__(name, function),
    )
    session: Any = SimpleNamespace(shell=shell, client=client)
    undo = progress_magic.install(session)
    for name in ("SCAN", "my"):
        lines["progress"](name)
        assert capsys.readouterr().out == "SCAN is Idle, 3 of 10 steps\n"
    with pytest.raises(UsageError, match="expected a device"):
        lines["progress"]("")
    undo()
    assert not lines
