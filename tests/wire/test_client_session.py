"""The client's side of the protocol, joined to the server's in memory."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from macduff.errors import BadValue, Busy, Disconnected, MacduffError, Removed
from macduff.protocol.client import ClientSession, Failed, Returned, Updated
from macduff.protocol.messages import MOST_ID
from macduff.values import VArray, VDouble, VInt, VTable

from .fakes import FakeAttribute, FakeDevice, FakeMethod
from .joined import CORE, Joined, Peer

ALL = ("malcolm.1", "macduff.1", "macduff.msgpack.1")


def device() -> FakeDevice:
    return FakeDevice(
        "DEV",
        FakeAttribute("x", VDouble(units="mm"), 1.0, True, True),
        FakeAttribute("n", VInt(), 1, True, True),
        FakeAttribute("wave", VArray("int16"), [1, 2], True, True),
        FakeAttribute("table", VTable({"a": float}), {"a": [1.0]}, True, True),
        FakeMethod("move", {"to": VDouble()}, ("to",), returns={"return": VDouble()}),
    )


@pytest.fixture(params=ALL)
def peer(request: pytest.FixtureRequest) -> Peer:
    joined = Joined(device())
    joined.host.on_call = lambda host, _, __, given, reply: host.reply(reply, given["to"])
    return joined.peer(request.param)


class TestRequests:
    def test_requests_are_numbered_and_answered(self, peer: Peer) -> None:
        client = peer.client
        one = peer.does(client.get(["DEV", "n", "value"]))
        two = peer.does(client.put(["DEV", "x"], 2))
        three = peer.does(client.put(("DEV", "x"), numpy.float64(2.5), get=True))
        four = peer.does(client.post(["DEV", "move"], {"to": 7}))
        assert client.open == {one: "DEV.n.value", two: "DEV.x.value" if peer.strict else "DEV.x",
                               three: "DEV.x.value" if peer.strict else "DEV.x", four: "DEV.move"}  # fmt: skip
        assert peer.events() == [Returned(one, 1), Returned(two, None), Returned(three, 2.5), Returned(four, 7.0)]
        assert client.open == {} and (one, two, three, four) == (1, 2, 3, 4)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("x", float("inf")), ("wave", numpy.array([3, 4], "int16")), ("wave", (3, 4)),
            ("table", {"a": numpy.ones(2)}),
        ],
    )  # fmt: skip
    def test_python_values_arrive(self, peer: Peer, name: str, value: Any) -> None:
        peer.does(peer.client.put(["DEV", name], value))
        (event,) = peer.events()
        assert isinstance(event, Returned)

    def test_errors_come_as_their_kinds(self, peer: Peer) -> None:
        for asked, kind in (
            (peer.client.put(["DEV", "n"], 1.5), BadValue),
            (peer.client.get(["NOPE"]), LookupError),
        ):
            identity = peer.does(asked)
            (event,) = peer.events()
            assert isinstance(event, Failed) and event.id == identity and isinstance(event.error, kind)
            assert not str(event.error).startswith(("BadValue", "NotFound"))

    def test_an_error_brings_its_place_where_the_server_may_say_it(self) -> None:
        for subprotocol in ALL:
            joined = Joined(device())
            busy = Busy("DEV.move: expected no other call, got move", device="DEV", member="move", state="Running")
            joined.host.on_call = lambda host, _, __, ___, reply: host.reply(reply, error=busy)  # noqa: B023  # called within the round
            peer = joined.peer(subprotocol)
            peer.does(peer.client.post(["DEV", "move"], {"to": 1}))
            (event,) = peer.events()
            assert isinstance(event, Failed) and type(event.error) is Busy and event.error.message == busy.message
            assert (event.error.member, event.error.state) == (("", "") if peer.strict else ("move", "Running"))

    def test_errors_of_foreign_servers_keep_their_words(self) -> None:
        client = ClientSession()
        identity, _ = client.get(["A"])
        text = "ValueError: No controller registered for mri 'A'"
        (event,) = client.receive(json.dumps({"typeid": f"{CORE}Error:1.0", "id": identity, "message": text}))
        assert isinstance(event, Failed) and type(event.error) is MacduffError and str(event.error) == text

    def test_what_cannot_be_sent_is_refused_before_it_is(self) -> None:
        client = ClientSession("macduff.msgpack.1")
        with pytest.raises(BadValue, match=r"DEV\.x: expected a value that can be sent"):
            client.put(["DEV", "x"], 2**70)
        with pytest.raises(BadValue, match=r"DEV\.x"):
            client.put(["DEV", "x"], object())
        assert client.open == {}

    def test_ids_wrap_and_skip_those_in_use(self) -> None:
        client = ClientSession()
        first, _ = client.subscribe(["A"])
        client._last = MOST_ID - 1
        assert [client.get(["A"])[0] for _ in range(2)] == [MOST_ID, first + 1]

    def test_members_of_ours_are_not_sent_to_strict_servers(self) -> None:
        client = ClientSession("malcolm.1")
        frames = [
            client.put(["A", "b"], 1, readback=True), client.post(["A", "b"], abort_on_disconnect=True),
            client.subscribe(["A"], policy="every"),
        ]  # fmt: skip
        sent = [json.loads(frame) for _, frame in frames]
        assert sent == [
            {"typeid": f"{CORE}Put:1.0", "id": 1, "path": ["A", "b", "value"], "value": 1},
            {"typeid": f"{CORE}Post:1.0", "id": 2, "path": ["A", "b"], "parameters": {}},
            {"typeid": f"{CORE}Subscribe:1.0", "id": 3, "path": ["A"], "delta": True},
        ]

    def test_members_of_ours_reach_our_servers(self) -> None:
        joined = Joined(device())
        joined.host.on_call = lambda *_: None
        peer = joined.peer("macduff.1")
        peer.does(peer.client.put(["DEV", "x"], 1, readback=True))
        peer.does(peer.client.post(["DEV", "move"], {"to": 1}, abort_on_disconnect=True))
        peer.session.close()
        assert joined.host.asked[0][3] is True and len(joined.host.abandoned) == 1


class TestSubscriptions:
    def test_changes_are_applied_to_a_copy(self, peer: Peer) -> None:
        host: Any = peer.session.hub.host
        dev: FakeDevice = host.all["DEV"]
        identity = peer.does(peer.client.subscribe(["DEV"]))
        (first,) = peer.events()
        assert isinstance(first, Updated) and first.id == identity
        before = json.dumps(first.value, default=repr)
        dev.update(x=2.0)
        (second,) = peer.events()
        assert isinstance(second, Updated) and second.value["x"]["value"] == 2.0
        assert json.dumps(first.value, default=repr) == before
        assert second.value["x"]["meta"] is first.value["x"]["meta"] and second.value["n"] is first.value["n"]
        assert [path for path, _ in second.changes] == [["x", "value"], ["x", "timeStamp"]]
        assert (second.sequence, second.dropped) == ((None, 0) if peer.strict else (1, 0))

    def test_without_delta(self, peer: Peer) -> None:
        host: Any = peer.session.hub.host
        identity = peer.does(peer.client.subscribe(["DEV", "x", "value"], delta=False))
        host.all["DEV"].update(x=2.0)
        host.all["DEV"].update(x=3.0)
        (event,) = peer.events()
        assert isinstance(event, Updated) and (event.id, event.value) == (identity, 3.0)
        assert event.changes == [[[], 3.0]]

    def test_every(self) -> None:
        dev = device()
        peer = Joined(dev).peer("macduff.msgpack.1")
        peer.does(peer.client.subscribe(["DEV", "x", "value"], policy="every"))
        for number in range(3):
            dev.update(x=float(number))
        values = [event.value for event in peer.events() if isinstance(event, Updated)]
        assert values in ([1.0, 0.0, 1.0, 2.0], [2.0])

    def test_unsubscribing_says_one_last_thing(self, peer: Peer) -> None:
        host: Any = peer.session.hub.host
        identity = peer.does(peer.client.subscribe(["DEV", "x"]))
        peer.events()
        host.all["DEV"].update(x=2.0)
        late = peer.frames()
        peer.does(peer.client.unsubscribe(identity))
        assert [event for frame in late for event in peer.client.receive(frame)] == []
        assert peer.events() == [Returned(identity, None)]
        assert peer.client.subscriptions == {}
        with pytest.raises(KeyError):
            peer.client.unsubscribe(identity)

    def test_a_removed_device_ends_it(self, peer: Peer) -> None:
        host: Any = peer.session.hub.host
        identity = peer.does(peer.client.subscribe(["DEV", "x"]))
        peer.events()
        host.remove("DEV")
        (event,) = peer.events()
        assert isinstance(event, Failed) and event.id == identity and type(event.error) is Removed
        assert peer.client.subscriptions == {}


class TestReconnecting:
    def test_open_requests_fail_and_subscriptions_come_back_under_their_ids(self) -> None:
        """rule 26: nothing is sent again but subscriptions"""
        joined = Joined(device())
        joined.host.on_call = lambda *_: None
        peer = joined.peer("macduff.1")
        client = peer.client
        kept = peer.does(client.subscribe(["DEV", "x", "value"]))
        ended = peer.does(client.subscribe(["DEV", "n"]))
        called = peer.does(client.post(["DEV", "move"], {"to": 1}))
        peer.events()
        peer.does(client.unsubscribe(ended))
        peer.session.close()

        (failed,) = client.lost("the server went")
        assert failed.id == called and type(failed.error) is Disconnected
        assert failed.error.message == "DEV.move: the server went before the reply; whether it was done is not known"
        assert client.open == {} and list(client.subscriptions) == [kept] and client.lost() == []

        joined.host.all["DEV"].update(x=5.0)
        again = joined.peer("macduff.msgpack.1")
        again.client = client
        for frame in client.again("macduff.msgpack.1"):
            again.raw(frame)
        (event,) = again.events()
        assert isinstance(event, Updated) and (event.id, event.value) == (kept, 5.0)


class TestFrames:
    @pytest.mark.parametrize(
        "frame",
        [
            "", "x", "1", "[1]", '{"id":1}', '{"typeid":"malcolm:core/Return:1.0"}',
            '{"typeid":"malcolm:core/Nope:1.0","id":1}', '{"typeid":"malcolm:core/Return:1.0","id":"1"}',
        ],
    )  # fmt: skip
    def test_what_no_server_says_is_an_error(self, frame: str) -> None:
        with pytest.raises(BadValue):
            ClientSession().receive(frame)

    @pytest.mark.parametrize("stanza", [[], [["a"], 1, 2], "x", [5, 1], [["a", "b"], 1]])
    def test_changes_that_fit_nothing_are_an_error(self, stanza: Any) -> None:
        client = ClientSession()
        identity, _ = client.subscribe(["A", "b"])
        whole = {"typeid": f"{CORE}Delta:1.0", "id": identity, "changes": [[[], {"a": 1}]]}
        client.receive(json.dumps(whole))
        with pytest.raises(BadValue):
            client.receive(json.dumps({**whole, "changes": [stanza]}))

    def test_a_stanza_without_a_value_takes_something_away(self) -> None:
        client = ClientSession()
        identity, _ = client.subscribe(["A"])
        changes = [[[], {"a": 1, "b": 2}], [["a"]]]
        delta = {"typeid": f"{CORE}Delta:1.0", "id": identity, "changes": changes}
        (event,) = client.receive(json.dumps(delta))
        assert isinstance(event, Updated) and event.value == {"b": 2}

    def test_ids_that_nobody_asked_for_are_ignored_and_minus_one_is_told(self) -> None:
        client = ClientSession()
        for kind, members in (("Return", {"value": 1}), ("Error", {"message": "x"}), ("Update", {"value": 1})):
            assert client.receive(json.dumps({"typeid": f"{CORE}{kind}:1.0", "id": 9, **members})) == []
        (event,) = client.receive(json.dumps({"typeid": f"{CORE}Error:1.0", "id": -1, "message": "BadValue: no"}))
        assert isinstance(event, Failed) and event.id == -1
