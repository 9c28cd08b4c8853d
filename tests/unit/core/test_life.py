"""Devices that come and go, idle tasks, leases, connecting (rules 23, 25, 27, 28, 37)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    BadValue,
    Busy,
    Child,
    Device,
    DState,
    Held,
    MacduffError,
    NotFound,
    Process,
    VDouble,
    VInt,
    WrongState,
    creatable,
    publish_method,
)
from tests.support.play import BACKENDS, Client, Inbox, play
from tests.unit.core.devices import Counter, Scan, Stage, Ticker

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def scan(process: Process) -> tuple[Stage, Counter, Scan]:
    stage, counter = Stage("STAGE"), Counter("COUNT")
    process.add(stage)
    process.add(counter)
    device = Scan("SCAN", stage=stage, counter=counter)
    process.add(device)
    return stage, counter, device


def test_the_children_of_a_configured_device_are_leased(backend: str) -> None:
    """Rule 23: others' calls and puts are refused "held by SCAN"; abort never is; given back at rest."""

    def scenario(process: Process) -> None:
        stage, counter, _ = scan(process)
        view = process.view("SCAN")
        view.configure()
        for attempt in (
            lambda: process.view("STAGE").move(1),
            lambda: process.view("STAGE").put(velocity=2),
            lambda: process.view("COUNT").configure(),
        ):
            with pytest.raises(Held, match="held by SCAN"):
                attempt()
        assert [stage.velocity.writeable] == [False]
        view.run()
        assert view.state == DState.Ready
        assert counter.completed_steps.value == 2
        process.view("STAGE").abort()
        view.abort()
        assert stage.velocity.writeable
        process.view("STAGE").move(1)

    play(backend, scenario)


def test_a_busy_child_refuses_the_configure(backend: str) -> None:
    """Rule 23: over the whole tree or not at all."""

    def scenario(process: Process) -> None:
        _, counter, device = scan(process)
        client = Client(process)
        move = client.call("STAGE", "move", target=3)
        with pytest.raises(Busy, match=r"expected STAGE free, got it busy with STAGE\.move"):
            process.view("SCAN").configure()
        assert device.state.value is DState.Idle
        assert counter._machine.holder is None
        assert move.kind() == "ok"

    play(backend, scenario)


def test_a_refusing_validate_gives_the_lease_back(backend: str) -> None:
    """Rule 23."""

    class Picky(Scan):
        def validate(self, points: int) -> dict[str, object]:
            raise ValueError("no")

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        process.add(stage)
        process.add(counter)
        process.add(Picky("SCAN", stage=stage, counter=counter))
        with pytest.raises(MacduffError):
            process.view("SCAN").configure()
        process.view("STAGE").move(0.5)

    play(backend, scenario)


def test_pausing_a_parent_and_going_on(backend: str) -> None:
    """Rules 17, 20."""

    def scenario(process: Process) -> None:
        _, counter, device = scan(process)
        view, client = process.view("SCAN"), Client(process)
        view.configure(points=6)
        run = client.call("SCAN", "run")
        inbox = Inbox(process)
        process.listen(inbox, "SCAN")
        inbox.until(lambda _: device.completed_steps.value >= 2)
        view.pause()
        assert (view.state, counter.state.value) == (DState.Paused, DState.Ready)
        view.resume()
        assert run.kind() == "ok"
        assert device.completed_steps.value == 6

    play(backend, scenario)


class Background(Scan):
    """Starts the counter's run and goes on counting itself."""

    def do_configure(self) -> DState:
        self.counter.configure(frames=30)
        self.total_steps.update(30)
        return DState.Ready

    def do_run(self) -> DState:
        with self.watch(self.counter.completed_steps) as steps:
            running = self.start(self.counter.run)
            while self.completed_steps.value < self.total_steps.value:
                self.checkpoint()
                self.completed_steps.update(max(self.completed_steps.value, steps.next(timeout=10)))
            running.result()
        return DState.Ready


def test_started_runs_of_children_are_paused_and_taken_up_again(backend: str) -> None:
    """Rule 20: paused with the parent, resumed by child.run() again."""

    def scenario(process: Process) -> None:
        stage, counter = Stage("STAGE"), Counter("COUNT")
        process.add(stage)
        process.add(counter)
        device = Background("SCAN", stage=stage, counter=counter)
        process.add(device)
        view, client = process.view("SCAN"), Client(process)
        view.configure()
        run = client.call("SCAN", "run")
        inbox = Inbox(process)
        process.listen(inbox, "SCAN")
        inbox.until(lambda _: device.completed_steps.value >= 3)
        view.pause()
        assert (view.state, counter.state.value) == (DState.Paused, DState.Paused)
        view.resume()
        assert run.kind() == "ok"
        assert counter._done == list(range(30))
        assert counter.state.value is DState.Ready

    play(backend, scenario)


def test_removal(backend: str) -> None:
    """Rule 25: refused while busy unless forced; open calls get Removed, subscriptions one end; the name is free."""

    def scenario(process: Process) -> None:
        process.add(Stage("STAGE"))
        inbox = Inbox(process)
        process.listen(inbox, "STAGE")
        move = Client(process).call("STAGE", "move", target=9)
        with pytest.raises(Busy, match="force=True"):
            process.remove("STAGE")
        process.remove("STAGE", force=True)
        assert move.kind() == "Removed"
        assert [item[0].name for item in inbox.items].count("Removed") == 1
        with pytest.raises(NotFound):
            process.view("STAGE")
        process.add(Stage("STAGE"))
        assert process.view("STAGE").move(1) == 1

    play(backend, scenario)


