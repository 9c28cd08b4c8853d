"""What blocks in device code: it releases the device's lock, and an abort ends it at once (rules 8 to 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import TimedOut
from ..values import Reading
from .call import Call, Outcome, Outside, Request
from .future import Future

if TYPE_CHECKING:
    from .attribute import Attribute
    from .device import Device
    from .method import Method

__all__ = [
    "block", "call_child", "checkpoint", "current", "released", "report_wait", "request_child", "shielded", "wait",
    "wait_all",
]  # fmt: skip

R = TypeVar("R")


def current(device: Device) -> Call | Outside:
    """The call that this thread runs, or a stand-in when it runs none."""
    call: Call | None = device._local.call
    return Outside(device) if call is None else call


def block(call: Call | Outside, reason: str, until: Callable[[], bool], timeout: float | None = None) -> bool:
    """Wait until `until()` holds; False when `timeout` seconds went by first.

    The lock is released and taken again; a dead token or the error of a started call is raised. `until` is the
    framework's own and is asked again whenever the call is woken; whoever makes it true wakes the call afterwards.
    """
    call.check()
    device = call.device
    flag = device._backend_needed().flag()
    flag.reason = reason
    clock = device._clock
    deadline = None if timeout is None else clock.monotonic() + timeout
    call.enter_wait(flag)
    try:
        while True:
            if until():
                ok = True
                break
            if (call.dead is not None and not call.shielded()) or (call.unseen and call.dead is None):
                ok = False
                break
            left = None if deadline is None else deadline - clock.monotonic()
            if left is not None and left <= 0:
                ok = False
                break
            flag.wait(left)
            flag.clear()
    finally:
        call.leave_wait()
    call.check()
    return ok


def _never() -> bool:
    return False


def wait(device: Device, seconds: float, *, pausable: bool = False) -> None:
    """`Device.wait`."""
    call = current(device)
    end = device._clock.monotonic() + seconds
    if pausable and block(call, f"{device.name} waits {seconds} s or a pause", lambda: call.pause_wanted, seconds):
        device._machine.offer_pause(call)
        seconds = end - device._clock.monotonic()  # the pause was not taken, so the wait goes on
        pausable = False
    if not pausable:
        block(call, f"{device.name} waits {seconds} s", _never, seconds)


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
        device._machine.offer_pause(call)
    call.check()


@contextmanager
def shielded(device: Device, seconds: float) -> Iterator[None]:
    """`Device.shielded`."""
    call = device._local.call
    if call is None:
        yield
        return
    before = call.shield_end
    call.shield_end = device._clock.monotonic() + seconds
    try:
        yield
    finally:
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
    call.children.append(request)
    device._process_needed()._submit(request)
    return future


def call_child(call: Call, method: Method[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A call of another device's method: waited for with the lock released."""
    future = request_child(call, "call", method.device, method.name, method.arguments(args, kwargs))
    future.observe()
    block(call, f"{call.device.name}.{call.name} waits for {future.what}", future.done)
    return future.value()


def wait_all(device: Device, futures: Sequence[Future[Any]], timeout: float | None = None) -> list[Any]:
    """`Device.wait_all`."""
    for future in futures:
        future.observe()
    call = current(device)

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
    device.status.apply(message)
    watched: list[tuple[str, Attribute[Any]]] = [
        (name, attribute) for name, attribute in device.attributes.items() if name != "status"
    ]
    for role, child in device._children.items():
        watched += [(f"{role}.{name}", attribute) for name, attribute in child.attributes.items()]
    marks = _marks(call, device)
    reporter = Reporter(call, watched, marks)
    with reporter:
        block(call, f"{device.name}: {message}", reporter.changed, timeout)
    found = reporter.take()
    for reading_device in {attribute._device for _, attribute in watched}:
        newest = [r.sequence for name, r in found.items() if reporter.owner(name) is reading_device]
        marks[reading_device] = max([marks.get(reading_device, 0), *newest])
    return found


def _marks(call: Call | Outside, device: Device) -> dict[Any, int]:
    if isinstance(call, Call):
        if call.marks is None:
            call.marks = {device: call.mark}
        return call.marks
    return {device: device._sequence}


class Reporter:
    """What a report_wait listens to: its device's attributes and its children's."""

    def __init__(
        self, call: Call | Outside, watched: Sequence[tuple[str, Attribute[Any]]], marks: dict[Any, int]
    ) -> None:
        self.call = call
        self.watched = dict(watched)
        self.marks = marks

    def owner(self, name: str) -> Device:
        return self.watched[name]._device

    def changed(self) -> bool:
        return bool(self.take())

    def take(self) -> dict[str, Reading]:
        """What changed since the marks and was not written by this very call."""
        found = {}
        for name, attribute in self.watched.items():
            now, mark = attribute._now, self.marks.setdefault(attribute._device, attribute._device._sequence)
            if now[3] > mark and attribute._writer is not self.call:
                found[name] = Reading(*now)
        return found

    def __enter__(self) -> Reporter:
        for attribute in self.watched.values():
            with attribute._mutex:
                self.marks.setdefault(attribute._device, attribute._device._sequence)
                attribute._listened += 1
                attribute._reporters = (*attribute._reporters, self)
        return self

    def __exit__(self, *_: object) -> None:
        for attribute in self.watched.values():
            with attribute._mutex:
                attribute._listened -= 1
                attribute._reporters = tuple(r for r in attribute._reporters if r is not self)
