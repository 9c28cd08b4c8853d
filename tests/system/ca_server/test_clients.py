"""Clients of other kinds: caproto's, one that searches over TCP, slow ones, rude ones."""

from __future__ import annotations

import socket
import struct

import numpy as np
import pytest

from macduff import Process
from macduff.limits import Limits
from macduff.servers.ca import CaServer, wire
from tests.support import eventually, random_name
from tests.system.ca_server.lab import Client, Everything
from tests.system.ca_server.raw import RawClient

TIME_DOUBLE = 20


def test_caprotos_client_reads_writes_and_is_told_why_not(
    device: Everything, server: CaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from caproto import ErrorResponseReceived
    from caproto.sync.client import read, write

    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    pv = f"{device.name}:number"
    assert read(pv, repeater=False).data[0] == 1.5
    write(pv, 2.5, notify=True, repeater=False)
    assert read(f"{pv}_RBV", data_type="control", repeater=False).data[0] == 2.5
    answer = read(pv, data_type="control", repeater=False).metadata
    assert (answer.units, answer.precision, answer.upper_ctrl_limit) == (b"mm", 3, 5.0)
    with pytest.raises(ErrorResponseReceived, match="expected a value from -5 to 5 mm, got 9"):
        write(pv, 9.0, notify=True, repeater=False)
    answer = read(f"{device.name}:mode", data_type="control", repeater=False).metadata
    assert list(answer.enum_strings) == [b"off", b"slow", b"fast"]


def test_a_client_may_search_over_tcp(device: Everything, server: CaServer) -> None:
    environment = {"EPICS_CA_NAME_SERVERS": server.address, "EPICS_CA_ADDR_LIST": "", "EPICS_CA_AUTO_ADDR_LIST": "NO"}
    with Client(environment) as client:
        assert client.get(f"{device.name}:number") == 1.5


def test_several_clients_see_the_same(device: Everything, server: CaServer, client: Client) -> None:
    pv = f"{device.name}:shown"
    with Client(server.environment) as other:
        for one in (client, other):
            one.monitor(pv)
            one.event(pv, value=4.25)
        for number in range(100):
            device.shown.update(float(number))
        for one in (client, other):
            one.event(pv, value=99.0)
            one.ask("close", name=pv)


def test_one_that_never_reads_delays_nobody_and_costs_a_bounded_memory(process: Process) -> None:
    limits = Limits(outgoing=256 * 1024)
    device = Everything(random_name())
    process.add(device)
    wave = f"{device.name}:wave"
    with (
        CaServer(process, port=0, limits=limits) as server,
        RawClient(server, buffer=4096) as stuck,
        RawClient(server) as quick,
    ):
        for one in (stuck, quick):
            one.subscribe(one.open(wave), TIME_DOUBLE)
            one.until(wire.EVENT_ADD)
        for number in range(200):
            device.wave.update(np.full(10_000, float(number)))
            while struct.unpack(">d", quick.until(wire.EVENT_ADD).payload[-8:])[0] != number:
                pass
        values: list[float] = []
        while not values or values[-1] != 199.0:
            values.append(struct.unpack(">d", stuck.until(wire.EVENT_ADD).payload[-8:])[0])
        assert len(values) < 150, "80 kB each: what waits is bounded, and merged"
        assert values == sorted(values)
    process.remove(device.name)


def test_one_that_reads_nothing_for_long_is_hung_up_on(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    limits = Limits(outgoing=64 * 1024, stalled=0.2)
    device = Everything(random_name())
    process.add(device)
    device.wave.update(np.zeros(500_000))
    with CaServer(process, port=0, limits=limits) as server, RawClient(server, buffer=4096) as stuck:
        stuck.subscribe(stuck.open(f"{device.name}:wave"), TIME_DOUBLE)
        eventually(lambda: "has read nothing" in caplog.text, "it is hung up on")
        with pytest.raises(ConnectionError):
            while True:
                stuck.next()
    process.remove(device.name)


def test_requests_that_nobody_takes_the_answers_of_are_read_no_more(device: Everything, server: CaServer) -> None:
    device.wave.update(np.zeros(100_000))
    with RawClient(server, buffer=4096) as stuck:
        channel = stuck.open(f"{device.name}:wave")
        stuck.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            for _ in range(1000):
                stuck.send(wire.message(wire.READ_NOTIFY, 6, 0, channel, 1) * 10_000)
        with RawClient(server) as other:
            assert other.open(f"{device.name}:number")


def test_a_flood_of_puts_that_are_not_waited_for_is_answered_in_order(device: Everything, server: CaServer) -> None:
    count = 5000
    with RawClient(server) as raw:
        channel = raw.open(f"{device.name}:number")
        for number in range(count):
            raw.put(channel, number % 5, number)
        answers = [raw.until(wire.WRITE_NOTIFY).second for _ in range(count)]
    assert answers == list(range(count))
    assert device.number.value == (count - 1) % 5


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack(">HHHHII", 1, 0xFFFF, 20, 0, 1, 1) + struct.pack(">II", 1 << 30, 1),
        wire.message(999),
        wire.message(wire.EVENT_ADD, 6, 0, 1, 1),
        wire.message(wire.CREATE_CHANNEL, 0, 0, 1, 13, b"\xff\xfe\xfd\0"),
    ],
    ids=["http", "too long", "no request", "no mask", "no text"],
)
def test_what_is_no_channel_access_is_hung_up_on_and_harms_nobody(
    device: Everything, server: CaServer, data: bytes
) -> None:
    with RawClient(server) as rude, RawClient(server) as other:
        rude.open(f"{device.name}:number")
        rude.send(data)
        rude.socket.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError):
            while True:
                rude.next()
        assert other.open(f"{device.name}:number")


