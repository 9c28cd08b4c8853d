"""Errors in the shell: short where they happen, whole on `lserr`, and with the name that may have been meant."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

import macduff.errors
from macduff.errors import MacduffError
from macduff.telling import did_you_mean

from .failures import Failure, macduff_error
from .session import Session, Undo

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

__all__ = ["install", "without_ours"]

_OWN = os.path.dirname(os.path.abspath(macduff.errors.__file__)) + os.sep
_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_KEPT = 20
"""So many errors are kept."""


def install(session: Session) -> Undo:
    """Keep the errors of macduff that cells end with, and show them without the inside of macduff."""
    shell: Any = session.shell

    def after(result: ExecutionResult) -> None:
        raised = result.error_in_exec or result.error_before_exec
        error = macduff_error(raised)
        if raised is None or error is None:
            return
        cell = getattr(result.info, "raw_cell", "") or ""
        failure = Failure(raised, error, cell.strip(), result.execution_count or 0, session.address)
        session.failures = [*session.failures[-_KEPT + 1 :], failure]

    def show(
        shell: InteractiveShell, kind: type[BaseException], raised: BaseException, traceback: TracebackType | None,
        tb_offset: int | None = None,
    ) -> None:  # fmt: skip
        if isinstance(raised, NameError):
            hint = _meant(session, raised)
            if hint and hint not in getattr(raised, "__notes__", ()):
                raised.add_note(hint)
        shell.showtraceback((kind, raised, without_ours(traceback)), tb_offset=tb_offset)
        sys.last_traceback = traceback  # for %tb and %debug all of it

    before: tuple[type[BaseException], ...] = shell.custom_exceptions
    shell.set_custom_exc((MacduffError, NameError), show)
    shell.events.register("post_run_cell", after)

    def undo() -> None:
        shell.events.unregister("post_run_cell", after)
        if shell.custom_exceptions == (MacduffError, NameError):
            shell.set_custom_exc(before, None)

    return undo


def without_ours(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback up to where user's code called macduff for the last time."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    end = len(frames)
    for place in reversed(range(len(frames))):
        file = frames[place].tb_frame.f_code.co_filename
        if file.startswith(_OWN):
            end = place
        elif not _is_library(file):
            break
    shown: TracebackType | None = None
    for each in reversed(frames[:end]):
        shown = TracebackType(shown, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return shown


def _is_library(file: str) -> bool:
    return file.startswith(_LIBRARY) and "-packages" + os.sep not in file


def _meant(session: Session, error: NameError) -> str:
    """A hint for a misspelt device, class or variable of the shell."""
    known = [name for name in session.shell.user_ns if not name.startswith("_")]
    return did_you_mean(error.name or "", known, 3).removeprefix("; ")
