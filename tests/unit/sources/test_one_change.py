"""A source that changes an attribute's type and value together: clients see one change, and each value fits."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import pytest

from macduff import Attribute, Device, Process, Severity, VDouble, VEnum, VInt, VString
from macduff.core import SourceContext
from macduff.protocol.model import SEvent
from macduff.sources.simulation import Simulated
from macduff.values import Alarm, Reading, VType
from tests.support import eventually


class Plain(Device):
    mode = Attribute(VEnum(["Slow", "Fast"]), source=Simulated(True, "Fast"))


class Play:
    """A device, the sink of its source, and all that a listener is told."""

    def __init__(self, process: Process, every: bool, suffix: str = "") -> None:
        self.device = Plain("DEV")
        process.add(self.device)
        self.mode: Attribute[Any] = self.device.mode
        self.context = SourceContext(self.mode, None, {})
        self.queue: SimpleQueue[Any] = SimpleQueue()
        process.listen(self.queue, "DEV", suffix, initial_value=True, every=every)
        assert self.queue.get(timeout=5)[0] is SEvent.Value
        self.vtype: VType[Any] = self.mode.vtype

    def changes(self, last: Any) -> list[dict[str, Any]]:
        """What came until `last` is the value; each value was of the type that the listener knew then."""
        found = []
        while True:
            item = self.queue.get(timeout=5)
            assert item[0] is SEvent.Changes
            found.append(item[2])
            self.vtype = item[2].get("mode.meta", self.vtype)
            reading = item[2].get("mode")
            if reading is not None:
                self.vtype.validate(reading.value, "seen")
                if reading.value == last:
                    return found


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("suffix", ["", "mode"])
def test_type_and_value_are_one_change(every: bool, suffix: str) -> None:
    with Process() as process:
        play = Play(process, every, suffix)
        new = VEnum(["Walk", "Run"])
        for n in range(50):
            play.context.update("Fast" if n % 2 == 0 else "Run")
            play.context.update("Walk" if n % 2 == 0 else "Slow", vtype=new if n % 2 == 0 else VEnum(["Slow", "Fast"]))
        play.context.update(1.5, vtype=VDouble(units="mm"), time=7, alarm=Alarm(Severity.MINOR))
        found = play.changes(1.5)
        assert all("mode" in item for item in found if "mode.meta" in item)
        assert found[-1]["mode"][:3] == (1.5, Alarm(Severity.MINOR), 7)
        assert found[-1]["mode.meta"] == play.mode.vtype == VDouble(units="mm")
        if every:
            assert sum("mode.meta" in item for item in found) == 51 and sum("mode" in item for item in found) == 101


def test_metadata_alone_leaves_a_value_that_fits() -> None:
    with Process() as process:
        play = Play(process, True)
        before = play.mode.reading
        play.context.meta(VEnum(["Fast", "Slow", "Idle"]))
        assert play.mode.reading == before
        eventually(lambda: not play.queue.empty(), "the change")
        assert list(play.queue.get()[2]) == ["mode.meta"]


def test_metadata_alone_drops_a_value_that_does_not_fit() -> None:
    """And a set point likewise."""
    with Process() as process:
        play = Play(process, False)
        play.context.update("Fast", setpoint="Fast")
        play.context.meta(VInt())
        assert play.mode.reading[0] == 0 and play.mode.alarm.severity is Severity.INVALID
        assert "type changed" in play.mode.alarm.message and play.mode.setpoint == 0
        found = play.changes(0)
        assert isinstance(found[-1]["mode"], Reading) and found[-1]["mode.setpoint"] == 0
        play.context.update(3)
        play.context.meta(VDouble())
        assert type(play.mode.value) is float and play.mode.value == 3.0


def test_a_value_that_is_none_of_the_new_type() -> None:
    with Process() as process:
        play = Play(process, False)
        play.context.update("nonsense", vtype=VInt())
        assert play.mode.vtype == VInt() and play.mode.value == 0
        assert "expected an integer" in play.mode.alarm.message
        play.context.update("text", vtype=VString())
        assert (play.mode.value, play.mode.alarm.severity) == ("text", Severity.NONE)
