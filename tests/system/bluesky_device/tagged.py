"""A device whose tags say what is in documents."""

from __future__ import annotations

import numpy as np

from macduff import Attribute, DState, PausableDevice, VArray, VDouble, VInt, VString

__all__ = ["Spectrometer"]


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
