"""Channel Access (EPICS V3): the devices of a Process as PVs. Needs nothing that macduff itself does not need."""

from __future__ import annotations

from .server import CaServer

__all__ = ["CaServer"]
