"""`switch ADDRESS`: work with another Process."""

from __future__ import annotations

from macduff.client import Client, connect
from macduff.values.text import clean

from .away import HOW_TO_CONNECT
from .magics import add
from .session import Session, Undo

__all__ = ["announce", "connect_to", "install"]

_TIMEOUT = 5.0
_DESCRIBED = 5.0


def connect_to(session: Session, address: str, timeout: float = _TIMEOUT) -> Client:
    """Be connected to that address; where that fails, everything stays as it was. Returns once devices are known."""
    client = connect(address, timeout)
    session.use(client)
    session.inventory.settle(_DESCRIBED)
    for prepare in session.before_names:
        prepare()
    return client


def announce(session: Session) -> str:
    """One line: where one is, and what there is."""
    if not session.address:
        return f"not connected: {HOW_TO_CONNECT}"
    names = session.inventory.names()
    shown = f": {clean(', '.join(names[:8]))}{', ...' if len(names) > 8 else ''}" if names else ""
    away = "" if session.connected else f", away ({clean(session.client.reason)})"
    return f"{session.address}{away}, {len(names)} device{'' if len(names) == 1 else 's'}{shown}"


def install(session: Session) -> Undo:
    """The command `switch`."""

    def switch(line: str) -> None:
        """Work with another server: `switch ws://127.0.0.1:8008`. Alone it says where one is.

        The connection before is closed, variables of devices are those of the new server; your own stay. When there is
        no such server everything stays as it was.
        """
        address = line.strip().strip("()").strip().strip("\"'")
        if address:
            connect_to(session, address)
        print(announce(session))

    return add(session, switch=switch)
