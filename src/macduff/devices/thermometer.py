"""A simulated thermometer with a heater."""

from __future__ import annotations

import math
import random
from typing import Annotated

from ..core import Attribute, Device, creatable, idle_task, publish_method
from ..values import VDouble

__all__ = ["Thermometer"]

PERIOD = 0.2
"""Seconds between two readings."""
DEGREES = VDouble(units="degC", precision=2)
LOWEST, HIGHEST = -20.0, 120.0
TARGET = DEGREES.replace(control=(LOWEST, HIGHEST))


@creatable
class Thermometer(Device):
    """A simulated sample with a heater: its temperature goes towards the target, and a little to and fro.

    time_constant: seconds in which two thirds of the way are done. seed: of the noise.
    """

    temperature = Attribute(
        DEGREES.replace(display=(LOWEST, HIGHEST), warning=(10, 60), alarm=(0, 80)),
        21.0,
        "Measured, five times a second",
    )
    target = Attribute(TARGET, 21.0, "What the heater is set to", writable=True, tags=["bluesky:read"])

    def __init__(self, name: str, time_constant: Annotated[float, VDouble(units="s", control=(0.1, 1e5))] = 4.0,
                 seed: int = 0) -> None:  # fmt: skip
        super().__init__(name)
        self._share = 1 - math.exp(-PERIOD / time_constant)
        self._noise = random.Random(seed)

    @idle_task(period=PERIOD)
    def measure(self) -> None:
        """The next reading."""
        before = self.temperature.value
        self.temperature.update(before + self._share * (self.target.value - before) + self._noise.gauss(0, 0.02))

    @publish_method(busy="replace")
    def heat(
        self,
        target: Annotated[float, TARGET],
        tolerance: Annotated[float, VDouble(units="degC", control=(0.1, 100))] = 0.5,
    ) -> float:
        """Go to target (degC); return the temperature when it is within tolerance (degC) of it."""
        self.target.put(target)
        return self.temperature.wait_for(lambda temperature: abs(temperature - target) <= tolerance)

    def do_stop(self) -> None:
        """Go no further: the target becomes the temperature that it has."""
        self.target.put(min(max(LOWEST, self.temperature.value), HIGHEST))
