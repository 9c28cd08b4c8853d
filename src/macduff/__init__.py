"""macduff: write an instrument once, as a plain Python class; use it from everywhere.

This package hands on what device authors write against, and `connect` for those who use devices.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import connect, connect_async
    from .core import (
        Attribute,
        Child,
        ConfigurableDevice,
        Device,
        DState,
        Future,
        PausableDevice,
        Process,
        RunnableDevice,
        StateChanged,
        StateException,
        Watch,
        creatable,
        idle_task,
        publish_method,
    )
    from .errors import (
        Aborted,
        BadValue,
        Busy,
        DeviceFailed,
        Disconnected,
        Held,
        MacduffError,
        NotFound,
        NotWriteable,
        Overrun,
        Removed,
        Superseded,
        TimedOut,
        WrongState,
    )
    from .sources import (
        PV,
        CaDevice,
        Mounted,
        Pva,
        PvaAttribute,
        PvaDevice,
        PVAttribute,
        Scpi,
        Serial,
        Tango,
        TangoAttribute,
        TangoCommand,
        TangoDevice,
        Tcp,
        Visa,
        Wire,
        pva_device,
        tango_device,
    )
    from .values import (
        Alarm,
        AlarmStatus,
        Reading,
        Severity,
        VAction,
        VArray,
        VBool,
        VDouble,
        VEnum,
        VFloat,
        VInt,
        VMap,
        VString,
        VTable,
        VType,
    )

__version__ = "0.1.0"

_HOME = {
    "client": "connect connect_async",
    "core": "Attribute Child ConfigurableDevice DState Device Future PausableDevice Process RunnableDevice "
    "StateChanged StateException Watch creatable idle_task publish_method",
    "errors": "Aborted BadValue Busy DeviceFailed Disconnected Held MacduffError NotFound NotWriteable Overrun Removed "
    "Superseded TimedOut WrongState",
    "sources": "CaDevice Mounted PV Pva pva_device PvaAttribute PvaDevice PVAttribute Scpi Serial Tango "
    "tango_device TangoAttribute TangoCommand TangoDevice Tcp Visa Wire",
    "values": "Alarm AlarmStatus Reading Severity VAction VArray VBool VDouble VEnum VFloat VInt VMap VString VTable "
    "VType",
}
_WHERE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = [
    "PV", "Aborted", "Alarm", "AlarmStatus", "Attribute", "BadValue", "Busy", "CaDevice", "Child", "ConfigurableDevice",
    "Device", "DeviceFailed", "Disconnected", "DState", "Future", "Held", "MacduffError", "Mounted", "NotFound",
    "NotWriteable", "Overrun", "PausableDevice", "Process", "Pva", "PvaAttribute", "PvaDevice", "PVAttribute",
    "Reading", "Removed", "RunnableDevice", "Scpi", "Serial", "Severity", "StateChanged", "StateException",
    "Superseded", "Tango", "TangoAttribute", "TangoCommand", "TangoDevice", "Tcp", "TimedOut", "VAction", "VArray",
    "VBool", "VDouble", "VEnum", "VFloat", "VInt", "Visa", "VMap", "VString", "VTable", "VType", "Watch", "Wire",
    "WrongState", "connect", "connect_async", "creatable", "idle_task", "publish_method", "pva_device", "tango_device",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for and no more: a client needs no core, a device no client."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"macduff: expected one of its names, got {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
