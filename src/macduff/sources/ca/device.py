"""The `ca` device: PVs that nobody wrote a class for, opened when somebody asks for them (rule 39)."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from ...core import Attribute, Device, creatable, idle_task, publish_method
from ...core.names import RESERVED
from ...errors import NotFound, Refused
from ...limits import DEFAULTS
from ...values import VArray, VDouble, VString, VTable, VType
from ..glue import has_audience, is_simulated, wait_released
from ..pv import PV
from .inspect import begin_inspect, vtype_for

__all__ = ["CaDevice"]


class _Found(PV):
    """A PV whose type nobody declared: it is what the PV's is, also when that comes back another."""

    follows: ClassVar[bool] = True


@creatable
class CaDevice(Device):
    """EPICS PVs as attributes that come into being when they are asked for: `macduff monitor ca.BL01:X`.

    allow: patterns such as "BL01:*" of the PVs that may be opened; none by default. writable: clients may put them.
    linger: seconds that an attribute stays after its last subscriber; who listens to the whole device is none.
    timeout: seconds for a PV to be found, and to tell its first value.
    """

    pvs = Attribute(VTable({"attribute": VArray(VString()), "pv": VArray(VString())}), description="What is open")

    def __init__(
        self,
        name: str = "ca",
        allow: Sequence[str] = (),
        writable: bool = False,
        linger: float = DEFAULTS.ca_linger,
        timeout: float = DEFAULTS.ca_open,
    ) -> None:
        super().__init__(name)
        self._allow = tuple(allow)
        self._writable = writable
        self._linger = linger
        self._timeout = timeout
        self._open: dict[str, str] = {}
        self._used: dict[str, float] = {}

    @publish_method(busy="allow")
    def open(self, pv: str) -> str:
        """Open a PV, unless it is open already; return the name of its attribute, which leaves when nobody listens."""
        return self.open_member(pv)

    def open_member(self, name: str) -> str:
        """Open a PV for who asks for an attribute called so, and give it the time to tell its first value."""
        pv = name
        if not any(fnmatchcase(pv, pattern) for pattern in self._allow):
            known = ", ".join(self._allow) or "none are allowed"
            text = f"{self.name}.{pv}: expected an attribute that is open, or a PV that matches its patterns ({known})"
            raise Refused(f"{text}, got neither", device=self.name, member=pv)
        deadline = time.monotonic() + self._timeout
        own = self._name_of(pv)
        if own is None:
            vtype = self._type_of(pv)
            own = self._name_of(pv) or self._add(pv, vtype)  # somebody else may have been quicker
        self._used[own] = time.monotonic()
        while time.monotonic() < deadline:
            attribute = self.attributes.get(own)
            if attribute is None or attribute.alarm.message != "never connected":
                break
            self.wait(0.01)
        return own

    @publish_method(busy="allow")
    def close(self, pv: str) -> None:
        """Close a PV now, whoever listens."""
        name = self._name_of(pv)
        if name is not None:
            self._remove(name)

    def _type_of(self, pv: str) -> VType[Any]:
        if is_simulated(self):
            return VDouble()
        try:
            native = wait_released(self, f"{pv} to be found", lambda done: begin_inspect(pv, self._timeout, done))
        except NotFound as error:
            raise NotFound(f"{self.name}.{error.message}", device=self.name, member=pv) from None
        return vtype_for(native)

    def _name_of(self, pv: str) -> str | None:
        return next((name for name, known in self._open.items() if known == pv), None)

    def _add(self, pv: str, vtype: VType[Any]) -> str:
        name = attribute_name(pv, self.fields)
        text = pv.replace("{", "{{").replace("}", "}}")  # a PV's own braces are not ours to fill
        self._open[name] = pv
        self._used[name] = time.monotonic()
        self.add_attribute(name, Attribute(vtype, description=pv, source=_Found(text, read_only=not self._writable)))
        self._list()
        return name

    def _remove(self, name: str) -> None:
        del self._open[name], self._used[name]
        self.remove_attribute(name)
        self._list()

    def _list(self) -> None:
        self.pvs.update({"attribute": list(self._open), "pv": list(self._open.values())})  # type: ignore[arg-type]  # lists become columns

    @idle_task(period=1.0)
    def _sweep(self) -> None:
        """Attributes that nobody listens to leave (rule 39)."""
        now = time.monotonic()
        for name in list(self._open):
            if has_audience(self.attributes[name]):
                self._used[name] = now
            elif now - self._used[name] > self._linger:
                self._remove(name)


def attribute_name(pv: str, taken: Any) -> str:
    """A name that every protocol can bear: BL01:X.RBV becomes BL01_X_RBV_, which is no readback's."""
    name = re.sub(r"[^A-Za-z0-9]", "_", pv)
    if not name[:1].isalpha():
        name = f"pv_{name}"
    if name.upper().endswith("_RBV") or name in RESERVED or hasattr(CaDevice, name):
        name += "_"
    lower = {known.lower() for known in taken}
    number, unique = 1, name
    while unique.lower() in lower:
        number += 1
        unique = f"{name}_{number}"
    return unique
