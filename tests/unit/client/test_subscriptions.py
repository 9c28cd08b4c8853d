"""Subscriptions: callbacks and iterators, merged or each reading, bounded and counted."""

from __future__ import annotations

import queue
import threading
import time

import pytest

from macduff.client import Client, UnknownName
from macduff.errors import BadValue, Disconnected, NotFound, TimedOut
from macduff.protocol.model import SEvent
from macduff.values import Alarm, AlarmStatus, Reading, Severity, VInt
from tests.support import eventually

from .memory import MemoryServer, stage


def settled(server: MemoryServer, client: Client) -> None:
    """Everything that the server had to say has arrived: the reply to a Get is behind it."""
    server.run(lambda: None)
    client["STAGE"].attributes["position"].get()


def test_an_iterator_gives_what_is_and_each_change(server: MemoryServer, client: Client) -> None:
    seen = []
    with client.monitor("STAGE.position", policy="every") as readings:
        for value in (1.0, 2.0, 2.0, 3.0):
            server.run(lambda value=value: server.update("STAGE", position=value))
        for reading in readings:
            seen.append(reading.value)
            if reading.value == 3.0:
                break
    assert seen == [0.0, 1.0, 2.0, 2.0, 3.0], "an equal value is a reading of its own"
    assert readings.dropped == 0


def test_latest_gives_the_newest_and_counts_the_others(server: MemoryServer, client: Client) -> None:
    with client.monitor("STAGE.position") as readings:
        for value in range(1, 11):
            server.run(lambda value=value: server.update("STAGE", position=float(value)))
        settled(server, client)
        assert readings.get(5).value == 10.0
        assert readings.dropped == 10
        with pytest.raises(TimedOut, match=r"STAGE\.position: expected a change within 0.01 s"):
            readings.get(0.01)


def test_every_is_bounded_and_drops_the_oldest(server: MemoryServer, client: Client) -> None:
    """Rule 6."""
    with client.monitor("STAGE.position", policy="every", size=3) as readings:
        for value in range(1, 11):
            server.run(lambda value=value: server.update("STAGE", position=float(value)))
        settled(server, client)
        assert [readings.get(5).value for _ in range(3)] == [8.0, 9.0, 10.0]
        assert readings.dropped == 8


def test_a_reading_has_alarm_time_and_a_rising_sequence(server: MemoryServer, client: Client) -> None:
    with client.monitor("STAGE.position", policy="every") as readings:
        server.run(lambda: server.update("STAGE", position=1.0))
        first, second = readings.get(5), readings.get(5)
    assert first.alarm.severity is Severity.NONE
    assert first.time < second.time
    assert first.sequence < second.sequence


def test_a_new_type_arrives_with_the_meta(server: MemoryServer, client: Client) -> None:
    """A description that changes is taken over in the middle of a subscription."""
    with client.monitor("STAGE.position") as readings:
        assert type(readings.get(5).value) is float

        def change() -> None:
            server.find("STAGE").fields["position"].vtype = VInt()  # type: ignore[union-attr]  # it is there
            server._sequence += 1
            server.hub.deliver((SEvent.Changes, "STAGE", {"position.meta": VInt()}, server._sequence))
            server.update("STAGE", position=7)

        server.run(change)
        while (reading := readings.get(5)).value != 7:
            pass
        assert type(reading.value) is int


def test_what_the_server_merged_counts_as_dropped(server: MemoryServer, client: Client) -> None:
    with client.monitor("STAGE.position") as readings:
        readings.get(5)

        def three() -> None:
            for value in (1.0, 2.0, 3.0):
                server.update("STAGE", position=value)

        server.run(three)
        assert readings.get(5).value == 3.0
        assert readings.dropped == 2


def test_a_monitor_is_used_once_in_a_with(client: Client) -> None:
    monitor = client.monitor("STAGE.position")
    with pytest.raises(RuntimeError, match="in a with statement"):
        next(monitor)
    with monitor, pytest.raises(RuntimeError, match="make another one"):
        monitor.__enter__()
    with pytest.raises(Disconnected, match="the monitor is closed"):
        while True:
            monitor.get(5)
    assert list(monitor) == []


