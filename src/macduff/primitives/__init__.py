"""Task, Queue, Lock, Pool and clock over threads, cothread and a simulation (rules 29, 30).

A backend supplies atoms: tasks, flags, mutexes, a clock. Queue, Lock and Pool are written once on top of them, so that
what is tested in the simulation is what runs in the laboratory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .atoms import Backend, Clock, Flag, Mutex, Task
from .coroutines import CoroutineRunner
from .lock import Lock
from .pool import Pool
from .queue import Closed, Queue
from .threads import Threads

if TYPE_CHECKING:
    from .simulation import Simulated

__all__ = [
    "Backend", "Clock", "Closed", "CoroutineRunner", "Flag", "Lock", "Mutex", "Pool", "Queue", "Task", "get_backend",
    "simulated",
]  # fmt: skip

NAMES = ("threads", "cothread", "simulated")


def get_backend(name: str = "threads", **options: Any) -> Backend:
    """The backend of that name; options are those of `simulated`, the others take none.

    ValueError for an unknown name, ImportError that says how to install what is missing.
    """
    if name == "threads":
        return Threads(**options)
    if name == "cothread":
        from .cothreads import Cothreads

        return Cothreads(**options)
    if name == "simulated":
        return simulated(**options)
    raise ValueError(f"get_backend: expected one of {', '.join(NAMES)}, got {name!r}")


def simulated(seed: int | None = None, **options: Any) -> Simulated:
    """A simulation: deterministic from its seed, in virtual time; options as in `simulation.Simulated`.

    `with simulated(seed=1) as sim: sim.run(main)`. Without a seed it takes a fresh one; a run that fails says which.
    """
    try:
        from .simulation import Simulated
    except ModuleNotFoundError as error:
        if error.name != "greenlet":
            raise
        raise ImportError(
            f"backend simulated: expected the package greenlet: pip install 'macduff[testing]' ({error})"
        ) from error
    return Simulated(seed, **options)
