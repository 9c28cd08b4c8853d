"""A request is what waits for a reply; a call is code that runs for it, with a token that dies once and for ever."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .request import MethodLog, Outcome, Request
from .states import StateChanged

if TYPE_CHECKING:
    from ..primitives import Flag
    from .device import Device
    from .future import Future

__all__ = ["Call", "MethodLog", "Outcome", "Outside", "Request"]


def _has_unseen(futures: deque[Future[Any]]) -> bool:
    """Whether one of them failed and nobody has seen it; those that somebody has seen meanwhile are dropped."""
    while futures and futures[0].seen:
        futures.popleft()
    return bool(futures)


class Call:
    """One run of author's code for a device: a method, a do_ function, a setter or an idle task."""

    __slots__ = (
        "body",
        "children",
        "dead",
        "device",
        "ended",
        "exclusive",
        "flag",
        "forgiven",
        "grace_end",
        "holds",
        "kind",
        "lockless",
        "mark",
        "marks",
        "name",
        "on_end",
        "outcome",
        "parent",
        "pause_wanted",
        "quarantined",
        "queued",
        "replaced",
        "reported",
        "request",
        "reserved",
        "shield_end",
        "shield_left",
        "since",
        "slot",
        "thread",
        "unseen",
    )  # fmt: skip

    def __init__(
        self,
        device: Device,
        name: str,
        kind: str,
        body: Callable[[], Any],
        on_end: Callable[[Call], None],
        *,
        request: Request | None = None,
        parent: Call | None = None,
        exclusive: bool = False,
        reserved: bool = False,
    ) -> None:
        self.device = device
        self.name = name
        self.kind = kind  # "method", "do", "setter", "idle", "abort", "close", "connect"
        self.body = body
        self.on_end = on_end  # on the Process thread, when the end is read
        self.request = request
        self.parent = parent if parent is not None else (request.parent if request is not None else None)
        self.exclusive = exclusive
        self.reserved = reserved
        self.dead: StateChanged | None = None
        self.flag: Flag | None = None
        self.lockless = False
        self.holds = False  # the device's lock; changed under the value mutex only
        self.slot = False
        self.since = 0.0  # when it last took the lock
        self.thread: int | None = None
        self.children: list[Request] = []
        self.unseen: deque[Future[Any]] = deque()
        self.mark = 0  # the device's sequence when it began
        self.marks: dict[Device, int] = {}  # of the device and its children when it began, or at the last report_wait
        self.shield_end: float | None = None
        self.shield_left = float("-inf")  # when it last came out of one
        self.grace_end: float | None = None
        self.pause_wanted = False
        self.queued = False  # it waits for the lock or a slot: what keeps it is not its own code
        self.quarantined = False
        self.replaced = False  # the pool was given another worker for it
        self.forgiven = False  # a forced reset went on although it is quarantined
        self.ended = False
        self.reported = False  # by the watchdog
        self.outcome: Any = None

    def wake(self) -> None:
        """Let its wait look again; harmless when it does not wait."""
        flag = self.flag
        if flag is not None:
            flag.set()

    def shielded(self) -> bool:
        """Whether a dead token is borne with now (rule 19)."""
        end = self.shield_end
        if end is None or self.quarantined:
            return False
        now = self.device._clock.monotonic()
        return now < end and (self.grace_end is None or now < self.grace_end)

    def sheltered(self, seconds: float) -> bool:
        """Whether it is in a shield, or was so many seconds ago."""
        return self.shield_end is not None or self.device._clock.monotonic() - self.shield_left < seconds

    def check(self) -> None:
        """Raise if the token is dead, or if a call that it started failed and nobody waits for that one."""
        if self.dead is not None and not self.shielded():
            raise self.dead
        while self.unseen and self.dead is None:
            error = self.unseen.popleft().take_error()
            if error is not None:
                raise error

    def interrupted(self) -> bool:
        """Whether `check` has something to raise, so that a wait must end."""
        if self.dead is not None:
            return not self.shielded()
        return _has_unseen(self.unseen)

    def patience(self) -> float | None:
        """Seconds until a shield that bears with a dead token ends; None when no end is near."""
        if self.dead is None or self.shield_end is None:
            return None
        ends = (self.shield_end,) if self.grace_end is None else (self.shield_end, self.grace_end)
        left: float = min(ends) - self.device._clock.monotonic()
        return left

    def enter_wait(self, flag: Flag) -> None:
        """Give up lock and slot; raise instead when the token is dead."""
        device = self.device
        with device._mutex:
            if self.dead is not None and not self.shielded():
                raise self.dead
            self.flag = flag
            given = self._let_go()
        self._release(*given)

    def leave_wait(self) -> None:
        """Take them back, before those who have not begun (rule 8)."""
        self.flag = None
        if self.kind != "abort":
            self.take_lock(front=True)
        elif not self.take_lock(front=True, timeout=self.device._process_needed().limits.abort_lock_wait):
            self.lockless = True  # what it aborts clings to the lock (rule 20)
        self.take_slot()

    def take_lock(self, *, front: bool = False, timeout: float | None = None) -> bool:
        """The device's lock, unless this call runs without; False when it was not to be had in time."""
        device = self.device
        if self.lockless:
            return True
        self.queued = True
        got = device._lock.acquire(timeout=timeout, front=front)
        self.queued = False
        if not got:
            return False
        with device._mutex:
            if not self.quarantined:
                self.holds = True
                self.since = device._clock.monotonic()
                return True
        device._lock.release()
        return True

    def take_slot(self) -> None:
        """One of the places for runnable calls; calls made for an abort need none, and those that are ended neither."""
        if self.reserved:
            return
        self.queued = True
        got = self.device._slots.acquire(self)
        self.queued = False
        self.flag = None
        if not got:
            return
        with self.device._mutex:
            self.slot = not self.quarantined
            kept = self.slot
        if not kept:
            self.device._slots.release()

    def give_back(self) -> None:
        """Lock and slot, at the end."""
        with self.device._mutex:
            given = self._let_go()
        self._release(*given)

    def _let_go(self) -> tuple[bool, bool]:
        """Under the value mutex: what it held, and holds no more; so nobody gives it back twice."""
        held = self.holds, self.slot
        self.holds = self.slot = False
        return held

    def _release(self, lock: bool, slot: bool) -> None:
        if slot:
            self.device._slots.release()
        if lock:
            self.device._lock.release()

    def give_up(self) -> None:
        """Quarantine: its token is dead, and lock and slot are taken from it."""
        with self.device._mutex:
            self.quarantined = True
            if self.dead is None:
                self.dead = StateChanged("Quarantined", f"{self.device.name}.{self.name} was quarantined")
            given = self._let_go()
        self._release(*given)

    def ancestors(self) -> list[Call]:
        """This call and those that it was made for, the nearest first."""
        chain: list[Call] = []
        call: Call | None = self
        while call is not None:
            chain.append(call)
            call = call.parent
        return chain


class Outside:
    """Stands for a call where device code waits in a thread of its own: no lock, no token."""

    dead = None
    pause_wanted = False

    def __init__(self, device: Device) -> None:
        self.device = device
        self.flag: Flag | None = None
        self.children: list[Request] = []
        self.unseen: deque[Future[Any]] = deque()

    def wake(self) -> None:
        flag = self.flag
        if flag is not None:
            flag.set()

    def shielded(self) -> bool:
        return False

    def check(self) -> None:
        while self.unseen:
            error = self.unseen.popleft().take_error()
            if error is not None:
                raise error

    def interrupted(self) -> bool:
        return _has_unseen(self.unseen)

    def patience(self) -> None:
        return None

    def enter_wait(self, flag: Flag) -> None:
        self.flag = flag

    def leave_wait(self) -> None:
        self.flag = None
