"""The PVs of one attribute and of one method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from macduff.convert.names import pv_name, readback_name
from macduff.convert.pva import Form, arguments_of, form_of, result_of
from macduff.convert.tags import with_tags
from macduff.protocol.model import AttributeModel, MethodModel
from macduff.values import Reading, VAction

from .answering import ends, origin_of, waits
from .pv import Pv, Shown

if TYPE_CHECKING:
    from .site import Site

__all__ = ["AttributePvs", "MethodPv"]

Entry = dict[str, str]
"""What a PVI says of a member: the PV to read ("r"), to write ("w") or to set off ("x")."""


class AttributePvs:
    """An attribute: the PV of its value, and that of its set point when it can be put."""

    def __init__(self, site: Site, device: str, model: AttributeModel) -> None:
        self.model = model
        self._site = site
        self._device = device
        self._form = form_of(model.vtype)
        name = pv_name(device, model.name, site.process.name)
        self._setpoint: Pv | None = None
        if model.writable:
            self._value = Pv(site, readback_name(device, model.name, site.process.name), self._look, None, None)
            self._setpoint = Pv(site, name, self._look_asked, self._put, None)
        else:
            self._value = Pv(site, name, self._look, None, None)

    @property
    def entry(self) -> Entry:
        if self._setpoint is None:
            return {"r": self._value.name}
        if isinstance(self.model.vtype, VAction):
            return {"x": self._setpoint.name}
        return {"r": self._value.name, "w": self._setpoint.name}

    def close(self) -> None:
        self._value.close()
        if self._setpoint is not None:
            self._setpoint.close()

    def show(self, reading: Reading) -> None:
        """A new reading."""
        value, alarm, time, sequence = reading
        if self._value.live:
            self._value.show(value, alarm, time, sequence)
        if self._setpoint is not None and self._setpoint.live:
            self._setpoint.show(self.model.setpoint, alarm, time, sequence)

    def follow(self, part: str, what: Any) -> None:
        """ "setpoint", "meta" or "writeable" changed."""
        if part == "setpoint" and self._setpoint is not None:
            _, alarm, time, sequence = self.model.reading
            self._setpoint.show(self.model.setpoint, alarm, time, sequence)
        elif part == "meta":
            self._value.describe()
            if self._setpoint is not None:
                self._setpoint.describe()

    def _now(self) -> tuple[Form, Reading, Any]:
        """Type, reading and set point that belong together: a type and its value are swapped in one step."""
        model = self.model
        while True:
            vtype = model.vtype
            reading, asked = model.reading, model.setpoint
            if model.vtype is vtype:
                form = self._form
                if form.vtype is not vtype:
                    self._form = form = form_of(vtype)
                return form, reading, asked

    def _look(self) -> Shown:
        form, reading, _ = self._now()
        return Shown(form, self._about(), *reading)

    def _look_asked(self) -> Shown:
        form, (_, alarm, time, sequence), asked = self._now()
        return Shown(form, self._about(), asked, alarm, time, sequence)

    def _about(self) -> str:
        return with_tags(self.model.description, self.model.tags)

    def _put(self, operation: Any) -> None:
        form, _, asked = self._now()
        model = self.model
        value = form.taken(operation.value(), asked, f"{self._device}.{model.name}")
        if isinstance(form.vtype, VAction):
            if value is False:
                operation.done()
                return
            value = None if value is True else value
        wait = waits(operation)
        self._site.follower.put(
            self._device, {model.name: value}, ends(operation) if wait else _unheard, origin=origin_of(operation)
        )
        if not wait:
            operation.done()


class MethodPv:
    """A method: it is called by RPC, and set off by a put of 1 where it needs no arguments."""

    def __init__(self, site: Site, device: str, model: MethodModel) -> None:
        self.model = model
        self._site = site
        self._device = device
        put = None if model.required else self._put
        self._pv = Pv(site, pv_name(device, model.name, site.process.name), self._look, put, self._rpc)

    @property
    def entry(self) -> Entry:
        return {} if self.model.required else {"x": self._pv.name}

    @property
    def called(self) -> str:
        """The PV of a method that cannot be set off, for it needs arguments; else empty."""
        return self._pv.name if self.model.required else ""

    def close(self) -> None:
        self._pv.close()

    def follow(self, part: str, what: Any) -> None:
        """ "log": it was called, or has returned."""
        if part == "log" and self._pv.live:
            shown = self._look()
            self._pv.show(None, shown.alarm, shown.time, 0)

    def _look(self) -> Shown:
        returned = self.model.returned
        return Shown(_BUTTON(), described(self.model), None, returned.alarm, returned.time, 0)

    def _put(self, operation: Any) -> None:
        form = _BUTTON()
        if form.taken(operation.value(), None, f"{self._device}.{self.model.name}") is False:
            operation.done()
            return
        wait = waits(operation)
        self._call(operation, {}, ends(operation) if wait else _unheard)
        if not wait:
            operation.done()

    def _rpc(self, operation: Any) -> None:
        model, clock = self.model, self._site.time_ns
        arguments = arguments_of(model.takes, operation.value(), f"{self._device}.{model.name}")
        self._call(operation, arguments, ends(operation, lambda value: result_of(model.returns, value, clock())))

    def _call(self, operation: Any, arguments: Mapping[str, Any], done: Any) -> None:
        self._site.follower.call(self._device, self.model.name, arguments, done, origin_of(operation))


def _unheard(outcome: object) -> None:
    """The client did not want to hear of it."""


_FORMS: list[Form] = []


def _BUTTON() -> Form:
    if not _FORMS:
        _FORMS.append(form_of(VAction()))
    return _FORMS[0]


def described(model: MethodModel) -> str:
    """What it does, and how it is called, for people who look at the PV."""
    takes = ", ".join(
        f"{name}: {vtype.dtype or vtype.name}" + ("" if name in model.required else "=")
        for name, vtype in model.takes.items()
    )
    signature = f"{model.name}({takes})"
    return f"{model.description}\n{signature}" if model.description else signature
