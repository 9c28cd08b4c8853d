"""Ready-made devices: a configuration file names them without a module (`class: Motor`).

Motor, Detector and Thermometer need no hardware; TangoDevice wraps a device of another control system.
"""

from __future__ import annotations

from ..sources import TangoDevice
from .detector import Detector
from .motor import Motor
from .thermometer import Thermometer

__all__ = ["Detector", "Motor", "TangoDevice", "Thermometer"]
