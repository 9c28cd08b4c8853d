"""The only place that imports PyTango, the thread of all that follow Tango devices, and what Tango's errors mean."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import ModuleType
from typing import Any

from ...errors import (
    KINDS,
    BadValue,
    DeviceFailed,
    MacduffError,
    NotFound,
    NotWriteable,
    TimedOut,
    Unreachable,
    WrongState,
)
from ..shared import Running, Shared

__all__ = ["TANGO", "Calls", "TangoThread", "as_error", "is_away", "load", "split", "text_of"]

FOLLOWING, ASKING = 16, 512
"""Calls of Tango that may wait for devices at the same time: those that follow, and those that somebody asked for."""

_KINDS: dict[str, type[MacduffError]] = {
    "API_AttrNotFound": NotFound,
    "API_AttrNotWritable": NotWriteable,
    "API_AttrNotAllowed": WrongState,
    "API_CantConnectToDatabase": Unreachable,
    "API_CantConnectToDevice": Unreachable,
    "API_CommandNotAllowed": WrongState,
    "API_CommandNotFound": NotFound,
    "API_CommunicationFailed": Unreachable,
    "API_DeviceNotExported": Unreachable,
    "API_DeviceTimedOut": TimedOut,
    "API_IncompatibleAttrArgumentType": BadValue,
    "API_ServerNotRunning": Unreachable,
    "API_WAttrOutsideLimit": BadValue,
    "DB_DeviceNotDefined": NotFound,
}


_AWAY = frozenset(
    "API_CantConnectToDatabase API_CantConnectToDevice API_CommunicationFailed API_CorbaException "
    "API_DeviceNotExported API_ServerNotRunning DB_DeviceNotDefined".split()
)


def load() -> ModuleType:
    """PyTango, imported when the first device is used; MacduffError that says how to install it."""
    try:
        return import_module("tango")
    except ImportError as error:
        raise MacduffError(
            f"Tango: expected the extra tango to be installed, got {error}; pip install 'macduff[tango]'"
        ) from None


class Calls:
    """Where calls of Tango wait, which block, and the devices that are followed, by name in lower case."""

    def __init__(self) -> None:
        self.tango: Any = load()
        self.devices: dict[str, Any] = {}
        self._following = ThreadPoolExecutor(FOLLOWING, "macduff tango follows")
        self._asking = ThreadPoolExecutor(ASKING, "macduff tango asks")

    async def follow(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call it elsewhere; for what looks after many devices."""
        return await asyncio.get_running_loop().run_in_executor(self._following, functools.partial(function, *args))

    async def ask(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call it elsewhere; for what somebody asked for, which may take long and holds up nobody else."""
        return await asyncio.get_running_loop().run_in_executor(self._asking, functools.partial(function, *args))

    def later(self, function: Callable[..., Any], *args: Any) -> None:
        """Have it done without waiting for it; its errors are nobody's."""
        self._following.submit(function, *args)

    async def close(self) -> None:
        for device in list(self.devices.values()):
            device.close()
        self._following.shutdown(wait=False)
        self._asking.shutdown(wait=False)


TangoThread = Running[Calls]
TANGO: Shared[Calls] = Shared("macduff tango source", Calls, Calls.close)


def split(name: str, where: str) -> tuple[str, str]:
    """The device's name and the member's of "a/b/c/member"; `tango://host:port/` and `#dbase=no` are the device's."""
    plain, mark, rest = name.partition("#")
    if mark and "/" in rest:  # {device}/member with a device a/b/c#dbase=no
        database, _, member = rest.partition("/")
        plain, rest = f"{plain}/{member}", database
    device, _, member = plain.rpartition("/")
    parts = device.removeprefix("tango://").split("/")
    wanted = 4 if device.startswith("tango://") else 3
    if len(parts) != wanted or not all((*parts, member)):
        raise ValueError(f"{where}: expected domain/family/member/name, after tango://host:port/ or not, got {name!r}")
    return device + (f"#{rest}" if mark else ""), member


def text_of(error: BaseException) -> str:
    """What Tango says in an error, in one line."""
    failures: Sequence[Any] = error.args
    if not failures or not hasattr(failures[0], "desc"):
        return f"{type(error).__name__}: {error}"
    return " ".join(_telling(failures).desc.split())


def _telling(failures: Sequence[Any]) -> Any:
    """The first one says it, but for CORBA's own, whose second says what it means."""
    return failures[1] if failures[0].reason == "API_CorbaException" and len(failures) > 1 else failures[0]


def is_away(error: BaseException) -> bool:
    """Whether it says that the device cannot be reached, which one that is merely slow can."""
    reasons = {getattr(failure, "reason", "") for failure in error.args}
    return bool(reasons & _AWAY) and "API_DeviceTimedOut" not in reasons


def as_error(error: BaseException, what: str) -> MacduffError:
    """What our users are told when a call of Tango raised."""
    if isinstance(error, MacduffError):
        return error
    failures: Sequence[Any] = error.args
    if not failures or not hasattr(failures[0], "reason"):
        return DeviceFailed(f"{what}: {type(error).__name__}: {error}")
    reason = _telling(failures).reason
    kind = _KINDS.get(reason) or KINDS.get(reason)  # ours are those of a macduff server
    if kind is None:
        return DeviceFailed(f"{what}: {text_of(error)}")
    return kind(f"{what}: {text_of(error)}")
