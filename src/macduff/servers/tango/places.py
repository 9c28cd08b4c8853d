"""Where clients find the devices: at an address, without a Tango database, or by one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import tango

from macduff.errors import MacduffError, Refused

if TYPE_CHECKING:
    from .mirror import TangoMirror
    from .server import TangoServer

__all__ = ["Place", "database_place", "plain_place"]

LOG = logging.getLogger("macduff.servers.tango")

EXECUTABLE = "macduff"
BUFFER = "100000"
"""Events that ZMQ keeps for a subscriber that is slow to take them; without the bound set, 1 000."""


class Place(Protocol):
    """How the devices are registered and exported."""

    address: str

    def arguments(self) -> list[str]: ...
    def environment(self) -> Any: ...
    def admin_address(self) -> str: ...
    def register(self, mirrors: list[TangoMirror]) -> None: ...
    def add(self, mirror: TangoMirror) -> None: ...
    def remove(self, mirror: TangoMirror) -> None: ...
    def export(self, made: Any, device: Any, mirror: TangoMirror) -> None: ...
    def forget_properties(self, mirror: TangoMirror, name: str) -> None: ...


class _Plain:
    """No database: clients name address and device."""

    def __init__(self, server: TangoServer) -> None:
        self.server = server
        self.address = ""

    def arguments(self) -> list[str]:
        host, port = self.server.host, self.server.take_port()
        bound = f"[{host}]" if ":" in host else host
        self.address = f"{bound}:{port}"
        endpoint = f"giop:tcp:{'' if host in ('0.0.0.0', '::') else bound}:{port}"
        return [EXECUTABLE, self.server.instance, *self.options(), "-ORBendPoint", endpoint]

    def options(self) -> list[str]:
        return ["-nodb"]

    @contextmanager
    def environment(self) -> Iterator[None]:
        """What Tango reads from the environment while it starts; as before when it has."""
        wanted = self.variables()
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def variables(self) -> dict[str, str]:
        return {} if "TANGO_DS_EVENT_BUFFER_HWM" in os.environ else {"TANGO_DS_EVENT_BUFFER_HWM": BUFFER}

    @property
    def reached(self) -> str:
        """The address by which this program itself reaches the server."""
        host, _, port = self.address.rpartition(":")
        return f"{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"

    def admin_address(self) -> str:
        return f"tango://{self.reached}/dserver/{EXECUTABLE}/{self.server.instance}#dbase=no"

    def register(self, mirrors: list[TangoMirror]) -> None: ...

    def add(self, mirror: TangoMirror) -> None: ...

    def remove(self, mirror: TangoMirror) -> None: ...

    def export(self, made: Any, device: Any, mirror: TangoMirror) -> None:
        made.export_device(device, mirror.tango_name)

    def forget_properties(self, mirror: TangoMirror, name: str) -> None: ...


class _Database(_Plain):
    """A Tango database: clients name the device alone."""

    def __init__(self, server: TangoServer) -> None:
        super().__init__(server)
        self.name = f"{EXECUTABLE}/{server.instance}"
        self._early: Any = None  # before Tango's own connection, which ends all that were there

    def options(self) -> list[str]:
        return []

    def variables(self) -> dict[str, str]:
        return {**super().variables(), "TANGO_HOST": self.server.database}

    def admin_address(self) -> str:
        return f"tango://{self.server.database}/dserver/{self.name}"

    @property
    def database(self) -> Any:
        return tango.Util.instance().get_database() if self._early is None else self._early

    def register(self, mirrors: list[TangoMirror]) -> None:
        """Have the database list exactly what there is. Refused when a name belongs to another server."""
        host, _, port = self.server.database.rpartition(":")
        try:
            database = self._early = tango.Database(host, int(port))
        except tango.DevFailed as error:
            raise MacduffError(
                f"TangoServer(database): expected a Tango database at {self.server.database}, got none: "
                f"{error.args[-1].desc}"
            ) from None
        listed = list(database.get_device_class_list(self.name))
        known = dict(zip(listed[::2], listed[1::2], strict=False))
        wanted = {mirror.tango_name for mirror in mirrors}
        for name, kind in known.items():
            if kind != "DServer" and name.lower() not in wanted:
                database.delete_device(name)
        if not any(kind == "DServer" for kind in known.values()):
            database.add_device(_entry(f"dserver/{self.name}", "DServer", self.name))
        for mirror in mirrors:
            self.add(mirror)
        self._early = None

    def add(self, mirror: TangoMirror) -> None:
        name = mirror.tango_name
        try:
            owner = self.database.get_device_info(name).ds_full_name
        except tango.DevFailed:
            owner = ""  # not defined yet
        if owner and owner.lower() != self.name.lower():
            raise Refused(
                f"{mirror.model.name}: expected the Tango name {name} to be free, got one of the server {owner}; "
                "give another domain",
                device=mirror.model.name,
            )
        self.database.add_device(_entry(name, mirror.host.devices.class_of(mirror).name, self.name))

    def remove(self, mirror: TangoMirror) -> None:
        try:
            self.database.delete_device(mirror.tango_name)
        except tango.DevFailed as error:
            LOG.warning("%s: it stays in the database: %s", mirror.tango_name, error.args[0].desc)

    def export(self, made: Any, device: Any, mirror: TangoMirror) -> None:
        made.export_device(device)

    def forget_properties(self, mirror: TangoMirror, name: str) -> None:
        """Tango writes changed properties to the database; there they would outlive what they were true of."""
        from .changing import LIMITS, TEXTS

        database = self.database
        database.delete_device_attribute_property(mirror.tango_name, {name: [*TEXTS, *LIMITS]})


def _entry(name: str, kind: str, server: str) -> Any:
    entry = tango.DbDevInfo()
    entry.name, entry._class, entry.server = name, kind, server
    return entry


def plain_place(server: TangoServer) -> Place:
    return _Plain(server)


def database_place(server: TangoServer) -> Place:
    return _Database(server)
