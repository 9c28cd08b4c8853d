"""Abort against code that blocks where Python cannot reach it (rules 20, 22): quarantined, or reported."""

from __future__ import annotations

import socket
import threading

import pytest

from macduff import Attribute, Device, DeviceFailed, DState, Process, VInt, publish_method
from macduff.limits import Limits
from tests.support import eventually
from tests.support.play import Client


class Blocker(Device):
    """Blocks in several ways; the test lets go at the end."""

    abort_grace = 0.3
    ticks = Attribute(VInt(), 0)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._held = threading.Lock()
        self._held.acquire()
        self._ours, self._theirs = socket.socketpair()

    def do_close(self) -> None:
        self._ours.close()
        self._theirs.close()

    @publish_method
    def lock(self) -> None:
        """Wait for a lock that nobody gives back."""
        with self._held:
            self.ticks.update(-1)

    @publish_method
    def recv(self) -> None:
        """Wait for bytes that do not come."""
        self._ours.recv(1)
        self.ticks.update(-1)

    @publish_method
    def keep_interpreter(self, size: int) -> None:
        """A C call that keeps the interpreter lock."""
        sum(range(size))

    @publish_method
    def count(self) -> None:
        """Something ordinary."""
        self.ticks.update(self.ticks.value + 1)


@pytest.mark.parametrize("method", ["lock", "recv"])
def test_a_thread_that_cannot_be_reached_is_quarantined(method: str) -> None:
    """Rule 22: Fault, the device gets a free lock and place, and what the zombie does later changes nothing."""
    device = Blocker("B")
    with Process() as process:
        process.add(device)
        view, client = process.view("B"), Client(process)
        call = client.call("B", method)
        eventually(lambda: any(c.holds for c in device._machine.calls), "the method to run")
        with pytest.raises(DeviceFailed, match=rf"B\.{method}: expected to end within .* quarantined"):
            view.abort()
        assert call.kind() == "Aborted"
        assert view.state == DState.Fault
        assert "test_blocking.py" in view.health or "socket.py" in view.health
        view.reset(force=True)
        view.count()
        assert view.ticks == 1
        device._held.release()
        device._theirs.send(b"x")
        eventually(lambda: not device._machine.zombies, "the zombie's end")
        assert view.ticks == 1
        view.count()
        assert (view.ticks, view.health) == (2, "OK")


def test_code_that_keeps_the_interpreter_is_reported() -> None:
    """Rule 22: an abort cannot be met while a C call keeps the interpreter lock, but it is named afterwards."""
    device = Blocker("B")
    with Process(limits=Limits(watchdog=0.3), report_stalls=True) as process:
        process.add(device)
        for _ in range(5):  # a stall that ends just when the Process looks may be named only the next time
            call = Client(process).call("B", "keep_interpreter", size=250_000_000)
            assert call.kind(60.0) in ("ok", "Aborted")
            if "kept the interpreter" in device.health.value:
                break
        assert "test_blocking.py" in device.health.value
        assert "in keep_interpreter" in device.health.value
