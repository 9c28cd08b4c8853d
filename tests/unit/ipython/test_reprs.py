"""Devices, attributes and methods in a terminal and in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

from macduff.client import Client, connect
from macduff.ipython import reprs, reprs_formatters
from macduff.values import Alarm, AlarmStatus, Severity, VDouble, VString
from tests.unit.client.memory import FakeMethod, MemoryServer, attribute, kill, stage

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(stage())


@pytest.fixture
def client(server: MemoryServer) -> Iterator[Client]:
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> DisplayFormatter:
    """IPython's formatters with ours, for a notebook: both kinds of text."""
    monkeypatch.setenv("COLUMNS", "100")
    found = DisplayFormatter()
    found.active_types = ["text/plain", "text/html"]
    reprs_formatters.install(SimpleNamespace(shell=SimpleNamespace(display_formatter=found)))  # type: ignore[arg-type]  # as much of one as it needs
    return found


def shown(display: DisplayFormatter, thing: object) -> str:
    return text_of(display, thing, "text/plain")


def html(display: DisplayFormatter, thing: object) -> str:
    return text_of(display, thing, "text/html")


def text_of(display: Any, thing: object, mime: str) -> str:
    return str(display.format(thing)[0][mime])


def test_a_device_is_a_table_with_state_values_units_and_what_may_be_put(
    client: Client, display: DisplayFormatter
) -> None:
    assert shown(display, client["STAGE"]).splitlines() == [
        "STAGE  Idle",
        "A linear stage.",
        "  position  0.0000  mm    r   Where it is",
        "  velocity       1  mm/s  rw",
        "  mode      slow          rw",
        "methods: move(target, speed=1), abort()",
    ]


def test_an_alarm_has_an_icon_a_word_and_its_message(
    server: MemoryServer, client: Client, display: DisplayFormatter
) -> None:
    alarm = Alarm(Severity.MAJOR, AlarmStatus.RECORD, "above alarm limit 5 mm")
    client["STAGE"]
    server.run(lambda: server.update("STAGE", alarm=alarm, position=7.0))
    assert "  position  7.0000  mm    r   ■ MAJOR: above alarm limit 5 mm  Where it is" in shown(
        display, client["STAGE"]
    )
    table = html(display, client["STAGE"])
    assert "■ MAJOR: above alarm limit 5 mm" in table and "background:#b3261e;color:#fff" in table


def test_a_set_point_that_is_not_reached_stands_behind_an_arrow(
    server: MemoryServer, client: Client, display: DisplayFormatter
) -> None:
    client["STAGE"].velocity = 2
    server.run(lambda: server.update("STAGE", velocity=1.5))
    assert "1.5 → 2" in shown(display, client["STAGE"])


def test_an_attribute_says_all_that_belongs_to_its_value(client: Client, display: DisplayFormatter) -> None:
    lines = shown(display, client["STAGE"].attributes["velocity"]).splitlines()
    assert lines[0] == "STAGE.velocity  1 mm/s"
    assert lines[1].split() == ["alarm", "none"]
    assert lines[2].split()[0] == "time"
    assert lines[3:] == [
        "  set point  1 mm/s",
        "  type       float, mm/s, 0.01 to 5",
        "  access     writable",
    ]
    assert "float, mm/s, 0.01 to 5" in html(display, client["STAGE"].attributes["velocity"])


def test_ranges_of_alarms_are_told(server: MemoryServer, client: Client, display: DisplayFormatter) -> None:
    limited = VDouble(units="K", warning=(None, 300), alarm=(4, 350))
    device = client["STAGE"]
    server.run(lambda: server.refield("STAGE", attribute("temperature", limited, 20.0)))
    while "temperature" not in client.info("STAGE").attributes:
        device.attributes.read()  # a round trip, behind which the new description comes
    lines = [line.strip() for line in shown(display, device.attributes["temperature"]).splitlines()]
    assert "minor   outside … to 300" in lines
    assert "major   outside 4 to 350" in lines


def test_a_method_is_its_signature_and_its_docstring(client: Client, display: DisplayFormatter) -> None:
    lines = shown(display, client["STAGE"].move).splitlines()
    assert lines[0] == "STAGE.move(target: float, speed: float = 1.0) -> float"
    assert lines[1] == "  Go to target and return where it ended."
    assert "      target: float, mm. Where to" in lines
    assert "Go to target and return" in html(display, client["STAGE"].move)


