"""Instruments behind a serial port."""

from __future__ import annotations

import os
import select
import time
from typing import Any, Literal

from .talk import Carrier, Manner, Silence, Talk
from .waker import Waker
from .wire import Wire

__all__ = ["Serial"]

_FLOW = {"none": {}, "xonxoff": {"xonxoff": True}, "rtscts": {"rtscts": True}, "dsrdtr": {"dsrdtr": True}}


class Serial(Wire):
    """An instrument that speaks in lines over a serial port: `Serial("/dev/ttyUSB0", baudrate=19200)`.

    Needs the extra `serial`. bytesize in bits; parity "N", "E", "O", "M" or "S"; stopbits 1, 1.5 or 2; flow "none",
    "xonxoff", "rtscts" or "dsrdtr". The port is taken for this program alone. timeout, terminator, send_terminator,
    encoding: as for Tcp. settle: seconds after opening in which whatever comes is dropped. late: a serial line has no
    connection that could be made anew, so after a time-out the late reply is waited for and dropped, for so many
    seconds at most; ten times the time-out unless said otherwise.
    """

    def __init__(
        self,
        port: str,
        *,
        baudrate: int = 9600,
        bytesize: Literal[5, 6, 7, 8] = 8,
        parity: Literal["N", "E", "O", "M", "S"] = "N",
        stopbits: float = 1,
        flow: Literal["none", "xonxoff", "rtscts", "dsrdtr"] = "none",
        timeout: float = 1.0,
        terminator: str = "\n",
        send_terminator: str | None = None,
        encoding: str = "utf-8",
        settle: float = 0.05,
        late: float | None = None,
    ) -> None:
        if flow not in _FLOW:
            raise ValueError(f"Serial(flow): expected one of {', '.join(_FLOW)}, got {flow!r}")
        self._options: dict[str, Any] = {
            "baudrate": baudrate, "bytesize": bytesize, "parity": parity, "stopbits": stopbits, **_FLOW[flow],
        }  # fmt: skip
        self._late = 10 * timeout if late is None else late
        self._owed = [False]
        self._library = _library()
        try:
            self._library.Serial(None, **self._options)  # checks the options, opens nothing
        except ValueError as error:
            raise ValueError(f"Serial({port!r}): expected options of a serial port, got: {error}") from None
        super().__init__(
            port,
            Manner(
                timeout=timeout, terminator=terminator, send_terminator=send_terminator, encoding=encoding,
                settle=settle,
            ),
        )  # fmt: skip

    def _begin(self, waker: Waker, longest: int) -> Talk:
        port = self._library.Serial(self.name, timeout=0, write_timeout=0, exclusive=True, **self._options)
        return _SerialTalk(_SerialCarrier(port), self._manner, waker, longest, self._late, self._owed)


class _SerialTalk(Talk):
    """A conversation over a line that outlives it: `owed` says whether the one before left a reply to come."""

    def __init__(
        self, carrier: Carrier, manner: Manner, waker: Waker, longest: int, late: float, owed: list[bool]
    ) -> None:
        super().__init__(carrier, manner, waker, longest)
        self._late = late
        self._owed = owed

    def settle(self) -> None:
        """Drop what the line still brings: after a time-out until the late reply came, or it is late enough."""
        end = time.monotonic() + self._late
        while self._owed[0] and time.monotonic() < end:
            if self._waker.wait(end, reading=self._carrier.fileno()):
                self._read()
                self._owed[0] = self._lines.take() is None
        self._owed[0] = False
        super().settle()

    def ask(self, text: str, timeout: float | None = None) -> str:
        try:
            return super().ask(text, timeout)
        except Silence:
            self._owed[0] = True
            raise


class _SerialCarrier:
    """An open port as a Carrier. pyserial opens and sets it up; reading and writing are the system's own."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def fileno(self) -> int:
        number: int = self._port.fileno()
        return number

    def send(self, data: bytes, /) -> int:
        return os.write(self._port.fileno(), data)

    def receive(self) -> bytes:
        data = os.read(self._port.fileno(), 65536)
        if not data and not self._gone():
            raise BlockingIOError  # a terminal says so by nothing, as it does of its end
        return data

    def _gone(self) -> bool:
        poll = select.poll()
        poll.register(self._port.fileno(), 0)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def close(self) -> None:
        self._port.close()


def _library() -> Any:
    try:
        import serial
    except ImportError:
        raise ImportError("Serial: expected pyserial, which is not installed: pip install 'macduff[serial]'") from None
    return serial
