"""Devices and classes as variables, constructors, and a session's switches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from macduff.client import Client, UnknownName, connect
from macduff.ipython import load_ipython_extension, session_of, unload_ipython_extension
from macduff.ipython.away import NotConnected
from macduff.ipython.classes import WrongClass
from macduff.ipython.session import Session
from tests.unit.client.memory import MemoryServer, stage


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("MACDUFF_ADDRESS", raising=False)
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    make: Any = InteractiveShell
    shell = make(config=config)
    load_ipython_extension(shell)
    yield shell
    unload_ipython_extension(shell)


@pytest.fixture
def session(shell: Any) -> Session:
    return session_of(shell)


def run(session: Session, cell: str) -> Any:
    """What a cell gives."""
    shell: Any = session.shell
    return shell.run_cell(cell).result


def connected(session: Session, *names: str, kind: str = "Stage") -> Client:
    """A client of a server with these stages, which the session has from now on."""
    server = MemoryServer(*(stage(name, tags=(f"class:{kind}",)) for name in names))
    client = connect("ws://memory:1", timeout=5, open_carrier=server.open)
    session.use(client)
    assert session.inventory.settle(10)
    run(session, "pass")
    return client


def test_devices_and_classes_are_variables_where_python_can_spell_them(session: Session) -> None:
    before = set(session.shell.user_ns)
    client = connected(session, "STAGE", "BL01:X", "class", "print")
    space = session.shell.user_ns
    assert set(space) - before == {"STAGE", "Stage", "devices"}
    assert space["STAGE"] is client["STAGE"] and space["devices"] is client
    session.use(None)
    run(session, "pass")
    assert set(space) == before


def test_a_variable_of_the_user_is_never_touched(session: Session) -> None:
    run(session, "A = 1; devices = 2")
    connected(session, "A", "B")
    space = session.shell.user_ns
    assert (space["A"], space["devices"]) == (1, 2)
    run(session, "B = 3")
    connected(session, "A", "B")
    assert (space["A"], space["B"]) == (1, 3)
    run(session, "del B")
    run(session, "pass")
    assert space["B"] is session.client["B"], "the name is free again"
    session.use(None)
    run(session, "pass")
    assert (space["A"], space["devices"]) == (1, 2) and "B" not in space


def test_they_come_back_after_a_reset(session: Session) -> None:
    connected(session, "STAGE")
    run(session, "%reset -f")
    assert run(session, "STAGE.velocity") == 1.0


def test_a_constructor_gives_devices_of_its_class_alone(session: Session) -> None:
    client = connected(session, "A1", "A2")
    make = session.shell.user_ns["Stage"]
    assert make("A1") is client["A1"]
    assert repr(make) == "<devices of class Stage: A1, A2>"
    with pytest.raises(UnknownName, match="ws://memory:1: no Stage 'B'; there are A1, A2"):
        make("B")
    with pytest.raises(TypeError, match=r"""Stage: expected the name of a device, such as Stage\("A1"\), got 3"""):
        make(3)
    connected(session, "A1", kind="Slide")
    with pytest.raises(WrongClass, match="A1: expected a Stage, got a Slide"):
        make("A1")
    with pytest.raises(UnknownName, match="no device 'A3'; there are A1"):
        make("A3")
    session.use(None)
    with pytest.raises(NotConnected, match="type `switch ADDRESS`"):
        make("A1")


def test_who_listens_hears_of_each_switch_and_one_that_raises_stops_nobody(session: Session) -> None:
    heard: list[Client | None] = []

    def raising(client: Client | None) -> None:
        raise RuntimeError("no")

    session.on_switch(raising)
    end = session.on_switch(heard.append)
    first = connected(session, "A")
    second = connected(session, "A")
    assert first.state == "closed", "the session owns its clients"
    end()
    session.use(None)
    assert heard == [first, second] and second.state == "closed"
    assert session.visited == ["ws://memory:1"]


def test_a_shell_without_the_extension_says_what_to_type() -> None:
    make: Any = InteractiveShell
    config = Config()
    config.HistoryManager.enabled = False
    with pytest.raises(LookupError, match=r"%load_ext macduff\.ipython"):
        session_of(make(config=config))


def test_loaded_twice_is_one_session_and_unloaded_all_is_as_before(shell: Any) -> None:
    session = session_of(shell)
    load_ipython_extension(shell)
    assert session_of(shell) is session
    unload_ipython_extension(shell)
    lines = shell.magics_manager.magics["line"]
    assert not {"lsdev", "lstype", "lsproc", "lserr", "switch"} & set(lines)
    assert shell.custom_exceptions == ()
    unload_ipython_extension(shell)
