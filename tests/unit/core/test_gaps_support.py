"""What the sentence by sentence tests share: waiting, and a Process that is kept from its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from macduff import Attribute, Device, Process, VInt, publish_method
from tests.support.play import Inbox

__all__ = ["Kept", "Meter", "changed", "ended", "readings", "until"]


def until(process: Process, condition: Callable[[], object]) -> None:
    """Look until something is so that no event tells of."""
    for _ in range(2000):
        if condition():
            return
        process.backend.sleep(0.005)
    raise AssertionError("not so after 10 s")


def changed(process: Process, device: Device, condition: Callable[[], object]) -> None:
    """Wait until a change of the device makes it so."""
    inbox = Inbox(process)
    listener = process.listen(inbox, device.name, initial_value=True)
    inbox.until(lambda _: bool(condition()))
    process.unlisten(listener)


class Kept:
    """The Process thread does nothing from where this was made, in the order of requests, to its end."""

    def __init__(self, process: Process) -> None:
        self._held, self._go_on = process.backend.flag(), process.backend.flag()
        process._post(self._hold)

    def _hold(self) -> None:
        self._held.set()
        self._go_on.wait(20)

    def __enter__(self) -> None:
        assert self._held.wait(20)

    def __exit__(self, *_: object) -> None:
        self._go_on.set()


def ended(device: Device, process: Process) -> None:
    """Wait until the code of every call of the device has ended, whatever the Process knows of it."""
    for _ in range(1000):
        if all(call.outcome is not None and not call.holds for call in device._machine.calls):
            return
        process.backend.sleep(0.01)
    raise AssertionError("it goes on")


def readings(inbox: Inbox, name: str) -> list[Any]:
    return [item[2][name] for item in inbox.items if item[0].name == "Changes" and name in item[2]]


class Meter(Device):
    """Counts, and asks."""

    a = Attribute(VInt(), 0)
    b = Attribute(VInt(), 0)
    wish = Attribute(VInt(), 0, writable=True)
    go_on = Attribute(VInt(), 0)

    @publish_method
    def count(self, to: int) -> int:
        """Count without a wait."""
        for value in range(1, to + 1):
            self.a.update(value)
        return self.a.value

    @publish_method(busy="replace")
    def give(self, value: int) -> int:
        """Return it."""
        return value
