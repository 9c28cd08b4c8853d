"""Set points, reserved names and creating devices, sentence by sentence (rules 33, 34, 37)."""

from __future__ import annotations

from typing import Any

import pytest

from macduff import (
    Attribute,
    BadValue,
    Busy,
    Child,
    ConfigurableDevice,
    Device,
    DState,
    MacduffError,
    NotFound,
    NotWriteable,
    PausableDevice,
    Process,
    RunnableDevice,
    VDouble,
    VInt,
    creatable,
    idle_task,
    publish_method,
)
from macduff.core import SourceContext
from macduff.core.names import RESERVED
from tests.support.play import BACKENDS, Client, play
from tests.unit.core.devices import Stage

backends = pytest.mark.parametrize("backend", BACKENDS)

NAMED = (
    "meta health state status typeid attributes PVI pvi x_RBV x_rbv Meta HEALTH typeId name label abort Reset".split()
)


@pytest.mark.parametrize("name", NAMED)
def test_what_the_rule_names_is_refused_for_every_kind_of_member(name: str) -> None:
    """Rule 34: attributes, published methods, children, and attributes that come later."""

    def do(self: Any) -> None:
        """Do it."""

    do.__name__ = do.__qualname__ = name
    for member in (Attribute(VInt(), 0), Child(Stage)):
        with pytest.raises(TypeError, match=rf"A\.{name}: expected"):
            type("A", (Device,), {name: member})
    with pytest.raises(TypeError, match="expected"):
        type("A", (Device,), {name: publish_method(do)})
    with pytest.raises((TypeError, ValueError), match=rf"D\.{name}: expected"):
        Device("D").add_attribute(name, Attribute(VInt(), 0))


def test_what_only_a_made_device_has_is_reserved_too() -> None:
    """Rule 34: one list, whatever sets the name."""
    for device in (Device("D"), PausableDevice("P")):
        public = {name for name in vars(device) if not name.startswith("_")}
        assert public - RESERVED == set()


@pytest.mark.parametrize("name", ["wait", "update", "start", "snapshot", "fields", "state", "name", "children", "put"])
def test_nothing_else_hides_what_devices_have(name: str) -> None:
    """Rule 34: plain functions, properties, values, setters and idle tasks, also of a class that is mixed in."""

    def plain(self: Any) -> None: ...

    here = rf"^test_gaps_names\.py:\d+: A\.{name}: expected a name of its own, .* keeps for itself; rename it"
    for member in (plain, property(plain), idle_task(period=1.0)(plain)):
        with pytest.raises(TypeError, match=here):
            type("A", (Device,), {name: member})
    with pytest.raises(TypeError, match=rf"^A\.{name}: expected a name of its own"):
        type("A", (Device,), {name: 3})
    with pytest.raises(TypeError, match=here.replace("A", "Mixin")):
        type("A", (type("Mixin", (), {name: plain}), Device), {})
    type("A", (Device,), {f"{name}_": plain, f"_{name}": plain})


def test_what_authors_may_override() -> None:
    """Rule 34: the do_ functions and what else is asked of them; helpers called as something on the wire."""

    class Author(PausableDevice):
        abort_grace = 3.0
        configure_on_put = True

        def validate(self, **params: Any) -> Any:
            return params

        def do_run(self) -> None: ...
        def handle_event(self, event: str) -> bool:
            return False

        def open_member(self, name: str) -> str:
            return name

        def path(self) -> str:
            return ""

    assert Author("A").opens_members
    with pytest.raises(
        TypeError, match=r"A\.run: expected .*; derive from PausableDevice or the like and write do_run"
    ):
        type("A", (Device,), {"run": lambda self: None})