def test_requests_for_what_is_not_there_are_borne(device: Everything, server: CaServer) -> None:
    with RawClient(server) as raw:
        raw.put(77, 1.0)
        raw.send(wire.message(wire.READ_NOTIFY, 6, 0, 77, 1) + wire.message(wire.CLEAR_CHANNEL, 0, 0, 77, 1))
        raw.subscribe(77, 6)
        raw.send(wire.message(wire.EVENT_CANCEL, 6, 0, 77, 1))
        channel = raw.open(f"{device.name}:number")
        raw.send(wire.message(wire.WRITE_NOTIFY, 6, 1000, channel, 5, b"\0" * 8))
        assert "expected 1000 elements" in raw.until(wire.ERROR).payload[16:].decode()
        raw.send(wire.message(wire.WRITE_NOTIFY, 99, 1, channel, 5, b"\0" * 8))
        assert "expected a plain value" in raw.until(wire.ERROR).payload[16:].decode()
        raw.send(
            wire.message(wire.READ_NOTIFY, 0, 2**32 - 1, channel, 5)
            + wire.message(wire.READ_NOTIFY, 6, 2**31, channel, 6)
        )
        assert [raw.until(wire.READ_NOTIFY).elements for _ in range(2)] == [1, 1], "no more than there are"
        raw.send(wire.message(wire.READ_NOTIFY, 99, 1, channel, 5))
        assert raw.until(wire.READ_NOTIFY).first == wire.ECA_BADTYPE


def test_a_subscription_whose_number_is_used_again_replaces_the_first(device: Everything, server: CaServer) -> None:
    with RawClient(server) as raw:
        channel = raw.open(f"{device.name}:shown")
        for _ in range(3):
            raw.subscribe(channel, 6, number=1)
            raw.until(wire.EVENT_ADD)
        device.shown.update(7.5)
        assert struct.unpack(">d", raw.until(wire.EVENT_ADD).payload)[0] == 7.5
        raw.send(wire.message(wire.ECHO))
        assert raw.next().command == wire.ECHO, "and no second event"
        raw.send(wire.message(wire.EVENT_CANCEL, 6, 0, channel, 1))
        assert raw.next().payload == b""
        device.shown.update(8.5)
        raw.send(wire.message(wire.ECHO))
        assert raw.next().command == wire.ECHO


def test_a_client_may_ask_for_silence(device: Everything, server: CaServer) -> None:
    with RawClient(server) as raw:
        raw.subscribe(raw.open(f"{device.name}:shown"), 6)
        raw.until(wire.EVENT_ADD)
        raw.send(wire.message(wire.EVENTS_OFF) + wire.message(wire.ECHO))
        raw.until(wire.ECHO)
        for number in range(50):
            device.shown.update(float(number))
        eventually(lambda: device.shown.value == 49.0, "updated")
        raw.send(wire.message(wire.ECHO))
        assert raw.next().command == wire.ECHO, "nothing came between"
        raw.send(wire.message(wire.EVENTS_ON))
        assert struct.unpack(">d", raw.until(wire.EVENT_ADD).payload)[0] == 49.0
