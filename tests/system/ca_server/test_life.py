"""Devices that come, go and change under clients of Channel Access that are connected."""

from __future__ import annotations

import struct
import time
from typing import Any

import numpy as np
import pytest

from macduff import Attribute, Device, Process, VArray, VDouble, VEnum, VString, VType
from macduff.servers.ca import CaServer
from macduff.values import Reading
from tests.support import random_name
from tests.system.ca_server.lab import Client, Everything, ServerProcess, udp_socket

ONE_SECOND, FIVE_SECONDS, LIBCA_LOOKS_AGAIN = 1.0, 5.0, 15.0
PROPERTY = 8
pytestmark = pytest.mark.allow_threads("*calls*")  # those of the Process that all tests here share


def with_one(name: str, vtype: VType[Any], value: object) -> Device:
    device = Device(name)
    device.add_attribute("thing", Attribute(vtype, value))
    return device


def test_a_removed_device_is_seen_to_go_within_a_second(process: Process, server: CaServer, client: Client) -> None:
    device = Everything(random_name())
    process.add(device)
    pv = f"{device.name}:number"
    for name in (pv, f"{pv}.EGU", f"{device.name}:tick"):
        client.monitor(name)
        client.event(name, ok=True)
    process.remove(device.name)
    began = time.monotonic()
    for name in (pv, f"{pv}.EGU", f"{device.name}:tick"):
        client.event(name, timeout=ONE_SECOND, ok=False)
    assert time.monotonic() - began < ONE_SECOND


def test_a_fresh_client_finds_an_added_device_within_a_second(process: Process, server: CaServer) -> None:
    with Client(server.environment) as client:
        process.add(device := Everything(random_name()))
        began = time.monotonic()
        assert client.get(f"{device.name}:number") == 1.5
        assert time.monotonic() - began < ONE_SECOND
        process.remove(device.name)


def test_a_client_that_waits_finds_it_at_once(process: Process, server: CaServer) -> None:
    """Left alone, it would look again a second later, then two, four, eight."""
    device = Everything(random_name())
    pv = f"{device.name}:number"
    with Client(server.environment) as client:
        client.monitor(pv)
        client.monitor(f"{pv}.EGU")
        with pytest.raises(AssertionError, match="not within"):
            client.event(pv, timeout=1.5)
        process.add(device)
        assert client.event(pv, timeout=0.6, ok=True)["value"] == 1.5
        assert client.event(f"{pv}.EGU", timeout=0.6, ok=True)["value"] == "mm"
        process.remove(device.name)


