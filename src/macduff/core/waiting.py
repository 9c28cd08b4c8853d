"""What blocks in device code: it releases the device's lock, and an abort ends it at once (rules 8 to 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import TimedOut
from ..values import Reading
from .blocking import block, current, never
from .call import Call, Outcome, Outside, Request
from .future import Future
from .pausing import offer

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device
    from .method import Method

__all__ = [
    "call_child", "checkpoint", "released", "report_wait", "request_child", "shielded", "wait", "wait_all",
]  # fmt: skip

R = TypeVar("R")


def wait(device: Device, seconds: float, *, pausable: bool = False) -> None:
    """`Device.wait`."""
    call = current(device)
    end = device._clock.monotonic() + seconds
    if pausable and block(call, f"{device.name} waits {seconds} s or a pause", lambda: call.pause_wanted, seconds):
        offer(device, call)
        seconds = end - device._clock.monotonic()  # the pause was not taken, so the wait goes on
        pausable = False
    if not pausable:
        block(call, f"{device.name} waits {seconds} s", never, seconds)


def checkpoint(device: Device, timeout: float | None = None) -> None:
    """`PausableDevice.checkpoint`."""
    call = current(device)
    call.check()
    if timeout is not None:
        wait(device, timeout, pausable=True)
    preempt = device._preempt
    if preempt is not None:
        preempt()
    if call.pause_wanted:
        offer(device, call)
    call.check()


@contextmanager
def shielded(device: Device, seconds: float) -> Iterator[None]:
    """`Device.shielded`."""
    call = device._local.call
    if call is None:
        yield
        return
    before = call.shield_end
    end = device._clock.monotonic() + seconds
    call.shield_end = end if before is None else min(before, end)  # one inside another does not lengthen it
    try:
        yield
    finally:
        call.shield_left = device._clock.monotonic()
        call.shield_end = before


def request_child(
    call: Call | Outside, kind: str, device: Device, member: str, args: Mapping[str, Any], *, readback: bool = False
) -> Future[Any]:
    """Ask the Process for a call or put of another device on behalf of this call."""
    call.check()
    future: Future[Any] = Future(call, f"{device.name}.{member}")
    parent = call if isinstance(call, Call) else None
    origin = parent.device.name if parent is not None else f"{device.name} itself"
    request = Request(kind, device, member, args, future.resolve, parent=parent, origin=origin, readback=readback)
    future.request = request
    process = device._process_needed()
    call.children.append(request)
    process._submit(request)
    return future


def call_child(call: Call, method: Method[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A call of another device's method: waited for with the lock released."""
    future = request_child(call, "call", method.device, method.name, method.arguments(args, kwargs))
    future.awaited_by(call)
    block(call, f"{call.device.name}.{call.name} waits for {future.what}", future.done)
    return future.value()


def wait_all(device: Device, futures: Sequence[Future[Any]], timeout: float | None = None) -> list[Any]:
    """`Device.wait_all`."""
    call = current(device)
    for future in futures:
        future.awaited_by(call)

    def settled() -> bool:
        done = [future for future in futures if future._outcome is not None]
        return len(done) == len(futures) or any(f._outcome.error is not None for f in done if f._outcome is not None)

    what = ", ".join(future.what for future in futures)
    if not block(call, f"{device.name} waits for {what}", settled, timeout):
        raise TimedOut(f"wait_all: expected the end of {what} within {timeout} s")
    for future in futures:
        if future._outcome is not None and future._outcome.error is not None:
            raise future._outcome.error
    return [future.value() for future in futures]


def released(
    device: Device, reason: str, begin: Callable[[Callable[[Outcome], None]], None], timeout: float | None = None
) -> Any:
    """Let `begin(done)` start something elsewhere and wait, with the lock released, until it calls done(Outcome).

    For wires, SDK threads and coroutines. `done` may be called from any thread, once. Raises its error.
    """
    call = current(device)
    call.check()
    future: Future[Any] = Future(call, reason)
    future.observe()
    begin(future.resolve)
    if not block(call, reason, future.done, timeout):
        raise TimedOut(f"{reason}: expected an answer within {timeout} s")
    return future.value()


def report_wait(device: Device, message: str, timeout: float | None = None) -> dict[str, Reading]:
    """`Device.report_wait`."""
    call = current(device)
    call.check()
    device.status.apply(message, call=call if isinstance(call, Call) else None)
    reporter = Reporter(call, device)
    with reporter:
        block(call, f"{device.name}: {message}", reporter.changed, timeout)
    return reporter.take()


class Reporter:
    """What a report_wait listens to: its device's attributes, but for `status`, and its children's."""

    def __init__(self, call: Call | Outside, device: Device) -> None:
        self.call = call
        self._marks: dict[Device, int] = call.marks if isinstance(call, Call) else {}
        own = [(name, attribute) for name, attribute in device.attributes.items() if name != "status"]
        self._watched: dict[Device, list[tuple[str, Attribute[Any]]]] = {device: own}
        for role, child in device._children.items():
            theirs = [(f"{role}.{name}", attribute) for name, attribute in child.attributes.items()]
            self._watched.setdefault(child, []).extend(theirs)

    def changed(self) -> bool:
        """Whether there is something to report."""
        return any(self._look(owner)[0] for owner in self._watched)

    def take(self) -> dict[str, Reading]:
        """What changed since the marks and was not written by this very call; it counts as seen."""
        found: dict[str, Reading] = {}
        for owner in self._watched:
            new, self._marks[owner] = self._look(owner)
            found.update(new)
        return found

    def _look(self, owner: Device) -> tuple[dict[str, Reading], int]:
        """One device's news, and the sequence up to which they go: together, or a change could fall between."""
        mark = self._marks[owner]
        with owner._mutex:
            if owner._sequence == mark:
                return {}, mark
            found = {
                name: Reading(*attribute._now)
                for name, attribute in self._watched[owner]
                if attribute._now[3] > mark and attribute._writer is not self.call
            }
            return found, owner._sequence

    def __enter__(self) -> Reporter:
        for owner, attributes in self._watched.items():
            with owner._mutex:
                self._marks.setdefault(owner, owner._sequence)
                owner._awaited += 1
                owner._segment = None  # one that waits for the end of a lull wakes nobody
                for _, attribute in attributes:
                    attribute._listened += 1
                    attribute._reporters = (*attribute._reporters, self)
        return self

    def __exit__(self, *_: object) -> None:
        for owner, attributes in self._watched.items():
            with owner._mutex:
                owner._awaited -= 1
                for _name, attribute in attributes:
                    attribute._listened -= 1
                    attribute._reporters = tuple(one for one in attribute._reporters if one is not self)
