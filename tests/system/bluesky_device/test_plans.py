"""MacduffDevice in Bluesky's own plans, against a macduff Process in another process."""

from __future__ import annotations

from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.protocols import (
    Collectable,
    Flyable,
    Locatable,
    Movable,
    Pausable,
    Preparable,
    Readable,
    Stageable,
    Stoppable,
    Triggerable,
)
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus
from event_model import DocumentNames, schema_validators

from macduff.client import Client
from macduff.errors import BadValue
from tests.system.bluesky_device.home import Connect, Engine, by_tango, check_steps, each_way

RUNS = (Triggerable, Preparable, Flyable, Pausable, Collectable)
MOVES = (Movable, Locatable, Stoppable)


def check(engine: Engine) -> None:
    for name, document in engine.documents:
        schema_validators[DocumentNames[name]].validate(document)


@each_way
@pytest.mark.parametrize(
    "name, able, unable",
    [("DET", (Readable, Stageable, *RUNS), MOVES), ("X", (Readable, Stageable, *MOVES), RUNS),
     ("THERMO", (Readable, Stageable), (*RUNS, *MOVES))],
)  # fmt: skip
def test_a_device_has_the_protocols_that_it_is_capable_of(
    connected: Connect, name: str, able: tuple[Any, ...], unable: tuple[Any, ...]
) -> None:
    device = connected(name)
    assert [kind for kind in (*able, *unable) if isinstance(device, kind)] == list(able)


@each_way
def test_count_triggers_and_reads(engine: Engine, connected: Connect, client: Client) -> None:
    det = connected("DET")
    client["DET"].attributes["exposure"].put(0.002)
    client["DET"].attributes["frames"].put(2)
    before = client["DET"].counter
    engine(bp.count([det], num=3))
    assert engine.data("det-counter") == [before + 2, before + 4, before + 6]
    (descriptor,) = engine.named("descriptor")
    assert descriptor["hints"]["det"]["fields"] == ["det-sum"]
    assert descriptor["configuration"]["det"]["data"] == {"det-exposure": 0.002, "det-frames": 2}
    key = descriptor["configuration"]["det"]["data_keys"]["det-exposure"]
    assert (key["units"], key["precision"], key["limits"]["control"]) == ("s", 3, {"low": 0.001, "high": 3600})
    check(engine)
    assert client["DET"].state == "Idle"  # as it was found


@each_way
def test_scan_moves_and_events_have_the_readback_by_the_name_of_the_motor(engine: Engine, connected: Connect) -> None:
    x, thermo = connected("X"), connected("THERMO")
    engine(bp.scan([thermo], x, 0, 0.1, 3))
    assert engine.data("x") == [0, 0.05, 0.1]
    assert len(engine.data("thermo-temperature")) == 3
    assert call_in_bluesky_event_loop(x.locate()) == {"setpoint": 0.1, "readback": 0.1}
    check(engine)


@each_way
def test_who_watches_a_move_hears_where_it_is(engine: Engine, connected: Connect) -> None:
    x = connected("X")
    heard: list[dict[str, Any]] = []

    async def move(to: float) -> None:
        status = x.set(to)
        status.watch(lambda **update: heard.append(update))
        await status

    call_in_bluesky_event_loop(move(0.0))
    heard.clear()
    call_in_bluesky_event_loop(move(0.3))
    positions = [update["current"] for update in heard]
    assert len(positions) > 3 and positions == sorted(positions)
    assert {"initial": 0.0, "current": 0.3, "target": 0.3, "unit": "mm", "name": "x"}.items() <= heard[-1].items()


@each_way
def test_a_position_that_is_put_is_there_when_its_readback_says_so(engine: Engine, connected: Connect) -> None:
    slide = connected("SLIDE")
    assert [isinstance(slide, kind) for kind in MOVES] == [True] * 3
    for target in (1.5, -0.5):
        engine(bps.mv(slide, target))
        assert call_in_bluesky_event_loop(slide.locate()) == {"setpoint": target, "readback": pytest.approx(target)}
    with pytest.raises(BadValue, match="-5 to 5 mm"):
        call_in_bluesky_event_loop(slide.check_value(6))
    with pytest.raises(FailedStatus, match="BadValue"):
        engine(bps.mv(slide, 6))


@each_way
def test_a_position_beyond_the_limits_is_refused_before_it_moves(engine: Engine, connected: Connect) -> None:
    x = connected("X")
    with pytest.raises(BadValue, match="-10 to 10 mm"):
        call_in_bluesky_event_loop(x.check_value(11))
    with pytest.raises(FailedStatus, match="BadValue"):
        engine(bps.mv(x, 11))


def flight(det: Any, exposure: float) -> Any:
    yield from bps.stage(det, wait=True)
    yield from bps.prepare(det, {"exposure": exposure, "frames": 40}, wait=True)
    yield from bp.fly([det])
    yield from bps.unstage(det, wait=True)


@each_way
def test_a_flight_gives_one_event_for_each_step(
    engine: Engine, connected: Connect, client: Client, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = client["DET"].counter
    engine(flight(connected("DET"), 0.001))
    check_steps(engine.data("det-counter"), range(before + 1, before + 41), link, caplog)
    check(engine)


@by_tango
@pytest.mark.parametrize("link", ["tango"])
def test_a_move_that_takes_longer_than_tango_waits(engine: Engine, connected: Connect, client: Client) -> None:
    x = connected("X")
    engine(bps.mv(x, 0))
    engine(bps.mv(x, 5))  # 2.6 s
    assert client["X"].position == 5
    assert client["X"].state == "Idle"
    client["X"].velocity = 20
    engine(bps.mv(x, 0))
    client["X"].velocity = 2


@each_way
def test_names_that_bluesky_has_get_an_underscore(connected: Connect, engine: Engine) -> None:
    det, x = connected("DET"), connected("X")
    assert {name for name, _ in det.children() if name.endswith("_")} == {"configure_", "pause_", "resume_"}
    assert {name for name, _ in x.children() if name.endswith("_")} == {"stop_"}
    assert call_in_bluesky_event_loop(moved(x)) == 0.1


async def moved(x: Any) -> Any:
    return await x.move.execute(0.1)