@pytest.mark.parametrize(
    ("name", "base", "better"),
    [
        ("do_configure", Device, "ConfigurableDevice"),
        ("do_run", Device, "RunnableDevice"),
        ("do_run", ConfigurableDevice, "RunnableDevice"),
        ("do_rewind", RunnableDevice, "PausableDevice"),
    ],
)
def test_what_would_never_be_called_is_refused(name: str, base: type[Device], better: str) -> None:
    """Rule 34: the name means something, and here it could not."""
    with pytest.raises(TypeError, match=rf"A\.{name}: expected .* never be called; derive from {better}"):
        type("A", (base,), {name: lambda self: None})


@pytest.mark.parametrize("name", ["run_result", "configure_result", "Run_Result"])
def test_results_of_what_tango_clients_do_not_wait_for(name: str) -> None:
    """Rules 34, 38: `run` and `configure` have such an attribute there."""
    test_what_the_rule_names_is_refused_for_every_kind_of_member(name)


def test_names_that_differ_in_case_only() -> None:
    """Rule 34: of an attribute, a method and a child, in a class and in what it inherits."""

    class Base(Device):
        level = Attribute(VInt(), 0)
        stage = Child(Stage)

        @publish_method
        def go(self) -> None:
            """Go."""

    for name in ("Level", "STAGE", "Go"):
        with pytest.raises(TypeError, match=rf"A\.{name}: expected names that differ in more than case, got"):
            type("A", (Base,), {name: Attribute(VInt(), 0)})
        with pytest.raises(TypeError, match="differ in more than case"):
            Base("B", stage=Stage("S")).add_attribute(name, Attribute(VInt(), 0))
    with pytest.raises(TypeError, match="differ in more than case"):
        type("A", (Device,), {"go": Base.go, "GO": Attribute(VInt(), 0)})
    type("A", (Base,), {"level": Attribute(VDouble(), 0.0)})  # its own may take its place


def test_a_child_not_given_yet_has_its_name_all_the_same() -> None:
    """Rule 34: an attribute that comes later may differ from it in more than case."""

    class Holder(Device):
        stage = Child(Stage)

    with pytest.raises(TypeError, match="differ in more than case, got stage too"):
        Holder("H").add_attribute("STAGE", Attribute(VInt(), 0))


@backends
@pytest.mark.parametrize("below", ["foo", "Foo_RBV", "FOO"])
def test_a_later_attribute_and_devices_called_as_its_pvs(backend: str, below: str) -> None:
    """Rule 34: whichever comes first, the other is refused, and nothing of it stays."""

    def scenario(process: Process) -> None:
        device = Stage("P")
        process.add(device)
        process.add(Stage(f"P:{below}"))
        with pytest.raises(ValueError, match=rf"P\.foo: expected a name that no device has, got one of P:{below}"):
            device.add_attribute("foo", Attribute(VInt(), 0))
        assert "foo" not in device.fields
        process.remove(f"P:{below}")
        device.add_attribute("foo", Attribute(VInt(), 0))
        with pytest.raises(ValueError, match="one PV for two"):
            process.add(Stage(f"P:{below}"))
        device.remove_attribute("foo")
        process.add(Stage(f"P:{below}"))

    play(backend, scenario, seeds=range(2))


def test_a_device_that_comes_while_an_attribute_does() -> None:
    """Rule 34: of two at the same time one wins."""
    process, device = Process(), Stage("P")
    process.add(device)

    class Late:
        writable = False

        def bind(self, context: SourceContext) -> Any:
            with pytest.raises(ValueError, match=r"P:foo_RBV: expected .* differs from P\.foo, got the same"):
                process.add(Stage("P:foo_RBV"))

        def simulated(self) -> Late:
            return self

    device.add_attribute("foo", Attribute(VInt(), 0, source=Late()))
    assert "foo" in device.fields
    assert set(process.devices) == {".", "P"}


