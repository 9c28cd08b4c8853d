"""Devices of a class by constructor: `m = Motor("sample_x")`, where Motor is the name of a class on the server."""

from __future__ import annotations

from typing import Any

from macduff.client import RemoteDevice, UnknownName
from macduff.client.names import suggestion, unknown_device
from macduff.errors import NotFound
from macduff.telling import did_you_mean

from .inventory import Inventory
from .roster import class_of

__all__ = ["DeviceClass", "WrongClass"]


class WrongClass(NotFound, TypeError):
    """A device that is there, but of another class."""


class DeviceClass:
    """A class of devices on the server: call it with the name of a device to get that device."""

    def __init__(self, inventory: Inventory, name: str) -> None:
        self._inventory = inventory
        self.__name__ = name

    @property
    def names(self) -> tuple[str, ...]:
        """The devices of this class that are there now."""
        return tuple(self._inventory.classes().get(self.__name__, ()))

    def __call__(self, name: Any) -> RemoteDevice:
        """The device of that name (text); the error says what may have been meant."""
        client = self._inventory.client
        if not isinstance(name, str):
            got = name if isinstance(name, RemoteDevice) else repr(name)
            raise TypeError(f"{self.__name__}: expected the name of a device, such as {self._example()}, got {got}")
        if name not in client.devices:
            raise self._unknown(name, client.devices, client.address)
        device = client[name]
        kind = class_of(device)
        if kind != self.__name__:
            hint = did_you_mean(name, self.names) or (f"; there are {', '.join(self.names[:10])}" if self.names else "")
            what = f"{name}: expected a {self.__name__}, got {f'a {kind}' if kind else 'a device of an unknown class'}"
            raise WrongClass(what + hint, device=name, allowed=self.names)
        return device

    def _unknown(self, name: str, devices: tuple[str, ...], address: str) -> UnknownName:
        names = self.names
        if not names:
            return unknown_device(name, devices, address)
        what = f"{address}: no {self.__name__} {name!r}{suggestion(name, names)}"
        return UnknownName(what, device=name, allowed=names)

    def _example(self) -> str:
        return f'{self.__name__}("{next(iter(self.names), "NAME")}")'

    def __repr__(self) -> str:
        return f"<devices of class {self.__name__}: {', '.join(self.names) or 'none'}>"