def test_beacons_come_anew_when_a_device_is_added(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of whose searches nothing is known look again when a beacon comes before its time."""

    def gap() -> float:
        began = time.monotonic()
        command, _, version, port, number, address = struct.unpack(">HHHHII", repeater.recv(100))
        assert (command, version, port, address) == (13, 13, int(server.address.split(":")[1]), 0x7F000001)
        numbers.append(number)
        return time.monotonic() - began

    numbers: list[int] = []
    with udp_socket() as repeater:
        monkeypatch.setenv("EPICS_CA_REPEATER_PORT", str(repeater.getsockname()[1]))
        with CaServer(process, port=0) as server:
            while gap() < 0.3:
                pass
            process.add(device := Everything(random_name()))
            assert max(gap() for _ in range(4)) < 0.2
            assert numbers == list(range(len(numbers)))
            process.remove(device.name)


def test_the_name_is_free_for_another_shape(process: Process, server: CaServer, client: Client) -> None:
    name = random_name()
    pv = f"{name}:thing"
    process.add(with_one(name, VDouble(), 1.5))
    client.monitor(pv)
    assert client.event(pv, ok=True)["datatype"] == 6
    process.remove(name)
    client.event(pv, timeout=ONE_SECOND, ok=False)
    process.add(with_one(name, VString(), "other"))
    event = client.event(pv, timeout=FIVE_SECONDS, ok=True)
    assert (event["value"], event["severity"]) == ("nan", 3), "the monitor still asks for a number"
    assert client.get(pv) == "other"
    client.ask("close", name=pv)
    process.remove(name)


def test_an_attribute_that_becomes_another_kind_connects_anew(process: Process, client: Client) -> None:
    device = with_one(random_name(), VArray(VDouble(), shape=(3,)), np.arange(3.0))
    process.add(device)
    pv = f"{device.name}:thing"
    client.monitor(pv)
    client.event(pv, value=[0.0, 1.0, 2.0])
    device.attributes["thing"].change_type(VArray(VDouble(), shape=(None,)))
    client.event(pv, timeout=ONE_SECOND, ok=False)
    client.event(pv, timeout=FIVE_SECONDS, value=[0.0, 1.0, 2.0])
    assert client.ask("info", pv=pv)["count"] > 3
    process.remove(device.name)


def test_metadata_changes_are_told_without_a_new_connection(
    process: Process, device: Everything, client: Client
) -> None:
    pv = f"{device.name}:number"
    client.monitor(pv, name="values")
    client.monitor(pv, name="properties", format="ctrl", events=PROPERTY)
    client.monitor(f"{pv}.EGU")
    client.event("values", ok=True)
    client.event("properties", units="mm")
    client.event(f"{pv}.EGU", value="mm")
    device.number.change_type(VDouble(units="um", precision=1, control=(0, 10)))
    changed = client.event("properties", units="um")
    assert (changed["upper_ctrl_limit"], changed["precision"]) == (10, 1)
    client.event(f"{pv}.EGU", value="um")
    assert client.get(f"{pv}_RBV.DRVH") == 10.0
    assert all(value == 1.5 for value in client.events("values"))


def test_labels_change_together_with_the_value(process: Process, client: Client) -> None:
    device = with_one(random_name(), VEnum(["a", "b"]), "b")
    process.add(device)
    pv = f"{device.name}:thing"
    client.monitor(pv, format="ctrl", events=1 | PROPERTY)
    client.event(pv, enums=["a", "b"], value=1)
    thing = device.attributes["thing"]
    thing.change_type(VEnum(["b", "c", "d"]))
    assert client.event(pv, enums=["b", "c", "d"])["value"] == 0
    assert isinstance(thing.reading, Reading)
    process.remove(device.name)


def test_write_access_follows_what_can_be_put_now(process: Process, client: Client) -> None:
    from macduff.devices import Motor

    motor = Motor(random_name())
    process.add(motor)
    name = motor.name
    assert client.ask("info", pv=f"{name}:low_limit")["write"] is True
    move = client.begin("put", pv=name, value=5.0, timeout=30)
    client.monitor(f"{name}:state", datatype=0)
    client.event(f"{name}:state", value="Running")
    assert client.ask("info", pv=f"{name}:low_limit")["write"] is False
    assert client.put(f"{name}:stop", 1) is None
    client.end(move)
    client.event(f"{name}:state", value="Idle")
    assert client.ask("info", pv=f"{name}:low_limit")["write"] is True
    process.remove(name)


def test_a_server_that_was_killed_and_comes_back_is_found_by_who_was_connected() -> None:
    with ServerProcess() as served, Client(served.environment) as client:
        client.monitor("E:number")
        client.event("E:number", value=1.5)
        assert client.put("E:number", 2.5) is None
        client.event("E:number", value=2.5)
        served.kill()
        client.event("E:number", timeout=ONE_SECOND, ok=False)
        served.start()
        client.event("E:number", timeout=LIBCA_LOOKS_AGAIN, value=1.5)
        assert client.put("E:number", 3.5) is None
        client.event("E:number", value=3.5)


def test_a_server_starts_and_stops_again_in_one_process(process: Process, device: Everything) -> None:
    server = CaServer(process, port=0)
    port = 0
    for _ in range(3):
        server.start()
        port = port or int(server.address.split(":")[1])
        with Client(server.environment) as client:
            assert client.get(f"{device.name}:number") == 1.5
        server.stop()
        server.port = port


def test_a_taken_port_is_an_os_error(process: Process, server: CaServer) -> None:
    with pytest.raises(OSError):
        CaServer(process, port=int(server.address.split(":")[1])).start()


def test_other_machines_are_not_let_in_unasked(process: Process) -> None:
    with pytest.raises(ValueError, match="expected an address of this machine alone"):
        CaServer(process, "0.0.0.0")
    with pytest.raises(ValueError, match="IPv4"):
        CaServer(process, "::1")
