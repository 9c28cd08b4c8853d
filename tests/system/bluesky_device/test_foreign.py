"""A MacduffDevice for what is no macduff device: a Tango device, and PVs that a PVI lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bluesky.plan_stubs as bps
import numpy as np
import pytest
from bluesky.protocols import Flyable, Movable, Readable
from bluesky.run_engine import call_in_bluesky_event_loop
from ophyd_async.core import NotConnectedError

from macduff.bluesky import MacduffDevice
from macduff.errors import BadValue
from macduff.sources.tango import followed
from tests.support import free_port
from tests.system.bluesky_device.home import Engine, by_tango
from tests.system.pva_source.server import PvaProgram
from tests.system.tango_source.server import TangoProgram


@pytest.fixture
def tango_device(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(followed, "PING", 0.2)
    with TangoProgram() as program:
        device = MacduffDevice(program.device, "one")
        call_in_bluesky_event_loop(device.connect())
        yield device
        call_in_bluesky_event_loop(device.disconnect())


@pytest.fixture
def pvs(engine: Engine) -> Iterator[tuple[PvaProgram, Any]]:
    with PvaProgram("Q:") as program:
        device = MacduffDevice(f"pva://127.0.0.1:{program.port}/Q:", "pvs")
        call_in_bluesky_event_loop(device.connect())
        yield program, device
        call_in_bluesky_event_loop(device.disconnect())


@by_tango
def test_a_tango_device_has_its_attributes_and_commands(engine: Engine, tango_device: Any) -> None:
    one = tango_device
    engine(bps.mv(one.x, 2.0, one.mode, "fast", one.names, ["a", "b"], one.wave, np.array([1.0, 2.5])))

    async def look() -> list[Any]:
        key = (await one.x.describe())["one-x"]
        assert (key["units"], key["precision"], key["limits"]["control"]) == ("mm", 3, {"low": -5, "high": 5})
        assert key["source"] == f"{one._connector.address.partition('#')[0]}/x"
        wave = await one.wave.get_value()
        return [await one.x.get_value(), await one.mode.get_value(), await one.names.get_value(), wave.tolist()]

    assert call_in_bluesky_event_loop(look()) == [2.0, "fast", ["a", "b"], [1.0, 2.5]]

    async def command() -> Any:
        return await one.MoveTo.execute(1.5)

    assert call_in_bluesky_event_loop(command()) == 3.0  # it doubles
    assert [isinstance(one, kind) for kind in (Readable, Movable, Flyable)] == [True, False, False]


@by_tango
def test_what_tango_refuses_is_told(tango_device: Any) -> None:
    async def beyond() -> None:
        await tango_device.x.set(5.5)

    with pytest.raises(BadValue, match="x"):
        call_in_bluesky_event_loop(beyond())


def test_pvs_that_a_pvi_lists_are_signals_and_commands(engine: Engine, pvs: tuple[PvaProgram, Any]) -> None:
    program, device = pvs
    engine(bps.mv(device.x, 4.0, device.mode, "slow"))
    assert program.tell(took="X") == ["4.0"]

    async def look() -> Any:
        await device.go.execute()
        key = (await device.image.describe())["pvs-image"]
        return await device.mode.get_value(), (key["dtype"], key["dtype_numpy"], len(key["shape"]))

    assert call_in_bluesky_event_loop(look()) == ("slow", ("array", "<u2", 2))
    assert {"sub_i", "sub_names"} <= {name for name, _ in device.children()}


@pytest.mark.parametrize(
    "address, says",
    [
        ("pva://127.0.0.1:{port}/NOTHING", "NOTHING:PVI"),
        pytest.param("tango://127.0.0.1:{port}/a/b/nothing#dbase=no", "nothing", marks=by_tango),
    ],
)
def test_a_server_that_is_not_there_is_told(engine: Engine, address: str, says: str) -> None:
    device = MacduffDevice(address.format(port=free_port()))
    with pytest.raises(NotConnectedError, match=says):
        call_in_bluesky_event_loop(device.connect(timeout=1.0))


@pytest.mark.parametrize(
    "address, says",
    [
        ("pva://", "expected the name of a device"), ("pva:///DET", "expected the name of a device"),
        ("pva://a/b/DET", "expected the name of a device"), ("tango://127.0.0.1:1/a/b", "expected a device such as"),
        ("tango://a/b/c", "expected a device such as"),
    ],
)  # fmt: skip
def test_an_address_that_means_no_device_is_told(engine: Engine, address: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call_in_bluesky_event_loop(MacduffDevice(address).connect())
