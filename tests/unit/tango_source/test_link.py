"""One attribute followed by events and by reading, told by hand: nothing is connected and no time goes by."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
import tango

from macduff.errors import BadValue
from macduff.sources.facts import Facts, improved
from macduff.sources.tango.link import AttributeLink
from macduff.sources.tango.native import Native
from macduff.values import Alarm, VDouble, VType
from tests.unit.tango_source.test_values import info


class Device:
    """As much of a device that is followed as a link needs."""

    name, tango = "a/b/c", tango

    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


class Sink:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.values: list[tuple[Any, Any]] = []
        self.reasons: list[str] = []
        self.vtype: VType[Any] = VDouble()
        self.refuses = False

    def facts(self, native: Native, facts: Facts) -> VType[Any]:
        if self.refuses:
            raise BadValue("not of this type")
        self.vtype = improved(VDouble(), facts, facts)
        return self.vtype

    def value(self, value: Any, setpoint: Any, alarm: Alarm, time: int, began: float) -> None:
        self.values.append((value, setpoint))

    def lost(self, reason: str) -> None:
        self.reasons.append(reason)


def read(value: Any, **more: Any) -> Any:
    told = {"quality": tango.AttrQuality.ATTR_VALID, "w_value": 0.0, "has_failed": False, **more}
    return SimpleNamespace(value=value, time=SimpleNamespace(tv_sec=1, tv_usec=0, tv_nsec=0), **told)


def event(value: Any) -> Any:
    return SimpleNamespace(err=False, attr_value=read(value))


def failure(reason: str) -> Any:
    return SimpleNamespace(err=True, errors=[SimpleNamespace(reason=reason, desc=f"{reason} told")])


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def link(device: Any, sink: Sink) -> AttributeLink:
    link = AttributeLink(device, "x", sink, 10.0, True)
    link.learn(info("DevDouble", unit="mm"))
    return link


def due(link: AttributeLink) -> bool:
    return link.is_due(time.monotonic())


def test_it_is_read_until_events_come_once_more_then_and_no_more(link: AttributeLink, sink: Sink) -> None:
    """Tango loses what is pushed while it subscribes; the first event may be older than that."""
    assert due(link)
    link.take(read(1.0), time.monotonic())
    assert sink.values == [(1.0, 0.0)] and not due(link) and link.due < float("inf")
    link.event(event(2.0))
    assert sink.values[-1] == (2.0, 0.0) and not due(link) and link.due < float("inf")
    link.take(read(3.0), time.monotonic())
    assert sink.values[-1] == (3.0, 0.0) and link.due == float("inf")
    link.event(event(4.0))
    assert sink.values[-1] == (4.0, 0.0) and link.due == float("inf")


def test_a_reading_that_began_before_an_event_came_is_older_than_it(link: AttributeLink, sink: Sink) -> None:
    began = time.monotonic()
    link.event(event(2.0))
    link.take(read(1.0), began - 0.1)
    assert sink.values == [(2.0, 0.0)]


def test_stale_events_make_it_invalid_and_it_is_read_at_once(link: AttributeLink, device: Device, sink: Sink) -> None:
    link.event(event(2.0))
    link.event(failure("API_EventTimeout"))
    assert sink.reasons == ["a/b/c/x: no events any more: API_EventTimeout told"]
    assert due(link) and device.woken == 1
    link.take(read(3.0), time.monotonic())
    assert sink.values[-1] == (3.0, 0.0) and not due(link)
    link.event(event(4.0))
    link.event(event(5.0))
    assert link.due == float("inf"), "the subscription healed by itself"


@pytest.mark.parametrize("reason", ["API_AttributePollingNotStarted", "API_EventPropertiesNotSet", "API_EventTimeout"])
def test_without_events_it_is_read_and_nothing_is_wrong(link: AttributeLink, sink: Sink, reason: str) -> None:
    link.event(failure(reason))
    link.take(read(1.0), time.monotonic())
    link.event(failure(reason))
    assert sink.reasons == [] and not due(link) and link.due < float("inf")


def test_an_error_of_the_devices_own_is_the_reason(link: AttributeLink, sink: Sink) -> None:
    link.event(failure("PyDs_PythonError"))
    assert sink.reasons == ["a/b/c/x: PyDs_PythonError told"]
    link.take(read(None, has_failed=True, get_err_stack=lambda: failure("Mine").errors), time.monotonic())
    assert sink.reasons[-1] == "a/b/c/x: Mine told"
    link.event(event(1.0))
    assert sink.values[-1] == (1.0, 0.0)


def test_an_attribute_that_is_gone_is_looked_at_again_later(link: AttributeLink, sink: Sink) -> None:
    link.take(read(None, has_failed=True, get_err_stack=lambda: failure("API_AttrNotFound").errors), time.monotonic())
    assert link.native is None and not due(link) and "API_AttrNotFound told" in sink.reasons[0]
    link.event(event(1.0))
    assert sink.values == [], "nothing is believed of what is not known"


def test_nothing_is_kept_of_the_connection_before(link: AttributeLink, sink: Sink) -> None:
    link.event(event(1.0))
    link.disconnected("away")
    assert sink.reasons == ["away"] and link.native is None and due(link)
    link.event(event(2.0))
    assert len(sink.values) == 1, "not before its type is known again"
    link.learn(info("DevDouble", unit="um"))
    assert due(link), "read at once"


def test_another_configuration_is_another_type(link: AttributeLink, device: Device, sink: Sink) -> None:
    link.event(event(1.0))
    link.configuration(SimpleNamespace(err=False, attr_conf=info("DevDouble", unit="um")))
    assert sink.vtype == VDouble(units="um") and due(link) and device.woken == 1
    link.configuration(failure("API_EventTimeout"))
    sink.refuses = True
    link.configuration(SimpleNamespace(err=False, attr_conf=info("DevString")))
    assert sink.reasons == ["not of this type"] and link.native is None


def test_a_closed_one_hears_nothing(link: AttributeLink, sink: Sink) -> None:
    link.close()
    link.event(event(1.0))
    link.configuration(SimpleNamespace(err=False, attr_conf=info("DevLong")))
    assert sink.values == []


def test_a_value_that_is_none_and_a_set_point_that_is_none(link: AttributeLink, sink: Sink) -> None:
    link.take(read(None, quality=tango.AttrQuality.ATTR_INVALID), time.monotonic())
    assert sink.reasons == ["a/b/c/x: the device says INVALID"]
    link.take(read(1.0, w_value=None), time.monotonic())
    assert sink.values == [(1.0, None)]
