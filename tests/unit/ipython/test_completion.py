"""Completion by IPython's own completer: from what is known of the devices here, with nothing sent to the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.completer import CompletionContext, provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from macduff.client import connect
from macduff.ipython.extension import load, unload
from macduff.ipython.session import Session
from macduff.values import VArray, VBool, VDouble, VEnum
from tests.support import eventually
from tests.unit.client.memory import FakeDevice, FakeMethod, MemoryServer, attribute, stage

DEVICE = ["state", "position", "velocity", "mode", "move", "abort", "attributes", "put"]


def camera() -> FakeDevice:
    fields: list[Any] = [
        attribute("gain", VEnum(["low", 'so "high"', "back\\slash"]), "low", writable=True),
        attribute("gains", VArray(VEnum(["low", "high"])), ["low"], writable=True),
        attribute("open", VBool(), False, writable=True),
        FakeMethod(
            "configure",
            takes={"gain": VEnum(["low", "high"]), "exposure": VDouble(), "keep": VBool()},
            required=(),
            defaults={"gain": "low", "exposure": 0.1, "keep": True},
        ),
    ]
    return FakeDevice("BL01:CAM", {item.name: item for item in fields}, tags=("class:Camera", "other"))


def plain_shell(jedi: bool = False) -> InteractiveShell:
    config = Config()
    config.HistoryManager.enabled = False  # it is a file, and a thread that writes it
    config.Completer.use_jedi = jedi
    make: Any = InteractiveShell
    shell: InteractiveShell = make(config=config)
    return shell


@pytest.fixture(scope="module")
def server() -> MemoryServer:
    return MemoryServer(stage(tags=("class:Stage",)), stage("STAGE2", tags=("class:Stage",)), camera())


@pytest.fixture(scope="module")
def session(server: MemoryServer) -> Iterator[Session]:
    """Of a shell that is connected to it."""
    shell = plain_shell()
    session = load(shell)
    session.use(connect("ws://memory:1", timeout=5, open_carrier=server.open))
    assert session.inventory.settle(10)
    yield session
    unload(shell)


def offered(session: Session, text: str) -> list[str]:
    with provisionalcompleter():
        return [found.text for found in session.shell.Completer.completions(text, len(text))]


def completed(session: Session, text: str) -> list[str]:
    """The whole lines that Tab would give."""
    with provisionalcompleter():
        return [text[: f.start] + f.text for f in session.shell.Completer.completions(text, len(text))]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("STAGE.", DEVICE),
        ("x = 1 + STAGE.", DEVICE),
        ("print(STAGE.", DEVICE),
        ("def f():\n    return STAGE.", DEVICE),
        ("STAGE . ", DEVICE),
        ("STAGE.mo", ["mode", "move"]),
        ("devices.STAGE2.mo", ["mode", "move"]),
        ('devices["STAGE2"].mo', ["mode", "move"]),
        ('Stage("STAGE2").mo', ["mode", "move"]),
        ("STAGE.move.", ["start", "info"]),
        ("STAGE.move(", ["target=", "speed="]),
        ("STAGE.move.start(", ["target=", "speed="]),
        ("STAGE.move(1, ", ["speed="]),
        ("STAGE.move(speed=1, ", ["target="]),
        ("STAGE.move((1, 2), ", ["speed="]),
        ("STAGE.move(\n    1,\n    ", ["speed="]),
        ("STAGE.mode = ", ['"slow"', '"fast"']),
        ('STAGE.mode = "', ['slow"', 'fast"']),
        ("STAGE.mode == '", ["slow'", "fast'"]),
        ("if STAGE.mode != 'f", ["fast'"]),
        ("print(STAGE.mode == '", ["slow'", "fast'"]),
        ('print(1, STAGE.mode == "f', ['fast"']),
        ("STAGE.put(", ["velocity=", "mode="]),
        ("STAGE.put(mode='", ["slow'", "fast'"]),
        ("STAGE.put(velocity=1, ", ["mode="]),
        ('STAGE.attributes["', ['state"', 'position"', 'velocity"', 'mode"']),
        ('STAGE.attributes["mode"].put("', ['slow"', 'fast"']),
        ('Stage("', ['STAGE"', 'STAGE2"']),
        ('Camera("', ['BL01:CAM"']),
        ('devices["B', ['BL01:CAM"']),
        ('devices["BL01:CAM"].gain = "', ['low"', 'so \\"high\\""', 'back\\\\slash"']),
        ("devices['BL01:CAM'].gain = 's", ['so "high"\'']),
        ('devices["BL01:CAM"].configure("', ['low"', 'high"']),
        ("devices['BL01:CAM'].configure(keep=", ["True", "False"]),
        ("devices['BL01:CAM'].open = ", ["True", "False"]),
    ],
)
def test_what_is_offered(session: Session, server: MemoryServer, text: str, choices: list[str]) -> None:
    before = server.received
    assert offered(session, text) == choices
    assert server.received == before, "nothing was sent"


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("STA", ["STAGE", "STAGE2"]),
        ("Came", ["Camera"]),
        ("STAGE.move(tar", ["STAGE.move(target="]),
        ("STAGE.move(spe", ["STAGE.move(speed="]),
        ("devi", ["devices"]),
        ("%lsd", ["%lsdev"]),
        ("STAGE.move(STAGE.pos", ["STAGE.move(STAGE.position"]),
        ("STAGE.move(STAGE.position, spee", ["STAGE.move(STAGE.position, speed="]),
        ("STAGE.position.is_int", ["STAGE.position.is_integer"]),
        ("STAGE.mode.upp", ["STAGE.mode.upper"]),
        ('STAGE.attributes["velocity"].wait', ['STAGE.attributes["velocity"].wait_for']),
    ],
)
def test_what_stands_there_then(session: Session, text: str, choices: list[str]) -> None:
    assert completed(session, text) == choices


@pytest.mark.parametrize(
    "text", ["STAGE.zzz", "NOTHING.", "devices.NOTHING.", "STAGE.position().", "Stage('X').", "# STAGE."]
)
def test_nothing_of_ours_where_there_is_nothing(session: Session, server: MemoryServer, text: str) -> None:
    before = server.received
    assert not set(offered(session, text)) & set(DEVICE)
    assert server.received == before


WORDS = """
STAGE devices Stage Camera . mode position move ( ) [ ] " ' , = == \\ # target put attributes BL01:CAM f'
{ } \"\"\" é lsdev %
""".split()


@given(st.lists(st.sampled_from([*WORDS, " ", "\n"]), max_size=14).map("".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_nothing_is_sent_and_nothing_raised(
    session: Session, server: MemoryServer, text: str
) -> None:
    before = server.received
    completer = session.shell.Completer
    matcher = completer.custom_matchers[0]
    line = text.count("\n")
    column = len(text) - (text.rfind("\n") + 1)
    with provisionalcompleter():
        matcher(CompletionContext(token="", full_text=text, cursor_position=column, cursor_line=line, limit=None))
        list(completer.completions(text, len(text)))
    assert server.received == before


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("lsdev ", ["STAGE", "STAGE2", "BL01:CAM", "Stage", "Camera"]),
        ("%lsdev BL", ["BL01:CAM"]),
        ("lstype ", ["Stage", "Camera"]),
        ("mon add BL01:CAM.ga", ["BL01:CAM.gain", "BL01:CAM.gains"]),
        ("mon add STAGE.position STAGE2.mo", ["STAGE2.mode"]),
        ("mon ", ["STAGE", "STAGE2", "BL01:CAM", "add", "list", "delete", "show", "clear"]),
        ("plot STAGE.pos", ["STAGE.position"]),
    ],
)
def test_behind_a_command(session: Session, server: MemoryServer, text: str, choices: list[str]) -> None:
    before = server.received
    assert offered(session, text) == choices
    assert server.received == before


def test_a_variable_that_is_called_as_a_command_is_a_variable(session: Session) -> None:
    assert "STAGE.position" not in offered(session, "mon = STAGE.pos")
    assert completed(session, "mon = STAGE.pos") == ["mon = STAGE.position"]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("STAGE?", "STAGE"),
        ("STAGE ??", "STAGE"),
        ("STAGE.velocity?", 'STAGE.attributes["velocity"]'),
        ("devices['STAGE2'].mode ?", "devices['STAGE2'].attributes[\"mode\"]"),
        ('STAGE.attributes["mode"]?', 'STAGE.attributes["mode"]'),
    ],
)
def test_what_is_asked_for_shows_itself(session: Session, asked: str, shown: str) -> None:
    shell: Any = session.shell
    assert shell.transform_cell(asked) == f"{shown}\n"


@pytest.mark.parametrize("asked", ["STAGE.move?", "Stage?", "print?", "STAGE.zzz?", "lsdev?", "?", "STAGE?\n1"])
def test_what_is_not_ours_is_asked_for_as_ever(session: Session, asked: str) -> None:
    shell: Any = session.shell
    plain: Any = plain_shell()
    assert shell.transform_cell(asked) == plain.transform_cell(asked)


def test_devices_that_come_and_go(session: Session, server: MemoryServer) -> None:
    assert offered(session, "NEW") == []
    server.run(server.add, stage("NEWSTAGE", tags=("class:Newer",)))
    eventually(lambda: "NEWSTAGE" in session.inventory.devices(), "it is described")
    assert offered(session, "NEWS") == ["NEWSTAGE"]
    assert offered(session, "NEWSTAGE.") == DEVICE
    assert offered(session, 'Newer("') == ['NEWSTAGE"']
    server.run(server.remove, "NEWSTAGE")
    eventually(lambda: "NEWSTAGE" not in session.inventory.names(), "it is gone")
    assert offered(session, "NEWS") == offered(session, "Newer") == []


def test_jedi_which_would_ask_the_server_is_back_when_the_extension_is_gone() -> None:
    shell = plain_shell(jedi=True)
    load(shell)
    assert (shell.Completer.use_jedi, len(shell.Completer.custom_matchers)) == (False, 1)
    unload(shell)
    assert (shell.Completer.use_jedi, len(shell.Completer.custom_matchers)) == (True, 0)
