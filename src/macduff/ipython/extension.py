"""Loading and unloading: one session for each shell, and every feature installed into it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from macduff.errors import MacduffError

from .features import features
from .session import Session
from .switching import announce, connect_to

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["found", "load", "load_and_connect", "unload"]

_sessions: WeakKeyDictionary[InteractiveShell, Session] = WeakKeyDictionary()


def load(shell: InteractiveShell) -> Session:
    """Give the shell its session; the one that it has when it has one."""
    known = _sessions.get(shell)
    if known is not None:
        return known
    session = Session(shell)
    try:
        for install in features():
            session.closing(install(session))
    except BaseException:
        session.close()
        raise
    _sessions[shell] = session
    return session


def load_and_connect(shell: InteractiveShell) -> None:
    """Load, connect to MACDUFF_ADDRESS where that is set, and say where one is."""
    if shell in _sessions:
        return
    session = load(shell)
    address = os.environ.get("MACDUFF_ADDRESS", "")
    try:
        if address:
            connect_to(session, address)
    except (MacduffError, ValueError) as error:
        print(f"macduff: MACDUFF_ADDRESS: {error}", file=sys.stderr)
    print(announce(session))


def unload(shell: InteractiveShell) -> None:
    """Take everything back, and close the connection."""
    session = _sessions.pop(shell, None)
    if session is not None:
        session.close()


def found(shell: InteractiveShell) -> Session:
    """The session of a shell."""
    session = _sessions.get(shell)
    if session is None:
        raise LookupError("macduff: expected a shell with the extension; type `%load_ext macduff.ipython`")
    return session
