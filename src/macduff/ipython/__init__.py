"""Devices in IPython and Jupyter: `%load_ext macduff.ipython`, and what `macduff shell` starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .session import Session

__all__ = ["load_ipython_extension", "session_of", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext macduff.ipython`: connected to MACDUFF_ADDRESS where that is set; else `switch ADDRESS` connects."""
    from .extension import load_and_connect

    load_and_connect(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext macduff.ipython`: the connection is closed and the shell is as it was."""
    from .extension import unload

    unload(shell)


def session_of(shell: InteractiveShell) -> Session:
    """The session of a shell that has the extension; LookupError for one that has not."""
    from .extension import found

    return found(shell)
