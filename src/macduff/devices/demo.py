"""The devices of `macduff demo`."""

from __future__ import annotations

from ..core import Device
from .detector import Detector
from .diode import Diode
from .line_scan import LineScan
from .motor import Motor
from .thermometer import Thermometer

__all__ = ["demo_devices"]


def demo_devices() -> tuple[Device, ...]:
    """Two motors X and Y, a detector DET, a thermometer THERMO, a DIODE over X and a SCAN of it, new each time."""
    x = Motor("X")
    diode = Diode("DIODE", motor=x)
    scan = LineScan("SCAN", motor=x, diode=diode)
    return x, Motor("Y"), Detector("DET"), Thermometer("THERMO"), diode, scan
