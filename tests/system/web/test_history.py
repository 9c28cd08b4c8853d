"""The history of an attribute over HTTP, in both clients, and its page in the documentation (decision 20)."""

from __future__ import annotations

import csv
import doctest
import io
import json
import math
import re
import shlex
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

import macduff
from macduff import BadValue, Disconnected, NotFound, Severity, TimedOut, connect
from macduff.cli import main
from macduff.client import Client, connect_async
from macduff.core import Process
from macduff.servers.web import WebServer
from tests.system.web.conftest import Lab
from tests.system.web.http import Http
from tests.system.web.lab import Bench, Mode

PAGE = Path(__file__).parents[3] / "docs/how-to/history.md"
SECOND = 1_000_000_000


@pytest.fixture
def server() -> Iterator[tuple[Bench, WebServer]]:
    with Process() as process, WebServer(process, port=0) as server:
        bench = Bench("BENCH")
        process.add(bench)
        yield bench, server


async def test_columns(http: Http, lab: Lab) -> None:
    """What came before anybody asked for it, as JSON."""
    start = lab.bench.position.time
    for step in (1.0, 9.0, math.nan):
        lab.bench.position.update(step)
    status, found = await http.get("/api/BENCH/position/history")
    assert status == 200 and list(found) == ["times", "values", "severities", "alarms"]
    assert found["values"] == [0.0, 1.0, 9.0, "NaN"]
    assert found["severities"][:3] == [0, 0, 1] and len(found["severities"]) == 4
    assert found["times"] == sorted(found["times"]) and found["times"][-1] == lab.bench.position.time
    assert found["times"][0] >= start - SECOND
    assert found["alarms"][0] == {"index": 0, "severity": 0, "status": 0, "message": ""}
    assert found["alarms"][1]["index"] == 2 and "8" in found["alarms"][1]["message"]


@pytest.mark.parametrize(
    ("query", "values"),
    [("count=2", [2.0, 3.0]), ("seconds=1000", [0.0, 1.0, 2.0, 3.0]), ("seconds=0", [3.0]), ("since=LAST", [3.0])],
)
async def test_parts(http: Http, lab: Lab, query: str, values: list[float]) -> None:
    for step in (1.0, 2.0):
        lab.bench.position.update(step)
    last = lab.bench.position.time
    lab.bench.position.update(3.0, time=last + 1)
    status, found = await http.get(f"/api/BENCH/position/history?{query.replace('LAST', str(last))}")
    assert (status, found["values"]) == (200, values)


@pytest.mark.parametrize(
    "query", ["seconds=-1", "seconds=nan", "seconds=soon", "count=0", "count=1.5", "since=now", "format=xml",
              "count=" + "9" * 40]
)  # fmt: skip
async def test_what_cannot_be_asked_for_is_400(http: Http, lab: Lab, query: str) -> None:
    status, error = await http.get(f"/api/BENCH/position/history?{query}")
    assert (status, error["kind"]) == (400, "BadValue")
    assert error["message"].startswith(f"?{query.partition('=')[0]}: expected")


@pytest.mark.parametrize("place", ["NONE/position", "BENCH/none", "BENCH/add", "BENCH/press"])
async def test_what_has_no_history_is_404(http: Http, lab: Lab, place: str) -> None:
    assert (await http.get(f"/api/{place}/history"))[0] == 404


async def test_the_process_has_one_too(http: Http, lab: Lab) -> None:
    status, found = await http.get("/api/.process/health/history")
    assert (status, found["values"][-1]) == (200, "OK")


async def test_lines(http: Http, lab: Lab) -> None:
    lab.bench.title.update('a "b", c')
    lab.bench.wave.update(np.array([1.0, math.inf]))
    for member, last in (("title", 'a "b", c'), ("wave", '[1.0, "Infinity"]'), ("on", "false")):
        async with aiohttp.request("GET", f"{http.address}/api/BENCH/{member}/history?format=csv") as response:
            assert (response.status, response.content_type) == (200, "text/csv")
            rows = list(csv.DictReader(io.StringIO(await response.text())))
        assert rows[-1]["value"] == last and rows[-1]["severity"] == "NONE"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", rows[-1]["time"])


async def test_a_long_one_leaves_the_loop_free(http: Http, lab: Lab) -> None:
    """It is encoded in a thread of its own; the whole of it arrives."""
    for step in range(1000):
        lab.bench.position.update(step / 1000)
    _, found = await http.get("/api/BENCH/position/history")
    assert len(found["values"]) == len(found["times"]) == len(found["severities"]) >= 1000


async def test_its_memory_and_its_gaps_are_counted(http: Http, lab: Lab) -> None:
    for step in range(3000):
        lab.bench.position.update(step / 1000)
    assert len(lab.bench.position.history()) >= 1000
    async with aiohttp.request("GET", f"{http.address}/metrics") as response:
        found = dict(re.findall(r"^(macduff_history\w+) (\d+)$", await response.text(), re.MULTILINE))
    assert int(found["macduff_history_bytes"]) > 20_000
    assert int(found["macduff_history_bursts_total"]) >= 1


