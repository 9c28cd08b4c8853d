"""The PVAccess server (EPICS V4): devices as PVs, methods as calls, DEVICE:PVI as the list of them (extra `pva`)."""

from __future__ import annotations

from .server import PvaServer

__all__ = ["PvaServer"]
