"""A decoder that is as strict as real clients are, written from the protocol's description and not from our code.

Give it every message in both directions, in order. It checks each one from the server: form, pairs of typeids, values
against metas, alarms, key paths, one reply for each request, nothing after an id's last message. It fails with
AssertionError.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

__all__ = ["StrictDecoder", "check_attribute", "check_block", "check_method"]

CORE = "malcolm:core/"
MOST_ID = 2**53 - 1
PAIRS = {
    "epics:nt/NTScalar:1.0": {
        "NumberMeta", "BooleanMeta", "StringMeta", "ChoiceMeta", "NumberArrayMeta", "ChoiceArrayMeta",
    },
    "epics:nt/NTScalarArray:1.0": {"BooleanArrayMeta", "StringArrayMeta"},
    "epics:nt/NTTable:1.0": {"TableMeta"},
}  # fmt: skip
COLUMNS = {"NumberArrayMeta", "BooleanArrayMeta", "StringArrayMeta", "ChoiceArrayMeta"}
INTEGERS = {f"{sign}int{bits}": (sign, bits) for sign in ("", "u") for bits in (8, 16, 32, 64)}
NUMBER_WORDS = ("NaN", "Infinity", "-Infinity")


def exactly(where: str, found: Any, members: str) -> dict[str, Any]:
    assert isinstance(found, dict), f"{where}: expected an object, got {found!r}"
    assert sorted(found) == sorted(members.split()), f"{where}: expected {members}, got {list(found)}"
    return found


def text(where: str, found: Any) -> None:
    assert type(found) is str, f"{where}: expected text, got {found!r}"


def truth(where: str, found: Any) -> None:
    assert type(found) is bool, f"{where}: expected true or false, got {found!r}"


def texts(where: str, found: Any) -> None:
    assert type(found) is list, f"{where}: expected a list, got {found!r}"
    for item in found:
        text(where, item)


def is_int(found: Any, low: int, high: int) -> bool:
    return type(found) is int and low <= found <= high


def check_alarm(where: str, alarm: Any) -> None:
    exactly(where, alarm, "typeid severity status message")
    assert alarm["typeid"] == "alarm_t", where
    assert is_int(alarm["severity"], 0, 3), f"{where}: severity {alarm['severity']!r}"
    assert is_int(alarm["status"], 0, 7), f"{where}: status {alarm['status']!r}"
    text(where, alarm["message"])


def check_time(where: str, stamp: Any) -> None:
    exactly(where, stamp, "typeid secondsPastEpoch nanoseconds userTag")
    assert stamp["typeid"] == "time_t", where
    assert is_int(stamp["secondsPastEpoch"], 0, 2**63) and is_int(stamp["nanoseconds"], 0, 10**9 - 1), where
    assert is_int(stamp["userTag"], 0, 2**31), where


def check_display(where: str, display: Any) -> None:
    exactly(where, display, "typeid limitLow limitHigh description precision units")
    assert display["typeid"] == "display_t", where
    for name in ("limitLow", "limitHigh"):
        assert type(display[name]) in (int, float), f"{where}.{name}: {display[name]!r}"
    assert is_int(display["precision"], 0, 100), f"{where}.precision: {display['precision']!r}"
    text(where, display["description"])
    text(where, display["units"])


def check_meta(where: str, meta: Any) -> str:
    """A meta of a value; its kind, "NumberMeta"."""
    assert isinstance(meta, dict) and type(meta.get("typeid")) is str, f"{where}: {meta!r}"
    found = re.fullmatch(r"malcolm:core/(\w+):1\.0", meta["typeid"])
    assert found, f"{where}: {meta['typeid']}"
    kind = found[1]
    common = "typeid description tags writeable label"
    if kind in ("NumberMeta", "NumberArrayMeta"):
        exactly(where, meta, f"{common} dtype display")
        assert meta["dtype"] in (*INTEGERS, "float32", "float64"), f"{where}.dtype: {meta['dtype']!r}"
        check_display(f"{where}.display", meta["display"])
    elif kind in ("ChoiceMeta", "ChoiceArrayMeta"):
        exactly(where, meta, f"{common} choices")
        texts(f"{where}.choices", meta["choices"])
    elif kind == "TableMeta":
        exactly(where, meta, f"{common} elements")
        assert isinstance(meta["elements"], dict), where
        for name, column in meta["elements"].items():
            assert check_meta(f"{where}.{name}", column) in COLUMNS, f"{where}.{name}: {column['typeid']}"
    else:
        assert kind in ("BooleanMeta", "StringMeta", "BooleanArrayMeta", "StringArrayMeta"), f"{where}: {kind}"
        exactly(where, meta, common)
    text(where, meta["description"])
    text(where, meta["label"])
    texts(f"{where}.tags", meta["tags"])
    truth(f"{where}.writeable", meta["writeable"])
    return kind


def check_value(where: str, value: Any, meta: dict[str, Any]) -> None:
    """A value against its meta."""
    kind = meta["typeid"].removeprefix(CORE).removesuffix(":1.0")
    if kind == "TableMeta":
        assert isinstance(value, dict) and value.get("typeid") == "malcolm:core/Table:1.0", f"{where}: {value!r}"
        assert [name for name in value if name != "typeid"] == list(meta["elements"]), f"{where}: {list(value)}"
        for name, column in meta["elements"].items():
            check_value(f"{where}.{name}", value[name], column)
        assert len({len(value[name]) for name in meta["elements"]}) <= 1, f"{where}: columns of different lengths"
    elif kind.endswith("ArrayMeta"):
        assert type(value) is list, f"{where}: expected a list, got {value!r}"
        check_items(where, value, kind.replace("ArrayMeta", "Meta"), meta)
    else:
        check_scalar(where, value, kind, meta)


def check_items(where: str, items: list[Any], kind: str, meta: dict[str, Any]) -> None:
    assert len({len(item) if type(item) is list else -1 for item in items}) <= 1, f"{where}: ragged"
    for item in items:
        if type(item) is list:
            assert kind == "NumberMeta", f"{where}: only numbers nest"
            check_items(where, item, kind, meta)
        else:
            check_scalar(where, item, kind, meta)


def check_scalar(where: str, value: Any, kind: str, meta: dict[str, Any]) -> None:
    if kind == "BooleanMeta":
        truth(where, value)
    elif kind == "StringMeta":
        text(where, value)
    elif kind == "ChoiceMeta":
        assert value in meta["choices"], f"{where}: {value!r} is none of {meta['choices']}"
    elif meta["dtype"] in INTEGERS:
        sign, bits = INTEGERS[meta["dtype"]]
        low, high = (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        assert is_int(value, low, high), f"{where}: {value!r} is no {meta['dtype']}"
    else:
        assert type(value) in (int, float) or value in NUMBER_WORDS, f"{where}: {value!r} is no number"


def check_attribute(where: str, attribute: Any) -> None:
    exactly(where, attribute, "typeid value alarm timeStamp meta")
    kind = check_meta(f"{where}.meta", attribute["meta"])
    assert kind in PAIRS.get(attribute["typeid"], ()), f"{where}: {attribute['typeid']} with {kind}"
    check_value(f"{where}.value", attribute["value"], attribute["meta"])
    check_alarm(f"{where}.alarm", attribute["alarm"])
    check_time(f"{where}.timeStamp", attribute["timeStamp"])


def check_map_meta(where: str, found: Any) -> dict[str, Any]:
    exactly(where, found, "typeid elements required")
    assert found["typeid"] == "malcolm:core/MapMeta:1.0", where
    for name, meta in found["elements"].items():
        check_meta(f"{where}.{name}", meta)
    texts(f"{where}.required", found["required"])
    assert set(found["required"]) <= set(found["elements"]), where
    elements: dict[str, Any] = found["elements"]
    return elements


def check_log(where: str, log: Any, elements: dict[str, Any]) -> None:
    exactly(where, log, "typeid value present alarm timeStamp")
    assert log["typeid"] == "malcolm:core/MethodLog:1.0", where
    assert list(log["value"]) == list(elements), f"{where}: expected {list(elements)}, got {list(log['value'])}"
    for name, value in log["value"].items():
        check_value(f"{where}.{name}", value, elements[name])
    texts(f"{where}.present", log["present"])
    assert set(log["present"]) <= set(elements), where
    check_alarm(f"{where}.alarm", log["alarm"])
    check_time(f"{where}.timeStamp", log["timeStamp"])


def check_method(where: str, method: Any) -> None:
    exactly(where, method, "typeid took returned meta")
    assert method["typeid"] == "malcolm:core/Method:1.1", where
    meta = exactly(f"{where}.meta", method["meta"], "typeid takes returns defaults description tags writeable label")
    assert meta["typeid"] == "malcolm:core/MethodMeta:1.1", where
    takes = check_map_meta(f"{where}.takes", meta["takes"])
    returns = check_map_meta(f"{where}.returns", meta["returns"])
    for name, value in meta["defaults"].items():
        assert name in takes, f"{where}.defaults: {name}"
        check_value(f"{where}.defaults.{name}", value, takes[name])
    assert not set(meta["defaults"]) & set(meta["takes"]["required"]), f"{where}: required, but has a default"
    texts(f"{where}.tags", meta["tags"])
    assert ("method:return:unpacked" in meta["tags"]) is (list(returns) == ["return"]), f"{where}: {meta['tags']}"
    truth(where, meta["writeable"])
    text(where, meta["description"])
    text(where, meta["label"])
    check_log(f"{where}.took", method["took"], takes)
    check_log(f"{where}.returned", method["returned"], returns)


def check_block_meta(where: str, meta: Any) -> None:
    exactly(where, meta, "typeid description tags writeable label fields")
    assert meta["typeid"] == "malcolm:core/BlockMeta:1.0", where
    texts(where, meta["tags"])
    texts(where, meta["fields"])
    truth(where, meta["writeable"])
    text(where, meta["description"])
    text(where, meta["label"])


def check_block(where: str, block: Any) -> None:
    assert isinstance(block, dict) and block.get("typeid") == "malcolm:core/Block:1.0", where
    check_block_meta(f"{where}.meta", block.get("meta"))
    assert list(block) == ["typeid", "meta", *block["meta"]["fields"]], f"{where}: {list(block)}"
    for name in block["meta"]["fields"]:
        check_field(f"{where}.{name}", block[name])


def check_field(where: str, field: Any) -> None:
    if field["typeid"] == "malcolm:core/Method:1.1":
        check_method(where, field)
    else:
        check_attribute(where, field)


def survives(path: list[str], device: dict[str, Any] | None) -> bool:
    """Whether real clients bear a change at this key path from the device."""
    if device is not None and len(path) > 1 and path[0] != "meta":
        is_method = device[path[0]]["typeid"] == "malcolm:core/Method:1.1"
        if is_method:
            return path[1:] in (["took"], ["returned"], ["meta", "writeable"])
    if path[:1] == ["meta"]:
        return len(path) == 2
    return (
        (len(path) == 2 and path[1] in ("value", "alarm", "timeStamp", "meta", "took", "returned"))
        or (len(path) == 3 and path[1] == "meta" and path[2] != "display")
        or (len(path) == 4 and path[1:3] == ["meta", "display"])
    )


class StrictDecoder:
    """One connection as a strict client sees it."""

    def __init__(self) -> None:
        self.open: dict[int, list[dict[str, Any]]] = {}
        self.subscribed: dict[int, dict[str, Any]] = {}
        self.values: dict[int, Any] = {}

    def sent(self, request: dict[str, Any]) -> None:
        """A request that goes to the server (a well-formed one)."""
        self.open.setdefault(request["id"], []).append(request)

    def received(self, frame: str | bytes) -> dict[str, Any]:
        """A frame from the server, checked; the message in it."""
        assert type(frame) is str, "expected a text frame"
        message = json.loads(frame, parse_constant=_no_constant, object_pairs_hook=_no_doubles)
        kind = message.get("typeid", "").removeprefix(CORE)
        assert is_int(message.get("id"), -1, MOST_ID), f"id {message.get('id')!r}"
        if kind == "Error:1.0":
            self._error(exactly("Error", message, "typeid id message"))
        elif kind == "Return:1.0":
            self._return(exactly("Return", message, "typeid id value"))
        elif kind == "Update:1.0":
            self._update(exactly("Update", message, "typeid id value"))
        elif kind == "Delta:1.0":
            self._delta(exactly("Delta", message, "typeid id changes"))
        else:
            raise AssertionError(f"typeid {kind}")
        return dict(message)

    def _error(self, message: dict[str, Any]) -> None:
        assert re.match(r"[A-Z]\w*: .", message["message"]), f"Error: {message['message']!r} is no 'Kind: sentence'"
        if message["id"] == -1:
            return
        self._last(message["id"], subscription_may_end=True)

    def _return(self, message: dict[str, Any]) -> None:
        request = self._last(message["id"], subscription_may_end=False)
        kind = request["typeid"].removeprefix(CORE)
        if kind == "Subscribe:1.0":  # it was ended before it had said anything
            request = self._last(message["id"], subscription_may_end=False)
            kind = request["typeid"].removeprefix(CORE)
            assert kind == "Unsubscribe:1.0", f"a Return for a Subscribe, then {kind}"
            self.subscribed[message["id"]] = request
        if kind == "Get:1.0":
            self._whole(request["path"], message["value"])
        elif kind == "Unsubscribe:1.0":
            assert message["value"] is None
            assert message["id"] in self.subscribed, "a Return for what was not subscribed"
            del self.subscribed[message["id"]]
        elif kind == "Put:1.0" and not request.get("get"):
            assert message["value"] is None, f"Put: {message['value']!r}"
        else:
            assert kind in ("Put:1.0", "Post:1.0"), f"{kind}: a Return"

    def _last(self, identity: int, subscription_may_end: bool) -> dict[str, Any]:
        waiting = self.open.get(identity, [])
        if waiting:
            request = waiting.pop(0)
            if not waiting:
                del self.open[identity]
            return request
        assert subscription_may_end and identity in self.subscribed, f"{identity}: a reply to nothing"
        return self.subscribed.pop(identity)

    def _begin(self, identity: int) -> dict[str, Any]:
        """The subscription of an id; its first notification takes it from the open requests."""
        if identity not in self.subscribed:
            waiting = [item for item in self.open.get(identity, ()) if item["typeid"] == f"{CORE}Subscribe:1.0"]
            assert waiting, f"{identity}: a notification, but it is not subscribed"
            self.open[identity].remove(waiting[0])
            if not self.open[identity]:
                del self.open[identity]
            self.subscribed[identity] = waiting[0]
            self.values.pop(identity, None)
        return self.subscribed[identity]

    def _update(self, message: dict[str, Any]) -> None:
        request = self._begin(message["id"])
        assert not request.get("delta"), "an Update for a subscription with delta"
        self.values[message["id"]] = message["value"]
        self._whole(request["path"], message["value"])

    def _delta(self, message: dict[str, Any]) -> None:
        identity = message["id"]
        request = self._begin(identity)
        assert request.get("delta"), "a Delta for a subscription without"
        changes = message["changes"]
        assert type(changes) is list and changes, "a Delta without changes"
        for number, stanza in enumerate(changes):
            assert type(stanza) is list and len(stanza) == 2, f"stanza {stanza!r}"
            path, value = stanza
            texts("key path", path)
            if identity not in self.values:
                assert path == [] and number == 0, f"the first change is at {path}"
            if not path:
                assert len(changes) == 1, "more changes beside the whole"
                self.values[identity] = copy.deepcopy(value)
                continue
            self._apply(identity, request["path"], path, value)
        self._whole(request["path"], self.values[identity])

    def _apply(self, identity: int, subscribed: list[str], path: list[str], value: Any) -> None:
        device = self.values[identity] if len(subscribed) == 1 else None
        assert survives([*subscribed[1:], *path], device), f"key path {path} in {subscribed}"
        target = self.values[identity]
        for name in path[:-1]:
            target = target[name]
        assert path[-1] in target, f"{path}: it was not there"
        target[path[-1]] = value

    def _whole(self, path: list[str], value: Any) -> None:
        where = ".".join(path)
        if len(path) == 1:
            check_block(where, value)
        elif len(path) == 2 and path[1] == "meta":
            check_block_meta(where, value)
        elif len(path) == 2 and path[1] != "typeid":
            check_field(where, value)
        elif path[2:] == ["alarm"]:
            check_alarm(where, value)
        elif path[2:] == ["timeStamp"]:
            check_time(where, value)


def _no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), f"a member twice in {[name for name, _ in pairs]}"
    return dict(pairs)