def test_each_type_comes_as_python_has_it(server: tuple[Bench, WebServer]) -> None:
    bench, web = server
    bench.position.update(math.inf)
    bench.counter.update(7)
    bench.mode.update(Mode.FAST)
    bench.on.update(True)
    bench.wave.update(np.array([1.0, math.nan]))
    bench.image.update(np.arange(6, dtype=np.uint16).reshape(2, 3))
    bench.update(rows={"x": [1.5], "name": ["a"]}, pair={"x": 1.0, "n": 2})
    with connect(web.address) as client:
        attributes = client["BENCH"].attributes
        assert attributes["position"].history().values.tolist() == [0.0, math.inf]
        assert attributes["counter"].history().values.tolist() == [0, 7]
        assert attributes["counter"].history().values.dtype == np.int64
        assert attributes["mode"].history().values == ("slow", "fast")
        assert attributes["on"].history().values == (False, True)
        assert str(attributes["wave"].history().values[-1]) == "[ 1. nan]"
        assert attributes["image"].history().values[-1].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert attributes["rows"].history().values[-1]["name"] == ("a",)
        assert not isinstance(attributes["pair"].history().values[-1], dict)
        assert dict(attributes["pair"].history().values[-1]) == {"x": 1.0, "n": 2}
        last = list(attributes["position"].history())[-1]
        assert (last.value, last.alarm.severity, last.time) == (math.inf, Severity.MINOR, bench.position.time)
        assert client["."].attributes["health"].history().values[-1] == "OK"
        assert client.device("BENCH", Bench).mode.history(count=1).values == (Mode.FAST,)


def test_parts_of_it_and_what_goes_wrong(server: tuple[Bench, WebServer]) -> None:
    bench, web = server
    for step in (1.0, 2.0, 3.0):
        bench.position.update(step)
    client = connect(web.address)
    with client:
        position = client["BENCH"].attributes["position"]
        assert position.history(count=2).values.tolist() == [2.0, 3.0]
        assert position.history(0).values.tolist() == [3.0]
        assert position.history(600).values.tolist() == [0.0, 1.0, 2.0, 3.0]
        assert len(position.history(since=bench.position.time)) == 0
        refused: list[dict[str, Any]] = [{"seconds": -1}, {"count": 0}, {"seconds": math.nan}]
        for wrong in refused:
            with pytest.raises(BadValue, match=r"BENCH\.position\.history"):
                position.history(**wrong)
        with pytest.raises(TimedOut, match="expected it within 0 s"):
            position.history(timeout=0)
        web.process.remove("BENCH")
        with pytest.raises(NotFound, match="BENCH"):
            position.history()
        web.stop()
        with pytest.raises(Disconnected, match=r"history of BENCH\.position: expected it from ws://127"):
            position.history()
    with pytest.raises(Disconnected):
        position.history()


async def test_asynchronously(server: tuple[Bench, WebServer]) -> None:
    bench, web = server
    bench.position.update(1.5)
    async with await connect_async(web.address) as client:
        position = (await client.device("BENCH")).position
        assert (await position.history()).values.tolist() == [0.0, 1.5]
        assert (await position.history(count=1)).values.tolist() == [1.5]
        with pytest.raises(BadValue):
            await position.history(count=0)


def test_the_page(
    server: tuple[Bench, WebServer], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its commands and its Python do what they say; what differs each time stands there as dots."""
    _, web = server
    web.process.add(stage := Bench("STAGE"))
    for step in (0.5, 1.0, 9.0):
        stage.position.update(step)
    monkeypatch.setenv("MACDUFF_ADDRESS", web.environment["MACDUFF_ADDRESS"])
    same = doctest.OutputChecker().check_output
    text = PAGE.read_text()
    found = re.findall(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", text, re.MULTILINE)
    assert len(found) >= 4
    for line, expected in found:
        words = shlex.split(line)
        if words[0] == "curl":
            address = words[-1].replace("http://127.0.0.1:8008", web.address)
            with urllib.request.urlopen(address, timeout=10) as response:
                printed = response.read().decode()
            printed += "" if printed.endswith("\n") else "\n"
        else:
            assert words[0] == "macduff" and main(words[1:]) == 0
            printed = capsys.readouterr().out
        assert same(expected, printed, doctest.ELLIPSIS), (line, printed)
    clients: list[Client] = []
    original: Any = macduff.connect

    def connect_there(_: str) -> Client:
        clients.append(original(web.address))
        return clients[-1]

    monkeypatch.setattr(macduff, "connect", connect_there)
    test = doctest.DocTestParser().get_doctest(
        "\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL)), {}, PAGE.name, str(PAGE), 0
    )
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    for client in clients:
        client.close()
    assert result.attempted > 4 and result.failed == 0, "".join(report)


def test_the_command(server: tuple[Bench, WebServer], capsys: pytest.CaptureFixture[str]) -> None:
    """As text, JSON, JSON lines and CSV; exit codes as everywhere."""
    bench, web = server
    for step in (1.0, 9.0):
        bench.position.update(step)
    bench.counter.update(3)

    def run(*tokens: str) -> tuple[int, str, str]:
        code = main(["history", *tokens, "-a", web.address])
        out, errors = capsys.readouterr()
        return code, out, errors

    code, out, _ = run("BENCH.position")
    lines = out.splitlines()
    assert code == 0 and len(lines) == 3
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 0.0000 mm", lines[0])
    assert " 9.0000 mm MINOR " in lines[2]
    records = json.loads(run("BENCH.position", "-o", "json")[1])
    assert [record["value"] for record in records] == [0.0, 1.0, 9.0]
    assert list(records[0]) == ["name", "value", "units", "severity", "message", "time"]
    assert [json.loads(line) for line in run("BENCH.position", "-o", "jsonl")[1].splitlines()] == records
    rows = list(csv.DictReader(io.StringIO(run("BENCH.counter", "--count", "1", "-o", "csv")[1])))
    assert [(row["name"], row["value"]) for row in rows] == [("BENCH.counter", "3")]
    assert len(run("BENCH.position", "--seconds", "0")[1].splitlines()) == 1
    assert run("BENCH.none")[0] == 1
    assert run("BENCH")[0] == run("BENCH.position", "--count", "0")[0] == run("BENCH.position", "-s", "-1")[0] == 2
