"""Devices for the Bluesky RunEngine: every device of macduff.

Only this package knows Bluesky and ophyd-async; install them with `macduff[bluesky]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .device.device import MacduffDevice

_HOME = {"device.device": "MacduffDevice"}
_WHERE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = ["MacduffDevice"]


def __getattr__(name: str) -> Any:
    """Import what is asked for and no more: each of these libraries takes its time."""
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"macduff.bluesky: expected one of its names, got {name!r}")
    try:
        value = getattr(import_module(f".{module}", __name__), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("bluesky", "event_model", "ophyd_async", "tango"):
            raise
        raise ModuleNotFoundError(
            f"macduff.bluesky.{name}: expected the package {error.name}, got none; "
            "install macduff[bluesky], for Tango macduff[bluesky,tango]", name=error.name,
        ) from error  # fmt: skip
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
