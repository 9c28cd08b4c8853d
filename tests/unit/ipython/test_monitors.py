"""`mon`: what is followed, what is kept of it, and what is told at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.error import UsageError

from macduff.client import Client, connect
from macduff.client.names import UnknownName
from macduff.ipython import monitors_notices
from macduff.ipython.monitors import Monitors, expanded
from macduff.ipython.monitors_magic import Mon
from macduff.ipython.monitors_notices import Notices
from macduff.values import NO_ALARM, Alarm, Severity, VArray
from tests.support import eventually
from tests.unit.client.memory import MemoryServer, attribute, kill, stage

MAJOR = Alarm(Severity.MAJOR, message="too far")


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(stage(), stage("BL01:X-1"))


@pytest.fixture
def client(server: MemoryServer) -> Iterator[Client]:
    with connect("ws://memory:1", timeout=5, open_carrier=server.open) as client:
        yield client


@pytest.fixture
def told() -> queue.SimpleQueue[str]:
    return queue.SimpleQueue()


@pytest.fixture
def monitors(told: queue.SimpleQueue[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitors]:
    monkeypatch.setattr(monitors_notices, "APART", 0.0)
    found = Monitors(told.put, size=10)
    yield found
    found.close()


@pytest.fixture
def mon(client: Client, monitors: Monitors, monkeypatch: pytest.MonkeyPatch) -> Mon:
    monkeypatch.setenv("COLUMNS", "120")
    session: Any = SimpleNamespace(client=client, shell=SimpleNamespace(user_ns={}))
    command = Mon(session, monitors)
    command.switched(client)
    return command


Typed = Callable[[str], list[str]]


@pytest.fixture
def typed(mon: Mon, capsys: pytest.CaptureFixture[str]) -> Typed:
    """What a command prints, line by line."""

    def run(line: str) -> list[str]:
        mon(line)
        return capsys.readouterr().out.splitlines()

    return run


def move(server: MemoryServer, monitors: Monitors, position: float, alarm: Alarm = NO_ALARM) -> None:
    """A change, and wait until it is kept."""
    known = [change.number for change in monitors.changes()]
    server.run(lambda: server.update("STAGE", alarm=alarm, position=position))
    eventually(lambda: [change.number for change in monitors.changes()] != known, "the change is kept")


def test_the_first_change_is_the_present_value(typed: Typed) -> None:
    head, row = typed("add STAGE.position")
    assert head.split() == ["attribute", "value", "since", "changes", "left", "out", "alarm"]
    assert row.split()[:3] == ["STAGE.position", "0.0000", "mm"]
    assert len(typed("")) == 2


def test_changes_are_kept_the_newest_last_and_the_oldest_go(
    server: MemoryServer, monitors: Monitors, typed: Typed
) -> None:
    typed("add STAGE.position")
    for number in range(1, 13):
        move(server, monitors, float(number))
    lines = typed("")
    assert [line.split()[3] for line in lines[1:]] == [f"{number}.0000" for number in range(3, 13)]
    assert typed("show 13")[0] == "STAGE.position  12.0000 mm"
    assert typed("show 1") == ["the change 1 is not kept, or not any more"]
    assert typed("show STAGE.position") == typed("show 13")
    assert typed("show STAGE.mode") == ["no changes of STAGE.mode"]
    assert typed("STAGE.velocity") == ["no changes of STAGE.velocity"]
    assert typed("clear") == ["forgotten"]
    assert typed("") == ["no changes"]


def test_an_alarm_that_comes_or_goes_is_told_at_once(
    server: MemoryServer, monitors: Monitors, typed: Typed, told: queue.SimpleQueue[str]
) -> None:
    typed("add STAGE.position")
    move(server, monitors, 1.0)
    move(server, monitors, 7.0, MAJOR)
    assert told.get(timeout=5)[12:] == "  STAGE.position 7.0000 mm  MAJOR: too far"
    move(server, monitors, 8.0, MAJOR)
    move(server, monitors, 2.0)
    assert told.get(timeout=5)[12:] == "  STAGE.position 2.0000 mm  no alarm any more"
    assert told.empty()
    assert "■ MAJOR: too far" in "\n".join(typed("STAGE"))


def test_a_connection_that_is_lost_is_told(
    server: MemoryServer, client: Client, monitors: Monitors, typed: Typed, told: queue.SimpleQueue[str]
) -> None:
    typed("add STAGE.position")
    kill(server, client)
    assert "  STAGE.position 0.0000 mm  INVALID: disconnected:" in told.get(timeout=5)
    assert typed("delete all") == ["followed no longer: STAGE.position"]


def test_a_device_alone_and_patterns_mean_all_that_fits(client: Client, typed: Typed) -> None:
    assert expanded(client, "STAGE") == ["STAGE.state", "STAGE.position", "STAGE.velocity", "STAGE.mode"]
    assert expanded(client, "*.pos*") == ["STAGE.position", "BL01:X-1.position"]
    assert expanded(client, "BL01:X-1.mode") == ["BL01:X-1.mode"]
    assert len(typed("add STAGE BL01:X-1.mode")) == 6
    assert typed("add STAGE.mode") == ["followed already: STAGE.mode"]
    assert typed("delete STAGE.m*") == ["followed no longer: STAGE.mode"]
    assert typed("delete BL01:X-1") == ["followed no longer: BL01:X-1.mode"]
    assert len(typed("list")) == 4
    assert typed("delete STAGE.mode") == ["nothing of that is followed; see `mon list`"]


def test_itangos_flags(typed: Typed) -> None:
    assert len(typed("-a STAGE.position")) == 2
    assert len(typed("-l STAGE.position")) == 2
    assert typed("-i 1")[0] == "STAGE.position  0.0000 mm"
    assert typed("-d STAGE.position") == ["followed no longer: STAGE.position"]
    typed("-a STAGE.mode")
    assert typed("-D") == ["followed no longer: STAGE.mode"]


def test_a_variable_that_holds_a_device_stands_for_it(mon: Mon, client: Client, typed: Typed) -> None:
    mon._session.shell.user_ns["my"] = client["BL01:X-1"]
    assert typed("add my.position")[1].split()[0] == "BL01:X-1.position"
    assert typed("delete my.position") == ["followed no longer: BL01:X-1.position"]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("add", "expected DEVICE.ATTRIBUTE"),
        ("delete", "expected DEVICE.ATTRIBUTE, DEVICE or all"),
        ("show", "expected the number of a change"),
        ("-x", "expected add, delete, list, show or clear"),
        ("add 'STAGE", "No closing quotation"),
        ("add Q*", "expected what is there, got Q*"),
    ],
)
def test_what_is_wrong_is_told(typed: Typed, line: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        typed(line)
    assert part in str(caught.value)


def test_a_wrong_name_adds_nothing(server: MemoryServer, mon: Mon, client: Client, typed: Typed) -> None:
    with pytest.raises(UnknownName, match="did you mean 'position'"):
        typed("add STAGE.velocity STAGE.positon")
    with pytest.raises(UnknownName, match="no device 'STAGF'"):
        typed("add STAGF")
    assert typed("list") == ["nothing is followed; `mon add X.position` begins"]
    client["STAGE"].attributes.read()  # a round trip, behind which the end of the subscription has come
    assert server.run(lambda: server.subscriptions) == []


def test_a_picture_is_kept_as_its_text(server: MemoryServer, client: Client, monitors: Monitors, typed: Typed) -> None:
    """The buffer has a bound in memory, whatever is followed."""
    camera = stage("CAM")
    camera.fields["image"] = attribute("image", VArray("uint8", 2), [[1, 2], [3, 4]])
    server.run(lambda: server.add(camera))
    eventually(lambda: "CAM" in client, "the camera is listed")
    typed("add CAM.image")
    assert isinstance(monitors.changes()[0].value, str)
    assert monitors.changes()[0].value.endswith("2 uint8, 1 to 4")


def test_a_switch_ends_what_was_followed(
    mon: Mon, monitors: Monitors, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("add STAGE.position")
    mon.switched(None)
    assert "followed no longer" in capsys.readouterr().out
    assert not monitors.followed
    assert len(monitors.changes()) == 1, "what was seen stays to be read"


def test_of_an_alarm_that_comes_and_goes_all_the_time_the_newest_line_is_told_a_second_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(monitors_notices, "APART", 0.05)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    now = [0.0]
    notices = Notices(lines.put, lambda: now[0])
    notices.tell("X", "first")
    for number in range(100):
        notices.tell("X", f"{number}")
    notices.tell("Y", "another")
    assert [lines.get(timeout=5) for _ in range(3)] == ["first", "another", "99"]
    notices.tell("X", "waits")
    notices.close()
    assert lines.empty()
    assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())


def test_what_is_followed_no_longer_is_told_no_longer() -> None:
    lines: list[str] = []
    notices = Notices(lines.append, lambda: 0.0)
    notices.tell("X", "first")
    notices.tell("X", "second")
    notices.forget("X")
    notices.tell("X", "third")
    notices.close()
    notices.tell("X", "fourth")
    assert lines == ["first", "third"]
