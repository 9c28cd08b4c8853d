"""Names, children, removal and the end, in every state (rules 25, 28, 34)."""

from __future__ import annotations

import pytest

from macduff import (
    Attribute,
    Busy,
    Child,
    ConfigurableDevice,
    Device,
    DState,
    MacduffError,
    PausableDevice,
    Process,
    VDouble,
    VInt,
    publish_method,
)
from macduff.core.names import RESERVED
from tests.support.play import BACKENDS, Client, Inbox, Pending, play
from tests.unit.core.devices import Counter, Scan, Stage

backends = pytest.mark.parametrize("backend", BACKENDS)
STATES = ["Idle", "Ready", "Configuring", "Running", "Rewinding", "Paused", "Aborted", "Fault", "connecting", "zombie"]


class Any_(Counter):
    """Can be brought into every state."""

    abort_grace = 0.3
    connected = Attribute(VInt(), 1)

    def __init__(self, name: str, connects: bool = True) -> None:
        super().__init__(name)
        self._connects = connects
        self._closed = 0
        self._over = False

    def do_connect(self) -> None:
        if not self._connects:
            raise OSError("nobody at home")

    def do_close(self) -> None:
        self._closed += 1

    def do_configure(self) -> None:
        super().do_configure()
        self.wait(0.2 if self.frames.value == 99 else 0)

    def do_stop(self) -> None:
        self.wait(0.2 if self.frames.value == 98 else 0)

    @publish_method
    def broken(self) -> None:
        """Nothing."""

    @publish_method
    def cling(self) -> None:
        """Do not end."""
        while not self._over:
            try:
                self.wait(0.01)
            except BaseException as error:
                if type(error).__name__ == "GreenletExit":
                    raise
                self._backend_needed().sleep(0.02)


def bring(process: Process, state: str) -> tuple[Any_, list[Pending]]:
    """A device in that state, and the calls that are open then."""
    device = Any_("D", connects=state != "connecting")
    process.add(device)
    client, view = Client(process), process.view("D")
    inbox = Inbox(process)
    process.listen(inbox, "D", initial_value=True)
    if state == "connecting":
        inbox.until(lambda _: "nobody at home" in device.health.value)
        return device, []
    inbox.until(lambda _: not device._machine.connecting)
    calls: list[Pending] = []
    if state == "Configuring":
        calls = [client.call("D", "configure", frames=99)]
    elif state == "zombie":
        calls = [client.call("D", "cling")]
        inbox.until(lambda _: device._machine.place is not None)
    elif state != "Idle":
        view.configure(frames=98 if state == "Rewinding" else 200)
    if state in ("Running", "Paused", "Rewinding"):
        calls = [client.call("D", "run")]
        inbox.until(lambda _: device.completed_steps.value > 0)
    if state == "Paused":
        view.pause()
    if state == "Rewinding":
        calls.append(client.call("D", "pause"))
    if state == "Aborted":
        view.abort()
    if state == "Fault":
        device._machine.process._post(device._machine.fault, "for the test")
    wanted = "Idle" if state == "zombie" else state
    inbox.until(lambda _: device.state.value.value == wanted)
    return device, calls


@backends
@pytest.mark.parametrize("state", STATES)
def test_removal_in_every_state(backend: str, state: str) -> None:
    """Rule 25: at rest it is removed, busy only by force; open calls get Removed; it is closed once."""

    def scenario(process: Process) -> None:
        device, calls = bring(process, state)
        inbox = Inbox(process)
        process.listen(inbox, "D")
        if calls:
            with pytest.raises(Busy, match="force=True aborts them first") as caught:
                process.remove("D")
            assert (caught.value.device, caught.value.state) == ("D", device.state.value.value)
        process.remove("D", force=bool(calls))
        assert {pending.kind() for pending in calls} <= {"Removed"}
        assert [item[0].name for item in inbox.items].count("Removed") == 1
        assert device._closed == 1
        assert "D" not in process.devices
        assert Client(process).call("D", "abort").kind() == "NotFound"
        device._over = True
        process.add(Stage("D"))
        assert process.view("D").move(0.1) == 0.1

    play(backend, scenario, seeds=range(3))


