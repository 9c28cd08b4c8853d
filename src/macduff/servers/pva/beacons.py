"""Word to clients that wait for a PV: look again now.

A client looks for what it did not find ever more rarely, at last every 30 s, unless a beacon tells of a server that it
did not know; then, but not more often than every 30 s, it looks for everything within 6 s. p4p sends a beacon when it
starts and none when PVs come; and one to 127.0.0.1 reaches one program there, not all. So we send our own. They tell of
a server that nobody knows: with the place of the true one, which sends beacons too where other machines reach it,
clients would be told of another server by each of these in turn.
"""

from __future__ import annotations

import logging
import secrets
import socket
import struct
import time
from collections.abc import Mapping

__all__ = ["Beacons", "beacon"]

LOG = logging.getLogger("macduff.servers.pva")

LOCAL = "224.0.0.128"
"""The group that all programs on a machine listen to, at the port for searches: the protocol's own for this purpose."""
LOOPBACK = "127.0.0.1"
REST = 1.0
"""Seconds from one to the next."""


class Beacons:
    """conf: p4p's, of the running server."""

    def __init__(self, conf: Mapping[str, str]) -> None:
        port = int(conf["EPICS_PVAS_BROADCAST_PORT"])
        targets = [address.partition(":") for address in conf["EPICS_PVAS_BEACON_ADDR_LIST"].split()]
        self._targets = [(host, int(own or port)) for host, _, own in targets if host != LOOPBACK]
        self._targets.append((LOCAL, port))
        self._next = 0.0

    def send(self) -> None:
        """Never raises: who does not hear it looks again all the same, but later. Who heard one still looks."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + REST
        for target in self._targets:
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outlet:
                    if target[0] == LOCAL:
                        outlet.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
                        outlet.bind((LOOPBACK, 0))
                    else:
                        outlet.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                        outlet.bind(("0.0.0.0", 0))
                    outlet.sendto(beacon(outlet.getsockname()[1]), target)
            except OSError as error:
                LOG.debug("no beacon to %s: %s", target, error)


def beacon(port: int) -> bytes:
    """The message: at this port of the machine that it is from is a server that nobody has heard of."""
    identity, here = secrets.token_bytes(12), bytes(10) + b"\xff\xff" + bytes(4)
    body = identity + bytes(4) + here + struct.pack(">H", port) + b"\3tcp\xff"  # no status
    return b"\xca\x02\xc0\x00" + struct.pack(">I", len(body)) + body
