"""Plain HTTP (rule 36), with a real client against a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.system.web.conftest import Lab
from tests.system.web.http import Http


async def test_the_devices(http: Http) -> None:
    status, found = await http.get("/api")
    assert status == 200
    (bench,) = found["devices"]
    assert bench["name"] == "BENCH" and bench["href"] == "/api/BENCH"
    assert (bench["state"], bench["health"]) == ("Idle", "OK") and bench["description"].startswith("One attribute")
    assert (await http.get(found["process"]))[1]["blocks"]["value"]["mri"] == ["BENCH"]


async def test_get_is_the_structure_and_value_the_bare_value(http: Http, lab: Lab) -> None:
    """Rule 36."""
    lab.bench.position.update(9.25)
    status, found = await http.get("/api/BENCH/position")
    assert status == 200 and found["typeid"] == "epics:nt/NTScalar:1.0"
    assert found["value"] == 9.25 and found["alarm"]["severity"] == 1 and found["meta"]["display"]["units"] == "mm"
    assert await http.get("/api/BENCH/position/value") == (200, 9.25)
    assert await http.get("/api/BENCH/position/meta/display/units") == (200, "mm")
    assert await http.get("/api/BENCH/position/") == (200, found)
    status, whole = await http.get("/api/BENCH")
    assert status == 200 and whole["position"] == found and list(whole)[:3] == ["typeid", "meta", "health"]


async def test_not_finite_numbers_are_strings(http: Http, lab: Lab) -> None:
    """Rule 31."""
    for value, text in ((float("nan"), "NaN"), (float("-inf"), "-Infinity")):
        lab.bench.position.update(value)
        assert await http.get("/api/BENCH/position/value") == (200, text)


@pytest.mark.parametrize(
    ("attribute", "value", "read"),
    [
        ("velocity", 2.5, 2.5),
        ("velocity", 2, 2.0),
        ("counter", 7, 7),
        ("counter", 7.0, 7),
        ("title", "é\n\"'", "é\n\"'"),
        ("mode", "fast", "fast"),
        ("on", True, True),
        ("wave", [1, 2.5, "NaN"], [1.0, 2.5, "NaN"]),
        ("wave", {"dtype": "float64", "shape": [2], "data": [1, 2]}, [1.0, 2.0]),
        ("image", [[1, 2, 3], [4, 5, 65535]], [[1, 2, 3], [4, 5, 65535]]),
        ("rows", {"x": [1, 2], "name": ["a", "b"]}, {"x": [1.0, 2.0], "name": ["a", "b"]}),
        ("pair", {"x": 1, "n": 2}, {"x": 1.0, "n": 2}),
    ],
)
async def test_put_and_read_back(http: Http, attribute: str, value: Any, read: Any) -> None:
    assert await http.put(f"/api/BENCH/{attribute}", value) == (200, None)
    assert await http.get(f"/api/BENCH/{attribute}/value") == (200, read)


@pytest.mark.parametrize(
    ("attribute", "body"),
    [
        ("velocity", "5.5"), ("velocity", '"2"'), ("velocity", "null"), ("velocity", "NaN"), ("velocity", "1e999"),
        ("counter", "1.5"), ("counter", "40000"), ("counter", "-1"), ("counter", "true"), ("mode", "0"),
        ("mode", '"medium"'),
        ("on", "1"), ("title", "1"), ("wave", "[1, [2]]"), ("wave", '["x"]'), ("image", "[[1, 2]]"),
        ("rows", '{"x": [1], "name": []}'), ("pair", '{"x": 1}'), ("title", '"\\ud800"'), ("velocity", ""),
        ("velocity", "{"), ("velocity", "1 2"), ("wave", "[" * 100 + "]" * 100), ("wave", "[" * 100_000),
    ],
)  # fmt: skip
async def test_bad_values_are_400_and_change_nothing(http: Http, lab: Lab, attribute: str, body: str) -> None:
    """Rule 31: lossless or refused; numbers in strings are for the strict dialect alone."""
    before = await http.get("/api/BENCH")
    status, error = await http.ask("PUT", f"/api/BENCH/{attribute}", data=body)
    assert status == 400 and error["kind"] == "BadValue", error
    assert await http.get("/api/BENCH") == before


async def test_a_body_that_is_too_large_is_413(serve: Callable[..., Any]) -> None:
    with serve(limits={"message_size": 1000}) as lab:
        async with aiohttp.ClientSession() as session:
            http = Http(session, lab.address)
            assert (await http.put("/api/BENCH/title", "x" * 998))[0] == 200
            status, error = await http.put("/api/BENCH/title", "x" * 1000)
            assert status == 413 and error["kind"] == "BadValue"


async def test_a_read_only_attribute_is_403(http: Http) -> None:
    status, error = await http.put("/api/BENCH/position", 1)
    assert status == 403 and error["kind"] == "NotWriteable" and error["member"] == "position"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/api/BENCHES"), ("GET", "/api/BENCH/positions"), ("GET", "/api/BENCH/position/values"),
        ("PUT", "/api/BENCHES/position"), ("PUT", "/api/BENCH/positions"), ("POST", "/api/BENCHES/add"),
        ("POST", "/api/BENCH/ad"), ("GET", "/api/outcomes/1-00"), ("GET", "/nowhere"), ("GET", "/static/../server.py"),
        ("GET", "/static/%2e%2e/server.py"), ("GET", "/api/BENCH/position/value/x"),
    ],
)  # fmt: skip
async def test_what_there_is_not_is_404(http: Http, verb: str, path: str) -> None:
    status, error = await http.ask(verb, path, data="1" if verb == "PUT" else None)
    assert status == 404 and error["kind"] == "NotFound" and "expected" in error["message"], error


async def test_a_verb_that_does_not_fit_is_405(http: Http) -> None:
    status, error = await http.ask("DELETE", "/api/BENCH")
    assert status == 405 and error["kind"] == "Refused" and error["allowed"] == ["GET", "HEAD"]


async def test_clients_create_and_remove_devices(http: Http) -> None:
    """Rule 37, over HTTP."""
    assert await http.post("/api/.process/create_Spare", name="SPARE", level=5) == (200, "SPARE")
    assert await http.get("/api/SPARE/level/value") == (200, 5)
    assert {device["name"] for device in (await http.get("/api"))[1]["devices"]} == {"BENCH", "SPARE"}
    assert await http.post("/api/.process/remove", name="SPARE") == (200, None)
    assert (await http.get("/api/SPARE/level/value"))[0] == 404


async def test_the_description_is_openapi_of_what_is_served_now(http: Http) -> None:
    """The issue: OpenAPI with units and limits."""
    await http.post("/api/.process/create_Spare", name="SPARE")
    status, found = await http.get("/api/openapi.json")
    assert status == 200 and found["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(found).validate()
    assert "/api/SPARE/level" in found["paths"]
    schema = found["paths"]["/api/BENCH/velocity"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert (schema["x-units"], schema["minimum"], schema["maximum"]) == ("mm/s", 0.01, 5.0)


async def test_every_described_get_answers(http: Http) -> None:
    paths = (await http.get("/api/openapi.json"))[1]["paths"]
    asked = [path for path, item in paths.items() if "get" in item and "{" not in path]
    assert len(asked) > 20
    for path in asked:
        assert (await http.get(path))[0] == 200, path


async def test_read_only_lets_nobody_write(serve: Callable[..., Any]) -> None:
    with serve(read_only=True) as lab:
        async with aiohttp.ClientSession() as session:
            http = Http(session, lab.address)
            for answer in (await http.put("/api/BENCH/velocity", 2), await http.post("/api/BENCH/add", a=1)):
                assert answer[0] == 403 and answer[1]["kind"] == "Refused" and "read-only" in answer[1]["message"]
            assert await http.get("/api/BENCH/velocity/value") == (200, 1.0)
            shown = [json.dumps(await http.get(f"/api/{where}")) for where in ("BENCH", "BENCH/add", ".process")]
            assert all('"writeable": false' in text and '"writeable": true' not in text for text in shown)
            found = (await http.get("/api/openapi.json"))[1]
            OpenAPIV31SpecValidator(found).validate()
            assert not any("put" in item or "post" in item for item in found["paths"].values())


async def test_what_the_server_counts(http: Http, lab: Lab) -> None:
    await http.get("/nowhere")
    async with http.session.ws_connect(lab.websocket), http.session.get(lab.address + "/metrics") as response:
        assert response.content_type == "text/plain"
        text = await response.text()
    values = dict(line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    assert values["macduff_devices"] == values["macduff_connections"] == values["macduff_websockets_total"] == "1"
    assert values["macduff_subscriptions"] == "0"
    assert values["macduff_http_failures_total"] == "1" and int(values["macduff_http_requests_total"]) >= 3


@pytest.mark.parametrize("path", ["/", "/api", "/ws", "/metrics", "/static/icon.svg"])
async def test_rebound_hosts_are_refused_everywhere(http: Http, path: str) -> None:
    """A name under an attacker's control may resolve to 127.0.0.1."""
    status, error = await http.get(path, headers={"Host": "evil.example:8008"})
    assert status == 403 and error["kind"] == "Refused" and error["message"].startswith("Host: expected")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_other_pages_may_not_write(http: Http, lab: Lab, origin: str) -> None:
    """Their scripts cannot read either: no answer allows it by CORS headers."""
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    for verb, path in (("PUT", "/api/BENCH/velocity"), ("POST", "/api/BENCH/press"), ("POST", "/nowhere")):
        status, error = await http.ask(verb, path, data="2", headers=headers)
        assert status == 403 and error["message"].startswith("Origin: expected")
    assert lab.bench.velocity.value == 1.0 and lab.bench.presses.value == 0
    async with http.session.get(lab.address + "/api", headers=headers) as response:
        assert not any(name.lower().startswith("access-control") for name in response.headers)


async def test_our_own_page_may(http: Http, lab: Lab) -> None:
    assert await http.put("/api/BENCH/velocity", 2, headers={"Origin": lab.address}) == (200, None)
