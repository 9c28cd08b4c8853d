"""Puts, sentence by sentence (rule 24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macduff import (
    Attribute,
    BadValue,
    Device,
    DeviceFailed,
    DState,
    MacduffError,
    Process,
    VDouble,
    VInt,
    WrongState,
    publish_method,
)
from macduff.core import SourceContext
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter
from tests.unit.core.test_gaps_state import Breaks
from tests.unit.core.test_gaps_support import changed

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def test_a_put_in_idle_is_validated_and_stored_as_it_would_be_used(backend: str) -> None:
    """Rules 18, 24: validate raising changes nothing, in Idle and in Ready; one that adjusts is heard."""

    def scenario(process: Process) -> None:
        device = Breaks("B")
        process.add(device)
        view = process.view("B")
        view.x = 3
        assert (view.x, device.x.setpoint, view.state) == (6, 6, DState.Idle)
        for state in (DState.Idle, DState.Ready):
            view.where = "validate"
            before = device.snapshot("x", "state", "completed_steps", "health")
            with pytest.raises(DeviceFailed, match="the cable of validate"):
                view.x = 5
            assert device.snapshot("x", "state", "completed_steps", "health") == before
            assert view.state == state
            view.where = ""
            view.configure()

    play(backend, scenario, seeds=range(3))


def test_parameters_are_put_in_idle_and_ready_only(backend: str) -> None:
    """Rule 24: otherwise refused, while setters and plain attributes are put in any state but for only_in."""

    class All(Breaks):
        gain = Attribute(VInt(), 0)
        never = Attribute(VInt(), 0, writable=True, only_in=[DState.Configuring])

        @gain.on_put
        def _set_gain(self, value: int) -> None:
            self.gain.update(value)

    def scenario(process: Process) -> None:
        device = All("A")
        process.add(device)
        view, client = process.view("A"), Client(process)
        puts = 0

        def attempt(state: DState) -> None:
            nonlocal puts
            puts += 1
            assert view.state == state
            view.gain = puts
            assert view.gain == puts
            with pytest.raises(WrongState, match=rf"A\.never: expected Configuring, got {state.name}"):
                view.never = 1
            if state in (DState.Idle, DState.Ready):
                view.x = puts
                return
            x = device.x.reading
            with pytest.raises(WrongState, match=rf"A\.x: expected Idle or Ready, got {state.name}"):
                view.x = puts
            assert device.x.reading == x

        attempt(DState.Idle)
        view.configure()
        attempt(DState.Ready)
        client.call("A", "run")
        changed(process, device, lambda: device.state.value is DState.Running)
        attempt(DState.Running)
        view.pause()
        attempt(DState.Paused)
        view.abort()
        attempt(DState.Aborted)
        view.where = "do_reset"
        with pytest.raises(DeviceFailed):
            view.reset()
        attempt(DState.Fault)

    play(backend, scenario, seeds=range(3))


def test_a_put_of_parameters_with_others_is_refused_whole(backend: str) -> None:
    """Rule 24: one configure, or none."""

    def scenario(process: Process) -> None:
        device = Breaks("B")
        process.add(device)
        with pytest.raises(BadValue, match="expected parameters only in one put"):
            process.view("B").put(x=1, where="do_run")
        assert (device.x.value, device.where.value) == (0, "")

    play(backend, scenario, seeds=range(1))


def test_writeable_is_told_live(backend: str) -> None:
    """Rule 24: of attributes and methods, before the reply of what changed it."""

    def scenario(process: Process) -> None:
        device = Counter("COUNT")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "COUNT", initial_value=True)
        inbox.until(lambda items: len(items) == 1)

        def told() -> dict[str, bool]:
            found: dict[str, bool] = {}
            for item in inbox.items[1:]:
                found.update({key: value for key, value in item[2].items() if key.endswith(".writeable")})
            return found

        view, client = process.view("COUNT"), Client(process)
        view.configure(frames=100)
        assert (told()["run.writeable"], told()["rewind.writeable"]) == (True, True)
        run = client.call("COUNT", "run")
        changed(process, device, lambda: device.completed_steps.value > 0)
        assert {key: told()[key] for key in ("frames.writeable", "run.writeable", "pause.writeable")} == {
            "frames.writeable": False, "run.writeable": False, "pause.writeable": True,
        }  # fmt: skip
        assert not device.frames.writeable
        view.abort()
        assert run.kind() == "Aborted"
        assert (told()["pause.writeable"], told()["reset.writeable"]) == (False, True)
        view.reset()
        assert told()["frames.writeable"]
        for name, field in device.fields.items():
            assert told().get(f"{name}.writeable", field.writeable) == field.writeable, name

    play(backend, scenario, seeds=range(5))


class Late:
    """A source that is done at once; the readback comes `delay` later."""

    writable = True

    def __init__(self, delay: float) -> None:
        self.delay = delay

    def simulated(self) -> Late:
        return self

    def bind(self, context: SourceContext) -> LateBinding:
        return LateBinding(context, self.delay)


class LateBinding:
    def __init__(self, context: SourceContext, delay: float) -> None:
        self.context = context
        self.delay = delay

    def start(self) -> None: ...
    def close(self) -> None: ...

    def put(self, value: Any, done: Callable[[MacduffError | None], None]) -> None:
        backend = self.context.target._device._backend_needed()

        def answer() -> None:
            backend.sleep(self.delay)
            done(None)
            backend.sleep(self.delay)
            self.context.update(value, setpoint=value)

        backend.spawn(answer, "hardware")


class Hardware(Device):
    """Two settings that take their time."""

    a = Attribute(VDouble(), source=Late(0.2))
    b = Attribute(VDouble(), source=Late(0.2))

    @publish_method
    def both(self) -> None:
        self.put(a=1.0, b=2.0)

    @publish_method
    def both_confirmed(self) -> list[float]:
        self.put(a=3.0, b=4.0, readback=True)
        return [self.a.value, self.b.value]


def test_puts_from_inside_go_in_parallel_and_readbacks_confirm(backend: str) -> None:
    """Rule 24: `put(a=..., b=...)` inside is in parallel; with readback it completes when the readbacks are there."""

    def scenario(process: Process) -> None:
        device = Hardware("H")
        process.add(device)
        view, clock = process.view("H"), process.backend.clock
        began = clock.monotonic()
        view.both()
        assert 0.19 < clock.monotonic() - began < 0.39
        assert (device.a.setpoint, device.b.setpoint) == (1.0, 2.0)
        changed(process, device, lambda: device.b.value == 2.0 and device.a.value == 1.0)
        assert list(view.both_confirmed()) == [3.0, 4.0]
        began = clock.monotonic()
        view.put(a=5.0, b=6.0, readback=True)
        assert 0.39 < clock.monotonic() - began < 0.7
        assert (device.a.value, device.b.value) == (5.0, 6.0)

    play(backend, scenario, seeds=range(3))
