"""Values at the keyboard: a device as scripts in the same Process use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import Removed, TimedOut
from ..telling import did_you_mean
from .attribute import Attribute
from .call import Outcome

if TYPE_CHECKING:
    from .device import Device
    from .process import Process

__all__ = ["View"]


class View:
    """`view.velocity` reads, `view.velocity = 2` writes and waits, `view.move(3)` calls and waits."""

    def __init__(self, process: Process, device: Device) -> None:
        self.__dict__.update(_process=process, _device=device)

    @property
    def attributes(self) -> Mapping[str, Attribute[Any]]:
        """The attributes themselves, with type, alarm and time."""
        device: Device = self.__dict__["_device"]
        return device.attributes

    def __getattr__(self, name: str) -> Any:
        device: Device = self.__dict__["_device"]
        if name in device.attributes:
            return device.attributes[name].value
        if name in device.methods:
            return lambda *args, **kwargs: self._call(name, args, kwargs)
        raise AttributeError(f"{device.name}.{name}: expected one of its members{did_you_mean(name, device.fields)}")

    def __setattr__(self, name: str, value: Any) -> None:
        device: Device = self.__dict__["_device"]
        if name not in device.attributes:
            raise AttributeError(f"{device.name}.{name}: expected an attribute{did_you_mean(name, device.attributes)}")
        self.put(**{name: value})

    def put(self, *, readback: bool = False, timeout: float | None = None, **values: Any) -> None:
        """Put one attribute or several together and wait until that is done. timeout in seconds."""
        process: Process = self.__dict__["_process"]
        name = self.__dict__["_device"].name
        self._wait(
            lambda done: process.request_put(name, values, done, readback=readback), f"the put of {name}", timeout
        )

    def _call(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        process: Process = self.__dict__["_process"]
        device: Device = self.__dict__["_device"]
        given = device.methods[name].arguments(args, kwargs)
        return self._wait(
            lambda done: process.request_call(device.name, name, given, done), f"{device.name}.{name}", None
        )

    def _wait(self, begin: Callable[[Callable[[Outcome], None]], Any], what: str, timeout: float | None) -> Any:
        process: Process = self.__dict__["_process"]
        if process.backend.local.call is not None:
            raise RuntimeError(f"{what}: expected to be used outside devices; in device code use the device itself")
        device: Device = self.__dict__["_device"]
        if device._removed:
            raise Removed(f"{what}: {device.name} was removed; process.view({device.name!r}) finds the one that is now")
        flag = process.backend.flag()
        flag.reason = what
        outcomes: list[Outcome] = []

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            flag.set()

        begin(done)
        if not flag.wait(timeout):
            raise TimedOut(f"{what}: expected its end within {timeout} s")
        if outcomes[0].error is not None:
            raise outcomes[0].error
        return outcomes[0].value

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__["_device"].fields, "attributes", "put"})

    def __repr__(self) -> str:
        return f"<view of {self.__dict__['_device']!r}>"
