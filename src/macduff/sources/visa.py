"""Instruments that VISA reaches: GPIB, USB (USBTMC), VXI-11, HiSLIP, and what else the installed library knows."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from .talk import Manner, OutOfStep, Silence
from .waker import Waker
from .wire import Wire

__all__ = ["Visa"]


class Visa(Wire):
    """An instrument by its VISA resource name: `Visa("USB0::0x0957::0x1755::MY48::INSTR")`.

    Needs the extra `visa`. library: which VISA is used, as PyVISA names it: "" the one that is installed on the
    machine, else PyVISA's own; "@py" PyVISA's own; "FILE@sim" a simulated one. timeout: seconds for a reply.
    terminator: what ends a reply, "" where the bus says so; send_terminator: what ends a query. settle: seconds after
    opening before the first query.
    """

    def __init__(
        self,
        resource: str,
        *,
        library: str = "",
        timeout: float = 1.0,
        terminator: str = "\n",
        send_terminator: str | None = None,
        encoding: str = "utf-8",
        settle: float = 0.0,
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"Visa(timeout): expected seconds above 0, got {timeout!r}")
        self._library = library
        self._pyvisa = _pyvisa()
        try:
            self._pyvisa.rname.ResourceName.from_string(resource)
        except ValueError as error:
            raise ValueError(
                f"Visa: expected a resource name such as GPIB0::8::INSTR, got {resource!r}: {error}"
            ) from None
        super().__init__(
            resource,
            Manner(
                timeout=timeout, terminator=terminator, send_terminator=send_terminator, encoding=encoding,
                settle=settle,
            ),
        )  # fmt: skip

    def _begin(self, waker: Waker, longest: int) -> _VisaTalk:
        errors = (self._pyvisa.errors.Error, ValueError, OSError)
        try:
            manager = self._pyvisa.ResourceManager(self._library)
            resource = manager.open_resource(self.name)
        except errors as error:
            raise OSError(str(error)) from error
        if not isinstance(resource, self._pyvisa.resources.MessageBasedResource):
            resource.close()
            raise OSError("an instrument that takes messages is expected there")
        return _VisaTalk(resource, self._manner, waker, longest, self._pyvisa)


class _VisaTalk:
    """Exchanges over an open VISA session. VISA blocks while it waits, so a wire that is closed ends a time-out later.

    A bus must be read only when an answer is due, so nothing that comes unasked is noticed before the next answer.
    """

    def __init__(self, resource: Any, manner: Manner, waker: Waker, longest: int, pyvisa: Any) -> None:
        self._resource = resource
        self._manner = manner
        self._waker = waker
        self._longest = longest
        self._pyvisa = pyvisa
        self.since = time.monotonic()
        if manner.terminator:
            with contextlib.suppress(AttributeError, *self._errors):
                resource.read_termination = manner.terminator.decode("latin-1")
        with contextlib.suppress(AttributeError, NotImplementedError, *self._errors):
            resource.clear()  # an answer to whoever asked before us dies here

    @property
    def _errors(self) -> tuple[type[BaseException], ...]:
        return (self._pyvisa.errors.Error, OSError)

    def settle(self) -> None:
        """Wait; nothing is read that was not asked for."""
        self._waker.pause(self._manner.settle)

    def ask(self, text: str, timeout: float | None = None) -> str:
        """Send a line, return the one line that answers it. Raises Silence, OutOfStep, OSError."""
        limit = self._manner.timeout if timeout is None else timeout
        self.send(text, limit)
        try:
            line: bytes = self._resource.read_raw()
        except self._errors as error:
            raise self._failure(error, f"expected a reply to {text!r} within {limit:g} s, got none") from error
        end = self._manner.terminator
        line = line.removesuffix(end) if end else line.rstrip(b"\r\n")
        if end == b"\n":
            line = line.removesuffix(b"\r")
        if len(line) > self._longest or (end and end in line):
            raise OutOfStep(f"expected one line in reply to {text!r}, got {line[:40]!r} and more")
        try:
            return line.decode(self._manner.encoding)
        except UnicodeDecodeError:
            raise OutOfStep(f"expected {self._manner.encoding} in reply to {text!r}, got {line[:40]!r}") from None

    def send(self, text: str, timeout: float | None = None) -> None:
        """Send a line that is not answered."""
        limit = self._manner.timeout if timeout is None else timeout
        data = text.encode(self._manner.encoding) + self._manner.send_terminator
        try:
            self._resource.timeout = limit * 1000
            self._resource.write_raw(data)
        except self._errors as error:
            raise self._failure(error, f"expected {text[:40]!r} to be taken within {limit:g} s, it was not") from error

    def _failure(self, error: BaseException, silence: str) -> Exception:
        code = getattr(error, "error_code", None)
        if code == self._pyvisa.constants.StatusCode.error_timeout:
            return Silence(silence)
        return OSError(str(error))

    def check_in_step(self) -> None:
        """Nothing can be known without an answer being due."""

    def wait(self, until: float) -> None:
        """Until somebody wakes, or the monotonic clock says so."""
        self._waker.wait(until)

    def close(self) -> None:
        """Give the session up."""
        with contextlib.suppress(*self._errors):
            self._resource.close()


def _pyvisa() -> Any:
    try:
        import pyvisa
    except ImportError:
        raise ImportError("Visa: expected PyVISA, which is not installed: pip install 'macduff[visa]'") from None
    return pyvisa
