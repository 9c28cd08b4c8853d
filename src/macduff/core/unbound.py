"""What stands for a backend as long as a device belongs to no Process."""

from __future__ import annotations

import threading
import time
from typing import Any

from .lane import Segment

__all__ = ["CLOCK", "LOCAL", "no_lane", "no_wake"]


class _Local(threading.local):
    call: Any = None


class _SystemClock:
    monotonic = staticmethod(time.monotonic)
    time_ns = staticmethod(time.time_ns)


LOCAL = _Local()
CLOCK = _SystemClock()


def no_lane(_: Segment) -> None:
    """A device outside a Process has no listeners."""


def no_wake() -> None: ...
