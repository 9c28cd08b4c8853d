"""Devices for the Bluesky RunEngine: those of Tango, described by hints, and every device of macduff.

Only this package knows Bluesky, ophyd-async and PyTango; install them with `macduff[bluesky]`, and `macduff[tango]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .device.device import MacduffDevice
    from .tango.comm import TangoComm, make_tango_signals
    from .tango.connecting import CommsConnector
    from .tango.connectors import ConnectSimilarlyNamed, ConnectWithoutReading
    from .tango.decorator import tango_connector
    from .tango.devices import TangoDevice
    from .tango.member import NotConnected
    from .tango.motor import TangoMotor, TangoMotorComm, tango_motor
    from .tango.signals import (
        TangoAttrR,
        TangoAttrRW,
        TangoAttrW,
        TangoCommand,
        TangoPipeR,
        TangoPipeRW,
        TangoPipeW,
    )
    from .tango.single import TangoSingleAttributeDevice, TangoSingleCommandDevice, TangoSinglePipeDevice

_HOME = {
    "device.device": "MacduffDevice",
    "tango.comm": "TangoComm make_tango_signals",
    "tango.connecting": "CommsConnector",
    "tango.connectors": "ConnectSimilarlyNamed ConnectWithoutReading",
    "tango.decorator": "tango_connector",
    "tango.devices": "TangoDevice",
    "tango.member": "NotConnected",
    "tango.motor": "TangoMotor TangoMotorComm tango_motor",
    "tango.signals": "TangoAttrR TangoAttrRW TangoAttrW TangoCommand TangoPipeR TangoPipeRW TangoPipeW",
    "tango.single": "TangoSingleAttributeDevice TangoSingleCommandDevice TangoSinglePipeDevice",
}
_WHERE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = [
    "CommsConnector",
    "ConnectSimilarlyNamed",
    "ConnectWithoutReading",
    "MacduffDevice",
    "NotConnected",
    "TangoAttrR",
    "TangoAttrRW",
    "TangoAttrW",
    "TangoComm",
    "TangoCommand",
    "TangoDevice",
    "TangoMotor",
    "TangoMotorComm",
    "TangoPipeR",
    "TangoPipeRW",
    "TangoPipeW",
    "TangoSingleAttributeDevice",
    "TangoSingleCommandDevice",
    "TangoSinglePipeDevice",
    "make_tango_signals",
    "tango_connector",
    "tango_motor",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for and no more: each of these libraries takes its time."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"macduff.bluesky: expected one of its names, got {name!r}")
    try:
        value = getattr(import_module(f".{module}", __name__), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("bluesky", "event_model", "ophyd_async", "tango"):
            raise
        raise ModuleNotFoundError(
            f"macduff.bluesky.{name}: expected the package {error.name}, got none; "
            "install macduff[bluesky], for Tango macduff[bluesky,tango]", name=error.name,
        ) from error  # fmt: skip
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
