"""TangoMotor: a position that takes its time, a state that tells when it has arrived, and a command that stops it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from bluesky.protocols import Location, Reading
from ophyd_async.core import AsyncStatus, CalculatableTimeout, WatchableAsyncStatus, WatcherUpdate

from ...errors import MacduffError
from .comm import TangoComm
from .devices import TangoDevice
from .signals import TangoAttrR, TangoAttrRW, TangoCommand
from .way import Wake, Way

__all__ = ["TangoMotor", "TangoMotorComm", "tango_motor"]

LOOK = 0.5
"""Seconds after which the state is read again, whatever events say."""
LOOK_WITHOUT_EVENTS = 0.1
"""The same where there are none."""
GRACE = 30.0
"""Seconds that a move may take beyond three times what its velocity says, where no time-out is given."""
LOG = logging.getLogger("macduff.bluesky")
_MOVING = ("MOVING", "RUNNING")
_FAILED = ("FAULT",)


class TangoMotorComm(TangoComm):
    """What a motor has; a subclass may have more."""

    position: TangoAttrRW[Any]
    velocity: TangoAttrRW[Any]
    state: TangoAttrR[Any]
    stop: TangoCommand


class TangoMotor(TangoDevice):
    """Movable by writing `position`; it has arrived when `state` is no longer MOVING.

    Events only wake it: whether it has arrived is read from the device, after each of them and every half second.
    """

    readings: ClassVar[tuple[str, ...] | None] = ("position",)
    configuration: ClassVar[tuple[str, ...]] = ("velocity",)
    comm: TangoMotorComm

    def __init__(self, comm: TangoMotorComm, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(comm, name, **kwargs)
        self._waiting: set[Wake] = set()
        self._staged = self._subscribed = False
        self._writing: set[AsyncStatus[None]] = set()
        self._moves = 0
        """How many were asked for."""
        self._stops = 0
        """How often it was told to stop, so that moves know whether they were."""

    def set(self, value: float, timeout: CalculatableTimeout = "CALCULATE_TIMEOUT") -> WatchableAsyncStatus[float]:
        """Move there. The status is done when the motor rests, be it stopped on its way; it tells watchers where it is.

        `timeout` is in seconds; by default it is what the velocity lets expect, and more; None waits for ever.
        ValueError if `value` is beyond the limits, TimeoutError, or RuntimeError if the motor is in FAULT.
        """
        self._moves += 1
        return self._move(value, timeout, self._stops)

    @WatchableAsyncStatus.wrap
    async def _move(
        self, value: float, timeout: CalculatableTimeout, stops: int
    ) -> AsyncIterator[WatcherUpdate[float]]:
        """stops: how often it had been told to stop when this move was asked for."""
        self.check_value(value)
        position = self.comm.position
        with self._named(f"to arrive at {value}"):
            initial, velocity = await asyncio.gather(
                position.get_value(cached=False), self.comm.velocity.get_value(cached=False)
            )
        limit = _expected(abs(value - initial), abs(velocity)) if timeout == "CALCULATE_TIMEOUT" else timeout
        deadline = None if limit is None else time.monotonic() + float(limit)
        with self._woken() as wake, self._named(f"to arrive at {value}"):
            if self._stops != stops:
                return
            await self._write(value)
            way, arrived, current = Way(initial, value, self._tolerance(value)), False, initial
            while not arrived:
                wake.event.clear()
                state, current = await asyncio.gather(self._state(), position.get_value(cached=False))
                yield WatcherUpdate(
                    current=current, initial=initial, target=value, name=self.name,
                    unit=position.units or None, precision=position.precision,
                )  # fmt: skip
                if state in _FAILED:
                    raise RuntimeError(f"{self.name}: expected it to arrive at {value}, got state {state} at {current}")
                wait = way.look(state in _MOVING, current, wake.moving, self._stops != stops)
                arrived = wait is None
                left = math.inf if deadline is None else deadline - time.monotonic()
                if wait is not None and left <= 0:
                    raise TimeoutError(f"{self.name}: expected it to arrive at {value} within {limit:g} s, "
                                       f"got state {state} at {current}")  # fmt: skip
                if wait is not None:
                    most = LOOK if self.comm.state.has_events else LOOK_WITHOUT_EVENTS
                    with suppress(TimeoutError):
                        await asyncio.wait_for(wake.event.wait(), min(wait, most, left))
            if way.in_doubt:
                LOG.warning("%s: told to go to %s, it was not seen to move, and rests at %s", self.name, value, current)

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        """What goes wrong names the motor, as the RunEngine does not."""
        try:
            yield
        except MacduffError as error:
            raise type(error)(f"{self.name}: expected it {what}, got {error}") from error

    async def _write(self, value: float) -> None:
        writing = self.comm.position.set(value)
        self._writing.add(writing)
        try:
            await writing
        finally:
            self._writing.discard(writing)

    async def _state(self) -> str:
        """The state's name."""
        return _name_of(await self.comm.state.get_value(cached=False))

    def _tolerance(self, target: float) -> float:
        """How near is there."""
        precision = self.comm.position.precision
        return 1e-6 * max(1.0, abs(target)) if precision is None else 10.0**-precision

    @contextmanager
    def _woken(self) -> Iterator[Wake]:
        """What is woken when the state changes; subscribed to before anything is written."""
        wake = Wake()
        self._waiting.add(wake)
        self._subscribe()
        try:
            yield wake
        finally:
            self._waiting.discard(wake)
            self._unsubscribe()

    def _changed(self, readings: Mapping[str, Reading[Any]]) -> None:
        (reading,) = readings.values()
        self._wake(_name_of(reading["value"]) in _MOVING)

    def _wake(self, moving: bool = False) -> None:
        for wake in list(self._waiting):
            wake.up(moving)

    def _subscribe(self) -> None:
        if not self._subscribed:
            self.comm.state.subscribe_reading(self._changed)
            self._subscribed = True

    def _unsubscribe(self) -> None:
        if self._subscribed and not self._staged and not self._waiting:
            self._subscribed = False
            self.comm.state.clear_sub(self._changed)

    def check_value(self, value: float) -> None:
        """ValueError if the position's limits do not allow it."""
        low, high = self.comm.position.limits or (None, None)
        if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"{self.name}: expected a position from {_end(low)} to {_end(high)}, got {value}")

    async def stop(self, success: bool = True) -> None:
        """Stop it where it is, whatever `success` says (rule 40); the status of its move is then done.

        A move that has not written its position yet does not begin; one that is writing it is stopped thereafter.
        """
        self._stops += 1
        with self._named("to stop"):
            await self.comm.stop.execute()
            if self._writing:  # the device may have been told to stop before it was told to move
                await asyncio.wait([writing.task for writing in self._writing])
                await self.comm.stop.execute()
        self._wake()

    async def locate(self) -> Location[float]:
        """Where it is, and where it was told to go (rule 33)."""
        location: Location[float] = await self.comm.position.locate()
        return location

    @AsyncStatus.wrap
    async def stage(self) -> None:
        """Keep the subscription to the state from here to `unstage`, so that moves need not make one each."""
        self._staged = True
        self._subscribe()

    def unstage(self) -> AsyncStatus[None]:
        """End the subscription; a motor that is not at rest is stopped (rule 40), but for moves that are begun later.

        At the end of a plan the RunEngine unstages what is still staged, and waits for nothing.
        """
        return self._unstage(self._moves)

    @AsyncStatus.wrap
    async def _unstage(self, moves: int) -> None:
        self._staged = False
        self._unsubscribe()
        with self._named("to be at rest"):
            state = await self._state()
        if state in _MOVING and self._moves == moves:
            await self.stop()


def _name_of(state: object) -> str:
    return str(getattr(state, "name", state))


def _end(limit: float | None) -> str:
    return "any" if limit is None else str(limit)


def _expected(distance: float, velocity: float) -> float:
    """Seconds after which a move has failed."""
    return GRACE + (3 * distance / velocity if velocity > 0 else 10 * GRACE)


def tango_motor(dev_name: str, name: str | None = None) -> TangoMotor:
    """A motor of that Tango device, whose members are found by name: Position, Velocity, State, Stop."""
    return TangoMotor(TangoMotorComm(dev_name), name)
