"""Where the values of attributes come from: EPICS PVs, and instruments on a wire."""

from __future__ import annotations

from .ca.device import CaDevice
from .pv import PV, PVAttribute
from .scpi import Scpi
from .simulation import Simulation
from .tcp import Tcp
from .wire import Wire

__all__ = ["CaDevice", "PV", "PVAttribute", "Scpi", "Simulation", "Tcp", "Wire"]
