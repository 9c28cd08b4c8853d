"""The state machine and puts, sentence by sentence (rules 16 to 18, 24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from macduff import (
    Attribute,
    BadValue,
    ConfigurableDevice,
    Device,
    DeviceFailed,
    DState,
    MacduffError,
    PausableDevice,
    Process,
    RunnableDevice,
    VDouble,
    VInt,
    VString,
    WrongState,
    publish_method,
)
from macduff.core import SourceContext
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def until(process: Process, device: Device, condition: Callable[[], object]) -> None:
    """Wait until a change of the device makes it so."""
    inbox = Inbox(process)
    listener = process.listen(inbox, device.name, initial_value=True)
    inbox.until(lambda _: bool(condition()))
    process.unlisten(listener)


class Steps(PausableDevice):
    """Two steps, each of which waits where a pause may not, or may, come in."""

    how = Attribute(VString(), "wait", parameter=True)
    at = Attribute(VInt(), 0)
    last = Attribute(VInt(), 0)

    def do_configure(self) -> None:
        self.total_steps.update(3)

    def do_run(self) -> None:
        while self.completed_steps.value < 3:
            self.at.update(self.at.value + 1)
            if self.how.value == "wait":
                self.wait(0.3)
            else:
                self.checkpoint(timeout=0.3)
            self.completed_steps.update(self.completed_steps.value + 1)
            self.checkpoint()

    def do_stop(self) -> None:
        if self.last.value:
            self.completed_steps.update(self.last.value)


@pytest.mark.parametrize(("how", "completed"), [("wait", 1), ("checkpoint", 0)])
def test_a_pause_is_taken_at_checkpoints_only(backend: str, how: str, completed: int) -> None:
    """Rule 17: never inside a wait; `checkpoint(timeout=...)` is one that may be cut. In Rewinding no pause."""

    def scenario(process: Process) -> None:
        device = Steps("S")
        process.add(device)
        view, client = process.view("S"), Client(process)
        view.configure(how=how)
        run = client.call("S", "run")
        until(process, device, lambda: device.at.value == 1)
        began = process.backend.clock.monotonic()
        view.pause()
        took = process.backend.clock.monotonic() - began
        assert (took > 0.1) == (how == "wait")
        assert (view.state, view.completed_steps) == (DState.Paused, completed)
        with pytest.raises(WrongState, match="expected Running, got Paused"):
            view.pause()
        assert not run.outcomes
        view.resume()
        assert run.kind() == "ok"
        assert device.at.value == (3 if how == "wait" else 4)

    play(backend, scenario, seeds=range(5))


def test_do_stop_may_raise_completed_steps(backend: str) -> None:
    """Rule 17: before Paused, then it is final; resume returns when Running and goes on from there."""

    def scenario(process: Process) -> None:
        device = Steps("S")
        process.add(device)
        view, client = process.view("S"), Client(process)
        view.configure(how="checkpoint")
        device.last.update(2)
        inbox = Inbox(process)
        process.listen(inbox, "S", every=True, initial_value=True)
        run = client.call("S", "run")
        until(process, device, lambda: device.at.value == 1)
        view.pause()
        assert view.completed_steps == 2
        changes = [key for item in inbox.items[1:] for key in item[2] if key in ("state", "completed_steps")]
        assert changes == ["state", "state", "completed_steps", "state"]  # Running, Rewinding, 2, Paused
        view.resume()
        assert inbox.states()[-1] in ("Running", "Ready")
        assert run.kind() == "ok"
        assert (view.completed_steps, device.at.value) == (3, 2)

    play(backend, scenario, seeds=range(5))


def test_pause_in_other_states(backend: str) -> None:
    """Rules 16, 17: wrong-state while Configuring and Rewinding, and a second pause before the first is taken."""

    class Slow(Steps):
        def do_configure(self) -> None:
            super().do_configure()
            self.wait(0.2)

        def do_stop(self) -> None:
            self.wait(0.2)

    def scenario(process: Process) -> None:
        device = Slow("S")
        process.add(device)
        client = Client(process)
        configure = client.call("S", "configure", how="wait")
        until(process, device, lambda: device.state.value is DState.Configuring)
        with pytest.raises(WrongState, match=r"S\.pause: expected Running, got Configuring"):
            client.call("S", "pause").result()
        configure.result()
        client.call("S", "run")
        until(process, device, lambda: device.at.value == 1)
        first = client.call("S", "pause")
        with pytest.raises(WrongState, match="a device that is not pausing yet"):
            client.call("S", "pause").result()
        until(process, device, lambda: device.state.value is DState.Rewinding)
        with pytest.raises(WrongState, match="got Rewinding"):
            client.call("S", "pause").result()
        assert first.kind() == "ok"
        client.call("S", "abort").result()

    play(backend, scenario, seeds=range(3))


def test_how_far_a_rewind_goes(backend: str) -> None:
    """Rules 16, 17: relative, 0 to completed_steps, from Ready back to Ready; a run then does only what is left."""

    def scenario(process: Process) -> None:
        device = Counter("COUNT")
        process.add(device)
        view = process.view("COUNT")
        view.configure(frames=5)
        view.run()
        for steps in (-1, 6):
            with pytest.raises(BadValue, match=rf"expected 0 to 5 completed steps, got {steps}"):
                view.rewind(steps)
        view.rewind(0)
        assert (view.state, view.completed_steps) == (DState.Ready, 5)
        view.rewind(2)
        assert (view.state, view.completed_steps) == (DState.Ready, 3)
        view.run()
        assert (device._done, device._called) == ([0, 1, 2, 3, 4], ["configure", "run", "rewind", "rewind", "run"])
        view.configure(frames=4)
        assert view.completed_steps == 0

    play(backend, scenario, seeds=range(3))


def finals(**returned: DState | None) -> RunnableDevice:
    """A device whose do_ functions return what they are told."""

    class Told(RunnableDevice):
        def do_configure(self) -> DState | None:
            return returned.get("configure")

        def do_run(self) -> DState | None:
            return returned.get("run")

        def do_reset(self) -> DState | None:
            return returned.get("reset")

    return Told("T")


CASES = [
    ({}, [DState.Ready, DState.Ready, DState.Idle]),
    ({"run": DState.Idle}, [DState.Ready, DState.Idle]),
    ({"configure": DState.Idle}, [DState.Fault]),
    ({"run": DState.Paused}, [DState.Ready, DState.Fault]),
    ({"reset": DState.Ready}, [DState.Ready, DState.Ready, DState.Fault]),
]


@pytest.mark.parametrize(("returned", "states"), CASES)
def test_what_a_do_may_end_in(backend: str, returned: dict[str, DState], states: list[DState]) -> None:
    """Rule 16: None means the default final; anything else is Fault, with an Error to the caller."""

    def scenario(process: Process) -> None:
        process.add(finals(**returned))
        view = process.view("T")
        for event, state in zip(("configure", "run", "reset"), states, strict=False):
            if state is DState.Fault:
                with pytest.raises(DeviceFailed, match=rf"T\.do_{event}: expected to return"):
                    getattr(view, event)()
            else:
                getattr(view, event)()
            assert view.state == state

    play(backend, scenario, seeds=range(2))


def test_a_device_that_does_not_run_is_configured_to_idle(backend: str) -> None:
    """Rule 16: configure -> Idle if not runnable, from where it may be configured again."""

    class Settings(ConfigurableDevice):
        gain = Attribute(VInt(), 1, parameter=True)

    def scenario(process: Process) -> None:
        process.add(Settings("S"))
        view = process.view("S")
        for gain in (2, 3):
            view.configure(gain=gain)
            assert (view.state, view.gain) == (DState.Idle, gain)

    play(backend, scenario, seeds=range(2))


class Breaks(PausableDevice):
    """Raises where it is told to."""

    where = Attribute(VString(), "", writable=True)
    x = Attribute(VInt(), 0, parameter=True)

    def _break(self, where: str) -> None:
        if self.where.value == where:
            raise OSError(f"the cable of {where}")

    def validate(self, x: int) -> dict[str, object]:
        self._break("validate")
        return {"x": 2 * x}

    def do_configure(self) -> None:
        self._break("do_configure")
        self.total_steps.update(1)

    def do_run(self) -> None:
        self._break("do_run")
        self.checkpoint(timeout=10)

    def do_stop(self) -> None:
        self._break("do_stop")

    def do_rewind(self, steps: int) -> None:
        self._break("do_rewind")

    def do_reset(self) -> None:
        self._break("do_reset")


@pytest.mark.parametrize("where", ["do_configure", "do_run", "do_stop", "do_rewind", "do_reset"])
def test_every_do_that_raises_means_fault(backend: str, where: str) -> None:
    """Rule 18: Fault, message in health, Error to its caller, and to the run's; reset leaves it."""

    def scenario(process: Process) -> None:
        device = Breaks("B")
        process.add(device)
        view, client = process.view("B"), Client(process)
        if where != "do_configure":
            view.configure()
        view.where = where
        event = {"do_stop": "pause"}.get(where, where[3:])
        run = None
        if event == "pause":
            run = client.call("B", "run")
            until(process, device, lambda: device.state.value is DState.Running)
        with pytest.raises(DeviceFailed, match=f"OSError: the cable of {where}"):
            getattr(view, event)(**({"steps": 0} if event == "rewind" else {}))
        assert run is None or "the cable of do_stop" in str(run.wait().error)
        assert view.state == DState.Fault
        assert f"the cable of {where}" in view.health
        assert device._machine.place is None
        view.where = ""
        view.reset()
        assert (view.state, view.health) == (DState.Idle, "OK")

    play(backend, scenario, seeds=range(3))


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
        until(process, device, lambda: device.state.value is DState.Running)
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
        until(process, device, lambda: device.completed_steps.value > 0)
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
        until(process, device, lambda: device.b.value == 2.0 and device.a.value == 1.0)
        assert list(view.both_confirmed()) == [3.0, 4.0]
        began = clock.monotonic()
        view.put(a=5.0, b=6.0, readback=True)
        assert 0.39 < clock.monotonic() - began < 0.7
        assert (device.a.value, device.b.value) == (5.0, 6.0)

    play(backend, scenario, seeds=range(3))


def test_handle_event_consumes_anything_but_abort(backend: str) -> None:
    """Design 5, rule 18: consumed, nothing changes and the place is free; one that raises is an Error."""

    class Asked(Counter):
        mood = Attribute(VString(), "", writable=True)

        def handle_event(self, event: str) -> bool:
            if self.mood.value == "angry":
                raise ValueError(f"no {event}")
            return self.mood.value == "deaf"

    def scenario(process: Process) -> None:
        device = Asked("COUNT")
        process.add(device)
        view = process.view("COUNT")
        view.configure(frames=3)
        for event, arguments in (("configure", {}), ("run", {}), ("rewind", {"steps": 0}), ("reset", {})):
            view.mood = "deaf"
            getattr(view, event)(**arguments)
            view.mood = "angry"
            with pytest.raises(DeviceFailed, match=f"ValueError: no {event}"):
                getattr(view, event)(**arguments)
            assert (view.state, device._machine.place) == (DState.Ready, None)
        view.abort()
        assert view.state == DState.Aborted

    play(backend, scenario, seeds=range(3))
