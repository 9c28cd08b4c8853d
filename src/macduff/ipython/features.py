"""What the extension adds to a shell, in this order: each module's `install(session)`, which returns its undo.

A feature is one module with `def install(session: Session) -> Undo`. It may register magics
(`session.shell.register_magic_function`), formatters (`session.shell.display_formatter`), events
(`session.shell.events`) and listen to switches of the connection (`session.on_switch`); its undo takes all of that
back. What it needs of the connection it asks `session.client` for each time, which says what to do when there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from .session import Install

__all__ = ["features"]


def features() -> Iterator[Install]:
    """The install functions; a module is imported when its turn comes."""
    # What follows is called with a session that is not connected, in `extension.load`.
    from . import (
        asking,
        completion,
        erring,
        interrupt,
        listing,
        lserr,
        monitors_magic,
        plotting_magic,
        progress_magic,
        prompt,
        reprs_formatters,
        switching,
        variables,
    )

    yield variables.install
    yield completion.install
    yield asking.install
    yield erring.install
    yield switching.install
    yield listing.install
    yield lserr.install
    yield prompt.install
    yield reprs_formatters.install
    yield interrupt.install
    yield progress_magic.install
    yield monitors_magic.install
    yield plotting_magic.install
