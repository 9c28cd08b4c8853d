"""The Tango server: a Tango class per Python class and shape, a Tango device per device (extra `tango`)."""

from __future__ import annotations

from .server import TangoServer

__all__ = ["TangoServer"]
