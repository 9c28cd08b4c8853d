"""A device's PVs as its PVI PV lists them: value.NAME.{r|w|rw|x|d} = PV, as ophyd-async reads it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...convert.tags import without_tags
from ...errors import BadValue
from ..facts import Facts
from .facts import facts_of
from .library import PvaThread
from .native import Native, native_of

__all__ = ["Entry", "Found", "Left", "entries_of", "found_of", "inspect", "tree"]

DEEPEST = 8
"""Devices within devices."""
_ROLES = ({"r"}, {"w"}, {"rw"}, {"r", "w"}, {"x"}, {"d"})
_INDEX = "__"
"""Before the number of an element of a vector of devices."""


@dataclass(frozen=True)
class Entry:
    """name: with those of the devices that it is in before it. roles: its PVs by what they are for."""

    name: str
    roles: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The PV that has its value; empty for what is set off."""
        return next((self.roles[role] for role in ("r", "rw", "w") if role in self.roles), "")

    @property
    def taken(self) -> str:
        """The PV that takes its set point; empty for what is read-only."""
        return next((self.roles[role] for role in ("w", "rw") if role in self.roles), "")


@dataclass
class Left:
    """What could not be followed, by name, and whether asking again may help."""

    reasons: dict[str, str] = field(default_factory=dict)
    again: bool = False


def entries_of(pv: str, raw: Any) -> Iterator[tuple[str, Any]]:
    """Name and roles of each entry; BadValue when the PV is no PVI."""
    told: Any = raw["value"] if "value" in list(raw) else None
    if not hasattr(told, "todict"):
        raise BadValue(f"{pv}: expected a structure of PVs, value.NAME.r and so on, got {raw.getID()}")
    for name, roles in told.todict().items():
        if isinstance(roles, list):  # an older way to write a vector of devices
            for number, element in enumerate(roles):
                if element:
                    yield f"{name}_{number}", dict(element)
        elif isinstance(roles, Mapping):
            yield name.removeprefix(_INDEX), dict(roles)
        else:
            raise BadValue(f"{pv}: expected a structure of PVs, value.NAME.r and so on, got value.{name} = {roles!r}")


async def tree(thread: PvaThread, pv: str, raw: Any, timeout: float, left: Left) -> list[Entry]:
    """All entries, those of the devices within it with the names of these before theirs."""
    return await _tree(thread, pv, raw, timeout, left, "", (pv,))


async def _tree(
    thread: PvaThread, pv: str, raw: Any, timeout: float, left: Left, prefix: str, above: tuple[str, ...]
) -> list[Entry]:
    entries: list[Entry] = []
    for name, roles in entries_of(pv, raw):
        full = f"{prefix}{name}"
        if set(roles) not in _ROLES or not all(isinstance(text, str) and text for text in roles.values()):
            left.reasons[full] = f"{pv}: expected r, w, rw, r and w, x or d, got {roles}"
        elif "d" not in roles:
            entries.append(Entry(full, roles))
        elif roles["d"] in above or len(above) >= DEEPEST:
            left.reasons[full] = f"{pv}: expected devices within devices that end, got {roles['d']} again, or too deep"
        else:
            try:
                inner = await asyncio.wait_for(thread.resource.context.get(roles["d"]), timeout)
                entries += await _tree(thread, roles["d"], inner, timeout, left, f"{full}_", (*above, roles["d"]))
            except TimeoutError:
                left.reasons[full], left.again = f"{roles['d']}: expected a PV that is connected, found none", True
            except BadValue as error:
                left.reasons[full] = str(error)
            except Exception as error:  # whatever its server refused with
                left.reasons[full], left.again = f"{roles['d']}: {error}", True
    return entries


@dataclass(frozen=True)
class Found:
    """What a PV is, and what it says of itself."""

    native: Native
    facts: Facts
    description: str
    tags: tuple[str, ...] = ()
    signature: str = ""
    """Of a method of a macduff server: `move(target: float64)`, which has a line of its own behind the description."""


async def inspect(thread: PvaThread, pv: str, timeout: float) -> Found:
    """What a PV is; TimeoutError when it is not found in time, BadValue when it is nothing that we have."""
    return found_of(pv, await asyncio.wait_for(thread.resource.context.get(pv), timeout))


def found_of(pv: str, raw: Any) -> Found:
    """What a PV is, from a value of it; BadValue when it is nothing that we have."""
    native = native_of(pv, raw)
    description = raw.get("display.description", "") or raw.get("descriptor", "")
    text, tags = without_tags(str(description))
    last = text.rpartition("\n")[2]
    signature = last if re.fullmatch(r"\w+\(.*\)", last) else ""
    return Found(native, facts_of(raw, native), " ".join(text.split()), tags, signature)