@backends
@pytest.mark.parametrize("state", STATES)
def test_stop_in_every_state(backend: str, state: str) -> None:
    """Rule 28: what runs is aborted, do_close is called once, and what comes later gets its answer."""
    closed = []

    def scenario(process: Process) -> None:
        device, calls = bring(process, state)
        late = Client(process)
        device._over = state != "zombie"
        process.backend.spawn(lambda: setattr(device, "_over", True), "later") if state == "zombie" else None
        process.stop()
        assert {pending.kind() for pending in calls} <= {"Aborted", "ok"}
        closed.append(device._closed)
        assert late.call("D", "run").kind() in ("Removed", "Refused")
        inbox = Inbox(process)
        process.listen(inbox, "D", initial_value=True)
        assert [item[0].name for item in inbox.items] == ["Removed"]
        with pytest.raises(MacduffError, match="stopping"):
            process.add(Stage("LATE"))

    play(backend, scenario, seeds=range(3))
    assert set(closed) == {1}


@backends
def test_two_removals_at_once(backend: str) -> None:
    """Rule 25: both end, the device is closed once, and nothing new begins meanwhile."""

    def scenario(process: Process) -> None:
        device, (run,) = bring(process, "Running")
        tasks = [process.backend.spawn(lambda: process.remove("D", force=True), f"remover {n}") for n in range(2)]
        for task in tasks:
            assert task.join(10)
        assert run.kind() == "Removed"
        assert device._closed == 1

    def guarded(process: Process) -> None:
        remove = process.remove

        def tolerant(name: str, force: bool = False) -> None:
            try:
                remove(name, force)
            except MacduffError as error:
                assert error.kind == "NotFound"  # the other was quicker

        process.remove = tolerant  # type: ignore[method-assign]  # the others may be quicker
        scenario(process)

    play(backend, guarded)


@backends
def test_of_two_devices_of_one_name_one_wins(backend: str) -> None:
    """Rule 34: also when they come at the same time."""

    def scenario(process: Process) -> None:
        got: list[str] = []

        def add(name: str) -> None:
            try:
                process.add(Stage(name))
                got.append("ok")
            except ValueError as error:
                assert "expected a name that is free" in str(error)
                got.append("taken")

        tasks = [process.backend.spawn(lambda name=name: add(name), name) for name in ("S", "s", "S")]  # type: ignore[misc]  # mypy knows no type of a default
        for task in tasks:
            assert task.join(10)
        assert sorted(got) == ["ok", "taken", "taken"]

    play(backend, scenario)


@backends
def test_a_device_that_goes_takes_nothing_new(backend: str) -> None:
    """Rule 25: parts too, while another part is still being aborted."""

    class Box(Device):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            self.add_child(Any_("A"))
            self.add_child(Stage("B"))

    def scenario(process: Process) -> None:
        process.add(Box("BOX"))
        client = Client(process)
        inbox = Inbox(process)
        process.listen(inbox, "BOX:A", initial_value=True)
        device = process.devices["BOX:A"]
        inbox.until(lambda _: not device._machine.connecting)
        cling = client.call("BOX:A", "cling")
        inbox.until(lambda _: device._machine.place is not None)
        task = process.backend.spawn(lambda: process.remove("BOX", force=True), "remover")
        inbox.until(lambda _: bool(device._machine.leaving))
        late = client.call("BOX:B", "move", target=1.0)
        assert late.kind() in ("Removed", "NotFound")
        assert task.join(10)
        assert cling.kind() == "Removed"
        assert set(process.devices) == {"."}
        assert isinstance(device, Any_)
        device._over = True

    play(backend, scenario, seeds=range(5))


