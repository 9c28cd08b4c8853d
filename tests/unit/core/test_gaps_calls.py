"""Who may call whom, sentence by sentence (rules 11, 12, 18)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff import (
    Attribute,
    Busy,
    Child,
    Device,
    DState,
    MacduffError,
    Process,
    StateChanged,
    VInt,
    publish_method,
)
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.devices import Counter, Stage
from tests.unit.core.test_gaps_support import until

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


class Ping(Device):
    """Calls another, which calls back."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._other: Any = None

    @publish_method
    def there_and_back(self) -> int:
        return int(self._other.call_back()) + 1

    @publish_method
    def call_back(self) -> int:
        return int(self._other.own())

    @publish_method
    def own(self) -> int:
        self.wait(0.01)
        return 41

    @publish_method
    def mutual(self) -> str:
        self.wait(0.02)
        try:
            self._other.own()
        except Busy:
            return "Busy"
        return "ok"


def test_a_call_enters_what_its_ancestor_holds(backend: str) -> None:
    """Rule 11: A calls B calls A; of mutual callers all may be refused, and none waits for ever."""

    def scenario(process: Process) -> None:
        a, b = Ping("A"), Ping("B")
        a._other, b._other = b, a
        process.add(a)
        process.add(b)
        client = Client(process)
        assert client.call("A", "there_and_back").result() == 42
        calls = [client.call("A", "mutual"), client.call("B", "mutual")]
        assert {call.result() for call in calls} <= {"Busy", "ok"}
        assert (a.state.value, b.state.value) == (DState.Idle, DState.Idle)

    play(backend, scenario, seeds=range(20))


def test_busy_says_which_by_whom_and_since_when(backend: str) -> None:
    """Rule 12; and behind another device's Busy a call is refused, never queued."""

    class Asks(Device):
        stage = Child(Stage)

        @publish_method
        def ask(self) -> None:
            self.stage.home()

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        process.add(Asks("ASKS", stage=stage))
        process.view("STAGE").move(5)
        flag = process.backend.flag()
        process.request_call("STAGE", "home", {}, lambda _: flag.set(), origin="a client at ::1")
        process.backend.sleep(0.05)
        for device, method in (("STAGE", "home"), ("ASKS", "ask")):
            with pytest.raises(
                Busy, match=r"busy with STAGE\.home for a client at ::1 for 0\.\d+ s; allowed"
            ) as caught:
                Client(process).call(device, method).result()
            assert caught.value.device == "STAGE"
        assert flag.wait(20)

    play(backend, scenario, seeds=range(3))


class Stubborn(Device):
    """A move that does not hear that it was superseded, for `nap` seconds."""

    abort_grace = 0.3
    nap = 1.0
    moves = Attribute(VInt(), 0)

    @publish_method(busy="replace")
    def move(self, target: int) -> int:
        self.moves.update(self.moves.value + 1)
        if target:
            return target
        try:
            self.wait(100)
        except StateChanged:
            self._backend_needed().sleep(self.nap)
        return 0


def test_a_first_that_disobeys_gives_busy(backend: str) -> None:
    """Rule 12: after abort_grace the successor is refused; the first, superseded, keeps the place to its end."""

    def scenario(process: Process) -> None:
        device = Stubborn("S")
        process.add(device)
        client = Client(process)
        first = client.call("S", "move", target=0)
        until(process, lambda: device.moves.value == 1)
        began = process.backend.clock.monotonic()
        second = client.call("S", "move", target=1)
        third = client.call("S", "move", target=2)
        assert second.kind() == "Superseded"
        with pytest.raises(Busy, match=r"busy with S\.move"):
            third.result()
        assert 0.29 < process.backend.clock.monotonic() - began < 0.9
        assert first.kind() == "Superseded"
        assert client.call("S", "move", target=3).result() == 3
        assert device.moves.value == 2

    play(backend, scenario, seeds=range(5))


def test_configure_run_and_methods_exclude_each_other(backend: str) -> None:
    """Rule 12: `run` keeps the place while Paused; an ordinary method keeps configure, run and reset away."""

    class Both(Counter):
        @publish_method
        def ordinary(self) -> None:
            self.wait(100)

    def scenario(process: Process) -> None:
        device = Both("C")
        process.add(device)
        client, view = Client(process), process.view("C")
        view.configure(frames=50)
        held = client.call("C", "ordinary")
        until(process, lambda: device._machine.place is not None)
        for event in ("configure", "run", "reset"):
            with pytest.raises(Busy, match=rf"C\.{event}: .* busy with C\.ordinary"):
                client.call("C", event).result()
        view.abort()
        assert held.kind() == "Aborted"
        view.reset()
        view.configure(frames=50)
        run = client.call("C", "run")
        until(process, lambda: device.completed_steps.value > 1)
        view.pause()
        with pytest.raises(Busy, match=r"C\.ordinary: .* busy with C\.run"):
            client.call("C", "ordinary").result()
        view.rewind(1)
        view.resume()
        assert run.kind() == "ok"

    play(backend, scenario, seeds=range(5))


def test_a_refused_child_is_an_ordinary_exception(backend: str) -> None:
    """Rules 12, 18, 19: Busy, Aborted and WrongState of a child are caught by `except Exception`."""

    class Tries(Device):
        stage, counter = Child(Stage), Child(Counter)
        kinds = Attribute(VInt(), 0)

        @publish_method
        def go(self) -> list[str]:
            got = []
            for attempt in (self.stage.home, self.counter.run, lambda: self.stage.move(1e6)):
                try:
                    self.kinds.update(self.kinds.value + 1)
                    attempt()
                except Exception as error:
                    assert isinstance(error, MacduffError)
                    got.append(error.kind)
                    if error.kind == "Busy":
                        self.stage.state.wait_for(DState.Idle, timeout=10)
            return got

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        process.add(stage)
        process.add(counter)
        process.view("STAGE").move(1)
        home = Client(process).call("STAGE", "home")
        device = Tries("T", stage=stage, counter=counter)
        process.add(device)
        call = Client(process).call("T", "go")
        assert home.kind() == "ok"
        until(process, lambda: device.kinds.value == 3 and stage.position.value > 1)
        process.view("STAGE").abort()
        assert list(call.result()) == ["Busy", "WrongState", "Aborted"]
        assert not issubclass(StateChanged, Exception)
        assert set(StateChanged.__mro__) & set(Busy.__mro__) == {BaseException, object}

    play(backend, scenario, seeds=range(5))
