"""Signals by type hints, and connectors by theirs: what is made, and what is refused with words that help."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from ophyd_async.core import SignalRW

from macduff.bluesky import (
    ConnectSimilarlyNamed,
    ConnectWithoutReading,
    TangoAttrR,
    TangoAttrRW,
    TangoComm,
    TangoCommand,
    TangoMotorComm,
    make_tango_signals,
    tango_connector,
    tango_motor,
)
from macduff.bluesky.tango.connectors import connector_of
from macduff.bluesky.tango.devices import default_name


class Bare(TangoComm):
    position: TangoAttrRW
    stop: TangoCommand


class Typed(Bare):
    position: TangoAttrRW[float]
    state: TangoAttrR[str]
    retries: int
    known: ClassVar[dict[str, TangoAttrR]] = {}


class Foreign(TangoComm):
    position: SignalRW[float]


class Clash(TangoComm):
    connect: TangoCommand  # type: ignore[assignment]  # what is refused


class Unknown(TangoComm):
    position: Nowhere  # type: ignore[name-defined]  # noqa: F821  # what is refused


def test_each_hint_of_a_signal_makes_one_that_is_not_connected() -> None:
    comm = Bare("a/b/c")
    assert (type(comm.position), type(comm.stop)) == (TangoAttrRW, TangoCommand)
    assert (comm.position.name, comm.stop.name) == ("position", "stop")
    assert not comm.connected and repr(comm) == "Bare('a/b/c')"


def test_hints_are_inherited_may_say_the_type_and_others_are_left_alone() -> None:
    comm = Typed("a/b/c")
    assert list(comm.signals) == ["position", "stop", "state"]
    assert comm.position.datatype is float
    assert not hasattr(comm, "retries")


def test_each_comm_has_signals_of_its_own() -> None:
    one, other = Bare("a/b/c"), Bare("a/b/c")
    assert one.position is not other.position
    assert make_tango_signals(one)["position"] is one.position is not other.position


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (Foreign, r"Foreign\.position: expected TangoAttrR.*SignalRW"),
        (Clash, r"Clash: expected a hint that is no name of the comm's own, got 'connect'; call it connect_"),
        (Unknown, r"Unknown: expected hints of classes .*Nowhere"),
        (TangoComm, r"TangoComm: expected a subclass with hints"),
    ],
)
def test_what_cannot_be_is_refused(cls: type[TangoComm], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        cls("a/b/c")


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_comm_needs_the_name_of_its_device(name: Any) -> None:
    with pytest.raises(TypeError, match=r"Bare: expected the name of a Tango device"):
        Bare(name)


def test_a_connector_is_registered_by_the_annotation_of_its_first_parameter_and_handed_back() -> None:
    """The seed's decorator left None in its place."""

    class Mine(Bare):
        pass

    class Derived(Mine):
        pass

    def connect(anything: Mine, proxy: Any) -> None: ...

    assert connector_of(Mine("a/b/c")) is ConnectSimilarlyNamed
    assert tango_connector(connect, Mine) is connect
    assert connector_of(Mine("a/b/c")) is connect
    assert connector_of(Derived("a/b/c")) is connect
    assert connector_of(Bare("a/b/c")) is ConnectSimilarlyNamed


def test_a_connector_without_that_annotation_is_refused() -> None:
    def bare(comm, proxy): ...  # type: ignore[no-untyped-def]  # what is refused

    def wrong(comm: int, proxy: Any) -> None: ...

    def local(comm: Hidden, proxy: Any) -> None: ...  # type: ignore[name-defined]  # noqa: F821  # what is refused

    with pytest.raises(TypeError, match=r"@tango_connector: .*bare: expected its first parameter annotated"):
        tango_connector(bare)
    with pytest.raises(TypeError, match=r"wrong: .*got <class 'int'>"):
        tango_connector(wrong)
    with pytest.raises(TypeError, match=r"local: .*tango_connector\(function, MyComm\)"):
        tango_connector(local)


def test_connecting_by_names_that_are_no_hints_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected hints of Bare \(position, stop\), got 'velocity'"):
        ConnectWithoutReading(Bare("a/b/c"))(velocity="Velocity")


def test_a_device_is_named_as_its_tango_device_unless_it_has_a_name() -> None:
    assert default_name("a/b_c/1") == "a-b-c-1"
    assert default_name("tango://host:10000/a/b/c#dbase=no") == "a-b-c"
    assert tango_motor("a/b/c", "x").name == "x"


def test_the_signals_of_a_device_are_its_children_named_after_it() -> None:
    motor = tango_motor("a/b/c", "x")
    assert dict(motor.children()) == dict(motor.comm.signals)
    assert isinstance(motor.comm, TangoMotorComm)
    motor.set_name("y")
    assert (motor.comm.position.name, motor.comm.stop.name) == ("y-position", "y-stop")
    assert motor.comm.position.parent is motor
