"""The client and a real server in another process."""

from __future__ import annotations

import asyncio
import inspect
import queue
import threading
from typing import TYPE_CHECKING, Any

import numpy
import pytest

from macduff.client import Client, connect, connect_async
from macduff.errors import Aborted, BadValue, Busy, DeviceFailed, Disconnected, NotWriteable, Removed, Superseded
from macduff.values import Reading, Severity, VDouble
from tests.support import free_port, random_name

from .lab import Stage

if TYPE_CHECKING:
    from .conftest import Lab


def test_values_at_the_keyboard(client: Client) -> None:
    stage = client.STAGE
    stage.velocity = 2
    assert stage.velocity == 2.0
    assert stage.move(1.5, rate=1000) == 1.5
    assert stage.position == 1.5
    stage.mode = "fast"
    assert stage.mode == "fast"
    stage.image = numpy.arange(6, dtype="uint16").reshape(2, 3) + 65530 - 5
    assert stage.image.tolist() == [[65525, 65526, 65527], [65528, 65529, 65530]]
    assert stage.image.dtype == numpy.uint16
    stage.points = {"x": [1.0, 2.0], "name": ["a", "b"]}
    assert list(stage.points.rows()) == [{"x": 1.0, "name": "a"}, {"x": 2.0, "name": "b"}]
    assert stage.scale([1, 2, 3], by="two") == {"total": 12.0, "first": 2.0}
    assert stage.state == "Idle"


def test_what_is_not_allowed_is_told_by_kind(client: Client) -> None:
    stage = client["STAGE"]
    before = stage.velocity
    with pytest.raises(BadValue, match=r"STAGE\.velocity: expected .*5.* got 50") as caught:
        stage.velocity = 50
    assert (caught.value.device, caught.value.member) == ("STAGE", "velocity")
    with pytest.raises(BadValue):
        stage.velocity = "3"
    with pytest.raises(BadValue, match="expected one of 'slow', 'fast', got 'warp'"):
        stage.mode = "warp"
    with pytest.raises(NotWriteable):
        stage.position = 3
    with pytest.raises(BadValue, match="target"):
        stage.move("far")
    with pytest.raises(DeviceFailed, match="no such luck"):
        stage.fail()
    assert stage.velocity == before, "a refused request changed nothing"


def test_busy_superseded_and_aborted(client: Client) -> None:
    stage = client["STAGE"]
    stage.move(0)
    first = stage.move.start(10, rate=0.1)
    second = stage.move.start(0, rate=1000)
    with pytest.raises(Superseded):
        first.result(5)
    assert second.result(5) == 0.0
    before = stage.count
    held = stage.hold.start()
    stage.attributes["count"].wait_for(before + 1, 5)
    with pytest.raises(Busy, match="hold") as caught:
        stage.fail()
    assert caught.value.state == "Running"
    assert held.cancel()
    with pytest.raises(Aborted):
        held.result(5)
    stage.attributes["state"].wait_for("Idle", 5)  # the abort itself ends after what it ended


def test_the_description_of_a_real_device(client: Client) -> None:
    stage = client["STAGE"]
    assert str(inspect.signature(stage.move)) == "(target: float, rate: float = 100.0) -> float"
    assert str(inspect.signature(stage.scale)).startswith("(image: numpy.ndarray, by: Literal['one', 'two'] = 'one')")
    velocity = stage.attributes["velocity"]
    assert isinstance(velocity.vtype, VDouble)
    assert (velocity.units, velocity.vtype.control) == ("mm/s", (0.01, 5))
    assert "How fast it goes" in (velocity.__doc__ or "")
    assert {"health", "state", "status"} <= set(stage.attributes)
    assert "abort" in client.info("STAGE").methods
    assert repr(client) == f"<Client {client.address}, connected, 1 device: STAGE>"


def test_the_preferred_subprotocol_is_spoken(client: Client) -> None:
    assert client._bridge.core.connection.dialect.name == "macduff.msgpack.1"


def test_addresses_with_another_scheme_or_none(lab: Lab) -> None:
    for address in (f"http://127.0.0.1:{lab.port}", f"127.0.0.1:{lab.port}", f"ws://127.0.0.1:{lab.port}/ws"):
        with connect(address) as client:
            assert client.devices == ("STAGE",)


def test_nobody_is_there() -> None:
    address = f"ws://127.0.0.1:{free_port()}"
    for given in (address, address.removeprefix("ws://")):
        with pytest.raises(Disconnected) as told:
            connect(given)
        what = "expected a server, got none: connection refused; is macduff serve running there?"
        assert told.value.message == f"{address}: {what}"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "something else that answered with HTTP 404"),
        (403, r"one that refuses this name for it; its setting `hosts` must have it \(HTTP 403\)"),
        (503, r"one that takes no connections: it is ending, or has too many \(HTTP 503\)"),
    ],
)
def test_somebody_else_is_there(status: int, told: str) -> None:
    """A server that is none of ours, or that does not let us in."""
    import http.server

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        address = f"ws://127.0.0.1:{other.server_port}"
        with pytest.raises(Disconnected, match=f"^{address}: expected a macduff server, got {told}$"):
            connect(address)
        thread.join()


