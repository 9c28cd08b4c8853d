"""`lserr`: the last error whole, with the server's side; and what is shown of it where it happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from macduff.client import connect
from macduff.errors import Busy, DeviceFailed, MacduffError
from macduff.ipython.erring import without_ours
from macduff.ipython.extension import load, unload
from macduff.ipython.failures import macduff_error
from macduff.ipython.session import Session
from macduff.values import VString
from tests.support import eventually
from tests.unit.client.memory import FakeMethod, MemoryServer, attribute, stage


def failing() -> DeviceFailed:
    error = DeviceFailed("STAGE.move: torn\x1b[2J", device="STAGE", member="move", state="Running", allowed=("abort",))
    error.traceback = 'stage.py:12, in move: raise RuntimeError("torn")\nRuntimeError: \x1b]0;torn'
    return error


@pytest.fixture
def server() -> MemoryServer:
    device = stage()
    device.fields["status"] = attribute("status", VString(), "pulling")
    move: FakeMethod = device.fields["move"]
    move.run = lambda parameters, finish: finish(None, failing())
    return MemoryServer(device)


@pytest.fixture
def session(server: MemoryServer) -> Iterator[Session]:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    make: Any = InteractiveShell
    shell: InteractiveShell = make(config=config)
    session = load(shell)
    session.use(connect("ws://memory:1", timeout=5, open_carrier=server.open))
    assert session.inventory.settle(10)
    yield session
    unload(shell)


def printed(session: Session, capsys: pytest.CaptureFixture[str], *cells: str) -> str:
    """What the last of the cells prints."""
    shell: Any = session.shell
    for cell in cells:
        capsys.readouterr()
        shell.run_cell(cell)
    return capsys.readouterr().out


def test_what_the_server_told_and_how_the_device_is_now(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(session, capsys, "STAGE.move(1)", "lserr").splitlines()
    assert lines[0] == "DeviceFailed: STAGE.move: torn\\x1b[2J", "nothing in it moves a cursor"
    for line in (
        "  server     ws://memory:1",
        "  where      STAGE.move",
        "  state      Running, when it was refused or failed",
        "  allowed    abort",
        '    stage.py:12, in move: raise RuntimeError("torn")',
        "    RuntimeError: \\x1b]0;torn",
        "  state now  Idle",
        "  status now pulling",
    ):
        assert line in lines
    assert any(line.endswith("    STAGE.move(1)") for line in lines[lines.index("  here") :])


def test_a_device_that_is_gone_is_said_to_be(
    session: Session, server: MemoryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    printed(session, capsys, "STAGE.move(1)")
    server.run(server.remove, "STAGE")
    eventually(lambda: not session.inventory.names(), "it is gone")
    assert "  now        ws://memory:1 has no device 'STAGE'" in printed(session, capsys, "lserr").splitlines()


def test_the_error_that_an_error_of_the_user_was_raised_from(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = "try:\n    STAGE.move(1)\nexcept Exception as error:\n    raise ValueError('mine') from error"
    told = printed(session, capsys, cell, "lserr")
    assert told.startswith("DeviceFailed: ") and "ValueError: mine" in told
    printed(session, capsys, "1 / 0")
    assert printed(session, capsys, "lserr").startswith("DeviceFailed: "), "an error that is not of macduff is not kept"


def test_at_most_twenty_are_kept(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(session, capsys, "lserr") == "no error of macduff yet\n"
    for number in range(25):
        printed(session, capsys, f"STAGE.unknown{number}")
    assert len(session.failures) == 20
    assert "unknown24" in printed(session, capsys, "lserr") and "unknown5" in printed(session, capsys, "lserr 20")


def test_a_traceback_ends_where_user_code_called_macduff_for_the_last_time(session: Session) -> None:
    def callback() -> None:
        session.client.info("STAGE")
        _ = session.client["NOTHING"]

    with pytest.raises(MacduffError) as raised:
        callback()
    shown = without_ours(raised.value.__traceback__)
    names = []
    while shown is not None:
        names.append(shown.tb_frame.f_code.co_name)
        shown = shown.tb_next
    assert names[-1] == "callback"


def test_the_error_in_a_chain_is_found_once_around() -> None:
    first, second = Busy("x"), ValueError()
    second.__cause__ = first
    assert macduff_error(second) is first
    loop, other = KeyError(), ValueError()
    loop.__context__, other.__context__ = other, loop
    assert macduff_error(loop) is None and macduff_error(None) is None
