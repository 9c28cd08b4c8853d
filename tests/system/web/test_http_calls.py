"""POST over HTTP: results, refusals, outcomes that are asked for later (rule 36)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.support import eventually
from tests.system.web.conftest import Lab
from tests.system.web.http import Http


async def test_post_waits_for_the_result(http: Http) -> None:
    assert await http.post("/api/BENCH/add", a=1.5) == (200, 2.5)
    assert await http.post("/api/BENCH/add", a=1.5, b=-1) == (200, 0.5)
    assert await http.post("/api/BENCH/split", value=2.5) == (200, {"x": 2.5, "n": 2})
    assert await http.post("/api/BENCH/shift", by=0.5) == (200, None)
    assert await http.post("/api/BENCH/echo", values=[1, "NaN"]) == (200, [1.0, "NaN"])
    assert await http.post("/api/BENCH/nap", seconds=0.1) == (200, 0.1)


@pytest.mark.parametrize(
    ("method", "body"),
    [("add", "{}"), ("add", '{"a": "1"}'), ("add", '{"a": 1, "c": 2}'), ("add", "[1, 2]"), ("add", "1"),
     ("add", "null"), ("add", "{"), ("shift", '{"by": 2}'), ("shift", '{"by": "NaN"}'), ("position", "{}"),
     ("press", '{"a": 1}')],
)  # fmt: skip
async def test_bad_arguments_are_400(http: Http, method: str, body: str) -> None:
    status, error = await http.ask("POST", f"/api/BENCH/{method}", data=body)
    assert status == 400 and error["kind"] == "BadValue", error


async def test_a_device_that_fails_is_500(http: Http) -> None:
    status, error = await http.ask("POST", "/api/BENCH/fail")
    assert status == 500 and error["kind"] == "DeviceFailed" and "the motor is on fire" in error["message"]
    assert error["device"] == "BENCH" and error["member"] == "fail"


async def test_a_button_is_posted(http: Http, lab: Lab) -> None:
    assert await http.ask("POST", "/api/BENCH/press") == (200, None)
    assert await http.ask("PUT", "/api/BENCH/press") == (200, None)
    assert lab.bench.presses.value == 2


async def test_busy_is_409_and_abort_ends_the_call(http: Http, lab: Lab) -> None:
    """Rules 12 and 36."""
    napping = asyncio.ensure_future(http.post("/api/BENCH/nap", seconds=30))
    await asyncio.to_thread(eventually, lambda: lab.bench.presses.value > 0, "the nap to begin")
    status, error = await http.post("/api/BENCH/add", a=1)
    assert status == 409 and error["kind"] == "Busy" and "nap" in error["message"]
    assert await http.post("/api/BENCH/abort") == (200, None)
    status, error = await napping
    assert status == 409 and error["kind"] == "Aborted"


async def test_without_waiting_the_outcome_is_asked_for_later(http: Http, lab: Lab) -> None:
    """Rule 36: `?wait=false` answers 202 with a link to the outcome."""
    async with http.session.post(f"{lab.address}/api/BENCH/nap?wait=false", data='{"seconds": 0.1}') as response:
        assert response.status == 202
        where = response.headers["Location"]
        assert await response.json() == {"outcome": where}
    statuses = set()
    while True:
        status, found = await http.get(where)
        statuses.add(status)
        if status != 202:
            break
    assert (status, found) == (200, 0.1) and 202 in statuses
    assert await http.get(where) == (200, 0.1)


async def test_a_failed_outcome_is_what_the_post_would_have_been_answered(http: Http) -> None:
    _, running = await http.ask("POST", "/api/BENCH/fail?wait=false")
    while (found := await http.get(running["outcome"]))[0] == 202:
        pass
    assert found[0] == 500 and found[1]["kind"] == "DeviceFailed"


async def test_a_refused_call_leaves_no_outcome(http: Http) -> None:
    status, error = await http.ask("POST", "/api/BENCH/add?wait=false", data='{"a": "x"}')
    assert status == 400 and error["kind"] == "BadValue"
    status, error = await http.ask("POST", "/api/BENCH/add?wait=perhaps", data='{"a": 1}')
    assert status == 400 and "true or false" in error["message"]


async def test_what_takes_too_long_is_504_and_goes_on(serve: Callable[..., Any]) -> None:
    with serve(limits={"http_wait": 0.1}) as lab:
        async with aiohttp.ClientSession() as session:
            http = Http(session, lab.address)
            async with session.post(f"{lab.address}/api/BENCH/nap", data='{"seconds": 0.4}') as response:
                error = await response.json()
                assert response.status == 504 and error["kind"] == "TimedOut"
                where = response.headers["Location"]
            while (found := await http.get(where))[0] == 202:
                await asyncio.sleep(0.01)
            assert found == (200, 0.4)


async def test_outcomes_are_bounded(serve: Callable[..., Any]) -> None:
    with serve(limits={"outcomes": 2}) as lab:
        async with aiohttp.ClientSession() as session:
            http = Http(session, lab.address)
            assert (await http.ask("POST", "/api/BENCH/nap?wait=false", data='{"seconds": 20}'))[0] == 202
            await asyncio.to_thread(eventually, lambda: lab.bench.presses.value > 0, "the nap to begin")
            links = []
            for _ in range(3):  # one after another: what is still open is not dropped for a newer one
                links.append((await http.ask("POST", "/api/BENCH/add?wait=false", data='{"a": 1}'))[1]["outcome"])
                while (status := (await http.get(links[-1]))[0]) == 202:
                    await asyncio.sleep(0.01)
                assert status == 409  # Busy
            assert (await http.get(links[0]))[0] == 404
            assert (await http.get(links[2]))[0] == 409