def test_every_reading_arrives_in_order(lab: Lab, client: Client) -> None:
    with client.monitor("STAGE.position", policy="every") as readings:
        first = readings.get(5)
        lab.tell("burst 2000")
        found = [readings.get(5) for _ in range(2000)]
    assert [reading.value for reading in found] == [float(number) for number in range(1, 2001)]
    sequences = [reading.sequence for reading in found]
    assert first.sequence < sequences[0]
    assert sequences == sorted(set(sequences))
    assert readings.dropped == 0


def test_latest_gives_the_last_one_and_counts(lab: Lab, client: Client) -> None:
    with client.monitor("STAGE.position") as readings:
        readings.get(5)
        lab.tell("burst 1000")
        seen = [readings.get(5)]
        while seen[-1].value != 1000.0:
            seen.append(readings.get(5))
        assert len(seen) + readings.dropped <= 1000


def test_changes_of_a_call_come_before_its_reply(client: Client) -> None:
    """Rule 5, as a user sees it: with a monitor open, the last position is there when the call has returned."""
    stage = client["STAGE"]
    with client.monitor("STAGE.position") as readings:
        stage.move(0, rate=1000)
        for target in (1.0, 2.0, 3.0):
            stage.move(target, rate=1000)
            newest = readings.get(0)
            while len(readings._inbox):
                newest = readings.get(0)
            assert newest.value == target


def test_a_device_that_goes_and_comes_back(lab: Lab, client: Client) -> None:
    """Rule 25."""
    name = random_name()
    lab.tell(f"add {name}")
    device = client[name]
    call = device.hold.start()
    with client.monitor(f"{name}.position", policy="every") as readings:
        readings.get(5)
        lab.tell(f"remove {name}")
        gone = readings.get(5)
        assert gone.alarm.severity is Severity.INVALID
        assert "removed" in gone.alarm.message
        with pytest.raises(Removed):
            call.result(5)
        lab.tell(f"add {name}")
        assert readings.get(5).alarm.severity is Severity.NONE
        device.velocity = 3
        assert device.velocity == 3.0
    lab.tell(f"remove {name}")


def test_two_clients_see_the_same(lab: Lab, client: Client) -> None:
    seen: queue.Queue[Reading] = queue.Queue()
    with connect(lab.address) as other:
        other.subscribe("STAGE.velocity", seen.put, policy="every")
        seen.get(timeout=5)
        client["STAGE"].velocity = 4
        assert seen.get(timeout=5).value == 4.0


def test_a_typed_device(client: Client) -> None:
    stage = client.device("STAGE", Stage)
    stage.velocity.put(1.5)
    value: float = stage.velocity.value
    assert value == 1.5
    where: float = stage.move(2.0, rate=1000.0)
    assert where == 2.0


def test_the_asynchronous_client(lab: Lab) -> None:
    async def main() -> None:
        async with await connect_async(lab.address) as client:
            stage = await client.device("STAGE")
            await stage.velocity.put(2.5)
            assert await stage.velocity.get() == 2.5
            assert await stage.move(0.5, rate=1000) == 0.5
            seen: list[Any] = []

            async def watch() -> None:
                async for reading in stage.position.updates("every"):
                    seen.append(reading.value)
                    if reading.value == 1.0:
                        return

            task = asyncio.create_task(watch())
            while not seen:
                await asyncio.sleep(0)
            moves = [stage.velocity.get() for _ in range(50)]
            assert set(await asyncio.gather(*moves)) == {2.5}
            await stage.move(1.0, rate=1000)
            await asyncio.wait_for(task, 5)
            assert seen[0] == 0.5
            async with client.monitor("STAGE.count") as count:
                before = (await count.get()).value
                held = asyncio.create_task(stage.hold())
                assert (await count.get()).value == before + 1
            held.cancel()
            with pytest.raises(asyncio.CancelledError):
                await held
            async for reading in stage.state.updates():  # the call ends in Aborting, which ends after it (rule 20)
                if reading.value == "Idle":
                    break
                assert reading.value == "Aborting"

    asyncio.run(main())


def test_a_synchronous_client_inside_a_running_loop(lab: Lab) -> None:
    """As in a notebook, which has a loop of its own."""

    async def main() -> float:
        with connect(lab.address) as client:
            found: float = client["STAGE"].velocity
            return found

    assert asyncio.run(main()) > 0
