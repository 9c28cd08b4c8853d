"""A PV with its fields, as a record of an IOC has them: NAME, NAME.VAL, NAME.EGU, NAME$ and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from macduff.convert.ca import Facts, Form, LongForm, facts_of, form_of
from macduff.values import Alarm, VType

from .pv import LOG, VALUE, Put, Pv

__all__ = ["Field", "Fields", "Record"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type, what it shows now, and who takes a put; form: where it is not that of the type."""

    vtype: VType[Any]
    value: Callable[[], Any]
    put: Put | None = None
    form: Form | None = None
    writeable: bool = True

    def as_pv(self) -> tuple[Form, Facts]:
        form = self.form or form_of(self.vtype)
        return form, facts_of(self.vtype, form.labels)


Fields = Callable[[str], Field | None]
"""A field by its name; None where there is no such."""


class Record:
    """One name, and what is behind it. Fields come into being when somebody asks for them.

    lookup: gives all but the value itself, VAL, and the long text of either.
    """

    __slots__ = ("_fields", "_lookup", "main", "name", "vtype")

    def __init__(
        self,
        name: str,
        vtype: VType[Any],
        lookup: Callable[[Record], Fields],
        put: Put | None = None,
        *,
        writeable: bool = False,
        rtyp: str = "",
    ) -> None:
        self.name = name
        self.vtype = vtype
        form = form_of(vtype)
        self.main = Pv(name, form, facts_of(vtype, form.labels), put, writeable=writeable, rtyp=rtyp)
        self._fields: dict[str, Pv] = {}
        self._lookup = lookup(self)

    # what clients ask for

    def find(self, name: str) -> Pv | None:
        """The PV of a field; "", "VAL", "EGU", "DESC$", ..."""
        if name in ("", "VAL"):
            return self.main
        pv = self._fields.get(name)
        if pv is None:
            field = self._field(name)
            if field is None:
                return None
            form, facts = field.as_pv()
            writeable = self.main.writeable if name in _LONG else field.writeable
            pv = Pv(f"{self.name}.{name}", form, facts, field.put, writeable=writeable, rtyp=self.main.rtyp)
            pv.fresh = partial(self._freshen, name, pv)
            self._fields[name] = pv
        return pv

    def _field(self, name: str) -> Field | None:
        if name in _LONG:
            main = self.main
            return _long(Field(self.vtype, lambda: main.value, main.put, main.form))
        field = self._lookup(name.removesuffix("$"))
        return _long(field) if field is not None and name.endswith("$") else field

    # what the device says

    def show(self, value: Any, alarm: Alarm, time: int, mask: int = VALUE | LOG) -> None:
        """What it is now; fields that show something else now are told."""
        self.main.show(value, alarm, time, mask)
        if self._fields:
            self.refresh()

    def describe(self, vtype: VType[Any], value: Any, alarm: Alarm, time: int) -> bool:
        """A new type, and the value that fits it. False, and nothing changed, when a client that is connected cannot be
        told: its PV would be of another kind or length."""
        form = form_of(vtype)
        if (form.kind, form.count) != (self.main.form.kind, self.main.form.count):
            return False
        self.vtype = vtype
        news = self.main.describe(form, facts_of(vtype, form.labels))
        self.show(value, alarm, time, VALUE | LOG | news)
        return True

    def refresh(self) -> None:
        """What the fields show may be another now: those are told who listen, others see it when they read."""
        for name, pv in self._fields.items():
            if pv.subscriptions:
                self._freshen(name, pv)

    def _freshen(self, name: str, pv: Pv) -> None:
        main = self.main
        if (field := self._field(name)) is None:
            return
        form, facts = field.as_pv()
        value, old = field.value(), pv.value
        news = name in _LONG or not pv.form.vtype.equal(value, old)
        mask = pv.describe(form, facts) if (form.kind, form.count) == (pv.form.kind, pv.form.count) else 0
        if mask or news or pv.time != main.time or pv.alarm != main.alarm:
            pv.show(value, main.alarm, main.time, mask | (VALUE | LOG if news else 0))

    def allow(self, writeable: bool) -> None:
        """Whether the value can be put now."""
        self.main.allow(writeable)
        for name in _LONG:
            if name in self._fields:
                self._fields[name].allow(writeable)

    def close(self) -> None:
        """Hang up on everybody."""
        self.main.close()
        for pv in self._fields.values():
            pv.close()
        self._fields.clear()


_LONG = ("$", "VAL$")


def _long(field: Field) -> Field | None:
    """A text as an array of char; what is no text has no such field."""
    form = field.form or form_of(field.vtype)
    if not form.text:
        return None
    return Field(field.vtype, field.value, field.put, form if isinstance(form, LongForm) else LongForm(field.vtype))
