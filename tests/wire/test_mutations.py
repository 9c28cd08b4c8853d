"""Whatever a client sends: exactly one Return or Error for each message, and the server goes on (rule 35)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from macduff.limits import Limits
from macduff.protocol.dialect import DIALECTS
from macduff.values import VAction, VArray, VBool, VDouble, VEnum, VInt, VMap, VString, VTable

from .fakes import FakeAttribute, FakeDevice, FakeMethod
from .joined import CORE, Joined, Peer

KINDS = ("Get", "Put", "Post", "Subscribe", "Unsubscribe")
words = st.sampled_from(
    ["DEV", "x", "n", "wave", "table", "pair", "mode", "go", "move", "value", "meta", "alarm", "typeid", "", "é", "."]
)
numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), st.just(1e308))
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words, st.text(max_size=4), st.sampled_from(["1", "NaN", "1e999"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)
ids = st.one_of(st.integers(0, 5), st.integers(0, 2**53 - 1))


def device() -> FakeDevice:
    return FakeDevice(
        "DEV",
        FakeAttribute("x", VDouble(), 1.0, True, True), FakeAttribute("n", VInt(8), 1, True, True),
        FakeAttribute("wave", VArray("int8", ndim=None), [[1]], True, True),
        FakeAttribute("on", VBool(), True, True, True),
        FakeAttribute("table", VTable({"x": float, "n": str}), None, True, True),
        FakeAttribute("pair", VMap({"x": VDouble(), "n": VString()}), None, True, True),
        FakeAttribute("mode", VEnum(["x", "n"]), "x", True, True), FakeAttribute("go", VAction(), None, True, True),
        FakeMethod("move", {"x": VDouble(), "n": VArray("int8")}, ("x",), returns={"return": VDouble()}),
    )  # fmt: skip


def joined() -> Joined:
    found = Joined(device(), limits=Limits(message_size=4096))
    found.host.on_call = lambda host, _, __, given, reply: host.reply(reply, given.get("x", 0.0))
    return found


def encoded(peer: Peer, message: Any) -> str | bytes:
    return msgspec.msgpack.encode([message]) if peer.binary else json.dumps(message)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    message: dict[str, Any] = {"typeid": f"{CORE}{draw(st.sampled_from(KINDS))}:1.0", "id": draw(ids)}
    start = draw(st.sampled_from([[], ["DEV"], ["DEV"]]))
    message["path"] = [*start, *draw(st.lists(words, max_size=4))]
    for name in ("value", "parameters", "delta", "get", "policy", "readback", "abort_on_disconnect"):
        if draw(st.booleans()):
            message[name] = draw(st.one_of(st.booleans(), st.dictionaries(words, plain, max_size=3), plain))
    return message


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A request with some of its members taken away, renamed or replaced."""
    message: dict[str, Any] = draw(requests())
    for name in draw(st.lists(st.sampled_from(sorted(message)), max_size=3)):
        how = draw(st.sampled_from(["away", "replace", "rename"]))
        value = message.pop(name, None)
        if how == "replace":
            message[name] = draw(plain)
        elif how == "rename":
            message[draw(words)] = value
    return message


def alive(peer: Peer) -> None:
    """The connection still answers."""
    used = peer.session._subscriptions
    free = next(number for number in range(100) if number not in used)
    message = {"typeid": f"{CORE}Get:1.0", "id": free, "path": ["DEV", "on", "value"]}
    peer.raw(encoded(peer, message))
    assert [item["value"] for item in peer.got() if item["id"] == free] == [True]


def is_id(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


@settings(max_examples=150)
@given(st.sampled_from(sorted(DIALECTS)), st.lists(mutated(), min_size=1, max_size=4))
def test_each_message_gets_exactly_one_reply(subprotocol: str, messages: list[Any]) -> None:
    peer = joined().peer(subprotocol)
    peer.strict = None
    for message in messages:
        try:
            frame = encoded(peer, message)
        except OverflowError:
            continue  # msgpack has no larger integers
        before = set(peer.session._subscriptions)
        peer.raw(frame)
        replies = peer.got()
        last = [item for item in replies if item["typeid"] in (f"{CORE}Return:1.0", f"{CORE}Error:1.0")]
        subscribed = set(peer.session._subscriptions) - before
        identity = message.get("id")
        assert len(last) + len(subscribed) == 1
        for item in last:
            assert item["id"] == (identity if is_id(identity) else -1)
        if subscribed:
            assert subscribed == {identity} and message["typeid"] == f"{CORE}Subscribe:1.0"
            assert [item["id"] for item in replies] == [identity]
    alive(peer)


@settings(max_examples=150)
@given(st.sampled_from(sorted(DIALECTS)), requests(), st.data())
def test_each_frame_of_damaged_bytes_gets_at_least_one_reply(
    subprotocol: str, message: dict[str, Any], data: st.DataObject
) -> None:
    peer = joined().peer(subprotocol)
    peer.strict = None
    try:
        frame = encoded(peer, message)
    except OverflowError:
        return
    place = data.draw(st.integers(0, len(frame)))
    cut = data.draw(st.integers(0, 3))
    if isinstance(frame, str):
        damaged: str | bytes = frame[:place] + data.draw(st.text(max_size=3)) + frame[place + cut :]
    else:
        damaged = frame[:place] + data.draw(st.binary(max_size=3)) + frame[place + cut :]
    peer.raw(damaged)
    replies = Counter(item["id"] for item in peer.got())
    assert all(count == 1 for count in replies.values()) and len(replies) <= 1
    empty = damaged in (b"\x90", "[]") and subprotocol != "malcolm.1"
    assert empty or len(replies) == 1
    alive(peer)


@given(st.sampled_from(sorted(DIALECTS)), st.one_of(st.text(max_size=30), st.binary(max_size=30)))
def test_noise_is_answered(subprotocol: str, frame: str | bytes) -> None:
    peer = joined().peer(subprotocol)
    peer.strict = None
    peer.raw(frame)
    assert all(item["typeid"] == f"{CORE}Error:1.0" for item in peer.got())
    alive(peer)


@given(st.lists(requests(), min_size=1, max_size=6))
def test_strict_replies_stay_strict_whatever_is_asked(messages: list[dict[str, Any]]) -> None:
    """Every message of whole sessions passes the strict decoder, changes included."""
    both = joined()
    peer = both.peer()
    for message in messages:
        if message["id"] not in peer.session._subscriptions or message["typeid"] == f"{CORE}Unsubscribe:1.0":
            peer.message(message)
            both.host.all["DEV"].update(x=2.0, n=3)
        peer.got()
