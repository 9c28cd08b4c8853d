"""`client.device("X", Motor)`: checked against the class, objects as the class has them, typed as the class."""

from __future__ import annotations

import enum
import queue

import pytest

from macduff.client import Client, UnknownName, connect
from macduff.client.typed import NotThatClass
from macduff.core import Attribute, Device, publish_method
from macduff.values import Reading, VAction, VDouble, VEnum, VInt

from .memory import FakeDevice, FakeMethod, MemoryServer, attribute


class Mode(enum.Enum):
    SLOW = "slow"
    FAST = "fast"


class Motor(Device):
    """A motor as its author wrote it."""

    position = Attribute(VDouble(units="mm"), 0.0)
    velocity = Attribute(VDouble(units="mm/s"), 1.0, writable=True)
    mode = Attribute(VEnum(Mode), Mode.SLOW, writable=True)
    home = Attribute(VAction())

    @publish_method
    def move(self, target: float) -> float:
        """Go to target (mm)."""
        return target


def motor(name: str = "M") -> FakeDevice:
    """A remote motor: whatever every device has is there as well."""
    from macduff.client.typed import _members

    fields: dict[str, object] = {}
    for member, vtype in _members(Motor).items():
        if vtype is None or isinstance(vtype, VAction):
            fields[member] = FakeMethod(member)
        else:
            fields[member] = attribute(member, vtype, vtype.zero(), writable=True)
    fields["move"] = FakeMethod(
        "move", takes={"target": VDouble()}, required=["target"], returns={"return": VDouble()},
        run=lambda parameters, finish: finish(parameters["target"], None),
    )  # fmt: skip
    fields["home"] = FakeMethod("home", run=lambda parameters, finish: finish(None, None))
    return FakeDevice(name, fields)


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(motor())


def test_it_has_the_class_s_own_objects(server: MemoryServer, client: Client) -> None:
    device = client.device("M", Motor)
    value: float = device.velocity.value
    assert value == 0.0
    device.velocity.put(2.0)
    assert (device.velocity.value, device.velocity.setpoint) == (2.0, 2.0)
    assert device.velocity.vtype == Motor.velocity.vtype
    result: float = device.move(3)
    assert result == 3.0
    device.home.put(None)
    assert [call[1] for call in server.calls] == ["move", "home"]


def test_values_are_those_of_the_class(server: MemoryServer, client: Client) -> None:
    device = client.device("M", Motor)
    mode: Mode = device.mode.value
    assert mode is Mode.SLOW
    device.mode.put(Mode.FAST)
    assert device.mode.value is Mode.FAST
    assert client["M"].mode == "fast", "without the class it is the label"
    seen: queue.Queue[Reading] = queue.Queue()
    with client.device("M", Motor).mode.subscribe(seen.put):  # type: ignore[attr-defined]  # a remote attribute has more
        assert seen.get(timeout=5).value is Mode.FAST


def test_names_and_shows(client: Client) -> None:
    device = client.device("M", Motor)
    assert {"position", "move", "mode", "home"} <= set(dir(device))
    assert repr(device).startswith("<Motor M: ")
    with pytest.raises(UnknownName, match="M as Motor: no attribute or method 'velocty'; did you mean 'velocity'"):
        device.velocty  # type: ignore[attr-defined]  # noqa: B018 - the checker sees it as well
    with pytest.raises(UnknownName, match=r"M\.velocity: expected \.put\(value\)"):
        device.velocity = 2  # type: ignore[assignment]  # the checker sees it as well


def test_a_device_of_another_class_is_refused_with_all_that_is_wrong() -> None:
    other = motor()
    del other.fields["move"]
    other.fields["velocty"] = other.fields.pop("velocity")
    other.fields["position"] = attribute("position", VInt(), 0)
    other.fields["mode"] = attribute("mode", VEnum(["slow", "warp"]), "slow")
    server = MemoryServer(other)
    with connect("memory:1", open_carrier=server.open) as client, pytest.raises(NotThatClass) as caught:
        client.device("M", Motor)
    message = str(caught.value)
    assert message.startswith("M: expected a Motor, got a device with ")
    for problem in (
        "no method 'move'",
        "no attribute 'velocity'; did you mean 'velocty'?",
        "'position' of VInt instead of VDouble",
        "'mode' with the labels 'slow', 'warp'",
    ):
        assert problem in message


def test_a_class_that_is_no_device_class_is_refused(client: Client) -> None:
    with pytest.raises(TypeError, match=r"class: expected a device class .*, got <class 'dict'>"):
        client.device("M", dict)
