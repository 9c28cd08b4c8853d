"""A server's mirrors follow the devices of a Process, in order, on the server's own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from macduff import Attribute, Device, VDouble, publish_method
from macduff.core import Outcome, Process
from macduff.errors import Refused
from macduff.protocol.model import DeviceModel
from macduff.servers.following import Follower


class Stage(Device):
    position = Attribute(VDouble(units="mm"), 0.0)

    @position.on_put
    def _move(self, target: float) -> None:
        self.position.update(target)

    @publish_method
    def double(self) -> float:
        """Twice as far."""
        self.position.update(self.position.value * 2)
        return self.position.value


class Note:
    """A mirror that writes down what it was told."""

    def __init__(self, log: list[Any], model: DeviceModel) -> None:
        self.log, self.name = log, model.name
        log.append(("shown", self.name, threading.current_thread().name))

    def changes(self, changes: Mapping[str, Any]) -> None:
        for key in changes:
            self.log.append(("changed", self.name, key))

    def close(self, reason: str) -> None:
        self.log.append(("closed", self.name, reason))


class Server:
    """A thread that turns the follower whenever it is woken."""

    def __init__(self, process: Process, show: Callable[[list[Any], DeviceModel], Any] = Note, **options: Any) -> None:
        self.log: list[Any] = []
        self._wake = threading.Condition()
        self._wakes = 0
        self.follower = Follower(process, lambda model: show(self.log, model), self.wake, **options)
        self.ended = False
        self.turns = 0
        self.thread = threading.Thread(target=self.run, name="mirror server")
        self.thread.start()

    def wake(self) -> None:
        with self._wake:
            self._wakes += 1
            self._wake.notify_all()

    def run(self) -> None:
        self.follower.start()
        while not self.ended:
            with self._wake:
                self._wake.wait_for(lambda: self._wakes or self.ended, 10)
                self._wakes = 0
            self.follower.turn()
            with self._wake:
                self.turns += 1
                self._wake.notify_all()
        self.follower.close()

    def until(self, seen: Callable[[list[Any]], bool]) -> None:
        with self._wake:
            assert self._wake.wait_for(lambda: seen(self.log), 10), self.log

    def stop(self) -> None:
        self.ended = True
        self.wake()
        self.thread.join(10)


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        yield process


@pytest.fixture
def server(process: Process) -> Iterator[Server]:
    process.add(Stage("A"))
    server = Server(process)
    yield server
    server.stop()


def kinds(log: list[Any], name: str) -> list[str]:
    return [entry[0] for entry in log if entry[1] == name]


def test_devices_are_shown_as_they_come_and_closed_as_they_go(process: Process, server: Server) -> None:
    server.until(lambda log: ("shown", "A", "mirror server") in log)
    server.until(lambda log: server.follower.complete)
    process.add(Stage("B"))
    server.until(lambda log: ("shown", "B", "mirror server") in log)
    process.remove("A")
    server.until(lambda log: "closed" in kinds(log, "A"))
    process.add(Stage("A"))
    server.until(lambda log: kinds(log, "A").count("shown") == 2)
    assert set(server.follower.mirrors) == {".", "A", "B"}
    server.stop()
    assert kinds(server.log, "B")[-1] == "closed"


def test_a_device_replaced_many_times_is_shown_once_for_each_and_never_twice_at_once(
    process: Process, server: Server
) -> None:
    for _ in range(50):
        process.remove("A")
        process.add(Stage("A"))
    server.until(lambda log: server.follower.mirrors.get("A") is not None and kinds(log, "A")[-1] == "shown")
    process.add(Stage("LAST"))
    server.until(lambda log: "shown" in kinds(log, "LAST"))
    of_a = [kind for kind in kinds(server.log, "A") if kind != "changed"]
    assert of_a[::2] == ["shown"] * len(of_a[::2]) and of_a[1::2] == ["closed"] * len(of_a[1::2])
    assert of_a[-1] == "shown"


def test_rule_5_a_reply_comes_behind_its_own_changes(process: Process, server: Server) -> None:
    server.until(lambda log: "shown" in kinds(log, "A"))
    outcomes: list[Outcome] = []

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        server.log.append(("done", "A", threading.current_thread().name))

    server.follower.put("A", {"position": 3.0}, done)
    server.follower.call("A", "double", {}, done)
    server.until(lambda log: len(outcomes) == 2)
    assert [outcome.value for outcome in outcomes][1] == 6.0
    log = [entry[2] if entry[0] == "changed" else entry[0] for entry in server.log if entry[1] == "A"]
    assert log.index("position") < log.index("done")
    assert ("done", "A", "mirror server") in server.log


def test_a_read_only_server_refuses_puts_and_calls(process: Process) -> None:
    process.add(Stage("A"))
    server = Server(process, read_only=True)
    try:
        outcomes: list[Outcome] = []
        server.follower.put("A", {"position": 3.0}, outcomes.append)
        server.follower.call("A", "double", {}, outcomes.append)
        server.until(lambda log: len(outcomes) == 2)
        assert all(isinstance(outcome.error, Refused) for outcome in outcomes)
        assert process.view("A").position == 0.0
    finally:
        server.stop()


def test_a_device_that_cannot_be_shown_is_logged_and_leaves_the_others_alone(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    def show(log: list[Any], model: DeviceModel) -> Note:
        if model.name == "BAD":
            raise RuntimeError("no PV for it")
        return Note(log, model)

    process.add(Stage("BAD"))
    process.add(Stage("GOOD"))
    server = Server(process, show)
    try:
        server.until(lambda log: "shown" in kinds(log, "GOOD"))
        server.until(lambda log: server.follower.complete)
        assert "BAD: it cannot be shown right" in caplog.text
        process.remove("BAD")
        process.add(Stage("MORE"))
        server.until(lambda log: "shown" in kinds(log, "MORE"))
    finally:
        server.stop()


def settled(server: Server) -> None:
    server.until(lambda log: server.follower.complete and server.follower.settled)


def told(process: Process, server: Server, log: list[Any]) -> threading.Event:
    """A call whose end is written down with the thread that tells it."""
    ended = threading.Event()

    def done(outcome: Outcome) -> None:
        log.append(("ended", outcome.value, threading.current_thread().name))
        ended.set()

    server.follower.call("A", "double", {}, done)
    return ended


def test_an_end_that_nothing_waits_before_is_told_by_the_process_thread(process: Process) -> None:
    process.add(Stage("A"))
    heard: list[Any] = []

    def quick(mirror: Any, changes: Mapping[str, Any]) -> bool:
        heard.append(("quick", sorted(changes), threading.current_thread().name))
        return True

    server = Server(process, quick=quick, prompt=lambda outcome: True)
    try:
        settled(server)
        assert told(process, server, heard).wait(10)
        names = {entry[2] for entry in heard}
        assert len(names) == 1 and "mirror server" not in names
        assert heard[-1][0] == "ended" and any("position" in entry[1] for entry in heard[:-1]), "behind its changes"
    finally:
        server.stop()


@pytest.mark.parametrize(
    "options",
    [
        {"quick": lambda mirror, changes: False, "prompt": lambda outcome: True},
        {"quick": lambda mirror, changes: True, "prompt": lambda outcome: False},
    ],
)
def test_an_end_stays_behind_what_waits_for_the_servers_thread(process: Process, options: dict[str, Any]) -> None:
    process.add(Stage("A"))
    server = Server(process, **options)
    try:
        settled(server)
        assert told(process, server, server.log).wait(10)
        assert server.log[-1] == ("ended", 0.0, "mirror server")
        if not options["prompt"](Outcome()):
            return
        assert ("changed", "A", "position") in server.log
    finally:
        server.stop()