def test_the_process_is_a_device_that_lists_devices(backend: str) -> None:
    """Design 3, rule 37: create_CLASS for each creatable class, and remove."""

    def scenario(process: Process) -> None:
        process.block.offer(Stage)
        view = process.view(".")
        assert view.create_Stage(name="S1") == "S1"
        assert list(view.blocks["mri"]) == ["S1"]
        with pytest.raises(MacduffError, match="taken by S1"):
            view.create_Stage(name="s1")
        with pytest.raises(BadValue):
            view.create_Stage(nam="S2")
        view.remove(name="S1")
        assert list(view.blocks["mri"]) == []
        with pytest.raises(TypeError, match="@creatable"):
            process.block.offer(Counter)

    play(backend, scenario)


def test_idle_tasks_run_back_off_and_recover(backend: str) -> None:
    """Rule 27."""

    def scenario(process: Process) -> None:
        device = Ticker("T")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "T")
        inbox.until(lambda _: device.ticks.value >= 2)
        process.view("T").broken = "a broken cable"
        inbox.until(lambda _: "a broken cable" in device.health.value)
        process.view("T").broken = ""
        inbox.until(lambda _: device.health.value == "OK")

    play(backend, scenario, seeds=range(5))


def test_connecting_is_retried_and_until_then_methods_are_refused(backend: str) -> None:
    """Design 5: do_connect is retried in a worker until it succeeds."""

    class Shy(Device):
        tries = Attribute(VInt(), 0)

        def do_connect(self) -> None:
            self.tries.update(self.tries.value + 1)
            if self.tries.value < 3:
                raise OSError("nobody at home")

        @publish_method
        def go(self) -> None:
            """Go."""

    def scenario(process: Process) -> None:
        device = Shy("SHY")
        process.add(device)
        inbox = Inbox(process)
        process.listen(inbox, "SHY")
        inbox.until(lambda _: "nobody at home" in device.health.value)
        with pytest.raises(WrongState, match="nobody at home"):
            process.view("SHY").go()
        inbox.until(lambda _: device.health.value == "OK")
        process.view("SHY").go()

    play(backend, scenario, seeds=range(5))


def test_closing(backend: str) -> None:
    """Rule 28: a Process that stops aborts what runs and closes every device."""
    closed = []

    class Closes(Stage):
        def do_close(self) -> None:
            closed.append(self.name)

    kinds = []

    def scenario(process: Process) -> None:
        process.add(Closes("A"))
        move = Client(process).call("A", "move", target=9)
        process.stop()
        kinds.append(move.kind())

    play(backend, scenario, seeds=range(3))
    assert set(closed) == {"A"}
    assert set(kinds) == {"Aborted"}


class Output(Device):
    """A part."""

    level = Attribute(VDouble(), 0.0, writable=True)


@creatable
class Box(Device):
    """Has parts of its own."""

    def __init__(self, name: str, outputs: int = 2) -> None:
        super().__init__(name)
        self._outputs = [self.add_child(Output(f"OUT{n}")) for n in range(1, outputs + 1)]

    @publish_method
    def all_to(self, level: float) -> None:
        """Put them all."""
        for output in self._outputs:
            output.level.put(level)


def test_parts_come_and_go_with_their_device(backend: str) -> None:
    """Design 5: add_child."""

    def scenario(process: Process) -> None:
        process.add(Box("BOX", outputs=3))
        assert set(process.devices) == {".", "BOX", "BOX:OUT1", "BOX:OUT2", "BOX:OUT3"}
        process.view("BOX").all_to(2.5)
        assert process.view("BOX:OUT3").level == 2.5
        assert process.devices["BOX"].to_dict()["children"]["OUT2"]["attributes"]["level"]["value"] == 2.5
        process.remove("BOX")
        assert set(process.devices) == {"."}

    play(backend, scenario)


def test_a_missing_child_is_named(backend: str) -> None:
    class Wants(Device):
        stage = Child(Stage)

    def scenario(process: Process) -> None:
        with pytest.raises(ValueError, match=r"W: expected a device for each child, got none for stage"):
            process.add(Wants("W"))
        with pytest.raises(TypeError, match=r"W\.stage: expected a Stage"):
            Wants("W", stage=Output("O"))

    play(backend, scenario, seeds=range(1))


PV_NAMES = ["A:POSITION", "A:position_rbv", "A:pvi", "A:Abort", "macduff", "MACDUFF"]


@pytest.mark.parametrize("name", PV_NAMES)
def test_rule_34_a_device_that_would_be_called_as_a_pv_of_another_is_refused(backend: str, name: str) -> None:
    def scenario(process: Process) -> None:
        process.add(Stage("A"))
        with pytest.raises(ValueError, match="expected"):
            process.add(Stage(name))
        process.add(Stage("A:other"))
        process.remove("A:other")
        process.remove("A")
        if name.startswith("A"):
            process.add(Stage(name))
            with pytest.raises(ValueError, match="one PV for two"):
                process.add(Stage("A"))

    play(backend, scenario, seeds=range(2))
