"""What is collected of a run: one event a step, in streams by several names, pictures among them."""

from __future__ import annotations

from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.preprocessors import run_wrapper, stage_wrapper
from event_model import DocumentNames, schema_validators

from macduff.client import Client
from tests.system.bluesky_device.home import Connect, Engine, check_steps, each_way

STEPS = 12


def check(engine: Engine, stream: str) -> None:
    """The stream alone is there, and all documents are as their schemas say."""
    assert [descriptor["name"] for descriptor in engine.named("descriptor")] == [stream]
    for name, document in engine.documents:
        schema_validators[DocumentNames[name]].validate(document)


def flight(device: Any, *, declared: str = "") -> Any:
    """While it runs, what it has done so far is collected time and again."""

    def inner() -> Any:
        yield from bps.prepare(device, {"shots": STEPS}, wait=True)
        if declared:
            yield from bps.declare_stream(device, name=declared, collect=True)
        yield from bps.kickoff(device, wait=True)
        yield from bps.collect_while_completing([device], [device], flush_period=0.05, stream_name=declared or None)

    return stage_wrapper(run_wrapper(inner()), [device])  # type: ignore[no-untyped-call]  # they have no types


@each_way
def test_a_flight_is_collected_while_it_completes(
    engine: Engine, connected: Connect, client: Client, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    spec, before = connected("SPEC"), client["SPEC"].counts
    engine(flight(spec))
    check(engine, "spec")
    pages = engine.named("event_page")
    assert len(pages) > 2  # not all at the end
    counts = engine.data("spec-counts")
    check_steps(counts, range(before + 1, before + STEPS + 1), link, caplog)
    pictures = engine.data("spec-picture")
    assert [int(picture.max()) for picture in pictures] == [count - before for count in counts]
    assert {(picture.shape, picture.dtype) for picture in pictures} == {((3, 4), np.dtype("uint16"))}
    times = [time for page in pages for time in page["time"]]
    assert times == sorted(times)


@each_way
def test_a_plan_may_declare_the_stream(
    engine: Engine, connected: Connect, client: Client, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    spec, before = connected("SPEC", stream=None), client["SPEC"].counts
    engine(flight(spec, declared="frames"))
    check(engine, "frames")
    counts = engine.data("spec-counts")
    check_steps(counts, range(before + 1, before + STEPS + 1), link, caplog)


def test_a_stream_has_the_name_that_the_device_was_made_with(engine: Engine, connected: Connect) -> None:
    spec = connected("SPEC", stream="steps")
    engine(bp.fly([spec]))
    check(engine, "steps")