@pytest.mark.parametrize(
    ("path", "message"), [("STAGE.positoin", "position"), ("STGE.position", "STAGE"), ("STAGE.move", "attribute")]
)
def test_what_cannot_be_subscribed_is_told_at_once(
    server: MemoryServer, client: Client, path: str, message: str
) -> None:
    with pytest.raises((NotFound, BadValue), match=message), client.monitor(path):
        pass
    with pytest.raises((NotFound, BadValue), match=message):
        client.subscribe(path, print)
    settled(server, client)
    assert server.run(lambda: server.subscriptions) == []


def test_a_path_that_is_none_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match=r"path: expected 'DEVICE\.attribute', got 'position'"):
        client.subscribe("position", print)


def test_leaving_ends_the_subscription_on_the_server(server: MemoryServer, client: Client) -> None:
    with client.monitor("STAGE.position"), client.subscribe("STAGE.velocity", lambda reading: None):
        assert server.run(lambda: server.subscriptions) == ["STAGE.position", "STAGE.velocity"]
    settled(server, client)
    assert server.run(lambda: server.subscriptions) == []


def test_closing_wakes_who_waits(client: Client) -> None:
    entered = threading.Event()
    seen: list[Reading] = []

    def read() -> None:
        with client.monitor("STAGE.position") as readings:
            entered.set()
            seen.extend(readings)

    thread = threading.Thread(target=read)
    thread.start()
    assert entered.wait(5)
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    assert [reading.value for reading in seen][:1] == [0.0]


# ---- callbacks


def test_a_callback_gets_what_is_and_each_change(server: MemoryServer, client: Client) -> None:
    seen: queue.Queue[float] = queue.Queue()
    subscription = client.subscribe("STAGE.position", lambda reading: seen.put(reading.value), policy="every")
    for value in (1.0, 2.0):
        server.run(lambda value=value: server.update("STAGE", position=value))
    assert [seen.get(timeout=5) for _ in range(3)] == [0.0, 1.0, 2.0]
    subscription.close()
    server.run(lambda: server.update("STAGE", position=3.0))
    settled(server, client)
    assert seen.empty()
    assert (subscription.path, subscription.dropped) == ("STAGE.position", 0)


def test_a_callback_may_block_and_may_use_the_client(server: MemoryServer, client: Client) -> None:
    seen: queue.Queue[float] = queue.Queue()
    entered, gate = threading.Event(), threading.Event()

    def callback(reading: Reading) -> None:
        entered.set()
        gate.wait(5)
        seen.put(client["STAGE"].velocity)

    subscription = client.subscribe("STAGE.position", callback)
    assert entered.wait(5)
    assert client["STAGE"].position == 0.0, "others are not kept waiting by a callback"
    for value in (1.0, 2.0, 3.0):
        server.run(lambda value=value: server.update("STAGE", position=value))
    settled(server, client)
    gate.set()
    assert [seen.get(timeout=5) for _ in range(2)] == [1.0, 1.0]
    assert subscription.dropped == 2


def test_a_callback_that_raises_is_logged_and_goes_on(
    server: MemoryServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    seen: queue.Queue[float] = queue.Queue()

    def callback(reading: Reading) -> None:
        seen.put(reading.value)
        raise ValueError("a bug in a callback")

    with client.subscribe("STAGE.position", callback, policy="every"):
        server.run(lambda: server.update("STAGE", position=1.0))
        assert [seen.get(timeout=5), seen.get(timeout=5)] == [0.0, 1.0]
    client.close()
    assert caplog.text.count("ValueError: a bug in a callback") == 2


def test_many_callbacks_take_turns(server: MemoryServer, client: Client) -> None:
    order: queue.Queue[str] = queue.Queue()
    gate = threading.Event()
    client.subscribe("STAGE.velocity", lambda reading: gate.wait(5))
    client.subscribe("STAGE.position", lambda reading: order.put("position"), policy="every")
    client.subscribe("STAGE.mode", lambda reading: order.put("mode"), policy="every")
    for value in (1.0, 2.0, 3.0):
        server.run(lambda value=value: server.update("STAGE", position=value))
    server.run(lambda: server.update("STAGE", mode="fast"))
    settled(server, client)
    gate.set()
    assert [order.get(timeout=5) for _ in range(4)] == ["position", "mode", "position", "mode"]


# ---- wait_for


def test_wait_for_a_value_or_a_condition(server: MemoryServer, client: Client) -> None:
    position = client["STAGE"].attributes["position"]
    assert position.wait_for(0.0) == 0.0
    timer = threading.Timer(0.02, lambda: server.run(lambda: server.update("STAGE", position=7.0)))
    timer.start()
    assert position.wait_for(lambda value: value > 5, timeout=5) == 7.0
    timer.join()
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"STAGE\.position: expected 99 within 0.05 s"):
        position.wait_for(99, timeout=0.05)
    assert time.monotonic() - begun < 5


