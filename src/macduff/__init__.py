"""macduff: write an instrument once, as a plain Python class; use it from everywhere."""

from __future__ import annotations
