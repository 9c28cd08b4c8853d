"""A wire: what device code and sources see of a connection to an instrument that speaks in lines."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from ..core import Device
from ..errors import BadValue
from .agenda import Agenda, Job, Step
from .driver import Driver
from .glue import Done, limits_of, wait_released
from .polls import Poll
from .talk import Conversation, Manner
from .waker import Waker

__all__ = ["Wire"]


class Wire(ABC):
    """A connection to an instrument, shared by a device and its children; one thread, one exchange after another.

    Give it to `Device.__init__(name, wire=...)`; the device opens and closes it. Device code may use `exchange` and
    `send`; both let others in while they wait.
    """

    def __init__(self, name: str, manner: Manner) -> None:
        self.name = name
        self._manner = manner
        self._agenda = Agenda(name)
        self._driver: Driver | None = None
        self._users = 0
        self._lock = threading.Lock()
        self._device: Device | None = None

    @abstractmethod
    def _begin(self, waker: Waker, longest: int) -> Conversation:
        """A new conversation over a new connection, or OSError; longest: of a line, in bytes."""

    # for device code

    def exchange(self, text: str, timeout: float | None = None) -> str:
        """Send a line and return the line that answers it, without terminators.

        timeout in seconds, for the reply. Raises TimedOut, Disconnected, or BadValue when more than one line came.
        """
        replies = self._do([(text, True)], timeout)
        return replies[0]

    def send(self, text: str) -> None:
        """Send a line that is not answered; returns when it is out."""
        self._do([(text, False)], None)

    def _do(self, steps: Sequence[Step], timeout: float | None) -> list[str]:
        driver = self._driver
        if driver is not None and threading.current_thread() is driver.thread:
            raise RuntimeError(f"{self.name}: expected an exchange in device code, got one in parse or format")
        for text, _ in steps:
            self.check_line(text)

        def begin(done: Done) -> None:
            self.submit(Job(steps, done, timeout))

        replies: list[str] = wait_released(self._device, f"{steps[0][0]!r} on {self.name}", begin)
        return replies

    def check_line(self, text: str) -> None:
        """BadValue for what is not one line that the instrument's encoding has."""
        if any(character in text for character in "\r\n"):
            raise BadValue.of(self.name, "one line without its terminator", text)
        try:
            text.encode(self._manner.encoding)
        except UnicodeEncodeError:
            raise BadValue.of(self.name, f"characters of {self._manner.encoding}", text) from None

    # for sources

    def attach(self, device: Device) -> None:
        """A device that uses it: its Process tells how device code waits here, and the limits."""
        self._device = device
        self._agenda.limits = limits_of(device)
        if self._driver is None:
            self._agenda.accept()  # do_connect may ask before the wire is opened

    def submit(self, job: Job) -> None:
        """Put a job on the agenda; never waits."""
        if self._agenda.submit(job):
            self._wake()

    def add_poll(self, poll: Poll) -> None:
        """One more query."""
        self._agenda.add(poll, time.monotonic())
        self._wake()

    def remove_poll(self, poll: Poll) -> None:
        """It is asked no more."""
        self._agenda.remove(poll)

    def _wake(self) -> None:
        driver = self._driver
        if driver is not None:
            driver.wake()

    # for the core

    def open(self) -> None:
        """Begin to connect; never waits. Every user opens it once and closes it once."""
        with self._lock:
            self._users += 1
            if self._driver is None:
                self._agenda.accept()
                self._driver = Driver(self.name, self._agenda, self._begin)
                self._driver.thread.start()

    def close(self) -> None:
        """Let go; when nobody else uses it, the thread ends and what waits ends with Disconnected. Never waits."""
        with self._lock:
            self._users = max(0, self._users - 1)
            if self._users or self._driver is None:
                return
            driver, self._driver = self._driver, None
        driver.stop()
        self._agenda.refuse("it was closed")
        self._agenda.lost(f"{self.name}: closed")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
