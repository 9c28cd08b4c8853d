"""The only place that imports p4p, and the one thread of all that follow PVs over PVAccess."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from ...errors import MacduffError
from ..shared import Running, Shared

__all__ = ["PVA", "Client", "PvaThread", "Sought", "load", "pva_at"]

LOG = logging.getLogger("macduff.sources")
SEEK = 2.0
"""Seconds between two looks for PVs that were lost. p4p alone would take up to 30 s where no beacons come."""
SAMPLE = 10
"""PVs that are looked for at a time."""
ANSWER = 1.0
"""Seconds that a server has to answer."""


def load() -> ModuleType:
    """p4p's client for asyncio, imported when the first PV is used; MacduffError that says how to install it."""
    try:
        return import_module("p4p.client.asyncio")
    except ImportError as error:
        raise MacduffError(
            f"Pva: expected the extra pva to be installed, got {error}; pip install 'macduff[pva]'"
        ) from None


class Sought(Protocol):
    """A subscription that lost its PV."""

    pv: str

    def again(self) -> None:
        """Subscribe anew: the PV may be there."""


class Client:
    """p4p's contexts, which give values as they came. All but one are kept only as long as subscriptions use them.

    A context that lost a server looks for it ever more rarely, and for one that it was told of by
    EPICS_PVA_NAME_SERVERS every 10 s at best. So what was lost is looked for by a new one, which takes over if it finds
    something. completing: puts that wait for a record's end, by PV. All on the loop, but for the first `__init__`.
    """

    def __init__(self, conf: Mapping[str, str] | None = None) -> None:
        """conf: by the names of environment variables, else these are taken."""
        self._conf = conf
        self.context = self._new()
        self.completing: Counter[str] = Counter()
        self._users: Counter[Any] = Counter()
        self._lost: deque[Sought] = deque()
        self._seeking: asyncio.Task[None] | None = None

    def _new(self) -> Any:
        return load().Context("pva", nt=False, conf=self._conf, useenv=self._conf is None)

    def use(self) -> Any:
        """The context for a new subscription, until `leave`."""
        self._users[self.context] += 1
        return self.context

    def leave(self, context: Any) -> None:
        self._users[context] -= 1
        if self._users[context] <= 0:
            del self._users[context]
            if context is not self.context:
                context.close()

    def seek(self, lost: Sought) -> None:
        """Look for what was lost, until `found`."""
        if lost not in self._lost:
            self._lost.append(lost)
        if self._seeking is None:
            self._seeking = asyncio.get_running_loop().create_task(self._seek())

    def found(self, sought: Sought) -> None:
        """It is there, or nobody wants it any more."""
        if sought in self._lost:
            self._lost.remove(sought)

    async def _seek(self) -> None:
        try:
            while self._lost:
                await asyncio.sleep(SEEK)
                if self._lost:
                    await self._look()
        finally:
            self._seeking = None

    async def _look(self) -> None:
        sample = [self._lost[number].pv for number in range(min(SAMPLE, len(self._lost)))]
        self._lost.rotate(-len(sample))
        context = self._new()
        try:
            async with asyncio.timeout(ANSWER):
                await _first(context, sample)
        except Exception:  # none of them: neither there nor anything else
            context.close()
            return
        except BaseException:
            context.close()
            raise
        before, self.context = self.context, context
        self._users[before] += 1  # held while it is left
        for sought in list(self._lost):
            sought.again()
        self.leave(before)

    async def close(self) -> None:
        for context in {self.context, *self._users}:
            context.close()


async def _first(context: Any, pvs: list[str]) -> None:
    """Return when one of them answers, whatever it says."""
    gets = [asyncio.ensure_future(context.get(pv)) for pv in pvs]
    try:
        await asyncio.wait(gets, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for get in gets:
            get.cancel()
        await asyncio.gather(*gets, return_exceptions=True)


PvaThread = Running[Client]
PVA: Shared[Client] = Shared("macduff pva source", Client, Client.close)
_AT: dict[str, Shared[Client]] = {}


def pva_at(server: str) -> Shared[Client]:
    """The same for one server, "host:port", that is asked and no other."""
    conf = {"EPICS_PVA_NAME_SERVERS": server, "EPICS_PVA_ADDR_LIST": "", "EPICS_PVA_AUTO_ADDR_LIST": "NO"}
    return _AT.setdefault(server, Shared(f"macduff pva {server}", lambda: Client(conf), Client.close))
