"""Which part an attribute plays in documents, as its tags say; over each way."""

from __future__ import annotations

from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from event_model import DocumentNames, schema_validators

from macduff import Process
from macduff.bluesky import MacduffDevice
from macduff.client import Client
from macduff.sources import PvaDevice, TangoDevice
from macduff.sources.pva.library import PVA
from macduff.sources.tango.library import TANGO
from tests.support import eventually
from tests.system.bluesky_device.home import Connect, Demo, Engine, each_way, ways


@pytest.fixture
def spec(connected: Connect, client: Client) -> Any:
    """Its run takes three shots."""
    found = connected("SPEC")
    if client["SPEC"].state != "Idle":
        client["SPEC"].reset()
    client["SPEC"].attributes["shots"].put(3)
    return found


@each_way
def test_tags_say_what_is_hinted_read_configuration_or_left_out(engine: Engine, spec: Any) -> None:
    engine(bp.count([spec]))
    (descriptor,) = engine.named("descriptor")
    assert sorted(descriptor["hints"]["spec"]["fields"]) == ["spec-counts", "spec-sample"]
    assert set(descriptor["data_keys"]) == {"spec-width", "spec-sample", "spec-counts", "spec-picture"}
    assert descriptor["configuration"]["spec"]["data"] == {"spec-shots": 3, "spec-serial": 4711}
    assert {"noise", "state", "health", "total_steps"} <= {name for name, _ in spec.children()}  # signals all the same


@each_way
def test_the_tags_of_ready_made_devices(engine: Engine, connected: Connect) -> None:
    det, x, thermo = connected("DET"), connected("X"), connected("THERMO")
    assert [device.hints for device in (det, x, thermo)] == [
        {"fields": ["det-sum"]},
        {"fields": ["x"]},
        {"fields": ["thermo-temperature"]},
    ]

    async def keys(device: Any) -> set[str]:
        return set(await device.describe())

    assert call_in_bluesky_event_loop(keys(det)) == {"det-counter", "det-sum"}
    assert call_in_bluesky_event_loop(keys(thermo)) == {"thermo-temperature", "thermo-target"}


@each_way
def test_what_is_read_is_what_the_device_has_at_that_moment(engine: Engine, connected: Connect, client: Client) -> None:
    spec = connected("SPEC")
    client["SPEC"].width = 7.5

    def plan() -> Any:
        yield from bps.stage(spec, wait=True)  # where a signal that is cached would begin to be followed
        yield from bps.open_run()
        for width in (1.0, 2.0, 3.0):
            client["SPEC"].attributes["width"].put(width)
            yield from bps.create()
            yield from bps.read(spec)
            yield from bps.save()
        yield from bps.close_run()
        yield from bps.unstage(spec, wait=True)

    engine(plan())
    assert engine.data("spec-width") == [1.0, 2.0, 3.0]


@each_way
def test_pictures_are_described_with_shape_and_dtype(engine: Engine, spec: Any) -> None:
    engine(bp.count([spec]))
    (descriptor,) = engine.named("descriptor")
    key = descriptor["data_keys"]["spec-picture"]
    assert (key["dtype"], key["shape"], key["dtype_numpy"]) == ("array", [3, 4], "<u2")
    (picture,) = engine.data("spec-picture")
    assert (picture.shape, picture.dtype.name, picture.tolist()) == ((3, 4), "uint16", [[3] * 4] * 3)
    for name, document in engine.documents:
        schema_validators[DocumentNames[name]].validate(document)


@pytest.mark.parametrize("link", [way for way in ways() if way.values != ("ws",)])
def test_a_device_that_is_wrapped_has_its_tags(demo: Demo, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in demo.environment.items():
        monkeypatch.setenv(name, value)
    with Process() as process:
        spec = TangoDevice("SPEC", demo.address("tango", "SPEC")) if link == "tango" else PvaDevice("SPEC", "SPEC")
        process.add(spec)
        eventually(lambda: "picture" in spec.attributes, "its attributes", 10.0)
        assert spec.attributes["picture"].tags == ("widget:image", "bluesky:read")
        assert spec.attributes["picture"].description == "The last"
        assert spec.attributes["counts"].tags == ()
    (TANGO if link == "tango" else PVA).join(10.0)


def test_a_device_is_found_over_pvaccess_without_a_host(
    engine: Engine, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in demo.environment.items():
        monkeypatch.setenv(name, value)
    thermo = MacduffDevice("pva://THERMO", "thermo")
    call_in_bluesky_event_loop(thermo.connect())
    engine(bp.count([thermo]))
    call_in_bluesky_event_loop(thermo.disconnect())
    (target,) = engine.data("thermo-target")
    assert target == 21
    PVA.join(10.0)
