"""A simulated detector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from ..core import Attribute, DState, PausableDevice, creatable
from ..values import VArray, VDouble, VInt
from .spot import SpotPicture

__all__ = ["Detector"]

Pixels = Annotated[int, VInt(control=(8, 4096))]


@creatable
class Detector(PausableDevice):
    """A simulated camera: configure(exposure, frames), then each step of a run is one frame.

    width, height: pixels of a frame. seed: of the noise; the same seed gives the same frames.
    """

    exposure = Attribute(
        VDouble(units="s", precision=3, control=(0.001, 3600)), 0.1, "How long a frame takes", parameter=True
    )
    frames = Attribute(VInt(control=(1, 1_000_000)), 10, "How many frames a run takes", parameter=True)
    image = Attribute(VArray(np.uint8, 2), description="The last frame, rows from the top", tags=["widget:image"])
    counter = Attribute(VInt(), 0, "Frames taken since the detector was made", tags=["bluesky:read"])
    sum = Attribute(VInt(), 0, "All pixels of the last frame together")

    def __init__(self, name: str, width: Pixels = 128, height: Pixels = 128, seed: int = 0) -> None:
        super().__init__(name)
        self._picture = SpotPicture(width, height, seed)
        self.image.update(np.zeros((height, width), np.uint8))

    def validate(self, exposure: float, frames: int) -> Mapping[str, Any]:
        return {"exposure": exposure, "frames": frames, "duration": exposure * frames}

    def do_configure(self) -> DState:
        self.total_steps.update(self.frames.value)
        return DState.Ready

    def do_run(self) -> DState:
        while self.completed_steps.value < self.total_steps.value:
            self.wait(self.exposure.value, pausable=True)  # a frame that a pause cuts is taken again
            self._take()
        return DState.Ready

    def _take(self) -> None:
        """One frame, and everything that goes with it, in one change."""
        number = self.counter.value
        image = self._picture.take(number, 1 - math.exp(-self.exposure.value / 0.1))
        total = int(image.sum(dtype=np.int64))
        self.update(image=image, counter=number + 1, sum=total, completed_steps=self.completed_steps.value + 1)
