"""What do_ functions end in, and who is asked first, sentence by sentence (rules 16, 18)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    ConfigurableDevice,
    DeviceFailed,
    DState,
    Process,
    RunnableDevice,
    VInt,
    VString,
)
from tests.support.play import BACKENDS, play
from tests.unit.core.devices import Counter

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


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
