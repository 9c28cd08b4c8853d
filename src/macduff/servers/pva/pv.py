"""One PV. Nobody has to be told as long as nobody is connected, so it holds a value only while somebody is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from p4p.server.raw import SharedPV

from macduff.convert.pva import Form
from macduff.convert.pva.forms import put_alarm
from macduff.convert.pva.types import sayable
from macduff.values import Alarm, AlarmStatus, Severity, values_equal

from .answering import Put, Rpc, answer

if TYPE_CHECKING:
    from .site import Site

__all__ = ["Pv", "Shown"]


class Shown(NamedTuple):
    """All that a PV says."""

    form: Form
    description: str
    value: Any
    alarm: Alarm
    time: int
    sequence: int


class Pv:
    """look: what the PV should say now; asked when the first client connects, in p4p's own thread.

    put, rpc: None where there is no such thing. The rest is called on the server's thread.
    """

    def __init__(self, site: Site, name: str, look: Callable[[], Shown], put: Put | None, rpc: Rpc | None) -> None:
        self.name = name
        self.live = False
        """Whether somebody is connected; read without the mutex it may be a moment old."""
        self._look = look
        self._put = put
        self._rpc = rpc
        self._site = site
        self._mutex = threading.Lock()
        """Held while what clients have is changed; never while clients are hung up on, for that waits for p4p."""
        self._told: Any = None
        self._facts: dict[str, Any] = {}
        self._target: Any = None
        self._open()

    def _open(self) -> None:
        self._shared = SharedPV(handler=_Handler(self))
        self._site.add(self.name, self._shared)

    # p4p's thread

    def connected(self, shared: Any) -> None:
        """The first client is there, and waits for what `shared` is."""
        with self._mutex:
            if shared is not self._shared or shared.isOpen():
                return
            shown = self._look()
            form = shown.form
            first = form.type()
            self._facts = form.facts(sayable(shown.description))
            for path, item in self._facts.items():
                first[path] = item
            try:
                form.fill(first, shown.value)
            except Exception as error:
                form.fill(first, form.vtype.zero())
                shown = shown._replace(alarm=unsaid(error))
                self._site.wrong(self.name, error)
            put_alarm(first, shown.alarm)
            form.stamp(first, shown.time, shown.sequence)
            self._told, self._target = shown, form.type()
            shared.open(first)
            self.live = True

    def disconnected(self, shared: Any) -> None:
        """The last one has gone."""
        with self._mutex:
            if shared is self._shared:
                self.live = False
                self._told = self._target = None
            if shared.isOpen():
                shared.close()

    def put(self, operation: Any) -> None:
        answer(operation, self.name, self._put, "a PV that can be put", "one that is read")

    def rpc(self, operation: Any) -> None:
        answer(operation, self.name, self._rpc, "a method", "a value, which is got, put or monitored")

    # the server's thread

    def show(self, value: Any, alarm: Alarm, time: int, sequence: int) -> None:
        """What it says from now on; what clients have already is not sent again."""
        with self._mutex:
            told = self._told
            if told is None or sequence < told.sequence:
                return  # nobody is there, or they know later ones
            target, form = self._target, told.form
            target.unmark()
            was = told.value
            if value is not was and not (form.plain and value == was):
                try:
                    form.fill(target, value, was)
                except Exception as error:
                    value, alarm = was, unsaid(error)
                    if alarm != told.alarm:  # once, not with each update
                        self._site.wrong(self.name, error)
            if alarm is not told.alarm and alarm != told.alarm:
                put_alarm(target, alarm)
            if time != told.time:
                form.stamp(target, time, sequence)
            self._told = Shown(form, told.description, value, alarm, time, sequence)
            self._shared.post(target)

    def describe(self) -> None:
        """The type is another, or what it tells of its values. Where the structure is another, clients connect anew."""
        with self._mutex:
            told = self._told
            if told is None:
                return
            shown = self._look()
            if shown.form.type is told.form.type:
                self._post_facts(shown)
                return
        self.renew()

    def _post_facts(self, shown: Shown) -> None:
        facts, target = shown.form.facts(sayable(shown.description)), self._target
        target.unmark()
        for path, item in facts.items():
            if not values_equal(item, self._facts.get(path)):
                target[path] = item
        self._facts = facts
        told = self._told
        if shown.value is not told.value:
            shown.form.fill(target, shown.value)
        if shown.alarm != told.alarm:
            put_alarm(target, shown.alarm)
        if shown.time != told.time:
            shown.form.stamp(target, shown.time, shown.sequence)
        self._told = shown
        self._shared.post(target)

    def renew(self) -> None:
        """Hang up on all clients, who find another PV of that name."""
        self.close()
        self._open()

    def close(self) -> None:
        """It is gone; clients see it disconnect."""
        with self._mutex:
            self.live = False
            self._told = self._target = None
        self._site.remove(self.name, self._shared)


def unsaid(error: Exception) -> Alarm:
    return Alarm(Severity.INVALID, AlarmStatus.UNDEFINED, f"the value cannot be said on PVAccess: {error}")


class _Handler:
    """What p4p calls, in a thread of its own. Nothing may be raised here: the client would wait for ever."""

    def __init__(self, pv: Pv) -> None:
        self._pv = pv

    def onFirstConnect(self, shared: Any) -> None:
        self._pv.connected(shared)

    def onLastDisconnect(self, shared: Any) -> None:
        self._pv.disconnected(shared)

    def put(self, shared: Any, operation: Any) -> None:
        self._pv.put(operation)

    def rpc(self, shared: Any, operation: Any) -> None:
        self._pv.rpc(operation)
