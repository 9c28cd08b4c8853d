"""A simulated photodiode, with something to find."""

from __future__ import annotations

import math
import random
from typing import Annotated

from ..core import Attribute, Device, idle_task, publish_method
from ..values import VDouble
from .motor import Motor

__all__ = ["Diode"]

PERIOD = 0.2
"""Seconds between two readings while nobody measures."""
BRIGHTEST, DARK = 100.0, 2.0
"""Currents in the middle of the beam and far from it, in nA."""
Width = Annotated[float, VDouble(units="mm", control=(0.01, 100))]


class Diode(Device):
    """A simulated photodiode that a motor moves through a beam: its current is a peak over the motor's position.

    motor: what moves it; others drive that. centre, width: of the beam, in mm; the width is the standard deviation.
    seed: of the noise.
    """

    current = Attribute(VDouble(units="nA", precision=2, display=(0, 110)), DARK, "Measured, five times a second")

    def __init__(self, name: str, motor: Motor, centre: float = 2.0, width: Width = 0.6, seed: int = 0) -> None:
        super().__init__(name)
        self._motor, self._centre, self._width = motor, centre, width
        self._noise = random.Random(seed)

    @publish_method
    def measure(self, exposure: Annotated[float, VDouble(units="s", control=(0.001, 3600))] = 0.1) -> float:
        """Collect light for exposure (s); return the current (nA): the longer, the less noise."""
        self.wait(exposure)
        return self._read(exposure)

    @idle_task(period=PERIOD)
    def look(self) -> None:
        """The next reading."""
        self._read(PERIOD)

    def _read(self, exposure: float) -> float:
        away = (self._motor.position.value - self._centre) / self._width
        noise = self._noise.gauss(0, 0.2 / math.sqrt(exposure))
        self.current.update(DARK + (BRIGHTEST - DARK) * math.exp(-(away**2) / 2) + noise)
        return self.current.value
