"""PVs whose labels or type change: type and value are one change, and no value is ever of another type than said."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import Any

import pytest

from macduff import CaDevice, Device, Process, PVAttribute, VDouble, VEnum, VString
from macduff.protocol.model import SEvent
from macduff.values import Reading
from tests.support import eventually, random_name
from tests.system.ioc import Ioc, channel_access

RECORD = 'record(mbbo, "$(P)MODE") {{ field(ZRST, "{0}") field(ONST, "{1}") field(VAL, "1") field(PINI, "YES") }}'


class Switch(Device):
    mode = PVAttribute(VEnum(["unknown"]), "{prefix}MODE")

    def __init__(self, name: str, prefix: str) -> None:
        super().__init__(name)


def seen(queue: SimpleQueue[Any]) -> list[dict[str, Any]]:
    """The changes that came; each value was of the type that was said before or with it."""
    vtype: Any = VEnum(["unknown"])
    found: list[dict[str, Any]] = []
    while True:
        try:
            item = queue.get_nowait()
        except Empty:
            return found
        if item[0] is SEvent.Changes:
            vtype = item[2].get("mode.meta", vtype)
            for name, change in item[2].items():
                if isinstance(change, Reading):
                    vtype.validate(change.value, name)
            found.append(item[2])


@pytest.mark.parametrize("every", [False, True])
def test_new_labels_come_with_a_value(every: bool) -> None:
    """Changed while its IOC runs, and by an IOC that comes back another."""
    prefix = random_name() + ":"
    with channel_access() as (port,), Process() as process:
        switch = Switch(random_name("SWITCH"), prefix)
        process.add(switch)
        queue: SimpleQueue[Any] = SimpleQueue()
        process.listen(queue, switch.name, "mode", every=every)
        with Ioc(RECORD.format("a", "b"), port, f"P={prefix}") as ioc:
            eventually(lambda: switch.mode.value == "b", "a value", 10.0)
            ioc.kill()
            eventually(lambda: "disconnected" in switch.mode.alarm.message, "INVALID", 10.0)
        with Ioc(RECORD.format("c", "d"), port, f"P={prefix}"):
            eventually(lambda: switch.mode.value == "d", "a value of the other", 30.0)
            assert switch.mode.setpoint == "d"
        found = seen(queue)
        told = [item for item in found if "mode.meta" in item]
        assert [item["mode.meta"].labels for item in told] == [("a", "b"), ("c", "d")]
        assert [item["mode"].value for item in told] == ["b", "d"]


def test_a_pv_that_nobody_declared_comes_back_of_another_type() -> None:
    """The `ca` device's attribute is of the PV's type, whatever that was before; who listens to it goes on."""
    prefix = random_name() + ":"
    with channel_access() as (port,), Process() as process:
        ca = CaDevice(allow=["*"], timeout=10.0)
        process.add(ca)
        queue: SimpleQueue[Any] = SimpleQueue()
        with Ioc('record(ao, "$(P)X") { field(VAL, "1.5") field(PINI, "YES") }', port, f"P={prefix}") as ioc:
            process.listen(queue, "ca", prefix + "X", initial_value=True)
            item = queue.get(timeout=20)
            assert item[0] is SEvent.Value, item
            attribute = item[2]
            assert (attribute.vtype, attribute.value) == (VDouble(), 1.5)
            ioc.kill()
            eventually(lambda: "disconnected" in attribute.alarm.message, "INVALID", 10.0)
            assert attribute.value == 1.5
        with Ioc('record(stringin, "$(P)X") { field(VAL, "text") field(PINI, "YES") }', port, f"P={prefix}"):
            eventually(lambda: attribute.value == "text", "a value of the other", 30.0)
        assert attribute is ca.attributes[attribute.name] and attribute.vtype == VString()
        changes = [item[2] for item in iter(lambda: queue.get() if not queue.empty() else None, None)]
        told = [change for change in changes if f"{attribute.name}.meta" in change]
        assert len(told) == 1 and told[0][attribute.name].value == "text"
