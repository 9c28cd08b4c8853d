"""Methods that are commands of a Tango device, declared in a class."""

from __future__ import annotations

import time

import pytest

from macduff import (
    Aborted,
    BadValue,
    Busy,
    Device,
    DeviceFailed,
    Disconnected,
    Process,
    Severity,
    TangoAttribute,
    TangoCommand,
    TimedOut,
    publish_method,
)
from macduff.values import VArray, VDouble, VEnum, VString
from tests.support import eventually
from tests.support.play import Client
from tests.system.tango_source.server import TangoProgram

# libtango keeps its connections to servers, and what its events come by, until the program ends
pytestmark = pytest.mark.allow_files("socket:*", "anon_inode:*")


class Mover(Device):
    """A device of ours on one of Tango's."""

    x = TangoAttribute(VDouble(), "{device}/x", period=0.1)
    move = TangoCommand("{device}/MoveTo", "Go there", takes=VDouble(units="mm", control=(0, 1000)))
    lengths = TangoCommand("{device}/Lengths")
    doubled = TangoCommand("{device}/MoveTo", takes=VDouble(), returns=VDouble(), simulate=lambda argin: argin * 2.0)
    mixed = TangoCommand("{device}/Mixed")
    door = TangoCommand("{device}/Door")
    sleep = TangoCommand("{device}/Sleep", busy="refuse")
    nap = TangoCommand("{device}/Sleep", timeout=0.2, busy="allow")
    halt = TangoCommand("{device}/Stop", busy="allow")

    def __init__(self, name: str, device: str) -> None:
        super().__init__(name)

    @publish_method
    def twice(self, target: float) -> float:
        """There, and there again."""
        self.move(target)
        return float(self.move(target))

    def do_stop(self) -> None:
        self.halt()


@pytest.fixture
def mover(process: Process, server: TangoProgram) -> Mover:
    mover = Mover("MOVER", server.device)
    process.add(mover)
    taking = ("lengths", "mixed", "sleep", "nap")
    eventually(
        lambda: all(mover.methods[name].takes for name in taking) and mover.methods["door"].returns,
        "the commands known",
        10.0,
    )
    return mover


def test_types_are_the_commands_and_what_was_declared(mover: Mover) -> None:
    methods = mover.methods
    assert dict(methods["move"].takes) == {"argin": VDouble(units="mm", control=(0, 1000))}
    assert dict(methods["move"].returns) == {"return": VDouble()} and methods["move"].description == "Go there"
    assert dict(methods["lengths"].takes) == {"argin": VArray(VString())}
    assert isinstance(methods["door"].returns["return"], VEnum)
    assert list(methods["mixed"].returns) == ["numbers", "texts"]


def test_calls_and_errors(mover: Mover, process: Process, server: TangoProgram) -> None:
    view = process.view("MOVER")
    assert view.move(3.0) == 6.0 and view.move(argin=4) == 8.0
    assert view.lengths(["a", "bcd"]).tolist() == [1.0, 3.0] and view.door() == "CLOSE"
    assert view.twice(2.0) == 4.0, "from the device's own code"
    with pytest.raises(BadValue, match="expected a value from 0 to 1000 mm"):
        view.move(-1.0)
    with pytest.raises(BadValue, match="expected a value from 0 to 1000 mm"):
        view.twice(-1.0)
    with pytest.raises(DeviceFailed, match=r"MOVER.move: ValueError: too far"):
        view.move(200.0)
    assert server.tell(commands=True)[:2] == ["MoveTo(3.0)", "MoveTo(4.0)"]


def test_places_time_limits_and_aborts_are_as_for_any_method(
    mover: Mover, process: Process, server: TangoProgram
) -> None:
    """Rules 12 and 20."""
    client = Client(process)
    sleeping = client.call("MOVER", "sleep", argin=1.0)
    eventually(lambda: server.tell(commands=True) == ["Sleep"], "the command under way")
    with pytest.raises(Busy):
        process.view("MOVER").move(1.0)
    process.view("MOVER").abort()
    assert sleeping.kind() == Aborted.kind
    assert server.tell(commands=True) == ["Sleep", "Stop"]
    with pytest.raises(TimedOut, match=r"MOVER.nap: Timeout \(200 mS\) exceeded"):
        process.view("MOVER").nap(0.5)


def test_a_server_that_is_away(mover: Mover, process: Process, server: TangoProgram) -> None:
    server.kill()
    eventually(lambda: mover.x.alarm.severity is Severity.INVALID, "INVALID", 5.0)
    began = time.monotonic()
    with pytest.raises(Disconnected, match=r"MOVER.move: "):
        process.view("MOVER").move(1.0)
    assert time.monotonic() - began < 1.0
    server.start("other")
    eventually(lambda: "move: " in mover.health.value and "not found" in mover.health.value, "no such command", 8.0)
    server.kill()
    server.start()
    eventually(lambda: mover.health.value == "OK", "well again", 8.0)
    assert process.view("MOVER").move(1.0) == 2.0


def test_simulated_it_calls_what_was_given(process: Process) -> None:
    mover = Mover("MOVER", "no/such/device")
    process.add(mover, simulate=True)
    view = process.view("MOVER")
    assert view.halt() is None
    assert view.doubled(1.5) == 3.0 and view.move(1.0) is None


def test_an_option_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="expected busy to be one of"):
        TangoCommand("a/b/c/Start", busy="later")
