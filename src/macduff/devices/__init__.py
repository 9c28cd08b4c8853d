"""Ready-made devices: a configuration file names them without a module (`class: Motor`).

Motor, Detector and Thermometer need no hardware; PvaDevice and TangoDevice wrap a device of another control system.
"""

from __future__ import annotations

from ..sources import PvaDevice, TangoDevice
from .detector import Detector
from .motor import Motor
from .thermometer import Thermometer

__all__ = ["Detector", "Motor", "PvaDevice", "TangoDevice", "Thermometer"]