def test_without_a_connection_it_says_why_and_what_there_is(
    server: MemoryServer, client: Client, display: DisplayFormatter
) -> None:
    device = client["STAGE"]
    kill(server, client)
    assert "? not read: STAGE: not connected to ws://memory:1" in shown(display, device)
    assert "position" in shown(display, device), "what was known stays readable"
    assert "not read: STAGE: not connected" in html(display, device)
    assert "not read: STAGE.velocity: not connected" in shown(display, device.attributes["velocity"])


def test_inside_of_a_list_a_device_stays_on_its_line_and_asks_nothing(
    server: MemoryServer, client: Client, display: DisplayFormatter
) -> None:
    device = client["STAGE"]
    before = server.received
    assert shown(display, [device, device.attributes["mode"]]).startswith("[<device STAGE (A linear stage.): 4 attr")
    assert server.received == before


def test_no_text_of_a_device_is_markup_or_html(client: Client, server: MemoryServer, display: DisplayFormatter) -> None:
    nasty = '[red]<script>alert(1)</script>&"\x1b[31m\x07\nsecond\u202e'
    evil = stage("STAGE2")
    evil.description = nasty
    evil.fields["note"] = attribute("note", VString(), nasty, description=nasty)
    evil.fields["odd"] = FakeMethod("odd", description=nasty)
    server.run(lambda: server.add(evil))
    device = client["STAGE2"]
    server.run(lambda: server.update("STAGE2", alarm=Alarm(Severity.MINOR, message=nasty), note=nasty))
    for thing in (device, device.attributes["note"], device.odd):
        text = ESCAPES.sub("", shown(display, thing))
        assert all(line.isprintable() for line in text.split("\n"))
        assert "[red]<script>" in text
        assert "<script" not in html(display, thing)
        Strict().feed(html(display, thing))


class Strict(HTMLParser):
    """Fails where tags do not go in pairs."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        assert tag in {"div", "span", "strong", "code", "table", "tr", "td"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_colours_are_for_what_is_wrong_and_only_where_wanted() -> None:
    assert reprs.printed(reprs.styled("away", Severity.MAJOR), colour=False) == "■ away"
    assert "\x1b[" in reprs.printed(reprs.styled("away", Severity.MAJOR), colour=True)


def test_a_narrow_terminal_cuts_descriptions_first(client: Client, server: MemoryServer) -> None:
    from macduff.ipython.reprs_rows import device_shown

    info = client.info("STAGE")
    states = client["STAGE"].attributes.read()
    for width in (40, 60, 80):
        lines = reprs.printed(reprs.device_text(device_shown(info, states)), False, width).splitlines()
        assert max(map(len, lines)) <= width
        assert any(line.startswith("  position  0.0000  mm    r") for line in lines)


def test_unloading_takes_the_formatters_back(client: Client) -> None:
    display = DisplayFormatter()
    session: Any = SimpleNamespace(shell=SimpleNamespace(display_formatter=display))
    undo = reprs_formatters.install(session)
    assert shown(display, client["STAGE"]).startswith("STAGE  Idle")
    undo()
    assert shown(display, client["STAGE"]) == "<device STAGE (A linear stage.): 4 attributes, 2 methods>"


def test_what_a_notebook_keeps_as_text_has_no_colours(
    server: MemoryServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel says FORCE_COLOR, for what is printed."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    display = DisplayFormatter()
    shell: Any = SimpleNamespace(display_formatter=display, kernel=object())
    reprs_formatters.install(SimpleNamespace(shell=shell))  # type: ignore[arg-type]  # as much as it needs
    assert shown(display, client["STAGE"]).startswith("STAGE  Idle\nA linear stage.")


def test_a_device_seen_through_its_class_is_shown_as_any(client: Client, display: DisplayFormatter) -> None:
    class Stage:
        position = SimpleNamespace(vtype=VDouble())

    assert shown(display, client.device("STAGE", Stage)) == shown(display, client["STAGE"])
    assert shown(display, client["STAGE"].attributes) == shown(display, client["STAGE"])
