"""The devices of `macduff demo`."""

from __future__ import annotations

from ..core import Device
from .detector import Detector
from .motor import Motor
from .thermometer import Thermometer

__all__ = ["demo_devices"]


def demo_devices() -> tuple[Device, ...]:
    """Two motors X and Y, a detector DET and a thermometer THERMO, new each time."""
    return Motor("X"), Motor("Y"), Detector("DET"), Thermometer("THERMO")
