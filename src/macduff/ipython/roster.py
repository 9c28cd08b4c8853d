"""The devices of a server as they come and go, described beforehand, so that Tab asks for nothing."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from macduff.client import Client, RemoteDevice, Subscriber
from macduff.errors import Disconnected, MacduffError
from macduff.limits import DEFAULTS
from macduff.protocol.model import CLASS_TAG
from macduff.values import Reading

__all__ = ["Roster", "class_of"]


def class_of(device: RemoteDevice) -> str:
    """The name of the device's class on its server; "" where the server does not tell it."""
    for tag in device._mirror.info.tags:
        if tag.startswith(CLASS_TAG):
            return tag.removeprefix(CLASS_TAG)
    return ""


class Roster:
    """Follows the list of one client's devices, on a thread of its own, until `close`."""

    def __init__(self, client: Client, most: int = DEFAULTS.shell_devices) -> None:
        """most: of so many devices the descriptions are fetched; those of others when they are used."""
        self._client = client
        self._most = most
        self._known: dict[str, RemoteDevice] = {}
        self._listed: tuple[str, ...] = client.devices
        self._wake = threading.Event()
        self._settled = threading.Event()
        self._closed = False
        self._list: Subscriber | None = None
        self._thread = threading.Thread(target=self._run, name=f"macduff shell {client.address}", daemon=True)
        self._thread.start()

    # ---- for the shell's thread: nothing is asked for here

    @property
    def names(self) -> tuple[str, ...]:
        """The devices, as the server listed them last."""
        return self._client.devices

    def known(self) -> Mapping[str, RemoteDevice]:
        """Those of them whose descriptions are here, in the server's order."""
        known = self._known
        return {name: known[name] for name in self.names if name in known}

    def classes(self) -> dict[str, list[str]]:
        """The names of the devices of each class."""
        found: dict[str, list[str]] = {}
        for name, device in self.known().items():
            if kind := class_of(device):
                found.setdefault(kind, []).append(name)
        return found

    def settle(self, timeout: float) -> bool:
        """Wait until what was listed is described; False after `timeout` seconds."""
        return self._settled.wait(timeout)

    def close(self) -> None:
        """End it; what it waits for ends with the client."""
        self._closed = True
        self._wake.set()
        if self._list is not None:
            self._list.close()

    def join(self, timeout: float) -> bool:
        """Wait for the end of the thread, after `close`."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # ---- on its thread

    def _run(self) -> None:
        try:
            self._list = self._client.subscribe("..blocks", self._changed)
        except MacduffError:  # a server without a list, or gone already: what was listed is all
            self._wake.set()
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._closed:
                return
            self._describe()

    def _changed(self, reading: Reading) -> None:
        """On the client's callback thread."""
        if reading.value is not None:
            self._listed = tuple(str(name) for name in reading.value["mri"])
            self._settled.clear()
            self._wake.set()

    def _describe(self) -> None:
        listed = self._listed
        self._known = {name: device for name, device in self._known.items() if name in set(listed)}
        for name in listed[: self._most]:
            if self._wake.is_set():
                return  # there is a newer list
            if name in self._known:
                continue
            try:
                self._known[name] = self._client[name]
            except Disconnected:
                return  # the list comes again with the connection
            except MacduffError:
                continue  # it has gone again, or cannot be described
        self._settled.set()
