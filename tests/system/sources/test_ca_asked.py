"""PVs of the `ca` device by their names: opened for whoever asks, gone after the last who is interested (rule 39)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from macduff import CaDevice, NotFound, NotWriteable, Process, Severity, VDouble, VString
from macduff.client import Client, connect, connect_async
from macduff.errors import Refused
from macduff.protocol.model import SEvent
from macduff.servers.web import WebServer
from tests.support import eventually, random_name
from tests.system.ioc import Ioc, channel_access

RECORDS = Path(__file__).with_name("records.db")


@pytest.fixture(scope="module")
def prefix() -> Iterator[str]:
    name = random_name() + ":"
    with channel_access() as (port,), Ioc(RECORDS, port, f"P={name}"):
        yield name


@pytest.fixture
def ca(process: Process, prefix: str) -> CaDevice:
    device = CaDevice(allow=[prefix + "*"], linger=1.0, timeout=1.0)
    process.add(device)
    process.add(CaDevice("rw", allow=[prefix + "PLAIN"], writable=True))
    return device


@pytest.fixture
def server(process: Process, ca: CaDevice) -> Iterator[WebServer]:
    with WebServer(process, port=0) as server:
        yield server


@pytest.fixture
def client(server: WebServer) -> Iterator[Client]:
    with connect(server.address) as client:
        yield client


def test_listening_to_a_pv_opens_it(process: Process, ca: CaDevice, prefix: str) -> None:
    def first(suffix: str) -> Any:
        queue: SimpleQueue[Any] = SimpleQueue()
        process.listen(queue, "ca", suffix, initial_value=True)
        item = queue.get(timeout=5)
        assert item[1] == "ca"
        return item

    event, _, attribute, _ = first(prefix + "AO")
    assert (event, attribute.value, attribute.vtype.units) == (SEvent.Value, 1.5, "mm")
    assert attribute.name in ca.attributes
    assert isinstance(first(prefix + "AO.DESC.value")[2].vtype, VString)
    event, _, error = first("ELSEWHERE:X")
    assert event is SEvent.Failed and isinstance(error, Refused) and prefix + "*" in error.message
    began = time.monotonic()
    event, _, error = first(prefix + "ABSENT")
    assert event is SEvent.Failed and isinstance(error, NotFound)
    assert "expected a PV that is connected, found none within 1 s" in error.message
    assert 0.8 < time.monotonic() - began < 3.0


@pytest.mark.parametrize("policy", ["latest", "every"])
def test_monitor_by_websocket(process: Process, ca: CaDevice, client: Client, prefix: str, policy: Any) -> None:
    """The first value follows when it is connected; the attribute stays as long as somebody monitors it, no longer."""
    writer = process.view("rw")
    name = writer.open(prefix + "PLAIN")
    with client.monitor(f"ca.{prefix}PLAIN", policy) as readings:
        assert readings.get(5).value == writer.attributes[name].value
        setattr(writer, name, 3.0)
        eventually(lambda: readings.get(5).value == 3.0, "the change")
        own = prefix.replace(":", "_") + "PLAIN"
        assert own in ca.attributes
        time.sleep(2.5)  # longer than linger and the sweeper's period together
        assert own in ca.attributes
        setattr(writer, name, 0.0)
        eventually(lambda: readings.get(5).value == 0.0, "still followed")
    eventually(lambda: own not in ca.attributes, "gone after the last", 5.0)


def test_who_shows_the_whole_device_keeps_nothing_open(
    process: Process, ca: CaDevice, client: Client, prefix: str
) -> None:
    """Servers mirror every device, and a client's description of one is a subscription too."""
    queue: SimpleQueue[Any] = SimpleQueue()
    process.listen(queue, "ca", initial_value=True)
    device = client["ca"]
    own = device.open(prefix + "AO")
    eventually(lambda: own in device.attributes, "described")
    eventually(lambda: own not in ca.attributes, "gone although the whole is listened to", 5.0)
    eventually(lambda: own not in device.attributes, "described no more")


