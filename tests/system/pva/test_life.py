"""Servers and devices that go and come, under clients of PVAccess that were there before."""

from __future__ import annotations

import asyncio
import time

import pytest
from p4p.client.asyncio import Context as AsyncContext
from p4p.client.raw import Disconnected
from p4p.client.thread import Context
from p4p.nt import NTURI

from macduff import Process
from macduff.servers.pva import PvaServer
from tests.support import random_name

from .lab import Awkward, Renamed, Stage, first_of, heard_of
from .serving import ServerProgram

# p4p keeps the threads that run its client's callbacks for the life of the program.
pytestmark = pytest.mark.allow_threads("None*")
ONE_SECOND, FIVE_SECONDS = 1.0, 5.0


async def test_a_server_that_was_killed_and_comes_back_serves_who_was_connected() -> None:
    name = random_name()
    add = NTURI([("a", "d")]).wrap(f"{name}:add", kws={"a": 1.0})
    with ServerProgram(name) as served, AsyncContext("pva", conf=served.environment, useenv=False, nt=False) as context:
        async with heard_of(served.environment, f"{name}:position_RBV") as heard:
            assert (await first_of(heard))["value"] == 0.0
            await context.put(f"{name}:position", {"value": 1.5})
            assert (await heard())["value"] == 1.5
            began = time.monotonic()
            served.kill()
            assert isinstance(await heard(), Disconnected) and time.monotonic() - began < ONE_SECOND
            await asyncio.to_thread(served.start)
            began = time.monotonic()
            assert (await first_of(heard))["value"] == 0.0, "it began anew"
            assert time.monotonic() - began < FIVE_SECONDS
            async with asyncio.timeout(FIVE_SECONDS):
                await context.put(f"{name}:position", {"value": 2.5})
                assert (await heard())["value"] == 2.5
                assert (await context.rpc(f"{name}:add", add))["value"] == 3.0


def test_a_device_that_came_is_there_for_a_fresh_client_at_once(server: PvaServer, process: Process) -> None:
    with Context("pva", conf=server.environment, useenv=False, nt=False) as context:
        process.add(Awkward("LATER"))
        began = time.monotonic()
        context.put("LATER:count", {"value": 5}, timeout=5)
        total = context.rpc("LATER:sum", NTURI([("values", "ad")]).wrap("LATER:sum", kws={"values": [1.5]}), timeout=5)
        assert total["value"] == 1.5
        assert "LATER" in context.get("macduff:PVI", timeout=5)["value"].keys()  # noqa: SIM118  # a Value is asked by its keys
        assert time.monotonic() - began < ONE_SECOND


async def test_all_that_wait_find_a_device_that_comes(server: PvaServer, process: Process) -> None:
    """Clients that heard of nothing look ever more rarely; a beacon tells them that it is time."""
    async with (
        heard_of(server.environment, "LATER:position") as one,
        heard_of(server.environment, "LATER:other") as another,
        heard_of(server.environment, "STAGE:position") as present,
    ):
        assert isinstance(await one(), Disconnected) and isinstance(await another(), Disconnected)
        await first_of(present)
        began = time.monotonic()
        await asyncio.to_thread(process.add, Stage("LATER"))
        assert (await first_of(one))["value"] == 0.0
        assert (await first_of(another))["value"] == 1.0
        assert time.monotonic() - began < FIVE_SECONDS
        await asyncio.to_thread(setattr, process.view("STAGE"), "position", 1.0)
        assert (await present())["value"] == 1.0, "who is connected is left alone"


async def test_everything_of_a_removed_device_is_gone(server: PvaServer, process: Process) -> None:
    async with (
        heard_of(server.environment, "STAGE:position") as setpoint,
        heard_of(server.environment, "STAGE:add") as method,
        heard_of(server.environment, "STAGE:PVI") as pvi,
    ):
        for heard in (setpoint, method, pvi):
            await first_of(heard)
        began = time.monotonic()
        await asyncio.to_thread(process.remove, "STAGE")
        for heard in (setpoint, method, pvi):
            assert isinstance(await heard(), Disconnected)
        assert time.monotonic() - began < ONE_SECOND
        with AsyncContext("pva", conf=server.environment, useenv=False, nt=False) as context:
            listed = await context.get("macduff:PVI")
            assert "STAGE" not in listed["value"].keys()  # noqa: SIM118  # it is no mapping


async def test_one_of_another_type_takes_the_name(server: PvaServer, process: Process) -> None:
    with AsyncContext("pva", conf=server.environment, useenv=False, nt=False) as context:
        async with heard_of(server.environment, "STAGE:position") as heard:
            assert (await first_of(heard)).type()["value"] == "d"
            await context.put("STAGE:position", {"value": 1.0})
            await heard()
            for device, code, value in ((Renamed, "s", "left"), (Stage, "d", 0.0)):
                await asyncio.to_thread(process.remove, "STAGE")
                assert isinstance(await heard(), Disconnected)
                await asyncio.to_thread(process.add, device("STAGE"))
                began = time.monotonic()
                update = await first_of(heard)
                assert (update.type()["value"], update["value"]) == (code, value)
                assert time.monotonic() - began < FIVE_SECONDS
            async with asyncio.timeout(FIVE_SECONDS):
                await context.put("STAGE:position", {"value": 2.0})
            assert process.view("STAGE").position == 2.0
