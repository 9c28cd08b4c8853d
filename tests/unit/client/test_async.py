"""The asynchronous client: the same promises, awaited."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

import pytest

from macduff.client import AsyncClient, AsyncDevice, UnknownName, connect_async
from macduff.errors import Aborted, BadValue, Disconnected, TimedOut, TooMany
from macduff.limits import DEFAULTS
from macduff.values import Reading, Severity

from .memory import MemoryServer, stage

Scenario = Callable[[MemoryServer, AsyncClient, AsyncDevice], Awaitable[None]]


def play(scenario: Scenario) -> None:
    """Run a scenario with a server and a client of it, on one loop."""

    async def main() -> None:
        server = MemoryServer(stage())
        async with await connect_async("memory:1", timeout=5, open_carrier=server.open) as client:
            await scenario(server, client, await client.device("STAGE"))

    asyncio.run(main())


def test_get_put_and_call() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        assert await device.velocity.get() == 1.0
        await device.velocity.put(2, readback=True)
        assert server.puts == [("STAGE", {"velocity": 2.0}, True)]
        assert await device.velocity.get() == await device.velocity.get_setpoint() == 2.0
        await device.attributes.put({"velocity": 2, "mode": "fast"})
        assert server.puts[-1] == ("STAGE", {"velocity": 2.0, "mode": "fast"}, False)
        reading = await device.attributes["velocity"].read()
        assert (reading.value, reading.alarm.severity) == (2.0, 0)
        call = asyncio.create_task(device.move(3))
        while not server.calls:
            await asyncio.sleep(0)
        server.finish("move", 3.0)
        server.pump()
        assert await call == 3.0

    play(scenario)


def test_names_signatures_and_reprs() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        assert str(inspect.signature(device.move)) == "(target: float, speed: float = 1.0) -> float"
        assert (device.velocity.units, device.velocity.path) == ("mm/s", "STAGE.velocity")
        assert repr(device) == "<device STAGE (A linear stage.): 4 attributes, 2 methods>"
        assert repr(client) == "<AsyncClient ws://memory:1, connected, 1 device: STAGE>"
        assert repr(device.velocity) == "<attribute STAGE.velocity: VDouble mm/s, writable>"
        assert {"move", "velocity"} <= set(dir(device))
        with pytest.raises(UnknownName, match="did you mean 'velocity'"):
            device.velocty  # noqa: B018 - reading is the test
        with pytest.raises(UnknownName, match=r"await stage\.velocity\.put\(value\)"):
            device.velocity = 2
        with pytest.raises(UnknownName, match="did you mean 'STAGE'"):
            await client.device("STGE")
        with pytest.raises(UnknownName, match=r"use `await client\.device\('OTHER'\)`"):
            client["OTHER"]
        assert client["STAGE"] is device
        assert (await client.info("STAGE")).fields[0] == "state"
        assert client.devices == ("STAGE",)

    play(scenario)


def test_timeouts_say_what_goes_on() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        server.hold_puts = True
        with pytest.raises(TimedOut, match=r"the put within 0.01 s; it may still be completed"):
            await device.velocity.put(2, timeout=0.01)
        server.finish("put", error=TooMany("late, and nobody waits for it"))
        server.pump()
        server.mute = True
        with pytest.raises(TimedOut, match=r"the get within 0.01 s"):
            await device.velocity.get(timeout=0.01)

    play(scenario)


def test_updates_begin_with_what_is_and_end_when_left() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        seen = []
        updates = device.position.updates("every")
        async for reading in updates:
            seen.append(reading.value)
            if len(seen) == 3:
                break
            server.update("STAGE", position=float(len(seen)))
            server.pump()
        await updates.aclose()
        assert seen == [0.0, 1.0, 2.0]
        await device.position.get()
        assert server.subscriptions == []

    play(scenario)


def test_a_monitor_and_a_callback_survive_a_restart() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        seen: asyncio.Queue[Reading] = asyncio.Queue()
        changes: asyncio.Queue[str] = asyncio.Queue()
        client.on_state(lambda state, reason: changes.put_nowait(state))
        subscription = await client.subscribe("STAGE.velocity", seen.put_nowait)
        async with client.monitor("STAGE.position") as readings:
            assert ((await readings.get()).value, (await seen.get()).value) == (0.0, 1.0)
            server.kill()
            assert (await readings.get()).alarm.severity is Severity.INVALID
            assert (await seen.get()).alarm.message == "disconnected: the connection was lost"
            assert (client.state, client.connected) == ("reconnecting", False)
            with pytest.raises(Disconnected, match="the get was not sent"):
                await device.position.get()
            server.up = True
            await client.wait_connected(10)
            assert ((await readings.get()).alarm.severity, (await seen.get()).alarm.severity) == (0, 0)
        assert [changes.get_nowait() for _ in range(2)] == ["reconnecting", "connected"]
        subscription.close()
        await device.position.get()
        assert server.subscriptions == []

    play(scenario)


def test_a_wrong_path_is_told_at_once() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        with pytest.raises(LookupError, match="position"):
            await client.subscribe("STAGE.positoin", print)
        monitor = client.monitor("STAGE.position")
        with pytest.raises(RuntimeError, match="in an async with statement"):
            await monitor.get()

    play(scenario)


def test_a_started_call_can_be_cancelled_which_aborts() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        call = device.move.start(3)
        await device.position.get()
        assert not call.done()
        assert call.cancel()
        with pytest.raises(Aborted):
            await call
        with pytest.raises(Aborted):
            await call
        assert isinstance(call.exception(), Aborted)
        assert not call.cancel()
        assert [found[1] for found in server.calls] == ["move", "abort"]

    play(scenario)


def test_who_only_waits_for_a_started_call_does_not_abort_it() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        call = device.move.start(3)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await call
        server.finish("move", 3.0)
        server.pump()
        assert await call == 3.0
        assert call.result() == 3.0
        assert [found[1] for found in server.calls] == ["move"]

    play(scenario)


def test_cancelling_a_blocking_call_aborts_and_waits() -> None:
    """The asynchronous Ctrl-C: asyncio.run cancels the main task."""

    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        task = asyncio.create_task(device.move(3))
        while not server.calls:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [found[1] for found in server.calls] == ["move", "abort"]
        assert server._open == [], "the call had ended before the task did"

    play(scenario)


def test_a_cancelled_call_waits_until_the_device_is_at_rest() -> None:
    """Rule 20: the abort ends behind the call that it ends."""

    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        server.obeys = False
        task = asyncio.create_task(device.move(3))
        while not server.calls:
            await asyncio.sleep(0)
        task.cancel()
        while len(server.calls) < 2:
            await asyncio.sleep(0)
        server.finish("move", error=Aborted("STAGE.move: aborted"))
        server.pump()
        await device.position.get()
        assert not task.done(), "the call has ended, the abort has not"
        server.finish("abort")
        server.pump()
        with pytest.raises(asyncio.CancelledError):
            await task

    play(scenario)


def test_a_second_cancellation_stops_waiting() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        task = asyncio.create_task(device.move(3))
        while not server.calls:
            await asyncio.sleep(0)
        server.mute = True
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    play(scenario)


def test_open_requests_when_the_server_goes() -> None:
    """Rule 26."""

    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        server.hold_puts = True
        call = device.move.start(3)
        put = asyncio.create_task(device.velocity.put(2))
        while not server.puts:
            await asyncio.sleep(0)
        server.kill()
        with pytest.raises(Disconnected, match="whether the call was done is unknown"):
            await call
        with pytest.raises(Disconnected, match="whether the put was done is unknown"):
            await put
        server.up = True
        await client.wait_connected(10)
        await device.position.get()
        assert (len(server.calls), len(server.puts)) == (1, 1)

    play(scenario)


def test_closing_ends_everything() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        call = device.move.start(3)
        seen = []

        async def read() -> None:
            async for reading in device.position.updates():
                seen.append(reading)

        task = asyncio.create_task(read())
        while not seen:
            await asyncio.sleep(0)
        await client.close()
        with pytest.raises(Disconnected, match="the client was closed"):
            await call
        await asyncio.wait_for(task, 5)
        assert len(seen) == 1
        assert client.state == "closed"

    play(scenario)


def test_too_slow_a_server_at_first() -> None:
    async def main() -> None:
        server = MemoryServer()
        server.mute = True
        with pytest.raises(TimedOut, match=r"expected a connection within 0.01 s"):
            await connect_async("memory:1", timeout=0.01, open_carrier=server.open)

    asyncio.run(main())
    assert DEFAULTS.connect_time > 1


def test_a_time_that_cannot_be_waited_sends_nothing() -> None:
    async def scenario(server: MemoryServer, client: AsyncClient, device: AsyncDevice) -> None:
        for timeout in (-5, float("nan")):
            with pytest.raises(BadValue, match=r"STAGE\.velocity: timeout: expected seconds from 0 on"):
                await device.velocity.put(3, timeout=timeout)
            with pytest.raises(BadValue, match=r"timeout: expected seconds from 0 on"):
                await connect_async("memory:1", timeout=timeout, open_carrier=server.open)
        assert server.puts == []
        await device.velocity.put(3, timeout=float("inf"))

    play(scenario)
