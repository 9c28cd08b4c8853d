"""The only place that imports p4p, and the one thread of all that follow PVs over PVAccess."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

from ...errors import MacduffError
from ..shared import Running, Shared

__all__ = ["PVA", "Client", "PvaThread", "load"]


@dataclass
class Client:
    """context: p4p's, which gives values as they came. completing: puts that wait for a record's end, by PV."""

    context: Any
    completing: Counter[str] = field(default_factory=Counter)


PvaThread = Running[Client]


def load() -> ModuleType:
    """p4p's client for asyncio, imported when the first PV is used; MacduffError that says how to install it."""
    try:
        return import_module("p4p.client.asyncio")
    except ImportError as error:
        raise MacduffError(
            f"Pva: expected the extra pva to be installed, got {error}; pip install 'macduff[pva]'"
        ) from None


def _open() -> Client:
    return Client(load().Context("pva", nt=False))


async def _close(client: Client) -> None:
    client.context.close()


PVA: Shared[Client] = Shared("macduff pva source", _open, _close)
