"""A method of a remote device, for synchronous use."""

from __future__ import annotations

from typing import Any

from .bridge import Bridge
from .calls import bound
from .future import CallFuture, wait_or_abort
from .model import MethodInfo
from .signature import method_doc, signature_of

__all__ = ["RemoteMethod"]


class RemoteMethod:
    """Call it to run the method on the device and wait for its result; `start` does not wait.

    Ctrl-C while a call waits sends abort to the device and waits until it is at rest; a second one stops that.
    The parameters, their types and defaults are in its signature, their units and limits in its docstring.
    """

    def __init__(self, bridge: Bridge, device: str, info: MethodInfo) -> None:
        self._bridge = bridge
        self._device = device
        self._info = info
        self.__name__ = info.name
        self.__qualname__ = f"{device}.{info.name}"
        self.__doc__ = method_doc(device, info)
        self.__signature__ = signature_of(info)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        parameters = bound(self._device, self._info, args, kwargs)
        future, send = self._bridge.call(self._device, self._info.name, parameters)
        with self._bridge.around(future) as meanwhile:
            return wait_or_abort(future, send, meanwhile)

    def start(self, *args: Any, **kwargs: Any) -> CallFuture[Any]:
        """Start the call: a `concurrent.futures.Future` whose `cancel()` sends abort to the device."""
        parameters = bound(self._device, self._info, args, kwargs)
        future, send = self._bridge.call(self._device, self._info.name, parameters)
        send()
        return future

    @property
    def info(self) -> MethodInfo:
        """What the server says of the method."""
        return self._info

    def __repr__(self) -> str:
        return f"<method {self._device}.{self._info.name}{self.__signature__}>"
