"""A Tango server that is killed, and started again, in the middle of a plan: with a database and without."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import tango
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop

from macduff.bluesky import CommsConnector, NotConnected, TangoAttrR, TangoAttrRW, TangoComm, TangoCommand, TangoDevice
from tests.system.bluesky_tango.lab import LAB, SLOW, LabProgram
from tests.system.tango_source.server import Database

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class LabComm(TangoComm):
    limited: TangoAttrRW[float]
    fixed: TangoAttrR
    a_string: TangoAttrR
    an_enum: TangoAttrR
    image: TangoAttrR
    reset: TangoCommand


@pytest.fixture(params=["database", "none"])
def lab(request: pytest.FixtureRequest) -> Iterator[LabProgram]:
    """A server of its own for each test, for it is killed."""
    if request.param == "none":
        with LabProgram() as program:
            yield program
        return
    with Database() as database:
        for name, cls in ((LAB, "Lab"), (SLOW, "Slow")):
            info = tango.DbDevInfo()
            info.name, info._class, info.server = name, cls, "MacduffLab/test"
            tango.Database("127.0.0.1", database.port).add_device(info)
        with LabProgram(database.host) as program:
            yield program


def device(lab: LabProgram) -> TangoDevice:
    with CommsConnector():
        made = TangoDevice(LabComm(lab.device()), "lab")
    return made


def test_in_the_middle_of_a_count(lab: LabProgram, run_engine: RunEngine) -> None:
    """The plan fails and names the device; the next one works, as soon as the server is there again."""
    made = device(lab)
    sources = call_in_bluesky_event_loop(made.describe())
    assert sources["lab-fixed"]["source"] == f"tango://{lab.address}/{LAB}/fixed"
    documents: list[str] = []

    def killing(name: str, _: Any) -> None:
        documents.append(name)
        if name == "event":
            lab.kill()

    began = time.monotonic()
    with pytest.raises(Exception, match=LAB):
        run_engine(bp.count([made], 5), killing)
    assert time.monotonic() - began < 5
    assert documents.count("event") == 1 and documents[-1] == "stop"
    lab.start()
    for _ in range(2):
        documents.clear()
        run_engine(bp.count([made], 3), lambda name, _: documents.append(name))
        assert documents.count("event") == 3


def test_unseen_between_two_plans(lab: LabProgram, run_engine: RunEngine) -> None:
    """Each old connection fails once, whoever takes it; nobody is told."""
    made: Any = device(lab)
    run_engine(bp.count([made], 2))
    lab.restart()
    run_engine(bps.mv(made.comm.limited, 2.5))
    lab.restart()
    run_engine(bps.trigger(made.comm.reset, wait=True))
    assert lab.tell(count="Reset") == 1  # and not twice
    lab.restart()
    values = call_in_bluesky_event_loop(made.read())
    assert values["lab-limited"]["value"] == 1.0


def test_what_is_connected_while_it_is_away_fails_and_connects_later(lab: LabProgram, run_engine: RunEngine) -> None:
    made = device(lab)
    lab.kill()
    with pytest.raises(NotConnected, match=LAB):
        device(lab)
    unconnected = LabComm(lab.device())
    with pytest.raises(NotConnected, match=LAB):
        call_in_bluesky_event_loop(unconnected.connect())
    lab.start()
    call_in_bluesky_event_loop(unconnected.connect())
    assert unconnected.connected
    run_engine(bp.count([made]))
