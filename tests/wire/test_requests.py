"""Requests as real clients send them, requests that are none, and what is answered (rules 31, 35)."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy
import pytest

from macduff.errors import WrongState
from macduff.limits import Limits
from macduff.values import VAction, VArray, VBool, VDouble, VEnum, VInt, VMap, VString, VTable

from .fakes import FakeAttribute, FakeDevice, FakeMethod
from .joined import CORE, Joined, Peer, join

MACDUFF = ("macduff.1", "macduff.msgpack.1")
ALL = (None, "malcolm.1", *MACDUFF)


def device() -> FakeDevice:
    table = VTable({"x": VArray(VDouble()), "name": VArray(VString()), "on": VArray(VBool())})
    return FakeDevice(
        "DEV",
        FakeAttribute("number", VDouble(units="mm"), 1.0, True, True),
        FakeAttribute("count", VInt(), 1, True, True),
        FakeAttribute("big", VInt(64, False), 1, True, True),
        FakeAttribute("text", VString(), "a", True, True),
        FakeAttribute("on", VBool(), False, True, True),
        FakeAttribute("mode", VEnum(["slow", "fast"]), "slow", True, True),
        FakeAttribute("wave", VArray(VDouble()), [1.0], True, True),
        FakeAttribute("image", VArray("int16", ndim=2), [[1, 2], [3, 4]], True, True),
        FakeAttribute("table", table, {"x": [1.0], "name": ["a"], "on": [True]}, True, True),
        FakeAttribute("pair", VMap({"x": VDouble(), "name": VString()}), {"x": 1.0, "name": "a"}, True, True),
        FakeAttribute("fire", VAction(), None, True, True),
        FakeMethod("move", {"to": VDouble(), "fast": VBool()}, ("to",), {"fast": False}, {"return": VDouble()}),
        FakeMethod("look", returns={"x": VDouble(), "name": VString()}),
        FakeMethod("stop"),
    )


def last(peer: Peer) -> dict[str, Any]:
    return peer.got()[-1]


def put(peer: Peer, name: str, value: Any) -> tuple[str, Any]:
    """What a put, read back, is answered."""
    peer.send("Put", 1, ["DEV", name], value=value, get=True)
    reply = last(peer)
    return reply["typeid"].removeprefix(CORE), reply.get("value", reply.get("message"))


class TestPut:
    @pytest.mark.parametrize("path", [["DEV", "number"], ["DEV", "number", "value"]])
    @pytest.mark.parametrize("subprotocol", ALL)
    def test_both_forms_of_the_path(self, path: list[str], subprotocol: str | None) -> None:
        joined = Joined(device())
        peer = joined.peer(subprotocol)
        assert peer.ask("Put", 7, path, value=2.5) == {"typeid": f"{CORE}Return:1.0", "id": 7, "value": None}
        assert joined.host.asked == [("put", "DEV", {"number": 2.5}, False, "test")]

    @pytest.mark.parametrize(
        ("name", "sent", "becomes"),
        [
            ("number", "0.5", 0.5), ("number", "-1e3", -1000.0), ("number", "NaN", "NaN"), ("count", "4", 4),
            ("number", "-Infinity", "-Infinity"), ("wave", ["42", 2], [42.0, 2.0]), ("wave", ["NaN"], ["NaN"]),
            ("big", 2**64 - 1, 2**64 - 1), ("big", str(2**64 - 1), 2**64 - 1), ("image", [["1", 2]], [[1, 2]]),
            ("text", "0.5", "0.5"), ("mode", "fast", "fast"), ("on", True, True), ("number", 3, 3.0),
        ],
    )  # fmt: skip
    def test_strict_takes_numbers_as_strings(self, name: str, sent: Any, becomes: Any) -> None:
        kind, value = put(join(device()), name, sent)
        assert (kind, value, type(value)) == ("Return:1.0", becomes, type(becomes))

    @pytest.mark.parametrize(
        ("name", "sent"),
        [
            ("number", " 1"), ("number", "0x1"), ("number", "1_0"), ("number", "+1"), ("number", "nan"), ("number", ""),
            ("number", "1."), ("count", "1.5"), ("count", 1.5), ("count", True), ("count", None), ("number", None),
            ("number", True), ("count", 2**63), ("big", -1), ("big", 2**64), ("text", 1), ("on", 1), ("on", "true"),
            ("mode", "other"), ("mode", 1), ("wave", 1.0), ("wave", [[1.0]]), ("wave", [None]),
            ("image", [[1], [1, 2]]), ("image", [1]),
            ("text", None), ("table", {"x": [1.0]}), ("table", [1]), ("number", {"a": 1}),
            ("table", {"x": [1.0], "name": ["a", "b"], "on": [True]}), ("pair", {"x": [1.0, 2.0], "name": ["a"]}),
        ],
    )  # fmt: skip
    def test_bad_values_are_refused_and_nothing_is_asked(self, name: str, sent: Any) -> None:
        joined = Joined(device())
        peer = joined.peer()
        kind, message = put(peer, name, sent)
        assert kind == "Error:1.0" and message.startswith(f"BadValue: DEV.{name}")
        assert joined.host.asked == []

    @pytest.mark.parametrize("subprotocol", MACDUFF)
    @pytest.mark.parametrize(("name", "sent"), [("number", "0.5"), ("count", "4"), ("wave", ["42", 2])])
    def test_ours_does_not_convert_strings(self, subprotocol: str, name: str, sent: Any) -> None:
        assert put(join(device(), subprotocol=subprotocol), name, sent)[0] == "Error:1.0"

    @pytest.mark.parametrize("typeid", [{}, {"typeid": "malcolm:core/Table:1.0"}])
    @pytest.mark.parametrize("subprotocol", ALL)
    def test_tables_with_and_without_typeid(self, typeid: dict[str, str], subprotocol: str | None) -> None:
        joined = Joined(device())
        value = {**typeid, "x": [2], "name": ["b"], "on": [False]}
        joined.peer(subprotocol).ask("Put", 1, ["DEV", "table"], value=value)
        table = joined.host.asked[0][2]["table"]
        assert list(table) == ["x", "name", "on"] and list(table["x"]) == [2.0] and table["name"] == ("b",)

    def test_the_gui_sends_the_cells_of_a_table_as_text(self) -> None:
        kind, value = put(join(device()), "table", {"x": ["2.5"], "name": ["7"], "on": [True]})
        expected = {"typeid": "malcolm:core/Table:1.0", "x": [2.5], "name": ["7"], "on": [True]}
        assert (kind, value) == ("Return:1.0", expected)

    def test_a_map_is_a_table_of_one_row_or_ours_a_map(self) -> None:
        row = {"typeid": "malcolm:core/Table:1.0", "x": [2.0], "name": ["b"]}
        assert put(join(device()), "pair", row) == ("Return:1.0", row)
        for subprotocol in MACDUFF:
            plain = {"x": 2.0, "name": "b"}
            assert put(join(device(), subprotocol=subprotocol), "pair", plain) == ("Return:1.0", plain)

    def test_ours_puts_several_at_once(self) -> None:
        joined = Joined(device())
        peer = joined.peer("macduff.1")
        assert peer.ask("Put", 1, ["DEV"], value={"number": 2.0, "count": 3}, readback=True)["value"] is None
        assert joined.host.asked == [("put", "DEV", {"number": 2.0, "count": 3}, True, "test")]
        strict = join(device()).ask("Put", 1, ["DEV"], value={"number": 2.0})
        assert strict["message"].startswith("NotWriteable: ")

    def test_strict_ignores_our_members(self) -> None:
        """Unknown members of a request are ignored, whatever they hold."""
        joined = Joined(device())
        peer = joined.peer()
        assert peer.ask("Put", 1, ["DEV", "number"], value=2.0, readback="?", other=[1])["value"] is None
        assert joined.host.asked[0][3] is False
        assert peer.ask("Subscribe", 2, ["DEV", "number", "value"], policy="nonsense")["value"] == 2.0
        assert peer.ask("Post", 3, ["DEV", "stop"], abort_on_disconnect={})["value"] is None

    @pytest.mark.parametrize("data", ["nested", "flat"])
    def test_arrays_of_ours_carry_dtype_and_shape(self, data: str) -> None:
        peer = join(device(), subprotocol="macduff.1")
        value = [[5, 6, 7]] if data == "nested" else {"dtype": "int16", "shape": [1, 3], "data": [5, 6, 7]}
        assert put(peer, "image", value) == ("Return:1.0", {"dtype": "int16", "shape": [1, 3], "data": [5, 6, 7]})

    def test_an_empty_image_keeps_its_shape(self) -> None:
        empty = {"dtype": "int16", "shape": [0, 3], "data": []}
        assert put(join(device(), subprotocol="macduff.1"), "image", empty) == ("Return:1.0", empty)

    @pytest.mark.parametrize(
        "value",
        [
            {"dtype": "int16", "shape": [2, 2], "data": [1, 2, 3]}, {"dtype": "int16", "shape": [-1, 1], "data": [1]},
            {"dtype": "int16", "shape": "x", "data": [1]}, {"dtype": "int16", "shape": [1, 1], "data": [1.5]},
            {"shape": [1, 1]}, {"dtype": "int16", "shape": [1, 1], "data": [70000]}, {"shape": [True, 1], "data": [1]},
            {"dtype": "int16", "shape": [1], "data": [1]},
        ],
    )  # fmt: skip
    def test_arrays_that_do_not_fit_their_shape_are_refused(self, value: Any) -> None:
        assert put(join(device(), subprotocol="macduff.1"), "image", value)[1].startswith("BadValue: DEV.image")

    def test_msgpack_takes_raw_bytes(self) -> None:
        joined = Joined(device())
        peer = joined.peer("macduff.msgpack.1")
        array = numpy.array([[1, -2], [3, 4]], "<i2")
        value = {"dtype": "int16", "shape": [2, 2], "data": array.tobytes()}
        assert put(peer, "image", value) == ("Return:1.0", value)
        assert (joined.host.asked[0][2]["image"] == array).all()
        assert put(peer, "number", float("nan"))[0] == "Return:1.0"
        assert put(peer, "image", {**value, "shape": [3, 2]})[0] == "Error:1.0"

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            (["NOPE", "number"], "NotFound"), (["DEV", "nope"], "NotFound"), (["DEV", "move"], "BadValue"),
            (["DEV", "number", "alarm"], "NotWriteable"), (["DEV", "number", "meta", "label"], "NotWriteable"),
            (["DEV"], "NotWriteable"), ([], "BadValue"), (["DEV", "number", "value", "x"], "NotWriteable"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_put(self, path: list[str], kind: str) -> None:
        assert join(device()).ask("Put", 1, path, value=1.0)["message"].startswith(f"{kind}: ")

    def test_a_put_without_a_value_is_refused(self) -> None:
        assert "expected a value to put, got none" in join(device()).ask("Put", 1, ["DEV", "number"])["message"]


class TestPost:
    @pytest.mark.parametrize("members", [{}, {"parameters": None}, {"parameters": {}}])
    @pytest.mark.parametrize("subprotocol", ALL)
    def test_parameters_may_be_null_or_missing(self, members: dict[str, Any], subprotocol: str | None) -> None:
        joined = Joined(device())
        assert joined.peer(subprotocol).ask("Post", 1, ["DEV", "stop"], **members)["value"] is None
        assert joined.host.asked == [("call", "DEV", "stop", {}, "test")]

    def test_parameters_are_converted_by_their_types(self) -> None:
        joined = Joined(device())
        joined.host.on_call = lambda host, _, __, given, reply: host.reply(reply, given["to"])
        assert joined.peer().ask("Post", 1, ["DEV", "move"], parameters={"to": "1.5", "fast": True})["value"] == 1.5
        assert joined.host.asked[0][3] == {"to": 1.5, "fast": True}
        refused = joined.peer("macduff.1").ask("Post", 1, ["DEV", "move"], parameters={"to": "1.5"})
        assert refused["kind"] == "BadValue" and (refused["device"], refused["member"]) == ("DEV", "move")

    def test_several_results_are_a_map(self) -> None:
        joined = Joined(device())
        joined.host.on_call = lambda host, _, __, ___, reply: host.reply(reply, {"x": float("inf"), "name": "n"})
        assert joined.peer().ask("Post", 1, ["DEV", "look"])["value"] == {"x": "Infinity", "name": "n"}

    @pytest.mark.parametrize(
        ("path", "parameters", "kind"),
        [
            (["DEV", "move"], {"t": 1}, "BadValue"), (["DEV", "move"], {"to": None}, "BadValue"),
            (["DEV", "nope"], {}, "NotFound"), (["DEV", "number"], {}, "BadValue"), (["DEV"], {}, "BadValue"),
            (["DEV", "stop"], {"a": 1}, "BadValue"), (["DEV", "fire"], {"a": 1}, "BadValue"),
            (["DEV", "move", "x"], {}, "BadValue"), (["NOPE", "x"], {}, "NotFound"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_called(self, path: list[str], parameters: dict[str, Any], kind: str) -> None:
        joined = Joined(device())
        reply = joined.peer().ask("Post", 1, path, parameters=parameters)
        assert reply["message"].startswith(f"{kind}: ") and joined.host.asked == []

    def test_an_action_is_called(self) -> None:
        joined = Joined(device())
        assert joined.peer().ask("Post", 1, ["DEV", "fire"])["value"] is None
        assert joined.host.asked == [("put", "DEV", {"fire": None}, False, "test")]

    def test_errors_carry_what_a_program_needs_only_in_ours(self) -> None:
        sentence = "DEV.stop: expected Running, got Idle"
        error = WrongState(sentence, device="DEV", member="stop", state="Idle", allowed=("go",))
        for subprotocol in (None, *MACDUFF):
            joined = Joined(device())
            joined.host.on_call = lambda host, _, __, ___, reply: host.reply(reply, error=error)
            reply = joined.peer(subprotocol).ask("Post", 1, ["DEV", "stop"])
            assert reply.pop("message") == "WrongState: DEV.stop: expected Running, got Idle"
            place = {"kind": "WrongState", "device": "DEV", "member": "stop", "state": "Idle", "allowed": ["go"]}
            assert reply == {"typeid": f"{CORE}Error:1.0", "id": 1, **(place if subprotocol else {})}

    def test_a_host_that_fails_still_gives_one_error(self) -> None:
        def fail(*_: Any) -> None:
            raise ZeroDivisionError("oops")

        joined = Joined(device())
        joined.host.on_call = fail
        peer = joined.peer()
        assert peer.ask("Post", 1, ["DEV", "stop"])["message"] == "Error: the server failed: ZeroDivisionError: oops"
        joined.host.on_call = lambda host, _, __, ___, reply: host.reply(reply, "no number")
        assert peer.ask("Post", 2, ["DEV", "look"])["message"].startswith("Error: the server failed: ")


class TestIds:
    @pytest.mark.parametrize("identity", [0, 1, 2**53 - 1])
    def test_any_integer_of_53_bits_is_an_id(self, identity: int) -> None:
        assert join(device()).ask("Get", identity, ["DEV", "number", "value"])["id"] == identity

    @pytest.mark.parametrize("identity", ["-1", "9007199254740992", "1.0", "1e0", "true", "null", '"1"', "[]", "1e999"])
    def test_everything_else_is_answered_with_minus_one(self, identity: str) -> None:
        peer = join(device())
        peer.raw(f'{{"typeid":"{CORE}Get:1.0","id":{identity},"path":["DEV"]}}')
        (reply,) = peer.got()
        assert reply["id"] == -1 and reply["typeid"] == f"{CORE}Error:1.0"

    def test_an_id_in_use_by_a_subscription_is_refused_and_that_goes_on(self) -> None:
        """rule 35"""
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV", "number", "value"])
        for kind, members in (("Get", {}), ("Subscribe", {}), ("Put", {"value": 1.0}), ("Post", {})):
            peer.raw(json.dumps({"typeid": f"{CORE}{kind}:1.0", "id": 1, "path": ["DEV", "number"], **members}))
            (frame,) = peer.frames()
            assert json.loads(frame)["message"].startswith("DuplicateId: ")
        dev.update(number=2.0)
        assert peer.got() == [{"typeid": f"{CORE}Update:1.0", "id": 1, "value": 2.0}]

    def test_a_subscription_under_the_id_of_an_open_request_is_refused(self) -> None:
        joined = Joined(device())
        joined.host.on_call = lambda *_: None
        peer = joined.peer()
        peer.send("Post", 1, ["DEV", "stop"])
        peer.raw(json.dumps({"typeid": f"{CORE}Subscribe:1.0", "id": 1, "path": ["DEV"]}))
        assert json.loads(peer.frames()[0])["message"].startswith("DuplicateId: ")

    def test_unsubscribing_what_is_not_subscribed(self) -> None:
        reply = join(device()).ask("Unsubscribe", 5)
        assert reply["id"] == 5 and reply["message"].startswith("NotFound: ")


class TestNoMessages:
    @pytest.mark.parametrize(
        "frame",
        [
            "", "x", "null", "1", "[]", "{}", '"text"', "{", '{"id":1}x', "\ufeff{}", '{"typeid":1}', "[{}]",
            '{"typeid":"malcolm:core/Put:1.0","id":1,"path":["DEV","number"],"value":NaN}',
            '{"typeid":"malcolm:core/Put:1.0","id":1,"path":["DEV","text"],"value":"\\ud800"}',
            '{"typeid":"malcolm:core/Put:1.0","id":1,"path":["DEV","text"],"value":"\ud800"}',
            '{"typeid":"malcolm:core/Get:1.0","id":1,"path":["DEV"]} {}',
        ],
    )  # fmt: skip
    def test_what_cannot_be_parsed_or_has_no_id_is_answered_with_minus_one(self, frame: str) -> None:
        peer = join(device())
        peer.raw(frame)
        (reply,) = peer.got()
        assert reply["id"] == -1 and reply["message"].startswith("BadValue: ")

    @pytest.mark.parametrize(
        "rest",
        [
            '"typeid":"malcolm:core/Nope:1.0"', '"x":1', '"typeid":7', '"typeid":"malcolm:core/Get:1.0"',
            '"typeid":"malcolm:core/Get:1.0","path":"DEV"', '"typeid":"malcolm:core/Get:1.0","path":["DEV",1]',
            '"typeid":"malcolm:core/Get:1.0","path":[]',
            '"typeid":"malcolm:core/Post:1.0","path":["DEV","stop"],"parameters":[]',
            '"typeid":"malcolm:core/Put:1.0","path":["DEV","number"],"value":1e999',
            '"typeid":"malcolm:core/Put:1.0","path":["DEV","number"],"value":1,"get":"yes"',
            '"typeid":"malcolm:core/Subscribe:1.0","path":["DEV"],"delta":1',
            '"typeid":"malcolm:core/Get:1.0","path":null',
            '"typeid":"malcolm:core/Put:1.0","path":["DEV","big"],"value":' + "9" * 5000,
        ],
    )  # fmt: skip
    def test_what_has_an_id_is_answered_under_it(self, rest: str) -> None:
        peer = join(device())
        peer.strict = None
        peer.raw(f'{{"id":4,{rest}}}')
        (reply,) = peer.got()
        assert reply["id"] == 4 and reply["message"].startswith("BadValue: ")

    def test_of_duplicate_keys_the_last_counts(self) -> None:
        peer = join(device())
        peer.strict = None
        peer.raw('{"typeid":"malcolm:core/Get:1.0","id":1,"id":2,"path":["X"],"path":["DEV","number","value"]}')
        assert peer.got() == [{"typeid": "malcolm:core/Return:1.0", "id": 2, "value": 1.0}]

    def test_size_is_checked_before_anything_else(self) -> None:
        joined = Joined(device(), limits=Limits(message_size=200))
        for subprotocol in ALL:
            peer = joined.peer(subprotocol)
            peer.raw(b"\xff" * 201 if peer.binary else "é" * 101)
            (reply,) = peer.got()
            assert "expected at most 200 bytes" in reply["message"] and reply["id"] == -1

    def test_depth_is_checked_before_parsing_and_brackets_in_text_are_text(self) -> None:
        peer = Joined(device(), limits=Limits(message_depth=10)).peer()
        cases = ((2000, '""', True), (8, '""', False), (100_000, '"]]]]"', True), (2000, '"\\"', False))
        for depth, text, deep in cases:
            peer.raw('{"typeid":"malcolm:core/Put:1.0","id":1,"path":[' + text + '],"value":' + "[" * depth)
            (reply,) = peer.got()
            assert reply["id"] == -1 and ("levels of nesting" in reply["message"]) is deep
        value = '"' + "[{" * 500 + '\\"' + "[" * 500 + '"'
        peer.strict = None
        peer.raw('{"typeid":"malcolm:core/Put:1.0","id":1,"path":["DEV","text"],"value":' + value + "}")
        (reply,) = peer.got()
        assert reply["typeid"] == f"{CORE}Return:1.0"

    def test_depth_in_msgpack(self) -> None:
        peer = Joined(device(), limits=Limits(message_depth=10)).peer("macduff.msgpack.1")
        for depth in (11, 100_000):
            head = msgspec.msgpack.encode({"typeid": f"{CORE}Put:1.0", "id": 1, "path": ["DEV", "wave"]})
            peer.raw(b"\x91" + b"\x84" + head[1:] + b"\xa5value" + b"\x91" * depth + b"\x01")
            (reply,) = peer.got()
            assert "levels of nesting" in reply["message"] or "cannot be parsed" in reply["message"]

    def test_a_frame_of_the_wrong_kind(self) -> None:
        for subprotocol in ALL:
            peer = join(device(), subprotocol=subprotocol)
            peer.raw("{}" if peer.binary else b"{}")
            (reply,) = peer.got()
            assert reply["id"] == -1 and "frame: expected a" in reply["message"]

    @pytest.mark.parametrize("subprotocol", MACDUFF)
    def test_ours_takes_several_messages_in_a_frame_each_with_its_own_answer(self, subprotocol: str) -> None:
        peer = join(device(), subprotocol=subprotocol)
        messages = [
            {"typeid": f"{CORE}Get:1.0", "id": 1, "path": ["DEV", "count", "value"]}, {"id": "?"}, 5,
            {"typeid": f"{CORE}Get:1.0", "id": 2, "path": ["NOPE"]},
        ]  # fmt: skip
        peer.raw(msgspec.msgpack.encode(messages) if peer.binary else json.dumps(messages))
        assert [(item["id"], item["typeid"][13:16]) for item in peer.got()] == [
            (1, "Ret"), (-1, "Err"), (-1, "Err"), (2, "Err"),
        ]  # fmt: skip

    def test_a_frame_with_too_many_messages_is_refused_as_a_whole(self) -> None:
        peer = join(device(), subprotocol="macduff.1")
        peer.raw("[" + ",".join(["{}"] * 257) + "]")
        (reply,) = peer.got()
        assert "at most 256 messages" in reply["message"]
