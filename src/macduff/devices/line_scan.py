"""A scan of a diode over a motor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core import Attribute, Child, DState, PausableDevice
from ..values import VArray, VDouble, VInt
from .diode import Diode
from .motor import Motor

__all__ = ["LineScan"]

MM = VDouble(units="mm", precision=3)


class LineScan(PausableDevice):
    """Step a motor from begin to end, and measure a diode's current at each point.

    From `configure` on, motor and diode are the scan's, until it has ended, is aborted or reset.
    """

    motor, diode = Child(Motor), Child(Diode)
    begin = Attribute(MM, 0.0, "The first point", parameter=True)
    end = Attribute(MM, 4.0, "The last point", parameter=True)
    points = Attribute(VInt(control=(2, 10_000)), 41, "How many, both ends included", parameter=True)
    exposure = Attribute(
        VDouble(units="s", precision=3, control=(0.001, 3600)), 0.1, "How long each is measured", parameter=True
    )
    positions = Attribute(VArray(MM), description="Where the motor was at each point")
    values = Attribute(VArray(VDouble(units="nA", precision=2)), description="The current at each point")

    def validate(self, begin: float, end: float, points: int, exposure: float) -> Mapping[str, Any]:
        for name, target in {"begin": begin, "end": end}.items():
            self.motor.position.vtype.validate_setpoint(target, f"{self.name}.{name}")
        return {"begin": begin, "end": end, "points": points, "exposure": exposure}

    def do_configure(self) -> DState:
        self.update(positions=[], values=[], total_steps=self.points.value)
        self.motor.move(self.begin.value)
        return DState.Ready

    def do_run(self) -> DState:  # also after a pause, for the points that are left
        targets = np.linspace(self.begin.value, self.end.value, self.points.value)
        while (done := self.completed_steps.value) < self.total_steps.value:
            self.checkpoint()  # a pause is taken here and only here
            position = self.motor.move(targets[done])
            value = self.diode.measure(self.exposure.value)
            self.update(
                positions=np.append(self.positions.value[:done], position),  # what a rewind takes back is cut off
                values=np.append(self.values.value[:done], value),
                completed_steps=done + 1,
            )
        return DState.Idle  # the motor is free again
