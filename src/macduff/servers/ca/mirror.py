"""One device as PVs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from macduff.convert.names import pv_name, readback_name
from macduff.protocol.model import AttributeModel, DeviceModel, FieldModel, MethodModel
from macduff.values import Reading, VAction, VArray, VMap, VTable, VType

from .fields import described, record_type
from .motor import MotorRecord, as_method, motor_parts
from .putting import press, put_to
from .pv import LOG, VALUE
from .record import Record

if TYPE_CHECKING:
    from .site import Site

__all__ = ["DeviceMirror"]


class DeviceMirror:
    """The PVs of a device, kept as it is."""

    def __init__(self, site: Site, device: DeviceModel) -> None:
        self._site = site
        self._device = device
        self._members: dict[str, AttributePvs | MethodPv] = {}
        self._motor: MotorRecord | None = None
        self._follow_members()

    def changes(self, changes: Mapping[str, Any]) -> None:
        if "" in changes:
            self._follow_members()
        together: dict[str, dict[str, Any]] = {}
        for key, what in changes.items():
            name, _, part = key.partition(".")
            together.setdefault(name, {})[part] = what
        for name, parts in together.items():
            member = self._members.get(name)
            if member is not None:
                member.follow(parts)
        if self._motor is not None:
            self._motor.follow(together)

    def close(self, reason: str) -> None:
        for member in self._members.values():
            member.close()
        self._members.clear()
        if self._motor is not None:
            self._motor.close()
            self._motor = None

    def _follow_members(self) -> None:
        """Make PVs for members that came, drop those of members that went; one that was replaced went and came."""
        fields = self._device.fields
        for name, member in list(self._members.items()):
            if fields.get(name) is not member.model:
                member.close()
                del self._members[name]
        for name, model in fields.items():
            if name not in self._members and (made := self._made(model)) is not None:
                self._members[name] = made
        parts = motor_parts(self._device)
        if self._motor is not None and (parts is None or not self._motor.is_of(parts)):
            self._motor.close()
            self._motor = None
        if parts is not None and self._motor is None:
            self._motor = MotorRecord(self._site, self._device.name, parts)

    def _made(self, model: FieldModel) -> AttributePvs | MethodPv | None:
        method = as_method(model)
        if method is None:
            return AttributePvs(self._site, self._device.name, cast("AttributeModel", model))
        return None if method.required else MethodPv(self._site, self._device.name, method)


class AttributePvs:
    """An attribute: the PV of its value, and that of its set point when it can be put."""

    def __init__(self, site: Site, device: str, model: AttributeModel) -> None:
        self.model = model
        self._site = site
        self._device = device
        self._open(model.vtype, model.reading)

    def _open(self, vtype: VType[Any], reading: Reading) -> None:
        model, site = self.model, self._site
        lookup = described(lambda: model.description, _parts_of(vtype))
        name = pv_name(self._device, model.name, site.process.name)
        shown = readback_name(self._device, model.name, site.process.name) if model.writable else name
        self._value = Record(shown, vtype, lookup, rtyp=record_type(vtype, False))
        self._setpoint: Record | None = None
        if model.writable:
            self._setpoint = Record(
                name, vtype, lookup, put_to(site, self._device, model.name, vtype), writeable=self._allowed(),
                rtyp=record_type(vtype, True),
            )  # fmt: skip
        self._show(reading)
        for record in self._records():
            site.directory.add(record)

    def _allowed(self) -> bool:
        return self.model.writeable and not self._site.read_only

    def _records(self) -> list[Record]:
        return [self._value] if self._setpoint is None else [self._value, self._setpoint]

    def follow(self, parts: Mapping[str, Any]) -> None:
        """What changed together: "" the reading, "meta", "setpoint", "writeable"."""
        if "meta" in parts:
            self._retype(parts["meta"], parts.get(""))
        elif "" in parts:
            self._show(parts[""])
        elif "setpoint" in parts and self._setpoint is not None:
            main = self._value.main
            self._setpoint.show(parts["setpoint"], main.alarm, main.time)
        if "writeable" in parts and self._setpoint is not None:
            self._setpoint.allow(self._allowed())

    def _retype(self, vtype: VType[Any], reading: Reading | None) -> None:
        """A new type and, when there is one, the value that fits it; who must ask anew is hung up on."""
        main = self._value.main
        value, alarm, time = reading[:3] if reading is not None else (main.value, main.alarm, main.time)
        if self._value.describe(vtype, value, alarm, time):
            if self._setpoint is not None:
                self._setpoint.describe(vtype, self.model.setpoint, alarm, time)
        else:
            self.close()
            self._open(vtype, self.model.reading if reading is None else reading)

    def _show(self, reading: Reading) -> None:
        value, alarm, time, _ = reading
        self._value.show(value, alarm, time)
        record = self._setpoint
        if record is not None:
            asked = self.model.setpoint  # the value itself as long as nothing else was asked for
            same = asked is record.main.value or (
                not isinstance(record.vtype, VArray) and record.vtype.equal(asked, record.main.value)
            )
            record.show(asked, alarm, time, 0 if same else VALUE | LOG)

    def close(self) -> None:
        for record in self._records():
            self._site.directory.remove(record)


class MethodPv:
    """A method that needs no arguments: put 1 and it is called."""

    def __init__(self, site: Site, device: str, model: MethodModel) -> None:
        self.model = model
        self._site = site
        self._record = Record(
            pv_name(device, model.name, site.process.name), VAction(), described(lambda: model.description),
            press(site, device, model.name), writeable=self._allowed(), rtyp="bo",
        )  # fmt: skip
        self._show()
        site.directory.add(self._record)

    def _allowed(self) -> bool:
        return self.model.writeable and not self._site.read_only

    def follow(self, parts: Mapping[str, Any]) -> None:
        if "log" in parts:
            self._show()
        if "writeable" in parts:
            self._record.allow(self._allowed())

    def _show(self) -> None:
        returned = self.model.returned
        self._record.show(None, returned.alarm, returned.time)

    def close(self) -> None:
        self._site.directory.remove(self._record)


def _parts_of(vtype: VType[Any]) -> Mapping[str, VType[Any]] | None:
    if isinstance(vtype, VTable):
        return vtype.columns
    return vtype.fields if isinstance(vtype, VMap) else None
