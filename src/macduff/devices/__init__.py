"""Ready-made devices: a configuration file names them without a module (`class: Motor`).

Motor, Detector, Thermometer, Diode and LineScan need no hardware; PvaDevice and TangoDevice wrap a device of another
control system, Mounted one of another macduff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .detector import Detector
from .diode import Diode
from .line_scan import LineScan
from .motor import Motor
from .thermometer import Thermometer

if TYPE_CHECKING:
    from ..sources import Mounted, PvaDevice, TangoDevice

__all__ = ["Detector", "Diode", "LineScan", "Motor", "Mounted", "PvaDevice", "TangoDevice", "Thermometer"]


def __getattr__(name: str) -> Any:
    """What needs another protocol is imported when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"macduff.devices: expected one of {', '.join(__all__)}, got {name!r}")
    from .. import sources

    value = globals()[name] = getattr(sources, name)
    return value
