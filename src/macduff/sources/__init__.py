"""Where the values of attributes come from: EPICS PVs, instruments on a wire, other Processes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ca.device import CaDevice
    from .mount import Mounted
    from .pv import PV, PVAttribute
    from .pva.device import PvaDevice, pva_device
    from .pva_attribute import Pva, PvaAttribute
    from .scpi import Scpi
    from .serial import Serial
    from .simulation import Simulation
    from .tango.device import TangoDevice, tango_device
    from .tango_attribute import Tango, TangoAttribute
    from .tango_command import TangoCommand
    from .tcp import Tcp
    from .visa import Visa
    from .wire import Wire

_HOME = {
    "ca.device": "CaDevice",
    "mount": "Mounted",
    "pv": "PV PVAttribute",
    "pva.device": "PvaDevice pva_device",
    "pva_attribute": "Pva PvaAttribute",
    "scpi": "Scpi",
    "serial": "Serial",
    "simulation": "Simulation",
    "tango.device": "TangoDevice tango_device",
    "tango_attribute": "Tango TangoAttribute",
    "tango_command": "TangoCommand",
    "tcp": "Tcp",
    "visa": "Visa",
    "wire": "Wire",
}
_WHERE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = [
    "CaDevice", "Mounted", "PV", "Pva", "PvaAttribute", "PvaDevice", "PVAttribute", "Scpi", "Serial", "Simulation",
    "Tango", "TangoAttribute", "TangoCommand", "TangoDevice", "Tcp", "Visa", "Wire", "pva_device", "tango_device",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for and no more: who talks to PVs needs no websocket."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"macduff.sources: expected one of {', '.join(__all__)}, got {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