def test_what_is_refused_over_the_wire(client: Client, ca: CaDevice, prefix: str) -> None:
    with pytest.raises(Refused, match=r"patterns \(.*\*\), got neither"), client.monitor("ca.ELSEWHERE:X"):
        pass
    with pytest.raises(NotFound, match="expected a PV that is connected"), client.monitor(f"ca.{prefix}ABSENT"):
        pass
    attributes = client["ca"].attributes
    with pytest.raises(Refused):
        attributes["ELSEWHERE:X"]
    with pytest.raises(NotFound):
        attributes[prefix + "ABSENT"]
    assert prefix + "AO" not in attributes  # until it was asked for


def test_at_the_keyboard(client: Client, ca: CaDevice, prefix: str) -> None:
    """Read-only unless told; PVs with fields in their names too."""
    attribute = client["ca"].attributes[prefix + "AO"]
    assert isinstance(attribute.vtype, VDouble) and (attribute.value, attribute.units) == (1.5, "mm")
    assert client["ca"].attributes[prefix + "AO.EGU"].value == "mm"
    with pytest.raises(NotWriteable):
        attribute.put(2.0)
    plain = client["rw"].attributes[prefix + "PLAIN"]
    plain.put(4.0, readback=True)
    assert plain.value == 4.0
    plain.put(0.0, readback=True)
    assert client["ca"].attributes[prefix + "MODE"].get().reading.alarm.severity is not Severity.INVALID


def test_with_asyncio(server: WebServer, ca: CaDevice, prefix: str) -> None:
    async def main() -> None:
        async with await connect_async(server.address) as client:
            device = await client.device("ca")
            attribute = await device.attributes.open(prefix + "AO")
            assert (await attribute.get(), attribute.units) == (1.5, "mm")
            assert "VDouble mm, read only" in repr(attribute)
            async with client.monitor(f"ca.{prefix}LONG") as readings:
                assert (await readings.get()).value == 7
            with pytest.raises(Refused):
                await device.attributes.open("ELSEWHERE:X")

    asyncio.run(main())


def test_over_http(server: WebServer, ca: CaDevice, prefix: str) -> None:
    def get(path: str) -> Any:
        with urllib.request.urlopen(f"{server.address}/api/{path}", timeout=10) as answer:
            return json.load(answer)

    assert get(f"ca/{prefix}AO/value") == 1.5
    assert get(f"ca/{prefix}AO.DRVH/value") == 10
    assert get(f"ca/{prefix}MODE")["meta"]["choices"] == ["Slow", "Fast", "Idle"]
    assert get("ca/health/value") == "OK"
    for path, code, kind in ((f"ca/{prefix}ABSENT", 404, "NotFound"), ("ca/ELSEWHERE:X/value", 403, "Refused")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(path)
        with refused.value as answer:
            assert (answer.code, json.load(answer)["kind"]) == (code, kind)
    request = urllib.request.Request(f"{server.address}/api/rw/{prefix}PLAIN", b"2.5", method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    assert get(f"rw/{prefix}PLAIN/value") == 2.5


def test_on_the_command_line(server: WebServer, ca: CaDevice, prefix: str) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "macduff", *words, "-a", server.address]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    got = run("get", f"ca.{prefix}AO", f"ca.{prefix}AO.EGU")
    values = [line.split()[1] for line in got.stdout.splitlines()]
    assert got.returncode == 0 and (float(values[0]), values[1]) == (1.5, "mm")
    monitored = run("monitor", f"ca.{prefix}LONG", "-n", "1", "-o", "jsonl")
    record = json.loads(monitored.stdout)
    assert (record["name"], record["value"], record["units"]) == (f"ca.{prefix}LONG", 7, "counts")
    refused = run("get", "ca.ELSEWHERE:X")
    assert refused.returncode == 1 and prefix + "*" in refused.stderr
    absent = run("monitor", f"ca.{prefix}ABSENT", "-n", "1")
    assert absent.returncode == 1 and "found none within 1 s" in absent.stderr
    assert run("put", f"rw.{prefix}PLAIN", "5.5").returncode == 0
    assert float(run("get", f"rw.{prefix}PLAIN").stdout) == 5.5
