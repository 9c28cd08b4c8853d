"""Random and mutated messages, and what rule 35 says of each: judged by Python's json, not by the server's parser."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = ["FRESH", "LAST", "Mutants", "Verdict", "judge"]

MOST_ID = 2**53 - 1
DEPTH = 64
FRESH, LAST = 10_000, 99_000_000
"""Ids of subscriptions, each used once, lie between these."""

NODES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2.5, 1e308, -0.0, 2**53 - 1, 2**53, 2**63, 2**64, -(2**63), 10**30, "", "x", "NaN",
    "1", "é\u2028", "\x00", "BENCH", "value", [], {}, [[]], ["BENCH"], {"a": 1}, {"typeid": "malcolm:core/Table:1.0"},
    {"dtype": "float64", "shape": [2], "data": [1, 2]}, {"dtype": "object", "shape": [-1], "data": []}, [1, "x", None],
)  # fmt: skip
SNIPPETS = (
    '"', "\\", "{", "}", "[", "]", ",", ":", "null", "NaN", "Infinity", "-", "1e999", "0x1", "\\ud800", "\\u0000",
    "\u2028", "\x00", "\ufeff", '"id":', '"id":7,', '"typeid":"malcolm:core/Get:1.0",', "tru", "9" * 400, " ", "\n",
    "/*", "'", "😀",
)  # fmt: skip
ATTRIBUTES = "position velocity counter title mode on wave image rows pair press presses health state nothing".split()
PARTS = "value alarm timeStamp meta took returned nothing".split()
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("add", {"a": 1.5}), ("add", {"a": 1, "b": 2}), ("shift", {"by": 0.5}), ("split", {"value": 3}), ("fail", {}),
    ("echo", {"values": [1, 2]}), ("nap", {"seconds": 0.02}), ("press", {}), ("abort", {}), ("nothing", {}),
)  # fmt: skip


@dataclass
class Verdict:
    """Which ids may be answered: exactly one answer, to one of these (to any when there are none).

    alone: the id of what is no subscription any more, whose Return is the end of nothing.
    """

    ids: frozenset[int]
    alone: int | None = None


class Mutants:
    """Messages from a seed: valid ones, and ones that went through a few accidents."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.fresh = FRESH

    def message(self) -> dict[str, Any]:
        """A request that is right, as far as its form goes."""
        choose = self.random
        kind = choose.choice(("Get", "Get", "Put", "Put", "Post", "Post", "Subscribe", "Unsubscribe"))
        message: dict[str, Any] = {
            "typeid": f"malcolm:core/{kind}:1.0",
            "id": choose.choice((choose.randrange(50), MOST_ID)),
        }
        path: list[Any] = [choose.choice(("BENCH", "BENCH", "BENCH", ".", "NOTHING"))]
        if kind == "Post":
            name, parameters = choose.choice(CALLS)
            path.append(name)
            message["parameters"] = dict(parameters)
        elif choose.random() < 0.8:
            path.append(choose.choice(ATTRIBUTES))
            if choose.random() < 0.5:
                path.append(choose.choice(PARTS))
        if kind == "Subscribe":
            self.fresh += 1
            message["id"] = self.fresh
            message["delta"] = choose.random() < 0.5
        if kind == "Unsubscribe":
            message["id"] = choose.randrange(max(FRESH, self.fresh - 20), self.fresh + 1)
        else:
            message["path"] = path
        if kind == "Put":
            message["value"] = self._node()
        return message

    def _node(self) -> Any:
        return deepcopy(self.random.choice(NODES))

    def damaged(self, message: Any) -> Any:
        """The same with some nodes replaced, removed, moved or added."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            places = list(_places(message))
            if not places:
                return self._node()
            owner, key = self.random.choice(places)
            accident = self.random.random()
            if accident < 0.5:
                owner[key] = self._node()
            elif accident < 0.7:
                del owner[key]
            elif accident < 0.8:
                owner[key] = [deepcopy(owner[key]) for _ in range(self.random.randrange(4))]
            elif isinstance(owner, dict):
                owner[self.random.choice(("id", "path", "value", "extra", "typeid", "delta", "policy"))] = deepcopy(
                    owner[key]
                )
            else:
                owner.insert(0, self._node())
        return self._with_own_id(message)

    def _with_own_id(self, message: Any) -> Any:
        """What may begin or end a subscription keeps out of the others' ids: the account is by id."""
        if isinstance(message, dict) and "ubscribe" in str(message.get("typeid")):
            identity = message.get("id")
            if isinstance(identity, (int, float)) and 0 <= identity <= MOST_ID and not FRESH <= identity < LAST:
                self.fresh += 1
                message["id"] = self.fresh
        return message

    def text(self, ours: bool) -> str:
        """A text frame."""
        choose = self.random.random()
        message: Any = self.message()
        if choose < 0.35:
            return json.dumps(message)
        if ours and choose < 0.4:
            return json.dumps([self.message() for _ in range(self.random.randrange(5))])
        if choose < 0.75:
            return json.dumps(self.damaged(message), ensure_ascii=self.random.random() < 0.5)
        if choose < 0.76:
            deep = self.random.choice((10, 60, 62, 66, 500, 5000))
            opening, closing = self.random.choice((("[", "]"), ('{"a":', "}")))
            filler = opening * deep + "1" + closing * deep
            return json.dumps({**message, "extra": 0}).replace('"extra": 0', f'"extra": {filler}')
        if choose < 0.77:
            return json.dumps({**message, "value": "x" * self.random.randrange(50_000)})
        if choose < 0.8:
            return "".join(self.random.choices('{}[]",:0123456789abc\\ \n', k=self.random.randrange(40)))
        return self._spoilt(json.dumps(message))

    def _spoilt(self, text: str) -> str:
        for _ in range(self.random.choice((1, 1, 2, 4))):
            begin = self.random.randrange(len(text) + 1)
            end = min(len(text), begin + self.random.choice((0, 0, 1, 1, 2, 10)))
            text = text[:begin] + self.random.choice(("", self.random.choice(SNIPPETS))) + text[end:]
        return text

    def binary(self) -> tuple[bytes, list[Verdict]]:
        """A msgpack frame, an array of messages, and what it must be answered with."""
        choose = self.random.random()
        messages = _fitting([self.message() for _ in range(self.random.choice((0, 1, 1, 1, 2, 5)))])
        if choose >= 0.4:
            messages = _fitting([self.damaged(message) for message in messages])
        frame = msgspec.msgpack.encode(messages)
        if choose < 0.75:
            return frame, [_of_message(message, unsure=False) for message in messages]
        data = bytearray(frame)
        for _ in range(self.random.choice((1, 1, 3))):
            place = self.random.randrange(len(data) + 1)
            data[place : place + self.random.choice((0, 1, 3))] = self.random.randbytes(
                self.random.choice((0, 1, 1, 4))
            )
        return bytes(data), judge_batch(bytes(data))


