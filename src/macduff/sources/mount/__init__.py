"""Devices of another Process, mounted in this one (design, section 7)."""

from __future__ import annotations

from .mounted import Mounted

__all__ = ["Mounted"]
