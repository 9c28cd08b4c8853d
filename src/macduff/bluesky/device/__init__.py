"""Any device of a macduff server in a Bluesky plan, with no class written."""

from __future__ import annotations

from .device import MacduffDevice
from .link import Link, open_link

__all__ = ["Link", "MacduffDevice", "open_link"]
