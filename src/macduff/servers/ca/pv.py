"""A PV: what it is, what it shows, and who is connected to it."""

from __future__ import annotations

import logging
import math
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from macduff.convert.ca import Facts, Form, Unfit, condition_of
from macduff.convert.ca.dbr import CONDITIONS, CTRL, DOUBLE, FLOAT, SIZES, header
from macduff.errors import MacduffError
from macduff.values import Alarm

from .wire import ECA_BADTYPE, ECA_NOCONVERT, ECA_NORMAL, EVENT_ADD, message

if TYPE_CHECKING:
    from .circuit import Channel, Circuit

LOGGER = logging.getLogger("macduff.servers")

__all__ = ["ALARM", "LOG", "PROPERTY", "VALUE", "Done", "Put", "Pv", "Subscription"]

VALUE, LOG, ALARM, PROPERTY = 1, 2, 4, 8
"""What a subscription may ask for: new values, those worth archiving, new alarms, new metadata."""

STSACK, CLASS_NAME = 37, 38
_UNDEFINED = CONDITIONS.index("UDF")
_INVALID = 3
_WITH_ALARM = 7
_KEPT = 16
"""Spellings of a value that are kept for the next who asks."""
_NOTHING = {FLOAT: struct.pack(">f", math.nan), DOUBLE: struct.pack(">d", math.nan)}
"""What stands for a value that cannot be said; 0 in other kinds."""

Done = Callable[[MacduffError | None], None]
Put = Callable[[Any, str, Done], None]
"""put(value, origin, done)."""


class Subscription:
    """One client's wish to hear of a PV, as one DBR type and so many elements (0: all)."""

    __slots__ = ("channel", "circuit", "count", "dbr", "mask", "number")

    def __init__(self, circuit: Circuit, channel: Channel, number: int, dbr: int, count: int, mask: int) -> None:
        self.circuit = circuit
        self.channel = channel
        self.number = number
        self.dbr = dbr
        self.count = count
        self.mask = mask

    def message(self) -> bytes:
        """The PV as it is now. What cannot be said as this type is INVALID: a bad status would end the subscription."""
        status, count, payload = self.channel.pv.packed(self.dbr, self.count)
        if status == ECA_NOCONVERT and self.dbr >= _WITH_ALARM:
            status = ECA_NORMAL
        return message(EVENT_ADD, self.dbr, count, status, self.number, payload)


class Pv:
    """What clients' channels are connected to. Everything on the server's thread.

    put: None for one that is read. rtyp: the record type that it says it is. fresh: brings it up to date before it is
    read, where nobody does so at each change.
    """

    __slots__ = (
        "_packed", "alarm", "channels", "condition", "facts", "form", "fresh", "name", "put", "rtyp", "subscriptions",
        "time", "value", "writeable",
    )  # fmt: skip

    def __init__(
        self, name: str, form: Form, facts: Facts, put: Put | None = None, *, writeable: bool = False, rtyp: str = ""
    ) -> None:
        self.name = name
        self.form = form
        self.facts = facts
        self.put = put
        self.writeable = writeable and put is not None
        self.rtyp = rtyp
        self.fresh: Callable[[], None] | None = None
        self.value: Any = None
        self.alarm = Alarm()
        self.condition = 0
        self.time = 0
        self.channels: dict[Channel, None] = {}
        self.subscriptions: dict[Subscription, None] = {}
        self._packed: dict[tuple[int, int], tuple[int, int, bytes]] = {}

    def show(self, value: Any, alarm: Alarm, time: int, mask: int = VALUE | LOG) -> None:
        """What it is from now on; mask: what of it is news."""
        self.value = value
        self.time = time
        if alarm is not self.alarm and alarm != self.alarm:
            self.alarm = alarm
            self.condition = condition_of(alarm)
            mask |= ALARM
        self._packed.clear()
        if mask and self.subscriptions:
            for subscription in self.subscriptions:
                if subscription.mask & mask:
                    subscription.circuit.post(subscription)

    def describe(self, form: Form, facts: Facts) -> int:
        """New metadata, of the same kind and count; returns what of it is news, for `show` to tell."""
        self.form = form
        self._packed.clear()
        if facts == self.facts:
            return 0
        self.facts = facts
        return PROPERTY

    def allow(self, writeable: bool) -> None:
        """Whether it can be put now; clients are told."""
        writeable = writeable and self.put is not None
        if writeable != self.writeable:
            self.writeable = writeable
            for channel in self.channels:
                channel.circuit.tell_rights(channel)

    def close(self) -> None:
        """It is gone: clients see it disconnect."""
        for channel in list(self.channels):
            channel.circuit.disconnect(channel)

    def freshen(self) -> None:
        """Bring it up to date where nobody did so, for nobody was listening."""
        if self.fresh is not None and not self.subscriptions:
            self.fresh()

    def packed(self, dbr: int, count: int) -> tuple[int, int, bytes]:
        """Status, elements and payload of an answer; count: how many elements are wanted, 0 for all there are."""
        self.freshen()
        count = min(count, self.form.count)
        found = self._packed.get((dbr, count))
        if found is None:
            if len(self._packed) >= _KEPT:
                self._packed.clear()
            found = self._packed[dbr, count] = self._pack(dbr, count)
        return found

    def _pack(self, dbr: int, count: int) -> tuple[int, int, bytes]:
        if dbr == CLASS_NAME:
            return ECA_NORMAL, 1, self.rtyp.encode().ljust(40, b"\0")
        acknowledged = dbr == STSACK
        flavour, kind = (1, 0) if acknowledged else divmod(dbr, 7)
        if flavour > CTRL:
            return ECA_BADTYPE, 0, bytes(8)
        severity, condition = int(self.alarm.severity), self.condition
        try:
            sent, data, exact = self.form.pack(self.value, kind, count or self.form.count)
        except Exception as error:
            if not isinstance(error, Unfit):
                LOGGER.exception("%s: %s cannot be shown", self.name, self.form.vtype.name)
            sent, data = count or 1, _NOTHING.get(kind, bytes(SIZES[kind])) * (count or 1)
            exact, status = False, ECA_NOCONVERT
        else:
            status = ECA_NORMAL
        if not exact:
            severity, condition = _INVALID, _UNDEFINED
        head = header(flavour, kind, condition, severity, self.time, self.facts)
        if acknowledged:
            head += bytes(4)
        if not sent:
            data = bytes(SIZES[kind])  # nothing at all would be taken for the end of the subscription
        return status, sent, head + data
