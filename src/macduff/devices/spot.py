"""What a simulated camera sees: a bright spot that wanders over a noisy background."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["SpotPicture"]

NOISE = 24
"""The noise in each pixel is below that."""
BRIGHTEST = 255 - NOISE


class SpotPicture:
    """Pictures of `height` x `width` pixels; the same seed and number give the same picture.

    seed: of the noise. The spot goes round a Lissajous figure, once in 60 and 84 pictures across and down.
    """

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._columns = np.arange(width)
        self._rows = np.arange(height)
        self._seed = seed

    def centre(self, number: int) -> tuple[float, float]:
        """Column and row of the spot's middle."""
        across, down = len(self._columns) - 1, len(self._rows) - 1
        return (
            across * (0.5 + 0.35 * math.sin(2 * math.pi * number / 60)),
            down * (0.5 + 0.35 * math.cos(2 * math.pi * number / 84)),
        )

    def take(self, number: int, brightness: float) -> npt.NDArray[np.uint8]:
        """Picture `number`; brightness from 0 to 1, where the spot's middle is as bright as a pixel can be."""
        column, row = self.centre(number)
        spread = min(len(self._columns), len(self._rows)) / 12
        across = np.exp(-(((self._columns - column) / spread) ** 2) / 2)
        down = np.exp(-(((self._rows - row) / spread) ** 2) / 2)
        spot = np.outer(down * (BRIGHTEST * brightness), across).astype(np.uint8)
        noise = np.random.default_rng((self._seed, number)).integers(0, NOISE, spot.shape, dtype=np.uint8)
        return np.add(spot, noise, out=noise)
