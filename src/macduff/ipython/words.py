"""What may stand behind a command of the shell: names of devices and attributes, classes, servers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .inventory import Inventory
from .proposals import Proposal, Proposals
from .resolving import fields_of
from .session import Session

__all__ = ["words"]

_LINE = re.compile(r"\s*%?(?P<command>\w+)\s+(?![=(.,])(?:.*\s)?(?P<typed>\S*)")
_MON = ("add", "list", "delete", "show", "clear")


def words(line: str, session: Session) -> Proposals | None:
    """For the words behind a command; None where the line is none of ours."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    typed = found["typed"]
    fitting = [word for word in _all(found["command"], typed, session) if word.startswith(typed)]
    return Proposals(typed, tuple(Proposal(word, "value") for word in fitting), True) if fitting else None


def _all(command: str, typed: str, session: Session) -> Iterable[str]:
    inventory = session.inventory
    match command:
        case "switch":
            return [address for address in session.visited if address != session.address]
        case "lsdev":
            return [*inventory.names(), *inventory.classes()]
        case "lstype":
            return inventory.classes()
        case "mon":
            return [*_paths(typed, inventory), *_MON]
        case "plot":
            return _paths(typed, inventory)
    return ()


def _paths(typed: str, inventory: Inventory) -> Iterator[str]:
    """Devices; behind the dot of one its attributes."""
    name, dot, _ = typed.partition(".")
    device = inventory.devices().get(name) if dot else None
    if device is None:
        yield from inventory.names()
        return
    attributes = device.attributes
    yield from (f"{name}.{field}" for field in fields_of(device) if field in attributes)
