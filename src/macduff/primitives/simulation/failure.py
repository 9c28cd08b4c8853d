"""What a failed simulation says: where, why, who waited for whom, and how to see it again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scheduler import Scheduler
    from .task import SimTask

__all__ = ["SimulationFailed", "describe", "failure", "here", "waiting"]

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class SimulationFailed(Exception):
    """A task raised, or nothing could go on. The message begins with the seed and ends with how to replay the run.

    seed, point: which run, and how far it had come. injected: what was injected, by its point. The task's own error,
    if it was one, is the cause.
    """

    def __init__(self, message: str, seed: int, point: int, injected: dict[int, str]) -> None:
        super().__init__(message)
        self.seed = seed
        self.point = point
        self.injected = injected


def failure(scheduler: Scheduler, text: str, cause: BaseException | None) -> SimulationFailed:
    """The error of a run, with all that is needed to see it again."""
    seed, injected = scheduler.seed, scheduler.injected
    message = (
        f"seed {seed}: {text}\nat point {scheduler.points}, {scheduler.now / 1e9:.9g} simulated seconds; "
        f"replay it with {scheduler.options.call(seed, injected)}"
    )
    error = SimulationFailed(message, seed, scheduler.points, dict(injected))
    error.__cause__ = cause
    return error


def place(frame: FrameType | None) -> str:
    """File, line and function of the innermost frame that is not of these primitives."""
    inner = frame
    while frame is not None and os.path.abspath(frame.f_code.co_filename).startswith(_OURS):
        frame = frame.f_back
    frame = frame or inner
    if frame is None:
        return "at its begin"
    return f"at {os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno} in {frame.f_code.co_qualname}"


def here() -> str:
    """The place of the caller's code."""
    return place(sys._getframe())


def describe(task: SimTask) -> str:
    """One line: what a task is doing, for whom it waits, and where in its code."""
    flag = task.waits_for
    where = here() if task.scheduler.current is task else place(task.greenlet.gr_frame)
    if flag is not None:
        owner = flag.owner() if flag.owner is not None else ""
        state = f"waits for {flag.reason or 'a flag without a reason'}" + (f", held by {owner}" if owner else "")
    elif task.sleeping:
        state = "sleeps"
    elif not task.started:
        return f"{task.name}: has not begun"
    else:
        state = "could go on"
    return f"{task.name}: {state}, {where}"


def waiting(tasks: Iterable[SimTask]) -> str:
    """Who waits for whom, a line each."""
    return "\n".join(f"  {describe(task)}" for task in tasks if task.alive)