def test_every_name_of_the_framework_is_reserved() -> None:
    """Rule 34: none of them can be an author's attribute, in whatever case."""
    for cls in (Device, ConfigurableDevice, PausableDevice):
        public = {name for name in dir(cls) if not name.startswith("_")} | {"name", "wire", "label", "tags", "log"}
        assert public - RESERVED == set()
    for name in ("Meta", "STATE", "Wait_For", "_private", "été"):
        with pytest.raises(TypeError, match="expected"):
            type("A", (Device,), {name: Attribute(VInt())})


def test_names_that_clash_are_refused() -> None:
    """Rule 34: among attributes, methods, children and devices, whatever their case."""

    class Box(Device):
        level = Attribute(VDouble(), 0.0)

        def __init__(self, name: str, *parts: str) -> None:
            super().__init__(name)
            for part in parts:
                self.add_child(Stage(part))

    for parts in (("LEVEL",), ("A", "a"), ("Abort",)):
        with pytest.raises(ValueError, match="differs in more than case"):
            Box("BOX", *parts)
    with pytest.raises(TypeError, match="differ in more than case"):
        type("A", (Scan,), {"Stage": Attribute(VInt())})
    process = Process()
    process.add(Box("BOX"))
    with pytest.raises(ValueError, match=r"box:Level: expected a device's name that differs from BOX\.level"):
        process.add(Stage("box:Level"))
    process.add(Stage("NEW:level"))
    with pytest.raises(ValueError, match="expected a device's name that differs"):
        process.add(Box("NEW"))
    process.add(Stage("BOX:other"))
    with pytest.raises(ValueError, match="expected a name that no device has"):
        process.devices["BOX"].add_attribute("Other", Attribute(VInt(), 0))
    for name in ("", "A::B", ":A", "A:", "A B", "é", "A.B"):
        with pytest.raises(ValueError, match="device name: expected letters"):
            Stage(name)


def test_a_published_method_is_not_overridden_by_a_plain_one() -> None:
    """Errors teach: clients would go on to call the old one."""
    with pytest.raises(TypeError, match=r"move: expected @publish_method above it"):
        type("Fast", (Stage,), {"move": lambda self, target: target})
    with pytest.raises(TypeError, match=r"run: expected do_run to be written"):
        type("Fast", (Counter,), {"run": lambda self: None})


@backends
def test_wiring_mistakes_are_named(backend: str) -> None:
    """Design 5: which child, and what to do."""

    class Wants(Device):
        stage = Child(Stage)

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        with pytest.raises(ValueError, match=r"expected children that were added to this Process before it, got STAGE"):
            process.add(Wants("W", stage=stage))
        process.add(stage)
        with pytest.raises(ValueError, match=r"STAGE: expected a new device, got one that belongs"):
            process.add(stage)
        other = Process()
        with pytest.raises(ValueError, match=r"added to this Process before it, got STAGE"):
            other.add(Wants("W", stage=stage))
        with pytest.raises(TypeError, match=r"W\.motor: expected one of its children \(stage\)"):
            Wants("W", stage=stage).set_child("motor", stage)
        device = Wants("W", stage=stage)
        process.add(device)
        with pytest.raises(RuntimeError, match=r"W\.set_child: expected to be called in __init__"):
            device.set_child("stage", stage)
        with pytest.raises(Busy, match=r"STAGE: expected a device that no other uses, got one used by W"):
            process.remove("STAGE", force=True)
        process.remove("W")
        process.remove("STAGE")
        with pytest.raises(ValueError, match="added to this Process before it, got STAGE not added"):
            process.add(Wants("W2", stage=stage))

    play(backend, scenario, seeds=range(2))


@backends
def test_many_devices(backend: str) -> None:
    """They come and go quickly, and the list of the Process follows."""

    def scenario(process: Process) -> None:
        for number in range(300):
            process.add(Stage(f"S{number}"))
        assert len(process.devices) == 301
        assert len(process.view(".").blocks["mri"]) == 300
        for number in range(0, 300, 2):
            process.remove(f"S{number}")
        assert process.view(".").blocks["mri"][0] == "S1"
        assert process.devices["S1"].state.value is DState.Idle

    play(backend, scenario, seeds=range(1))
