"""The ready-made devices by name."""

from __future__ import annotations

import pytest

from macduff import Process
from macduff.config.classes import WrongClass, device_class
from macduff.devices import Detector, Diode, LineScan, Motor, Thermometer
from macduff.devices.demo import demo_devices


def test_the_demo_has_two_motors_three_to_measure_with_and_a_scan() -> None:
    devices = [(device.name, type(device)) for device in demo_devices()]
    assert devices == [
        ("X", Motor), ("Y", Motor), ("DET", Detector), ("THERMO", Thermometer), ("DIODE", Diode), ("SCAN", LineScan)
    ]  # fmt: skip


@pytest.mark.parametrize("cls", [Motor, Detector, Thermometer])
def test_a_configuration_and_a_client_can_make_each(cls: type) -> None:
    """Rule 37."""
    assert device_class(cls.__name__) is cls
    with Process() as process:
        process.block.offer(cls)
        name = getattr(process.view("."), f"create_{cls.__name__}")(name="NEW")
        assert isinstance(process.devices[name], cls)


@pytest.mark.parametrize(("name", "hint"), [("Motr", "; did you mean 'Motor'?"), ("laboratory", "")])
def test_only_classes_are_offered(name: str, hint: str) -> None:
    with pytest.raises(WrongClass) as told:
        device_class(name)
    ready = "Detector, Diode, LineScan, Motor, Mounted, PvaDevice, TangoDevice, Thermometer"
    assert f"a ready-made device ({ready}), got {name!r}" in str(told.value)
    assert str(told.value).endswith(hint)
