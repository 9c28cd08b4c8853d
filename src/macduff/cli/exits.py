"""How the command ends: exit codes, and one line on standard error that says why."""

from __future__ import annotations

import sys

from ..errors import Disconnected, TimedOut, Unreachable

__all__ = ["FAILED", "INTERRUPTED", "NO_CONNECTION", "OK", "TIMED_OUT", "USAGE", "Failure", "Usage", "code_of", "say"]

OK = 0
FAILED = 1
"""The device refused or failed, or a check found a fault."""
USAGE = 2
NO_CONNECTION = 3
TIMED_OUT = 4
INTERRUPTED = 130


class Failure(Exception):
    """Something failed that the user can mend; the message is all that is shown."""


class Usage(Failure):
    """The command line is wrong in a way that only the command itself can see."""


def code_of(error: Exception) -> int:
    """The exit code for an error that ended a command."""
    if isinstance(error, Usage):
        return USAGE
    if isinstance(error, Disconnected) and not isinstance(error, Unreachable):  # that one is the device's
        return NO_CONNECTION
    if isinstance(error, TimedOut):
        return TIMED_OUT
    return FAILED


def say(message: str) -> None:
    """A message to the user, on standard error; data goes to standard output."""
    print(f"macduff: {message}", file=sys.stderr, flush=True)
