"""Triggerable, Preparable, Flyable and Pausable for what is configured and run (rule 40)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from ophyd_async.core import AsyncStatus, WatchableAsyncStatus, WatcherUpdate

from ...errors import Aborted, WrongState
from .collecting import Collector
from .staging import state_of
from .watching import Latest

if TYPE_CHECKING:
    from .device import MacduffDevice

__all__ = ["Runner"]

_log = logging.getLogger("macduff.bluesky")


class _Run:
    """One run: from its trigger or kickoff to its end."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.sent = False
        self.abandoned = False
        self.kicked: AsyncStatus[None] | None = None
        self.status: AsyncStatus[None]

    @property
    def open(self) -> bool:
        return not self.status.done


class Runner:
    """Runs a device, once for each run that a plan means.

    On resuming the RunEngine goes back to its last checkpoint and sends the same messages again: while a run is open,
    and for a run that ended while it was to be paused, they get the statuses that there are.
    """

    def __init__(self, device: MacduffDevice) -> None:
        self._device = device
        self.collector: Collector | None = None
        self._run: _Run | None = None
        self._replay = False  # the run was open when the plan was paused: the plan may ask for it once more
        self._paused = False
        self._prepared: AsyncStatus[None] | None = None
        self._gate = asyncio.Event()
        self._gate.set()

    # ---- verbs

    def prepare(self, value: Mapping[str, Any] | None = None) -> AsyncStatus[None]:
        """Configure it: with these parameters, the others as they stand."""
        self._goes_on()
        if self._prepared is not None and (not self._prepared.done or self._same() is not None):
            return self._prepared
        self._prepared = AsyncStatus(self._configure(dict(value or {})), self._device.name)
        return self._prepared

    def trigger(self) -> AsyncStatus[None]:
        """Run it as it is configured, and configure it with what it has when it is Idle; done at the run's end."""
        return self._begin().status

    def kickoff(self) -> AsyncStatus[None]:
        """Begin a run as `trigger` does; done when it has begun."""
        run = self._begin()
        if run.kicked is None:
            run.kicked = AsyncStatus(self._begun(run), self._device.name)
        return run.kicked

    def complete(self) -> WatchableAsyncStatus[Any]:
        """Done when the run has ended; watchers hear of its steps."""
        run = self._run
        if run is None:
            raise RuntimeError(f"{self._device.name}: expected kickoff before complete")
        self._replay = False
        return WatchableAsyncStatus(self._steps(run), self._device.name)

    async def pause(self) -> None:
        """Pause the run where it is; what has not begun begins after `resume`."""
        self._gate.clear()
        run = self._run
        if run is None or not run.open:
            return
        self._replay = True
        command = self._device.command("pause")
        if run.sent and command is not None and not self._paused:
            try:
                await command.execute()
                self._paused = True
            except WrongState as error:  # it ended first
                _log.info("%s", error)

    async def resume(self) -> None:
        """Go on where it was."""
        command = self._device.command("resume")
        if self._paused and command is not None:
            self._paused = False
            await command.execute()
        self._gate.set()

    # ---- staging

    @property
    def left_open(self) -> bool:
        """Whether there is a run that has not ended."""
        return self._run is not None and self._run.open

    def forget(self) -> None:
        """A new plan: nothing of an earlier one is the same run."""
        self._run, self._prepared, self._replay, self._paused = None, None, False, False
        self._gate.set()

    def abandon(self) -> bool:
        """The plan is over: nobody waits for the run any more, and what has not begun does not begin.

        True when the device was told to run, and the run has not ended.
        """
        run = self._run
        if run is not None and run.open:
            run.abandoned = True
        self._paused = False
        self._gate.set()
        return run is not None and run.open and run.sent

    async def ended(self) -> None:
        """Wait for the end of a run that was abandoned and aborted."""
        if self._run is not None and self._run.open:
            await asyncio.wait([self._run.status.task])
        self._run = self._prepared = None

    # ---- the run

    def _same(self) -> _Run | None:
        run = self._run
        return run if run is not None and (run.open or self._replay) else None

    def _goes_on(self) -> None:
        """What a plan asks for comes after `resume`: a pause without one was of a plan that has ended meanwhile."""
        if not self._gate.is_set():
            if self.left_open:
                raise RuntimeError(
                    f"{self._device.name}: expected a device without a run, got one whose run was paused with a plan "
                    "that has ended; stage it, which aborts that run"
                )
            self._replay = False
            self._gate.set()

    def _begin(self) -> _Run:
        self._goes_on()
        run = self._same()
        if run is not None:
            self._replay = False  # it was asked for once more; the next time means the next run
            return run
        run = self._run = _Run()
        run.status = AsyncStatus(self._go(run), self._device.name)
        run.status.task.add_done_callback(_seen)
        return run

    async def _go(self, run: _Run) -> None:
        command = self._device.command("run")
        assert command is not None  # or this would not be here
        try:
            if await state_of(self._device) == "Idle":
                await self._configure({})
            await self._gate.wait()
            if run.abandoned:
                return
            if self.collector is not None:
                await self.collector.begin()
            run.sent = True
            running = command.execute()
            running.task.add_done_callback(_seen)
            if run.kicked is not None:
                async with Latest(self._device.link, "state", running.task) as states:
                    async for state in states:
                        if state == "Running":
                            break
                run.began.set()
            await running
            if self.collector is not None:
                await self.collector.settle()
        except Aborted as error:
            if not run.abandoned:
                raise
            _log.info("%s", error)
        finally:
            run.began.set()
            if self.collector is not None:
                self.collector.end()

    async def _configure(self, values: dict[str, Any]) -> None:
        command = self._device.command("configure")
        assert command is not None  # or this would not be here
        if self._device.link is None:
            await command.execute(*values.values())  # a mock knows no names
        else:
            await command.execute(**values)

    async def _begun(self, run: _Run) -> None:
        await run.began.wait()
        if not run.open:
            await run.status

    async def _steps(self, run: _Run) -> AsyncIterator[WatcherUpdate[int]]:
        link, name = self._device.link, self._device.name
        if link is not None and "completed_steps" in link.info.attributes:
            async with Latest(link, "completed_steps", run.status.task) as counts:
                async for count in counts:
                    total = (await link.state("total_steps")).reading.value
                    yield WatcherUpdate(count, 0, total, name, "steps")
        await run.status


def _seen(task: asyncio.Task[Any]) -> None:
    """A plan that has ended waits for nothing: asyncio would log the error as never retrieved."""
    if not task.cancelled():
        task.exception()
