"""A motor as ophyd-async's own demonstration makes it, for names as this server has them."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated as A
from typing import Any

from ophyd_async.core import MovableLogic, SignalR, SignalRW, StandardMovable, StandardReadable, TriggerableCommand
from ophyd_async.core import StandardReadableFormat as Format
from ophyd_async.tango.core import DevStateEnum, TangoDevice
from ophyd_async.tango.demo._motor import DemoMotorMoveLogic

__all__ = ["Motor"]


class Motor(TangoDevice, StandardReadable, StandardMovable[float]):
    """It writes the set point, then waits until an event says that State is ON."""

    readback: A[SignalR[float], Format.HINTED_SIGNAL]
    velocity: A[SignalRW[float], Format.CONFIG_SIGNAL]
    setpoint: SignalRW[float]
    State: SignalR[DevStateEnum]
    halt: TriggerableCommand

    @cached_property
    def movable_logic(self) -> MovableLogic[Any]:
        return DemoMotorMoveLogic(
            readback=self.readback, setpoint=self.setpoint, velocity=self.velocity, stop_=self.halt, state=self.State
        )
