"""What a backend supplies; Queue, Lock and Pool are written once on top of these."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Any, Protocol, Self

__all__ = ["Backend", "Clock", "Flag", "Mutex", "Task"]


class Clock(Protocol):
    """Where times come from: deadlines from `monotonic`, stamps from `time_ns`."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def time_ns(self) -> int:
        """Nanoseconds since the UNIX epoch; goes where the clock on the wall goes."""
        ...


class Flag(Protocol):
    """Set or not set; waits end while it is set (level triggered).

    Every wait that has begun before a `set` ends by it, even when `clear` follows at once. So the loop
    `flag.clear(); look; flag.wait()` misses nothing.
    """

    reason: str
    """What the waiter waits for, for reports: "a slot", "the reply of motor.move"."""
    owner: Callable[[], str] | None
    """Who has to set it, asked when a report is made; None when that is nobody in particular."""

    def set(self) -> None:
        """Set it and wake all who wait; from any thread or task, never blocks."""
        ...

    def clear(self) -> None:
        """Unset it; from any thread or task, never blocks."""
        ...

    def is_set(self) -> bool:
        """Whether it is set now."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it is set: True; False when `timeout` seconds (None: no end, 0: a look) went by first."""
        ...


class Mutex(Protocol):
    """For short critical sections in which nothing blocks and no other mutex is entered; not reentrant."""

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Task(Protocol):
    """Something that runs on its own: a thread, a cothread, a simulated task.

    It ends when its target returns. No thread can be killed, so to end one that loops means to tell it: the `stop`
    given to `spawn` or `service` is called, once, by `close()`, at the end of a `with` block, or when nothing refers to
    this Task any more; it closes the loop's inbox (`Queue.close`) or sets the flag that the loop looks at. For the last
    of the three the target must not itself refer to the Task's owner (a bound method of it does), and `stop` runs
    in a finalizer, so it must take no lock.
    """

    name: str

    @property
    def alive(self) -> bool:
        """Whether the target has not returned yet."""
        ...

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; False when `timeout` seconds went by first."""
        ...

    def close(self, timeout: float | None = 5.0) -> bool:
        """Tell it to stop and wait for its end (a task that closes itself does not wait); False as for `join`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Backend(Protocol):
    """What runs the methods of devices, and the atoms that fit it.

    capabilities: "preemptive": a task that never waits does not keep the others from running; "watchdog": such a task
    can be seen, and its file and line named, from a service; "os-threads": services are OS threads and may block in
    anything; "replaceable": a stuck worker can be given up and another put in its place; "deterministic",
    "virtual-time": as they say.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[str]: ...

    @property
    def preemptible(self) -> bool:
        """Whether another task may run between any two operations, without a wait."""
        ...

    @property
    def clock(self) -> Clock: ...

    @property
    def local(self) -> Any:
        """`.call`: None until set, separate for each task and thread, not inherited by what a task starts."""
        ...

    @property
    def preempt(self) -> Callable[[], None] | None:
        """To be called where another task may come in between; None where that happens by itself or never."""
        ...

    def spawn(self, target: Callable[[], object], name: str, stop: Callable[[], object] | None = None) -> Task:
        """Start a task where methods run; from any thread."""
        ...

    def service(self, target: Callable[[], object], name: str, stop: Callable[[], object] | None = None) -> Task:
        """Start an OS thread (a simulated task in a simulation): the Process, sources, servers (rule 29)."""
        ...

    def flag(self) -> Flag:
        """A new flag, not set."""
        ...

    def mutex(self) -> Mutex:
        """A new mutex."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Block this task alone for so long."""
        ...

    def identity(self) -> Hashable:
        """Something that is the same for the same task or thread and for no other that lives."""
        ...

    def name_of(self, identity: Hashable) -> str:
        """The name of the task or thread with that identity, for messages."""
        ...
