"""One connection to an instrument: lines sent, lines read, and the refusal of whatever came unasked."""

from __future__ import annotations

import time
from typing import Protocol

from ..limits import DEFAULTS
from .framing import Lines
from .waker import Waker

__all__ = ["Carrier", "Conversation", "Manner", "OutOfStep", "Silence", "Talk"]


class Carrier(Protocol):
    """An open connection; its calls never block, its descriptor says when there is something to read."""

    def fileno(self) -> int: ...
    def send(self, data: bytes, /) -> int:
        """Send what goes at once, return how much; BlockingIOError when nothing does."""
        ...

    def receive(self) -> bytes:
        """What is there; b"" when the peer closed; BlockingIOError when nothing is."""
        ...

    def close(self) -> None: ...


class Manner:
    """How an instrument wants to be spoken to: time-out in s, terminators, encoding, settling time in s."""

    def __init__(
        self, *, timeout: float, terminator: str, send_terminator: str | None, encoding: str, settle: float
    ) -> None:
        self.timeout = timeout
        self.encoding = encoding
        self.settle = settle
        self.terminator = terminator.encode(encoding)
        self.send_terminator = self.terminator if send_terminator is None else send_terminator.encode(encoding)


class Silence(Exception):
    """No reply in time: what comes later must never be taken for the next query's."""


class OutOfStep(Exception):
    """More or other than the reply came: nobody knows what belongs to what."""


class Conversation(Protocol):
    """What the thread of a wire does with an instrument; OSError when the connection breaks."""

    since: float
    """When it began, on the monotonic clock."""

    def settle(self) -> None: ...
    def ask(self, text: str, timeout: float | None = None) -> str: ...
    def send(self, text: str, timeout: float | None = None) -> None: ...
    def check_in_step(self) -> None: ...
    def wait(self, until: float) -> None: ...
    def close(self) -> None: ...


class Talk:
    """Exchanges over one open connection. Its only thread calls it; OSError when the connection breaks."""

    def __init__(self, carrier: Carrier, manner: Manner, waker: Waker, longest: int = DEFAULTS.wire_line) -> None:
        self._carrier = carrier
        self._manner = manner
        self._waker = waker
        self._lines = Lines(manner.terminator, longest)
        self.since = time.monotonic()

    def settle(self) -> None:
        """Drop greetings, and replies that an adapter kept from the connection before."""
        end = time.monotonic() + self._manner.settle
        while time.monotonic() < end:
            if self._waker.wait(end, reading=self._carrier.fileno()):
                self._read()
        self._lines.clear()

    def ask(self, text: str, timeout: float | None = None) -> str:
        """Send a line, return the one line that answers it. Raises Silence, OutOfStep, OSError, Ended."""
        limit = self._manner.timeout if timeout is None else timeout
        self.check_in_step()
        self.send(text, limit)
        deadline = time.monotonic() + limit
        while (line := self._take(text)) is None:
            if self._waker.wait(deadline, reading=self._carrier.fileno()):
                self._read()
            elif time.monotonic() >= deadline:
                raise Silence(f"expected a reply to {text!r} within {limit:g} s, got none")
        if self._lines.rest:
            raise OutOfStep(f"expected one reply to {text!r}, got {self._shown(line)} and more behind it")
        if self._manner.terminator == b"\n":
            line = line.removesuffix(b"\r")
        try:
            return line.decode(self._manner.encoding)
        except UnicodeDecodeError:
            raise OutOfStep(f"expected {self._manner.encoding} in reply to {text!r}, got {self._shown(line)}") from None

    def send(self, text: str, timeout: float | None = None) -> None:
        """Send a line that is not answered."""
        limit = self._manner.timeout if timeout is None else timeout
        deadline = time.monotonic() + limit
        data = text.encode(self._manner.encoding) + self._manner.send_terminator
        while data:
            try:
                data = data[self._carrier.send(data) :]
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Silence(f"expected {text[:40]!r} to be taken within {limit:g} s, it was not") from None
                self._waker.wait(deadline, writing=self._carrier.fileno())

    def check_in_step(self) -> None:
        """Before a line is sent nothing may be waiting to be read: OutOfStep, or OSError when the peer closed."""
        self._read()
        if self._lines.rest:
            raise OutOfStep(f"expected nothing without being asked, got {self._shown(self._lines.rest)}")

    def wait(self, until: float) -> None:
        """Until something unasked comes, somebody wakes, or the monotonic clock says so."""
        self._waker.wait(until, reading=self._carrier.fileno())

    def close(self) -> None:
        """Give the connection up, with whatever may still come on it."""
        self._carrier.close()

    def _take(self, text: str) -> bytes | None:
        try:
            return self._lines.take()
        except ValueError as error:
            raise OutOfStep(f"{error}, in reply to {text!r}") from None

    def _read(self) -> None:
        try:
            data = self._carrier.receive()
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError("the instrument closed the connection")
        self._lines.feed(data)

    def _shown(self, line: bytes) -> str:
        return repr(line[:40].decode(self._manner.encoding, "backslashreplace"))
