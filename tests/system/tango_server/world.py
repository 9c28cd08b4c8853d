"""A server's program, a clients' program, and how devices are called between the two."""

from __future__ import annotations

from dataclasses import dataclass

from .remote import Remote


@dataclass
class World:
    client: Remote
    server: Remote
    address: str
    suffix: str = "#dbase=no"

    def at(self, device: str) -> str:
        """What a DeviceProxy takes."""
        return f"{self.address}/test/macduff/{device.lower()}{self.suffix}"
