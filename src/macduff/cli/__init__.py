"""The command line: `macduff`."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(tokens: Sequence[str] | None = None) -> int:
    """Run the command line (that of the process when none is given) and return its exit code."""
    from .app import run

    return run(tokens)
