"""A whole device over PVAccess, wrapped with no class written: its attributes and methods are what its PVI lists."""

from __future__ import annotations

from ...convert.names import local_name
from ...core.forwarded import ForwardedDevice, away
from ...values import Severity
from ..glue import problem
from .library import load
from .wrapped import Wrapped

__all__ = ["PvaDevice", "pva_device"]

NOT_YET = "not connected yet"


class PvaDevice(ForwardedDevice):
    """A device that lists its PVs in PREFIX:PVI, with all of them, wrapped with no class written.

    Devices within it are shown as part of it, their names before those of their members. timeout: seconds for a put or
    a method, else as long as it takes. abort sets off its stop, else its abort; reset its reset, where it has one.
    """

    def __init__(self, name: str, prefix: str, timeout: float | None = None) -> None:
        super().__init__(name)
        self._wrapped = self._home = Wrapped(self, f"{prefix.removesuffix(':')}:PVI", timeout)

    def do_connect(self) -> None:
        """Begin to follow; the device may come later."""
        load()
        away(self, NOT_YET)
        problem(self, "there", Severity.INVALID, NOT_YET)
        self._wrapped.open()

    def do_close(self) -> None:
        """Follow no longer."""
        self._wrapped.close()


def pva_device(prefix: str, name: str = "", *, timeout: float | None = None) -> PvaDevice:
    """A device that lists its PVs in PREFIX:PVI as one of ours, to be added to a Process.

    name: its name here, else made from the prefix.
    """
    return PvaDevice(name or local_name(prefix), prefix, timeout)