def test_an_invalid_reading_is_not_what_is_waited_for(server: MemoryServer, client: Client) -> None:
    alarm = Alarm(Severity.INVALID, AlarmStatus.DEVICE, "cable is out")
    server.run(lambda: server.update("STAGE", alarm=alarm, position=7.0))
    with pytest.raises(TimedOut):
        client["STAGE"].attributes["position"].wait_for(7.0, timeout=0.05)


def test_a_subscription_that_was_given_up_is_ended(server: MemoryServer, client: Client) -> None:
    client._bridge.timeout = 0.05
    server.mute = True
    with pytest.raises(TimedOut), client.monitor("STAGE.position"):
        pass
    server.mute = False
    client._bridge.timeout = 5
    settled(server, client)
    assert server.run(lambda: server.subscriptions) == []


def test_a_subscription_that_was_being_made_when_the_client_is_closed(
    server: MemoryServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    server.mute = True
    caught: queue.Queue[Exception] = queue.Queue()

    def subscribe() -> None:
        try:
            client.subscribe("STAGE.position", print)
        except Exception as error:
            caught.put(error)

    thread = threading.Thread(target=subscribe)
    thread.start()
    eventually(lambda: server.run(lambda: server.subscriptions), "the request is at the server")
    client.close()
    thread.join()
    error = caught.get(timeout=5)
    assert isinstance(error, Disconnected)
    assert str(error) == "STAGE.position: the client was closed"
    assert caplog.records == [], "and told once"


# ---- devices that go and come back (rule 25)


def test_a_device_that_is_removed_and_comes_back(server: MemoryServer, client: Client) -> None:
    """Rule 25: the same name later is a new device; clients resubscribe by watching the list."""
    seen: queue.Queue[Reading] = queue.Queue()
    client.subscribe("STAGE.velocity", seen.put)
    with client.monitor("STAGE.position") as readings:
        assert readings.get(5).value == 0.0
        assert seen.get(timeout=5).value == 1.0
        server.run(lambda: server.remove("STAGE"))
        gone = readings.get(5)
        assert (gone.value, gone.alarm.severity) == (0.0, Severity.INVALID)
        assert "STAGE: it was removed" in gone.alarm.message
        assert seen.get(timeout=5).alarm.severity is Severity.INVALID
        assert client.devices == ()

        newer = stage()
        newer.fields["position"].reading = newer.fields["position"].reading._replace(value=5.0)
        server.run(lambda: server.add(newer))
        back = readings.get(5)
        assert (back.value, back.alarm.severity) == (5.0, Severity.NONE)
        assert seen.get(timeout=5).value == 1.0
        assert client["STAGE"].position == 5.0


def test_a_device_replaced_between_two_lists(server: MemoryServer, client: Client) -> None:
    """The client may never see a list without it."""
    with client.monitor("STAGE.position", policy="every") as readings:
        readings.get(5)

        def replace() -> None:
            server.remove("STAGE")
            server.add(stage())

        server.run(replace)
        assert readings.get(5).alarm.severity is Severity.INVALID
        assert readings.get(5).alarm.severity is Severity.NONE


def test_a_device_that_comes_back_as_something_else(server: MemoryServer, client: Client) -> None:
    """A subscription to what the new device lacks stays INVALID, told once, until there is such a device again."""
    device = client["STAGE"]
    other = stage()
    del other.fields["position"]
    with client.monitor("STAGE.position", policy="every") as readings:
        readings.get(5)
        server.run(lambda: server.remove("STAGE"))
        assert readings.get(5).alarm.severity is Severity.INVALID
        server.run(lambda: server.add(other))
        server.run(lambda: server.add(stage("OTHER")))
        device.velocity  # noqa: B018 - a round trip
        assert "position" not in dir(device)
        with pytest.raises(UnknownName):
            device.position  # noqa: B018 - reading is the test
        server.run(lambda: server.remove("STAGE"))
        server.run(lambda: server.add(stage()))
        assert readings.get(5).alarm.severity is Severity.NONE
