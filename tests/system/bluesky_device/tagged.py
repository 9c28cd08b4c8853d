"""Devices that the ready-made ones are not like: with tags, and with a position that is put."""

from __future__ import annotations

import numpy as np

from macduff import Attribute, Device, DState, PausableDevice, VArray, VDouble, VInt, VString, idle_task

__all__ = ["Slide", "Spectrometer"]


class Spectrometer(PausableDevice):
    """Numbers, text and pictures, each with another part in documents than it would have without its tag."""

    width = Attribute(VDouble(units="nm"), 2.5, "Of the slit", writable=True, tags=["bluesky:read"])
    shots = Attribute(VInt(control=(1, 1000)), 3, "A run takes", parameter=True)
    serial = Attribute(VInt(), 4711, "Of the maker", tags=["bluesky:config"])
    noise = Attribute(VDouble(), 0.5, "Of no interest", tags=["bluesky:other"])
    sample = Attribute(VString(), "gold", "What is looked at", tags=["bluesky:hinted"])
    counts = Attribute(VInt(), 0, "So far")
    picture = Attribute(VArray(np.uint16, 2), description="The last", tags=["widget:image", "bluesky:read"])

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.picture.update(np.zeros((3, 4), np.uint16))

    def do_configure(self) -> DState:
        self.total_steps.update(self.shots.value)
        return DState.Ready

    def do_run(self) -> DState:
        while (step := self.completed_steps.value) < self.total_steps.value:
            self.wait(0.02, pausable=True)
            picture = np.full((3, 4), step + 1, np.uint16)
            self.update(picture=picture, counts=self.counts.value + 1, completed_steps=step + 1)
        return DState.Ready


class Slide(Device):
    """Goes where its position is put to, a little later than the put ends."""

    position = Attribute(VDouble(units="mm", precision=3, control=(-5, 5)), 0.0, "Where it is", writable=True)

    @position.on_put
    def _go(self, target: float) -> None:
        """`creep` does it."""

    @idle_task(period=0.02)
    def creep(self) -> None:
        way = self.position.setpoint - self.position.value
        self.position.update(self.position.value + max(-0.2, min(0.2, way)))
