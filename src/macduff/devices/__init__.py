"""Ready-made devices: they need no hardware, and a configuration file names them without a module (`class: Motor`)."""

from __future__ import annotations

from .detector import Detector
from .motor import Motor
from .thermometer import Thermometer

__all__ = ["Detector", "Motor", "Thermometer"]
