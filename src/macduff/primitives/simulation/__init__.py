"""The simulated backend: tasks are greenlets, time is a number, and which task runs next comes from a seed.

What authors test their devices with: a scan of ten minutes in milliseconds, thousands of interleavings in seconds, each
replayable by its seed.
"""

from __future__ import annotations

from .backend import Simulated
from .explore import Explored, explore, same_twice
from .failure import SimulationFailed

__all__ = ["Explored", "Simulated", "SimulationFailed", "explore", "same_twice"]