@backends
def test_set_point_and_readback(backend: str) -> None:
    """Rule 33: what was last asked for, and what is; without a put they are the same."""

    def scenario(process: Process) -> None:
        stage = Stage("STAGE")
        process.add(stage)
        view = process.view("STAGE")
        assert (stage.velocity.setpoint, stage.velocity.value) == (1.0, 1.0)
        view.velocity = 2.0
        stage.velocity.update(1.9)
        assert (stage.velocity.setpoint, stage.velocity.value, view.velocity) == (2.0, 1.9, 1.9)
        with pytest.raises(BadValue):
            view.velocity = 6.0
        stage.velocity.update(6.0)  # control limits refuse what is asked for, not what is
        assert (stage.velocity.setpoint, stage.velocity.value) == (2.0, 6.0)
        stage.position.update(0.5)
        assert stage.position.setpoint == 0.5
        with pytest.raises(NotWriteable, match=r"STAGE\.position: expected"):
            view.position = 3.0

    play(backend, scenario, seeds=range(2))


@creatable
class Bench(Device):
    """Takes what clients can give, and something that only local code can."""

    def __init__(self, name: str, gain: int, scale: float = 2.5, owner: object = None) -> None:
        super().__init__(name)
        self._given = (gain, scale, owner)

    @publish_method
    def busy(self) -> None:
        """Wait."""
        self.wait(100)


@backends
def test_create_takes_what_the_constructor_does(backend: str) -> None:
    """Rule 37: annotated arguments with their defaults; others stay local."""

    def scenario(process: Process) -> None:
        process.block.offer(Bench)
        create = process.block.methods["create_Bench"]
        assert list(create.takes) == ["name", "gain", "scale"]
        assert (create.required, dict(create.defaults)) == (("name", "gain"), {"scale": 2.5})
        view, client = process.view("."), Client(process)
        assert view.create_Bench(name="B", gain=3) == "B"
        device = process.devices["B"]
        assert isinstance(device, Bench)
        assert device._given == (3, 2.5, None)
        refused: list[dict[str, Any]] = [
            {"name": "C", "gain": 1.5}, {"name": "C"}, {"name": "C", "gain": 1, "owner": 1}, {"name": "A B", "gain": 1},
        ]  # fmt: skip
        for arguments in refused:
            with pytest.raises(MacduffError, match="expected"):
                client.call(".", "create_Bench", **arguments).result()
        assert set(process.devices) == {".", "B"}
        assert "create_Bench" in process.devices["."].fields

    play(backend, scenario, seeds=range(3))


@backends
def test_remove_by_a_client(backend: str) -> None:
    """Rule 37: `remove(name, force=false)`; neither the Process itself nor what is not there."""

    def scenario(process: Process) -> None:
        process.block.offer(Bench)
        client, view = Client(process), process.view(".")
        view.create_Bench(name="B", gain=3)
        assert dict(process.block.methods["remove"].defaults) == {"force": False}
        call = client.call("B", "busy")
        with pytest.raises(Busy, match="force=True aborts them first"):
            view.remove(name="B")
        view.remove(name="B", force=True)
        assert call.kind() == "Removed"
        for name in ("B", "."):
            with pytest.raises(NotFound, match="expected the name of a device"):
                view.remove(name=name)
        assert set(process.devices) == {"."}
        assert process.devices["."].state.value is DState.Idle

    play(backend, scenario, seeds=range(3))


def test_what_cannot_be_offered_is_refused_at_once() -> None:
    """Rule 37: an argument that clients cannot give, without a default; a class that is not @creatable itself."""

    @creatable
    class Wants(Device):
        def __init__(self, name: str, owner: object) -> None:
            super().__init__(name)

    class Heir(Bench):
        pass

    process = Process()
    with pytest.raises(TypeError, match=r"Wants\(owner\): expected an annotation that clients can give a value for"):
        process.block.offer(Wants)
    with pytest.raises(TypeError, match="expected a class decorated with @creatable"):
        process.block.offer(Heir)
    assert [name for name in process.block.methods if name.startswith("create_")] == []
