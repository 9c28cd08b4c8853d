"""Signals in plans as detectors and motors of their own; devices that hang; what is staged and monitored."""

from __future__ import annotations

import time
from typing import Any

import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky import preprocessors as bpp
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from bluesky.utils import Msg

from macduff.bluesky import (
    CommsConnector,
    ConnectWithoutReading,
    NotConnected,
    TangoAttrR,
    TangoAttrRW,
    TangoComm,
    TangoDevice,
    TangoSingleAttributeDevice,
    tango_connector,
)
from tests.system.bluesky_tango.lab import LAB, SLOW, LabProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class SignalsComm(TangoComm):
    pushed: TangoAttrRW[float]
    silent: TangoAttrRW[float]
    fixed: TangoAttrR
    image: TangoAttrR


class SlowComm(TangoComm):
    hangs: TangoAttrR[float]
    quick: TangoAttrR[float]


class UnreadComm(TangoComm):
    limited: TangoAttrRW
    fixed: TangoAttrR
    an_enum: TangoAttrR


@tango_connector
def connect_unread(comm: UnreadComm, proxy: Any) -> None:
    ConnectWithoutReading(comm, proxy)(limited="LIMITED")


def comm_of(lab: LabProgram) -> SignalsComm:
    with CommsConnector():
        comm = SignalsComm(lab.device())
    return comm


def test_signals_are_detectors_and_motors(lab: LabProgram, run_engine: RunEngine) -> None:
    comm, values = comm_of(lab), list[Any]()

    def heard(name: str, document: Any) -> None:
        if name == "event":
            values.append(document["data"])

    run_engine(bp.scan([comm.fixed, comm.image], comm.silent, 1, 3, 3), heard)
    assert [(value["silent"], value["fixed"]) for value in values] == [(1.0, 4.5), (2.0, 4.5), (3.0, 4.5)]
    run_engine(bp.scan([comm.silent], comm.pushed, 5, 7, 2), heard)
    assert [value["pushed"] for value in values[3:]] == [5.0, 7.0]
    found: list[Any] = []

    def reading() -> Any:
        yield from bps.mv(comm.silent, 0.5, comm.pushed, 1.5)
        found.append((yield from bps.rd(comm.silent)))
        found.append((yield from bps.rd(comm.pushed)))
        found.append((yield Msg("locate", comm.pushed)))  # type: ignore[no-untyped-call]  # Bluesky's

    run_engine(reading())
    assert found == [0.5, 1.5, {"setpoint": 1.5, "readback": 1.5}]
    lab.tell(renew=True)


def test_a_plan_monitors_a_signal(lab: LabProgram, run_engine: RunEngine) -> None:
    comm, values = comm_of(lab), list[float]()

    def heard(name: str, document: Any) -> None:
        if name == "event":
            values.append(document["data"]["pushed"])

    def changing() -> Any:
        yield from bps.sleep(0.3)  # until its events come
        for value in (2.0, 3.0, 4.0):
            yield from bps.mv(comm.pushed, value)
        yield from bps.sleep(0.3)

    run = bpp.run_wrapper(changing())  # type: ignore[no-untyped-call]  # Bluesky's
    run_engine(bpp.monitor_during_wrapper(run, [comm.pushed]), heard)  # type: ignore[no-untyped-call]  # the same
    assert values[-1] == 4.0 and {2.0, 3.0} <= set(values)
    call_in_bluesky_event_loop(comm.pushed.put(9.0))
    time.sleep(0.3)
    assert 9.0 not in values
    lab.tell(renew=True)


def test_connecting_without_reading_reads_nothing(lab: LabProgram, run_engine: RunEngine) -> None:
    names = ("limited", "fixed", "an_enum")
    before = [lab.reads(name) for name in names]
    with CommsConnector():
        device = TangoDevice(UnreadComm(lab.device()), "unread")
    call_in_bluesky_event_loop(device.describe())
    assert [lab.reads(name) for name in names] == before
    run_engine(bp.count([device]))
    assert [lab.reads(name) for name in names] == [number + 1 for number in before]


def test_a_device_that_hangs_fails_its_plan_and_no_other(lab: LabProgram, run_engine: RunEngine) -> None:
    """Tango waits for 3 s. What hangs is not read when it is connected by its name alone."""
    comm = SlowComm(lab.device(SLOW))
    began = time.monotonic()
    with pytest.raises(NotConnected, match=SLOW):
        call_in_bluesky_event_loop(comm.connect(timeout=0.3))
    assert time.monotonic() - began < 2
    with CommsConnector():
        fixed = TangoSingleAttributeDevice(lab.device(LAB), "fixed")
    began = time.monotonic()
    run_engine(bp.count([fixed], 3))
    assert time.monotonic() - began < 2
    call_in_bluesky_event_loop(until_connected(comm))
    began = time.monotonic()
    with pytest.raises(Exception, match=f"{SLOW}.*hangs"):
        run_engine(bp.count([TangoDevice(comm, "slow")]))
    assert time.monotonic() - began < 7


async def until_connected(comm: SlowComm) -> None:
    """The device is still busy with what it was asked first."""
    while True:
        try:
            await ConnectWithoutReading(comm)
        except NotConnected:
            continue
        return
