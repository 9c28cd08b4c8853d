"""The same motor and detectors, of macduff, of ophyd-async, and of signals in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated as A
from typing import Any

from ophyd_async.core import Device, SignalR, SignalRW, StandardReadable, StandardReadableFormat, soft_signal_rw

__all__ = ["MAKERS"]

CHANNELS = 8
DETECTORS = 10


def _trl(port: int, name: str) -> str:
    return f"tango://127.0.0.1:{port}/bench/{name}#dbase=no"


def ours(port: int) -> tuple[Device, list[Device]]:
    """By hints."""
    from macduff.bluesky import TangoAttrR, TangoComm, TangoDevice, tango_motor

    hints = {f"channel{number}": TangoAttrR[float] for number in range(CHANNELS)}
    comm = type("DetectorComm", (TangoComm,), {"__annotations__": hints})
    motor = tango_motor(_trl(port, "axis/1"), "motor")
    return motor, [TangoDevice(comm(_trl(port, f"detector/{n}")), f"detector{n}") for n in range(DETECTORS)]


def theirs(port: int, format: StandardReadableFormat = StandardReadableFormat.HINTED_UNCACHED_SIGNAL) -> Any:
    """A motor as ophyd-async's demonstration makes it, and readables of its TangoDevice; events are used."""
    from ophyd_async.tango.core import TangoDevice

    from .theirs import Motor

    hints = {f"channel{number}": A[SignalR[float], format] for number in range(CHANNELS)}
    readable: Any = type("Detector", (TangoDevice, StandardReadable), {"__annotations__": hints})
    given = {"support_events": True, "auto_fill_signals": False}
    motor = Motor(_trl(port, "axis/1"), name="motor", **given)  # type: ignore[arg-type]  # a mapping of them
    return motor, [readable(_trl(port, f"detector/{n}"), name=f"detector{n}", **given) for n in range(DETECTORS)]


def cached(port: int) -> Any:
    """The same, whose detectors are not read at each point: events keep what is reported."""
    return theirs(port, StandardReadableFormat.HINTED_SIGNAL)


class _Soft(StandardReadable):
    def __init__(self, name: str) -> None:
        with self.add_children_as_readables():
            self.channels = [soft_signal_rw(float) for _ in range(CHANNELS)]
            for number, channel in enumerate(self.channels):
                setattr(self, f"channel{number}", channel)
        super().__init__(name)


def soft(port: int) -> tuple[Device, list[Device]]:
    """No control system at all."""
    motor: SignalRW[float] = soft_signal_rw(float, name="motor")
    return motor, [_Soft(f"detector{n}") for n in range(DETECTORS)]


MAKERS: dict[str, Callable[[int], Any]] = {"ours": ours, "theirs": theirs, "cached": cached, "soft": soft}
