"""A device of a Tango database, which knows where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop

from macduff.bluesky import MacduffDevice
from tests.system.bluesky_device.home import Demo, Engine, by_tango
from tests.system.tango_source.server import Database


@pytest.fixture
def registered(tmp_path: Path) -> Iterator[Demo]:
    """A laboratory that is in a database."""
    with Database() as database:
        demo = Demo(tmp_path, database.host)
        demo.start()
        yield demo
        demo.stop()


@by_tango
def test_a_device_is_found_by_its_database(engine: Engine, registered: Demo) -> None:
    x, det = (MacduffDevice(registered.address("tango", name), name.lower()) for name in ("X", "DET"))
    for device in (x, det):
        call_in_bluesky_event_loop(device.connect())
    try:
        engine(bp.scan([det], x, 0, 0.1, 2))
        assert engine.data("x") == [0, 0.1]
        assert engine.data("det-counter") == [10, 20]
        (descriptor,) = engine.named("descriptor")
        assert descriptor["data_keys"]["x"]["source"] == registered.address("tango", "X") + "/position"
    finally:
        for device in (x, det):
            call_in_bluesky_event_loop(device.disconnect())
