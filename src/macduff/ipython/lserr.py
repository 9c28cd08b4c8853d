"""`lserr`: the last error whole, with the server's side."""

from __future__ import annotations

import os
import re
import time
import traceback
from collections.abc import Iterator
from types import TracebackType

from IPython.core.error import UsageError

from macduff.client import Client
from macduff.client.describe import AttributeState
from macduff.errors import MacduffError
from macduff.values.text import alarm_text, clean

from .erring import without_ours
from .failures import Failure
from .magics import add
from .session import Session, Undo

__all__ = ["install", "told"]

_CELL = re.compile(r'File "<ipython-input-(\d+)-\w+>", line (\d+)')
_CELL_SHOWN = r"cell In [\1], line \2"
_AFTERWARDS = ("state", "status", "health")


def install(session: Session) -> Undo:
    """The command."""

    def lserr(line: str) -> None:
        """The last error whole: what was asked, where, the device and its server's side. `lserr 2`: the one before."""
        wanted = line.strip() or "1"
        if not wanted.isdecimal() or int(wanted) == 0:
            raise ValueError(f"lserr: expected which error, 1 for the last one, got {wanted!r}")
        if not session.failures:
            print("no error of macduff yet")
            return
        if int(wanted) > len(session.failures):
            raise ValueError(f"lserr: expected at most {len(session.failures)}, as many errors are kept, got {wanted}")
        print("\n".join(told(session.failures[-int(wanted)], _present(session))))

    return add(session, lserr=lserr)


def _present(session: Session) -> Client | None:
    return session.client if session.connected else None


def told(failure: Failure, client: Client | None) -> Iterator[str]:
    """Lines: message, what was typed, where; what its server said, how the device is now, and our own traceback."""
    error = failure.error
    yield f"{type(error).__name__}: {clean(error.message)}"
    clock = time.strftime("%H:%M:%S", time.localtime(failure.time / 1e9))
    typed = failure.cell.splitlines()
    cell = f"In [{failure.number}]: " if failure.number else ""
    yield f"  typed      {cell}{typed[0] if typed else ''}{' ...' if len(typed) > 1 else ''}  (at {clock})"
    if failure.address:
        yield f"  server     {failure.address}"
    if error.device:
        yield f"  where      {error.device}{f'.{error.member}' if error.member else ''}"
    if error.state:
        yield f"  state      {error.state}, when it was refused or failed"
    if error.allowed:
        yield f"  allowed    {', '.join(error.allowed[:20])}{', ...' if len(error.allowed) > 20 else ''}"
    if error.traceback:
        yield "  on the server"
        yield from (f"    {clean(line)}" for line in error.traceback.splitlines())
    if client is not None and error.device and client.address == failure.address:
        yield from _device(client, error)
    if not isinstance(failure.raised, UsageError):  # that of a command of the shell: there is no code to look at
        yield "  here"
        chained = failure.raised is not error
        where = _from_the_cell(without_ours(failure.raised.__traceback__))
        for text in traceback.format_exception(type(failure.raised), failure.raised, where, chain=chained):
            yield from (f"    {_CELL.sub(_CELL_SHOWN, line)}" for line in text.rstrip().splitlines())


def _device(client: Client, error: MacduffError) -> Iterator[str]:
    """How the device is now."""
    if error.device not in client.devices and error.device != ".":
        yield f"  now        {client.address} has no device {error.device!r}"
        return
    try:
        states = client[error.device].attributes
        for name in _AFTERWARDS:
            if name in states and (now := _shown(states[name].get())):
                yield f"  {f'{name} now':<11}{now}"
    except MacduffError as away:
        yield f"  now        {clean(away.message)}"


def _from_the_cell(found: TracebackType | None) -> TracebackType | None:
    """The traceback without the shell's own frames before it."""
    while found is not None and f"{os.sep}IPython{os.sep}" in found.tb_frame.f_code.co_filename:
        found = found.tb_next
    return found


def _shown(state: AttributeState) -> str:
    alarm = alarm_text(state.reading.alarm)
    return clean(f"{state.reading.value}{f'  ({alarm})' if alarm else ''}")
