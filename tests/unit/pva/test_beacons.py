"""What is sent to clients that wait for PVs; nothing is sent here."""

from __future__ import annotations

import struct

import pytest

from macduff.servers.pva.beacons import Beacons, beacon

CONF = {"EPICS_PVAS_BROADCAST_PORT": "5076", "EPICS_PVAS_BEACON_ADDR_LIST": ""}


def test_a_beacon_is_as_the_protocol_says() -> None:
    message = beacon(5075)
    magic, version, flags, command, size = struct.unpack(">BBBBI", message[:8])
    assert (magic, flags, command) == (0xCA, 0xC0, 0), "from a server, big-endian, a beacon"
    assert version == 2 and size == len(message) - 8
    identity, rest = message[8:20], message[20:]
    assert identity != beacon(5075)[8:20], "nobody has heard of it"
    _, address, port = struct.unpack(">4s16sH", rest[:22])
    assert (address, port) == (bytes(10) + b"\xff\xff\0\0\0\0", 5075), "where the message is from"
    assert rest[22:] == b"\3tcp\xff"


@pytest.mark.parametrize(
    ("addresses", "targets"),
    [
        ("", [("224.0.0.128", 5076)]),
        ("127.0.0.1", [("224.0.0.128", 5076)]),
        ("192.0.2.255 198.51.100.7:99", [("192.0.2.255", 5076), ("198.51.100.7", 99), ("224.0.0.128", 5076)]),
    ],
)
def test_to_all_on_this_machine_and_where_p4p_sends_its_own(addresses: str, targets: list[tuple[str, int]]) -> None:
    assert Beacons({**CONF, "EPICS_PVAS_BEACON_ADDR_LIST": addresses})._targets == targets
