"""Waiting for descriptors in a way that other threads can cut short."""

from __future__ import annotations

import contextlib
import math
import select
import socket
import time

__all__ = ["Ended", "Waker"]


class Ended(Exception):
    """The wire was closed."""


class Waker:
    """One thread waits, others wake it or stop it for good."""

    def __init__(self) -> None:
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._stopped = False

    # from other threads

    def wake(self) -> None:
        """There is something new to look at."""
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nobody waits any more
            self._mouth.send(b"!")

    def stop(self) -> None:
        """Every wait raises Ended from here on."""
        self._stopped = True
        self.wake()

    # from the thread that waits

    def check(self) -> None:
        """Raise Ended when it was stopped."""
        if self._stopped:
            raise Ended("the wire was closed")

    def wait(self, until: float, reading: int | None = None, writing: int | None = None) -> bool:
        """Until a descriptor is ready (True), somebody wakes, or the monotonic clock says `until` (False)."""
        poll = select.poll()  # not select(): descriptors may be numbered beyond what that takes
        ear = self._ear.fileno()
        poll.register(ear, select.POLLIN)
        if reading is not None:
            poll.register(reading, select.POLLIN)
        if writing is not None:
            poll.register(writing, select.POLLOUT)
        left = max(0.0, until - time.monotonic())
        ready = {number for number, _ in poll.poll(None if math.isinf(left) else math.ceil(left * 1000))}
        if ear in ready:
            self._ear.recv(4096)
        self.check()
        return bool(ready - {ear})

    def pause(self, seconds: float) -> None:
        """So many seconds, whoever wakes; only `stop` ends it early."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.wait(end)

    def close(self) -> None:
        """The thread ends."""
        self._ear.close()
        self._mouth.close()
