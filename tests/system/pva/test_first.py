"""The PVAccess server by p4p's client and ophyd-async: values, puts, calls, what changed, devices that come and go."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest
from p4p.client.raw import Disconnected, RemoteError
from p4p.client.thread import Context
from p4p.nt import NTURI

from macduff import Process
from macduff.devices import Motor
from macduff.servers.pva import PvaServer

from .lab import Renamed, Stage, first_of, heard_of

# p4p keeps the threads that run its client's callbacks for the life of the program.
pytestmark = pytest.mark.allow_threads("None*")


def test_a_value_comes_with_all_that_is_known_of_it(context: Context) -> None:
    value = context.get("STAGE:position", timeout=5)
    assert value.getID() == "epics:nt/NTScalar:1.0"
    assert (value["display.units"], value["display.precision"], value["display.description"]) == ("mm", 3, "Where")
    assert (value["control.limitLow"], value["control.limitHigh"]) == (-5, 5)
    assert abs(value["timeStamp.secondsPastEpoch"] - time.time()) < 10


def test_a_put_is_complete_or_refused_with_our_text(context: Context, process: Process) -> None:
    context.put("STAGE:position", 4.5, timeout=5)
    assert process.view("STAGE").position == 4.5
    read = context.get("STAGE:position_RBV", timeout=5)
    assert (read["value"], read["alarm.severity"]) == (4.5, 1)
    with pytest.raises(RemoteError, match="expected a value from -5 to 5 mm"):
        context.put("STAGE:position", 6.0, timeout=5)
    assert process.view("STAGE").position == 4.5


def test_methods_are_called_with_defaults_and_fail_with_their_text(context: Context) -> None:
    for names, given, result in (("a", {"a": 1.0}, 3.0), ("ab", {"a": 1.0, "b": 5.0}, 6.0)):
        request = NTURI([(name, "d") for name in names]).wrap("STAGE:add", kws=given)
        assert context.rpc("STAGE:add", request, timeout=5)["value"] == result
    with pytest.raises(RemoteError, match=r"expected .*got no a"):
        context.rpc("STAGE:add", NTURI([]).wrap("STAGE:add"), timeout=5)
    with pytest.raises(RemoteError, match="no such luck"):
        context.rpc("STAGE:fail", NTURI([]).wrap("STAGE:fail"), timeout=5)


async def test_an_update_carries_only_what_changed(server: PvaServer, process: Process) -> None:
    async with heard_of(server.environment, "STAGE:position_RBV") as heard:
        await first_of(heard)
        await asyncio.to_thread(setattr, process.view("STAGE"), "position", 1.25)
        update = await heard()
        assert update["value"] == 1.25
        changed = update.changedSet()
        assert "value" in changed and not any(name.startswith(("display", "control", "valueAlarm")) for name in changed)


async def test_devices_come_go_and_come_again_with_another_type(server: PvaServer, process: Process) -> None:
    async with heard_of(server.environment, "STAGE:position_RBV") as heard:
        assert (await first_of(heard))["value"] == 0.0
        began = time.monotonic()
        await asyncio.to_thread(process.remove, "STAGE")
        assert isinstance(await heard(), Disconnected) and time.monotonic() - began < 1
        await asyncio.to_thread(process.add, Renamed("STAGE"))
        assert (await first_of(heard))["value"] == "left"


async def test_a_client_that_was_already_searching_finds_a_device_that_comes(
    server: PvaServer, process: Process
) -> None:
    async with heard_of(server.environment, "LATER:position") as heard:
        assert isinstance(await heard(), Disconnected)
        began = time.monotonic()
        await asyncio.to_thread(process.add, Stage("LATER"))
        assert (await first_of(heard))["value"] == 0.0
        assert time.monotonic() - began < 5


def test_a_read_only_server_refuses(process: Process) -> None:
    with (
        PvaServer(process, port=0, read_only=True) as server,
        Context("pva", conf=server.environment, useenv=False) as context,
    ):
        with pytest.raises(RemoteError, match="read-only"):
            context.put("STAGE:position", 1.0, timeout=5)
        with pytest.raises(RemoteError, match="read-only"):
            context.rpc("STAGE:fail", NTURI([]).wrap("STAGE:fail"), timeout=5)
        assert process.view("STAGE").position == 0.0


def test_it_can_be_stopped_and_started_again_in_the_same_program(process: Process) -> None:
    server = PvaServer(process, port=0)
    for _ in range(3):
        with server, Context("pva", conf=server.environment, useenv=False) as context:
            assert context.get("STAGE:other", timeout=5) == 1.0


def test_a_device_of_ophyd_async_fills_itself_from_the_pvi(server: PvaServer, process: Process) -> None:
    process.add(Motor("X"))
    script = """
import asyncio
from ophyd_async.core import Device
from ophyd_async.epics.core import PviDeviceConnector

async def main():
    device = Device(name="x", connector=PviDeviceConnector("X:"))
    await device.connect(timeout=10)
    await device.velocity.set(1.5)
    print(await device.velocity.get_value(), sorted(name for name, _ in device.children()))

asyncio.run(main())
"""
    environment = {**os.environ, **server.environment}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1.5 ") and "'stop_'" in done.stdout and "'position'" in done.stdout
    assert process.view("X").velocity == 1.5
