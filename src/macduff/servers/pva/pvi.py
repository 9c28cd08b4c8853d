"""DEVICE:PVI, by which generic clients find the PVs of a device; that of the Process lists the devices too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from p4p.server.raw import SharedPV

from macduff.convert.names import pvi_entry, pvi_member, pvi_name
from macduff.convert.pva.forms import put_time
from macduff.convert.pva.types import ALARM, TIME, made, sayable
from macduff.protocol.model import DeviceModel
from macduff.values import VMap

from .answering import answer

if TYPE_CHECKING:
    from .members import AttributePvs, MethodPv
    from .site import Site

__all__ = ["PviPv"]

Entries = dict[str, dict[str, str]]


class PviPv:
    """A structure whose `value` says of each member which PV reads ("r"), writes ("w") or sets it off ("x"), and of
    each device where its list is ("d"); beside it `rpc` has the PV of each method that needs arguments, for which
    clients that read `value` have no word. Made when somebody connects; when it changes, they have to connect anew.
    """

    def __init__(self, site: Site, device: DeviceModel, members: Mapping[str, AttributePvs | MethodPv]) -> None:
        self.name = pvi_name(device.name, site.process.name)
        self._site = site
        self._device = device
        self._members = members
        self._open()

    def _open(self) -> None:
        self._shared = SharedPV(handler=self)
        self._site.add(self.name, self._shared)

    def renew(self) -> None:
        """What it lists is another."""
        self._site.remove(self.name, self._shared)
        self._open()

    def close(self) -> None:
        self._site.remove(self.name, self._shared)

    def entries(self) -> Entries:
        found = {}
        for name, member in list(self._members.items()):
            entry = member.entry
            # a client that reads all of a list fails as a whole at one structure that it does not know
            if entry and not isinstance(getattr(member.model, "vtype", None), VMap):
                found[pvi_member(name)] = entry
        if self._device.name == ".":
            for device in self._site.process.devices:
                if device != ".":
                    found[pvi_entry(device, found)] = {"d": pvi_name(device, self._site.process.name)}
        return found

    def _called(self) -> dict[str, str]:
        members = list(self._members.items())
        return {name: pv for name, member in members if (pv := getattr(member, "called", ""))}

    # p4p's thread

    def onFirstConnect(self, shared: Any) -> None:
        entries = self.entries()
        fields = [(name, ("S", None, [(how, "s") for how in entry])) for name, entry in entries.items()]
        made_of = [
            ("alarm", ALARM), ("timeStamp", TIME), ("display", ("S", None, [("description", "s")])),
            ("value", ("S", None, fields)),
        ]  # fmt: skip
        called = self._called()
        if called:
            made_of.append(("rpc", ("S", None, [(name, "s") for name in called])))
        value = made("epics:nt/NTPVI:1.0", made_of)()
        value["display.description"] = sayable(self._device.description)
        put_time(value, self._site.time_ns())
        value["value"] = entries
        if called:
            value["rpc"] = called
        shared.open(value)

    def onLastDisconnect(self, shared: Any) -> None:
        if shared.isOpen():
            shared.close()

    def put(self, shared: Any, operation: Any) -> None:
        answer(operation, self.name, None, "a PV that can be put", "one that is read")

    def rpc(self, shared: Any, operation: Any) -> None:
        answer(operation, self.name, None, "a method", "a list of PVs")
