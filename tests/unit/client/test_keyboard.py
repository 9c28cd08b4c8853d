"""Values at the keyboard: reading, writing, calling, and what is known without asking."""

from __future__ import annotations

import concurrent.futures
import enum
import inspect
from collections.abc import Callable
from typing import Any, Literal

import numpy
import pytest

from macduff.client import CallFuture, Client, UnknownName, connect
from macduff.errors import Aborted, BadValue, Busy, Disconnected, MacduffError, NotFound, TimedOut, TooMany
from macduff.limits import DEFAULTS
from macduff.values import Alarm, AlarmStatus, Severity, VArray, VBool, VDouble, VInt, VString, VTable, VType

from .memory import FakeDevice, FakeMethod, MemoryServer, attribute, kill, stage


class Mode(enum.Enum):
    SLOW = "slow"
    FAST = "fast"


def test_reading_is_true_each_time(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    assert device.position == 0.0
    server.run(lambda: server.update("STAGE", position=4.5))
    assert device.position == 4.5


def test_assigning_puts_and_waits(server: MemoryServer, client: Client) -> None:
    client.STAGE.velocity = 2
    assert server.puts == [("STAGE", {"velocity": 2.0}, False)]
    assert client.STAGE.velocity == 2.0


def test_several_are_put_at_once_by_name(server: MemoryServer, client: Client) -> None:
    client.STAGE.put(velocity=2, mode="fast", readback=True)
    assert server.puts == [("STAGE", {"velocity": 2.0, "mode": "fast"}, True)]
    with pytest.raises(NotFound, match=r"STAGE: no attribute 'velocty'; did you mean 'velocity'\?"):
        client.STAGE.put(velocty=2)
    assert len(server.puts) == 1


def test_an_enum_is_its_label_and_members_of_a_class_may_be_put(client: Client) -> None:
    device = client["STAGE"]
    assert device.mode == "slow"
    device.mode = Mode.FAST
    assert device.mode == "fast"


def test_a_call_returns_its_result_by_place_or_by_name(server: MemoryServer, client: Client) -> None:
    move: FakeMethod = server.find("STAGE").fields["move"]  # type: ignore[union-attr]  # it is there
    move.run = lambda parameters, finish: finish(parameters["target"], None)
    assert client["STAGE"].move(3) == 3.0
    assert client["STAGE"].move(target=-1, speed=2) == -1.0
    assert [call[2] for call in server.calls] == [{"target": 3.0}, {"target": -1.0, "speed": 2.0}], (
        "what is not given is not sent: its default is the device's, and live"
    )


def test_several_results_come_as_a_map() -> None:
    types: dict[str, VType[Any]] = {"x": VDouble(), "image": VArray("uint8")}
    measure = FakeMethod("measure", returns=types, unpacked=False)
    measure.run = lambda parameters, finish: finish({"x": 1.5, "image": numpy.arange(3, dtype="uint8")}, None)
    server = MemoryServer(FakeDevice("D", {"measure": measure}))
    with connect("memory:1", open_carrier=server.open) as client:
        result = client["D"].measure()
    assert result["x"] == 1.5
    assert result["image"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("subprotocol", ["macduff.msgpack.1", "macduff.1", "malcolm.1"])
def test_arrays_and_tables_come_and_go(subprotocol: str) -> None:
    image = attribute("image", VArray("uint16", 2), numpy.zeros((2, 2), "uint16"), writable=True)
    points = attribute("points", VTable({"x": VDouble(), "name": str}), {"x": [], "name": []}, writable=True)
    server = MemoryServer(FakeDevice("D", {"image": image, "points": points}))
    server.subprotocols = [subprotocol]
    with connect("memory:1", open_carrier=server.open) as client:
        device = client["D"]
        device.image = [[1, 2], [3, 4]]
        device.image = numpy.array(device.image) * 2
        assert device.image.tolist() == [[2, 4], [6, 8]]
        device.points = {"x": numpy.array([1.0, 2.0]), "name": ["a", "b"]}
        assert device.points["x"].tolist() == [1.0, 2.0]
        assert tuple(device.points["name"]) == ("a", "b")


def test_an_attribute_has_type_alarm_time_and_set_point(server: MemoryServer, client: Client) -> None:
    alarm = Alarm(Severity.MAJOR, AlarmStatus.DEVICE, "too hot")
    server.run(lambda: server.update("STAGE", velocity=3.0, alarm=alarm))
    velocity = client["STAGE"].attributes["velocity"]
    state = velocity.get()
    assert (velocity.value, velocity.setpoint, velocity.alarm) == (3.0, 1.0, alarm)
    assert velocity.time == state.reading.time > 1_000_000_000_000_000_000
    assert isinstance(velocity.vtype, VDouble)
    assert (velocity.units, velocity.vtype.control, velocity.path) == ("mm/s", (0.01, 5), "STAGE.velocity")
    assert (velocity.info.writable, velocity.info.parameter) == (True, False)
    assert not client["STAGE"].attributes["position"].info.writable


def test_several_are_put_at_once(server: MemoryServer, client: Client) -> None:
    attributes = client["STAGE"].attributes
    attributes.put({"velocity": 3, "mode": Mode.FAST}, readback=True)
    assert server.puts == [("STAGE", {"velocity": 3.0, "mode": "fast"}, True)]
    with pytest.raises(UnknownName, match="did you mean 'velocity'"):
        attributes.put({"velocty": 3, "mode": "slow"})
    assert len(server.puts) == 1


def test_put_says_readback_and_can_be_given_up(server: MemoryServer, client: Client) -> None:
    velocity = client["STAGE"].attributes["velocity"]
    velocity.put(2.0, readback=True)
    assert server.puts[-1] == ("STAGE", {"velocity": 2.0}, True)
    server.hold_puts = True
    with pytest.raises(TimedOut, match=r"STAGE\.velocity: expected the end of the put within 0.05 s; it may still be"):
        velocity.put(3.0, timeout=0.05)


@pytest.mark.parametrize("error", [Busy, Aborted, NotFound, BadValue])
def test_an_error_has_its_kind_and_place(server: MemoryServer, client: Client, error: type[MacduffError]) -> None:
    move: FakeMethod = server.find("STAGE").fields["move"]  # type: ignore[union-attr]  # it is there
    told = error("STAGE.move: no", device="STAGE", member="move", state="Running", allowed=("abort",))
    move.run = lambda parameters, finish: finish(None, told)
    with pytest.raises(error) as caught:
        client["STAGE"].move(1)
    assert caught.value.to_dict() == told.to_dict()


# ---- names


def test_a_wrong_name_says_what_was_meant(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    expected = r"STAGE: no attribute or method 'velocty'; did you mean 'velocity'\?"
    with pytest.raises(AttributeError, match=expected) as told:
        device.velocty  # noqa: B018 - reading is the test
    assert told.value.name is None, "Python would add a suggestion of its own"
    with pytest.raises(UnknownName, match="did you mean 'velocity'"):
        device.velocty = 2
    with pytest.raises(KeyError, match="did you mean 'position'"):
        device.attributes["positoin"]
    with pytest.raises(UnknownName, match="it is a method"):
        device.move = 3
    with pytest.raises(UnknownName, match=r"ws://memory:1: no device 'STGE'; did you mean 'STAGE'\?"):
        client["STGE"]
    assert not hasattr(device, "velocty")
    assert "velocty" not in device.attributes
    assert device.attributes.get("velocty") is None
    before = server.received
    assert not hasattr(client, "STGE")
    assert server.received == before, "nothing is asked for a guess"


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, r"STAGE\.move\(target, \[speed\]\): expected 'target', got no value"),
        ((1, 2, 3), {}, "expected at most 2 arguments, got 3"),
        ((1,), {"sped": 2}, "no parameter 'sped'; did you mean 'speed'"),
        ((1,), {"target": 2}, "'target' was given by its place and by its name"),
    ],
)
def test_a_call_that_does_not_fit_is_not_sent(
    server: MemoryServer, client: Client, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        client["STAGE"].move(*args, **kwargs)
    assert isinstance(caught.value, BadValue)
    assert server.calls == []


def test_what_cannot_be_sent_is_refused_here(client: Client) -> None:
    with pytest.raises(BadValue, match=r"STAGE\.velocity"):
        client["STAGE"].velocity = object()


# ---- known without asking


def test_completion_never_asks_the_server(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    kill(server, client)
    assert {"position", "velocity", "move", "attributes"} <= set(dir(device))
    assert "STAGE" in dir(client)
    assert list(device.attributes) == ["state", "position", "velocity", "mode"]
    assert repr(device) == "<device STAGE (A linear stage.): 4 attributes, 2 methods>"
    assert repr(device.attributes["velocity"]) == "<attribute STAGE.velocity: VDouble mm/s, writable>"
    assert repr(device.move) == "<method STAGE.move(target: float, speed: float = 1.0) -> float>"
    assert repr(client) == "<Client ws://memory:1, reconnecting, 1 device: STAGE>"
    assert str(device) == "STAGE"


def test_a_method_has_signature_and_docstring(client: Client) -> None:
    move = client["STAGE"].move
    assert str(inspect.signature(move)) == "(target: float, speed: float = 1.0) -> float"
    document = inspect.getdoc(move)
    assert document is not None
    assert document.startswith("Go to target and return where it ended.")
    assert "target: float, mm. Where to" in document
    assert move.__name__ == "move"
    assert move is client["STAGE"].move


def test_signatures_of_awkward_methods() -> None:
    awkward = FakeMethod(
        "go",
        takes={"speed": VDouble(), "target": VDouble(), "from": VInt(), "a-b": VBool()},
        required=["target"],
        defaults={"speed": 1.0, "from": 0, "a-b": False},
    )
    server = MemoryServer(FakeDevice("D", {"go": awkward}))
    awkward.run = lambda parameters, finish: finish(None, None)
    with connect("memory:1", open_carrier=server.open) as client:
        go = client["D"].go
        assert str(inspect.signature(go)) == "(speed: float = 1.0, *, target: float, **others: Any) -> None"
        go(target=1, **{"from": 2, "a-b": True})
    assert server.calls[-1][2] == {"target": 1.0, "from": 2, "a-b": True}


def test_annotations_of_enums_are_their_labels(client: Client) -> None:
    from macduff.client.signature import annotation_of

    assert annotation_of(client.info("STAGE").attributes["mode"].vtype) == Literal["slow", "fast"]


def test_new_fields_are_noticed(server: MemoryServer, client: Client) -> None:
    device = client["STAGE"]
    told = server.run(lambda: server.refield("STAGE", attribute("serial", VString(), "S1")))
    assert told is None
    for _ in range(20):  # each round trip is behind the notification and the question that it causes
        device.position  # noqa: B018 - a Get
        if "serial" in dir(device):
            break
    assert device.serial == "S1"


# ---- futures


def test_a_started_call_is_a_future(server: MemoryServer, client: Client) -> None:
    future = client["STAGE"].move.start(3)
    assert isinstance(future, concurrent.futures.Future)
    assert client["STAGE"].position == 0.0, "others can be asked meanwhile"
    assert not future.done()
    with pytest.raises(TimedOut, match=r"STAGE\.move: expected the end of the call within 0.01 s; the call goes on"):
        future.result(0.01)
    with pytest.raises(TimedOut):
        future.exception(0.01)
    server.run(server.finish, "move", 3.0)
    assert concurrent.futures.wait([future], 5).done == {future}
    assert future.result() == 3.0
    assert future.exception() is None
    assert not future.cancel()


def test_cancel_of_a_future_aborts_the_device(server: MemoryServer, client: Client) -> None:
    future: CallFuture[float] = client["STAGE"].move.start(3)
    assert future.cancel()
    with pytest.raises(Aborted):
        future.result(5)
    assert not future.cancelled()
    assert [call[1] for call in server.calls] == ["move", "abort"]


def test_more_open_calls_than_allowed_are_refused(server: MemoryServer, client: Client) -> None:
    futures = [client["STAGE"].move.start(1) for _ in range(DEFAULTS.in_flight + 1)]
    with pytest.raises(TooMany, match="expected at most 256 open ones"):
        futures[-1].result(5)
    assert not futures[0].done()
    assert client["STAGE"].position == 0.0, "gets are no open requests"


# ---- the client itself


def test_a_server_that_is_not_there() -> None:
    server = MemoryServer()
    server.up = False
    with pytest.raises(Disconnected, match="connection refused"):
        connect("memory:1", open_carrier=server.open)
    with pytest.raises(TimedOut, match=r"ws://memory:1: expected a connection within 0.3 s .*refused"):
        connect("memory:1", timeout=0.3, retry=True, open_carrier=server.open)


def test_a_server_that_says_nothing() -> None:
    server = MemoryServer()
    server.mute = True
    with pytest.raises(TimedOut, match=r"expected a connection within 0.1 s"):
        connect("memory:1", timeout=0.1, open_carrier=server.open)


def test_after_close_everything_says_so(client: Client) -> None:
    device = client["STAGE"]
    future = device.move.start(1)
    client.close()
    client.close()
    assert client.state == "closed"
    with pytest.raises(Disconnected, match="the client was closed"):
        future.result(5)
    with pytest.raises(Disconnected, match=r"STAGE\.position: not connected to .* the get was not sent"):
        device.position  # noqa: B018 - reading is the test
    with pytest.raises(Disconnected):
        device.move(1)
    with pytest.raises(Disconnected), client.monitor("STAGE.position"):
        pass


def test_a_client_that_nobody_uses_closes_itself(server: MemoryServer) -> None:
    """Leaked threads fail the test; the device alone keeps the client alive."""
    device = connect("memory:1", open_carrier=server.open)["STAGE"]
    assert device.position == 0.0
    del device
    import gc

    gc.collect()


def test_devices_are_listed(server: MemoryServer, client: Client) -> None:
    assert (client.devices, list(client), len(client), "STAGE" in client) == (("STAGE",), ["STAGE"], 1, True)
    server.run(lambda: server.add(stage("OTHER")))
    assert client["OTHER"].position == 0.0
    assert client.devices == ("STAGE", "OTHER")
    assert client["."].state == "Idle", "the Process is a device that is not listed"


def test_a_device_that_cannot_be_described(server: MemoryServer, client: Client) -> None:
    """The server fails over it; nothing of the attempt stays behind."""
    broken = stage("BROKEN")
    broken.fields["mode"].label = object()
    server.run(lambda: server.add(broken))
    with pytest.raises(MacduffError, match="the server failed"):
        client["BROKEN"]
    client["STAGE"].position  # noqa: B018 - a round trip
    assert server.run(lambda: server.subscriptions) == []


def test_a_server_without_a_list_of_devices(server: MemoryServer) -> None:
    del server._devices["."]
    with connect("memory:1", open_carrier=server.open) as client:
        assert client.devices == ()
        assert client["STAGE"].position == 0.0
        with client.monitor("STAGE.position") as readings:
            readings.get(5)
            kill(server, client)
            readings.get(5)
            server.up = True
            assert readings.get(10).alarm.severity == 0
        client.wait_connected(10)


@pytest.mark.parametrize("timeout", [-5, -0.001, float("nan"), True, "1"])
def test_a_time_that_cannot_be_waited_sends_nothing(server: MemoryServer, client: Client, timeout: Any) -> None:
    velocity = client["STAGE"].attributes["velocity"]
    told = r"^STAGE(\.velocity)?: timeout: expected seconds from 0 on, or None to wait for ever, got "
    waits: list[Callable[[], object]] = [
        lambda: velocity.put(3, timeout=timeout),
        lambda: velocity.get(timeout),
        lambda: velocity.wait_for(3, timeout),
        lambda: client["STAGE"].attributes.put({"velocity": 3}, timeout=timeout),
    ]
    for wait in waits:
        with pytest.raises(BadValue, match=told):
            wait()
    assert server.puts == []
    with pytest.raises(BadValue, match="timeout: expected"):
        connect("memory:1", timeout, open_carrier=server.open)


def test_a_time_longer_than_can_be_waited_is_for_ever(client: Client) -> None:
    velocity = client["STAGE"].attributes["velocity"]
    velocity.put(3, timeout=float("inf"))
    assert velocity.get(1e300).reading.value == 3.0


def test_a_method_is_no_attribute(client: Client) -> None:
    with pytest.raises(UnknownName, match=r"STAGE\.move: expected an attribute, got a method: call it"):
        client["STAGE"].attributes["move"]