def _fitting(value: Any) -> Any:
    """Integers that msgpack has no form for become floats."""
    if isinstance(value, dict):
        return {key: _fitting(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_fitting(item) for item in value]
    return float(value) if type(value) is int and not -(2**63) <= value < 2**64 else value


def _places(value: Any) -> Any:
    """Every (container, key) in plain data."""
    if isinstance(value, (dict, list)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


OTHERS = tuple(f"malcolm:core/{kind}:1.0" for kind in ("Get", "Put", "Post"))
UNPARSEABLE = Verdict(frozenset({-1}))


def judge(text: str, ours: bool) -> list[Verdict]:
    """What a text frame must be answered with: for each message in it, one answer.

    Where JSON libraries may differ, either reading counts: as an unparseable message, or by its id.
    """
    if _depth(text) > DEPTH:
        return [UNPARSEABLE]
    unsure = False

    def constant(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal unsure
        unsure = unsure or len({key for key, _ in items}) != len(items)
        return dict(items)

    try:
        value = json.loads(text, parse_constant=constant, object_pairs_hook=pairs)
    except RecursionError:
        return [UNPARSEABLE]
    except ValueError:
        if any(len(number) > 300 for number in "".join(c if c.isdigit() else " " for c in text).split()):
            return [Verdict(frozenset({-1, *range(50)}))]  # Python refuses numbers of thousands of digits
        return [UNPARSEABLE]
    unsure = unsure or "\\ud8" in text.lower() or "\\ud" in text.lower() or _has_infinity(value)
    if ours and isinstance(value, list):
        return [_of_message(message, unsure) for message in value]
    return [_of_message(value, unsure)]


def judge_batch(frame: bytes) -> list[Verdict]:
    """The same for a spoilt msgpack frame, as far as it can be said: the only parser at hand is the server's."""
    try:
        raws = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode(frame)
    except (msgspec.DecodeError, RecursionError):
        return [UNPARSEABLE]
    return [Verdict(frozenset()) for _ in raws]


def _of_message(message: Any, unsure: bool) -> Verdict:
    identity = message.get("id") if isinstance(message, dict) else None
    usable = type(identity) is int and 0 <= identity <= MOST_ID
    if type(identity) is float and identity.is_integer():
        return Verdict(frozenset({-1, int(identity)}))
    if not usable or not isinstance(identity, int):
        return Verdict(frozenset({-1, *range(50), 7}) if unsure else frozenset({-1}))
    other = "path" in message and message.get("typeid") in OTHERS
    return Verdict(frozenset({-1, identity, 7, *range(50)} if unsure else {identity}), identity if other else None)


def _has_infinity(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_infinity, value.values()))
    if isinstance(value, list):
        return any(map(_has_infinity, value))
    return isinstance(value, float) and value in (float("inf"), float("-inf"))


def _depth(text: str) -> int:
    """How deep brackets nest outside strings."""
    deepest = level = 0
    quoted = escaped = False
    for letter in text:
        if quoted:
            quoted = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest
