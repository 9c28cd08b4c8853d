"""Ready-made devices: a configuration file names them without a module (`class: Motor`).

Motor, Detector and Thermometer need no hardware; PvaDevice and TangoDevice wrap a device of another control system,
Mounted one of another macduff.
"""

from __future__ import annotations

from ..sources import Mounted, PvaDevice, TangoDevice
from .detector import Detector
from .motor import Motor
from .thermometer import Thermometer

__all__ = ["Detector", "Motor", "Mounted", "PvaDevice", "TangoDevice", "Thermometer"]
