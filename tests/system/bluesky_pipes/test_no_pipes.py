"""Pipes with a PyTango that has none any more: all names are there, and connecting says what is needed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest

from macduff.bluesky import (
    CommsConnector,
    NotConnected,
    TangoAttrR,
    TangoComm,
    TangoPipeR,
    TangoPipeRW,
    TangoPipeW,
    TangoSinglePipeDevice,
)
from tests.system.bluesky_tango.server import MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")
NEEDED = rf"expected a PyTango that has pipes, got {version('pytango')}.*pip install 'pytango==10\.0\.4'"


class PipedComm(TangoComm):
    position: TangoAttrR[float]
    region: TangoPipeR


@pytest.fixture(scope="module")
def server() -> Iterator[MotorProgram]:
    with MotorProgram() as program:
        yield program


@pytest.mark.parametrize("cls", [TangoPipeR, TangoPipeW, TangoPipeRW])
async def test_connecting_a_pipe_says_what_is_needed(cls: Any, server: MotorProgram) -> None:
    signal = cls(name="region")
    with pytest.raises(NotConnected, match=rf"test/motor/one#dbase=no/Region: {NEEDED}"):
        await signal.connect(server.device(), "Region")
    use = signal.put({"x": 1}) if cls is TangoPipeW else signal.read()
    with pytest.raises(NotConnected, match="'region'"):
        await use


async def test_a_comm_connects_the_rest_and_says_what_its_pipe_needs(server: MotorProgram) -> None:
    comm = PipedComm(server.device())
    with pytest.raises(NotConnected, match=rf"region.*{NEEDED}"):
        await comm.connect()
    assert await comm.position.get_value() == 0.0


async def test_a_device_of_one_pipe_says_so_too(server: MotorProgram) -> None:
    device = TangoSinglePipeDevice(server.device(), "Region")
    with pytest.raises(NotConnected, match=NEEDED):
        await device.connect()


async def test_simulated_pipes_need_none() -> None:
    async with CommsConnector(sim_mode=True):
        comm, device = PipedComm("no/such/device"), TangoSinglePipeDevice("no/such/device", "Region", "region")
    assert await comm.region.get_value() == {}
    assert (await device.read())["region"]["value"] == {}
