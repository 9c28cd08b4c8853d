"""What is refused or fails over PVAccess: the text arrives, every operation completes, and nothing has changed."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from p4p import Type, Value
from p4p.client.asyncio import Context as AsyncContext
from p4p.client.raw import RemoteError
from p4p.client.thread import Context
from p4p.nt import NTURI

from macduff import Process
from macduff.servers.pva import PvaServer

from .lab import Awkward, first_of, heard_of

# p4p keeps the threads that run its client's callbacks for the life of the program.
pytestmark = pytest.mark.allow_threads("None*")


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        process.add(Awkward("A"))
        yield process


@pytest.mark.parametrize(
    ("name", "put", "error"),
    [
        ("count", {"value": 101}, "BadValue: A.count: expected a value from 0 to 100, got 101"),
        ("count", {"display.units": "mm"}, "BadValue: A.count: expected a put to value"),
        ("mode", {"value.index": 2}, r"BadValue: A.mode: expected an index from 0 to 1 \(slow, fast\), got 2"),
        ("mode", "warp", "warp"),
        ("image", {"dimension": [{"size": 2}]}, "BadValue: A.image: expected a put to value"),
        ("broken", {"value": 1.0}, "DeviceFailed: .*the cable is off"),
        ("read_only", {"value": 1.0}, "BadValue: A:read_only: expected a PV that can be put, got one that is read"),
        ("count_RBV", {"value": 1}, "BadValue: A:count_RBV: expected a PV that can be put"),
        ("sum", {"value": True}, "BadValue: A:sum: expected a PV that can be put"),
        ("fail", {"value": True}, "DeviceFailed: .*no such luck"),
        ("PVI", {"display.description": "mine"}, "BadValue: A:PVI: expected a PV that can be put"),
    ],
)
def test_puts_are_refused_with_our_text(context: Context, process: Process, name: str, put: Any, error: str) -> None:
    """rule 31"""
    before = context.get(f"A:{name}", timeout=5).todict()
    with pytest.raises((RemoteError, ValueError), match=error):
        context.put(f"A:{name}", put, timeout=5)
    after: Any = context.get(f"A:{name}", timeout=5)
    if name not in ("fail", "broken"):  # one tells of its call, of the other the set point was taken
        assert repr(after.todict()) == repr(before)


@pytest.mark.parametrize(
    ("method", "spec", "query", "error"),
    [
        ("sum", [], {}, "BadValue: .*expected .*values.*, got no values"),
        ("sum", [("values", "ad"), ("other", "i")], {"values": [1.0], "other": 2}, "BadValue: .*other"),
        ("sum", [("values", "d")], {"values": 1.0}, r"BadValue: A.sum.*values.*: expected an array"),
        ("sum", [("values", "s")], {"values": "[1,"}, r"BadValue: A.sum\(values\): expected .* in JSON"),
        ("sum", [("values", "ad"), ("scale", "d")], {"values": [1.0], "scale": 0.5}, "BadValue: A.sum.*scale.*0.5"),
        ("say", [("text", "d")], {"text": 1.0}, "BadValue: A.say.*text"),
        ("fail", [], {}, "DeviceFailed: .*no such luck"),
        ("count", [], {}, "BadValue: A:count: expected a method, got a value"),
        ("PVI", [], {}, "BadValue: A:PVI: expected a method"),
    ],
)
def test_calls_are_refused_with_our_text(
    context: Context, method: str, spec: list[tuple[str, str]], query: dict[str, Any], error: str
) -> None:
    """rule 35: one answer for each call."""
    with pytest.raises(RemoteError, match=error):
        context.rpc(f"A:{method}", NTURI(spec).wrap(f"A:{method}", kws=query), timeout=5)


def test_a_request_that_is_no_nturi_gets_an_answer_too(context: Context) -> None:
    odd = Value(Type([("values", ("S", "epics:nt/NTNDArray:1.0", [("value", "v"), ("dimension", "i")]))]))
    with pytest.raises(RemoteError, match=r"BadValue: A.sum\(values\): expected an NTNDArray"):
        context.rpc("A:sum", odd, timeout=5)
    own = Value(Type([("values", "ad"), ("scale", "s")]), {"values": [], "scale": "2"})
    total: Any = context.rpc("A:sum", own, timeout=5)
    assert total["value"] == 0.0, "nor need it be one; an array without elements is one"


async def test_text_that_pvaccess_cannot_say_is_not_cut(server: PvaServer, process: Process) -> None:
    """rule 31"""
    view = process.view("A")
    async with heard_of(server.environment, "A:text") as heard:
        assert (await first_of(heard))["value"] == "fine"
        await asyncio.to_thread(view.say, "cut\0here")
        unsaid = await heard()
        assert (unsaid["value"], unsaid["alarm.severity"]) == ("fine", 3), "the last one that could be said"
        assert "NUL" in unsaid["alarm.message"]
        await asyncio.to_thread(view.say, "well again")
        again = await heard()
        assert (again["value"], again["alarm.severity"], again["alarm.message"]) == ("well again", 0, "")
    with (
        Context("pva", conf=server.environment, useenv=False, nt=False) as context,
        pytest.raises(RemoteError, match="without NUL"),
    ):
        request = NTURI([("text", "s")]).wrap("A:say", kws={"text": "x"})
        context.rpc("A:nul", request, timeout=5)


async def test_names_of_files_that_are_no_text_keep_nobody_waiting(
    server: PvaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """p4p raises at what is no Unicode; in an error of a device, as in a description, it is told by its code."""
    monkeypatch.setattr(logging.getLogger("macduff.device.A"), "disabled", True)  # pytest cannot pass such text on
    with AsyncContext("pva", conf=server.environment, useenv=False, nt=False) as context:
        async with heard_of(server.environment, "A:file") as heard, asyncio.timeout(10):
            assert (await first_of(heard))["display.description"] == r"of caf\udce9.txt"
            assert (await context.get("A:lose"))["display.description"].startswith(r"Lose caf\udce9.txt.")
            with pytest.raises(RemoteError, match=r"DeviceFailed: .*caf\\udce9\.txt"):
                await context.rpc("A:lose", NTURI([]).wrap("A:lose"))
            update = await heard()
            assert (update["value"], update["alarm.message"]) == (1.0, r"caf\udce9.txt is\0lost")


@asynccontextmanager
async def while_held(server: PvaServer) -> AsyncIterator[AsyncContext]:
    """The device is busy with a call by somebody else, which is aborted at last."""
    hold = NTURI([]).wrap("A:hold")
    with (
        AsyncContext("pva", conf=server.environment, useenv=False, nt=False) as context,
        AsyncContext("pva", conf=server.environment, useenv=False, nt=False) as other,
    ):
        async with heard_of(server.environment, "A:state") as heard:
            holding = asyncio.create_task(other.rpc("A:hold", hold))
            labels: list[str] = []
            state = ""
            while state != "Running":
                update = await heard()
                if isinstance(update, Exception):
                    continue
                labels = labels or update["value.choices"]
                state = labels[update["value.index"]]
            yield context
            await context.rpc("A:abort", NTURI([]).wrap("A:abort"))
            with pytest.raises(RemoteError, match="Aborted: "):
                await asyncio.wait_for(holding, 5)


async def test_a_busy_device_says_who_holds_it(server: PvaServer) -> None:
    """rule 12"""
    async with while_held(server) as context, asyncio.timeout(10):
        for name, query in (("sum", {"values": [1.0]}), ("fail", {})):
            spec = [(argument, "ad") for argument in query]
            with pytest.raises(RemoteError, match=r"Busy: .*hold.*pva \w+@127.0.0.1"):
                await context.rpc(f"A:{name}", NTURI(spec).wrap(f"A:{name}", kws=query))
        with pytest.raises(RemoteError, match=r"Busy: "):
            await context.put("A:fail", {"value": True})


async def test_what_the_state_forbids_is_refused(server: PvaServer) -> None:
    """rule 16"""
    async with while_held(server) as context, asyncio.timeout(10):
        with pytest.raises(RemoteError, match=r"WrongState: A.idle_only: .*Idle"):
            await context.put("A:idle_only", {"value": 1.0})
        await context.put("A:count", {"value": 7})
        assert (await context.get("A:count_RBV"))["value"] == 7


async def test_many_at_once_all_complete(server: PvaServer) -> None:
    with AsyncContext("pva", conf=server.environment, useenv=False, nt=False) as context:
        spec = NTURI([("values", "ad")])
        asked = [context.rpc("A:say", NTURI([("text", "s")]).wrap("A:say", kws={"text": str(n)})) for n in range(50)]
        asked += [context.put("A:count", {"value": n}) for n in range(90, 110)]
        asked += [context.rpc("A:sum", spec.wrap("A:sum", kws={"values": [n]})) for n in range(50)]
        async with asyncio.timeout(10):
            ended = await asyncio.gather(*asked, return_exceptions=True)
        for outcome in ended:
            assert not isinstance(outcome, BaseException) or re.match("Busy: |BadValue: A.count", str(outcome))
        assert sum(isinstance(outcome, RemoteError) and "from 0 to 100" in str(outcome) for outcome in ended) == 9


def test_a_put_that_does_not_wait_is_answered_at_once(context: Context, process: Process) -> None:
    began = time.monotonic()
    context.put("A:hold", {"value": True}, request="record[block=false]", timeout=5)
    assert time.monotonic() - began < 4
    process.view("A").abort()


def test_images_are_put_with_a_shape_of_their_own(context: Context, process: Process) -> None:
    pixels = np.arange(6, dtype=np.uint16)
    context.put("A:image", {"value": pixels, "dimension": [{"size": 3}, {"size": 2}]}, timeout=5)
    assert process.view("A").image.tolist() == [[0, 1, 2], [3, 4, 5]]
    context.put("A:image", {"value": pixels + 1}, timeout=5)
    assert process.view("A").image.tolist() == [[1, 2, 3], [4, 5, 6]]
    with pytest.raises(RemoteError, match=r"A.image: expected elements for shape \(2, 3\), got 5"):
        context.put("A:image", {"value": pixels[:5]}, timeout=5)


def test_a_read_only_server_refuses_all_that_changes(process: Process) -> None:
    with (
        PvaServer(process, port=0, read_only=True) as server,
        Context("pva", conf=server.environment, useenv=False, nt=False) as context,
    ):
        for name, put in (("count", {"value": 5}), ("mode", {"value.index": 1}), ("fail", {"value": True})):
            with pytest.raises(RemoteError, match=f"Refused: A.{name}: .*read-only"):
                context.put(f"A:{name}", put, timeout=5)
        request = NTURI([("text", "s")]).wrap("A:say", kws={"text": "changed"})
        for pv in ("A:say", "A:abort", "macduff:remove"):
            with pytest.raises(RemoteError, match="read-only"):
                context.rpc(pv, request if pv == "A:say" else NTURI([]).wrap(pv), timeout=5)
        read: Any = context.get("A:text", timeout=5)
        assert (process.view("A").count, read["value"]) == (1, "fine")
