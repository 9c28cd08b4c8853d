"""Comms by type hints against a real Tango server: by similar names, by given ones, by connectors; what cannot be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bluesky.run_engine import RunEngine, call_in_bluesky_event_loop
from ophyd_async.core import NotConnectedError

from macduff.bluesky import (
    CommsConnector,
    ConnectSimilarlyNamed,
    ConnectWithoutReading,
    TangoAttrR,
    TangoAttrRW,
    TangoComm,
    TangoCommand,
    tango_connector,
)
from tests.system.bluesky_tango.server import MOTORS, OTHER, MotorProgram

pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class MotorComm(TangoComm):
    """As the document of the seed has it."""

    position: TangoAttrRW
    velocity: TangoAttrRW
    state: TangoAttrR
    stop: TangoCommand


class OtherComm(TangoComm):
    limitedvalue: TangoAttrRW[float]
    camel_case: TangoAttrRW
    double: TangoCommand


class AmbiguousComm(TangoComm):
    ab: TangoAttrR
    camelcase: TangoAttrR
    lim_value: TangoAttrR
    reset_: TangoAttrR


class BrokenComm(TangoComm):
    broken: TangoAttrR
    fixed: TangoAttrR


class NamedComm(TangoComm):
    first: TangoAttrRW
    second: TangoAttrR
    broken: TangoAttrR
    run: TangoCommand


class PlainComm(NamedComm):
    """Another, for a connector of its own."""


class ForgetfulComm(TangoComm):
    fixed: TangoAttrR
    touched: TangoAttrR


@tango_connector
async def connect_named(comm: NamedComm, proxy: Any) -> None:
    await ConnectWithoutReading(comm, proxy)(first="lim_ited_value", second="fixed", run="Double")


@tango_connector
def connect_plainly(comm: PlainComm, proxy: Any) -> None:
    ConnectWithoutReading(comm, proxy)(first="camelcase", second="fixed", run="reset")


@tango_connector
async def connect_one(comm: ForgetfulComm, proxy: Any) -> None:
    await comm.fixed.connect(comm.dev_name, "fixed", proxy)


async def touched(server: MotorProgram) -> int:
    """How often an attribute of the other device was read."""

    class Counter(TangoComm):
        touched: TangoAttrR[int]

    counter = Counter(server.device(OTHER))
    await ConnectWithoutReading(counter)()
    return int(await counter.touched.get_value())


async def test_a_comm_made_outside_stays_unconnected_until_it_is_connected(server: MotorProgram) -> None:
    comm = MotorComm(server.device())
    assert not comm.connected
    with pytest.raises(NotConnectedError, match="position"):
        await comm.position.get_value()
    await comm.connect()
    assert not comm.unconnected()
    assert (comm.position.signal_name, comm.stop.signal_name) == ("Position", "Stop")
    assert comm.position.dev_name == comm.dev_name == server.device()
    assert isinstance(await comm.position.get_value(), float)


async def test_the_proxy_of_a_device_is_shared(server: MotorProgram) -> None:
    first, second = MotorComm(server.device()), MotorComm(server.device())
    await asyncio.gather(first.connect(), second.connect())
    assert len({id(signal.proxy) for comm in (first, second) for signal in comm.signals.values()}) == 1


async def test_case_and_underscores_are_ignored(server: MotorProgram) -> None:
    """`limitedvalue` did not match `lim_ited_value`."""
    comm = OtherComm(server.device(OTHER))
    await comm.connect()
    assert (comm.limitedvalue.signal_name, comm.camel_case.signal_name) == ("lim_ited_value", "CamelCase")
    assert await comm.double.execute(4.0) == 8.0


async def test_a_falsy_argument_of_a_command_arrives(server: MotorProgram) -> None:
    """It was dropped."""
    comm = OtherComm(server.device(OTHER))
    await comm.connect()
    assert await comm.double.execute(0.0) == 0.0


async def test_what_finds_no_member_or_several_is_told_with_the_near_misses_and_the_rest_is_connected(
    server: MotorProgram,
) -> None:
    comm = AmbiguousComm(server.device(OTHER))
    with pytest.raises(NotConnectedError) as caught:
        await comm.connect()
    errors = {hint: str(error) for hint, error in caught.value.sub_errors.items()}
    assert sorted(errors) == ["ab", "lim_value", "reset_"]
    assert OTHER in errors["ab"] and "a_b, ab_" in errors["ab"]
    assert "near: lim_ited_value" in errors["lim_value"]
    assert comm.camelcase.signal_name == "CamelCase"


async def test_every_signal_that_cannot_be_read_is_told(server: MotorProgram) -> None:
    comm = BrokenComm(server.device(OTHER))
    with pytest.raises(NotConnectedError) as caught:
        await comm.connect()
    assert list(caught.value.sub_errors) == ["broken"] and "no sensor" in str(caught.value)
    assert await comm.fixed.get_value() == 4.5


async def test_connecting_without_reading_reads_nothing_not_even_what_is_broken(server: MotorProgram) -> None:
    comm = NamedComm(server.device(OTHER))
    before = await touched(server)
    await comm.connect()
    assert await touched(server) == before
    assert comm.connected
    assert (comm.first.signal_name, comm.broken.signal_name) == ("lim_ited_value", "broken")
    assert await comm.run.execute(3.0) == 6.0


async def test_connecting_without_reading_tells_every_bad_name(server: MotorProgram) -> None:
    """A good name before a bad one let the bad one pass, and commands were looked for among attributes."""
    comm = NamedComm(server.device(OTHER))
    with pytest.raises(NotConnectedError) as caught:
        await ConnectWithoutReading(comm)(first="CamelCase", second="fixd", run="Dubble")
    errors = {hint: str(error) for hint, error in caught.value.sub_errors.items()}
    assert sorted(errors) == ["run", "second"]
    assert "near: fixed" in errors["second"] and "near: Double" in errors["run"]
    assert await comm.first.get_value() == 2


async def test_a_plain_connector_connects_too_and_that_of_the_nearest_class_counts(server: MotorProgram) -> None:
    comm = PlainComm(server.device(OTHER))
    await comm.connect()
    assert (comm.first.signal_name, comm.run.signal_name) == ("CamelCase", "Reset")


async def test_a_signal_that_the_connector_forgot_is_told(server: MotorProgram) -> None:
    with pytest.raises(NotConnectedError, match=r"touched.*connect_one"):
        await ForgetfulComm(server.device(OTHER)).connect()


async def test_the_rest_can_be_left_to_similar_names(server: MotorProgram) -> None:
    comm = ForgetfulComm(server.device(OTHER))
    await connect_one(comm, await comm.get_proxy())  # type: ignore[misc]  # it may also be plain
    await ConnectSimilarlyNamed(comm)
    assert comm.connected


async def test_a_device_that_does_not_exist_is_told_beside_a_good_one(server: MotorProgram) -> None:
    """`except A or B` caught only A; and a failing connection was only logged."""
    with pytest.raises(NotConnectedError) as caught:
        async with CommsConnector():
            good = MotorComm(server.device())
            bad, worse = MotorComm(server.device("test/motor/none")), BrokenComm(server.device(OTHER))
    assert set(caught.value.sub_errors) == {repr(bad), repr(worse)}
    assert good.connected and not bad.connected


async def test_any_comm_can_be_simulated(server: MotorProgram) -> None:
    """Only a motor could be."""
    async with CommsConnector(sim_mode=True):
        comm = OtherComm("no/such/device")
    await comm.limitedvalue.set(2.5)
    assert await comm.limitedvalue.get_value() == 2.5
    assert not comm.connected


def test_a_plain_with_connects_in_the_loop_of_the_run_engine(server: MotorProgram, run_engine: RunEngine) -> None:
    with CommsConnector():
        comms = [MotorComm(server.device(name)) for name in MOTORS]
    assert all(comm.connected for comm in comms)
    assert isinstance(call_in_bluesky_event_loop(comms[0].position.get_value()), float)


def test_a_plain_with_tells_what_failed(server: MotorProgram, run_engine: RunEngine) -> None:
    with pytest.raises(NotConnectedError, match="test/motor/none"), CommsConnector():
        MotorComm(server.device("test/motor/none"))
