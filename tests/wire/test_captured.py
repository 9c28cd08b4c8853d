"""Whole messages and their order against what running servers of the protocol said.

What is made alike on both sides before comparing, and nothing else:

* time stamps;
* the scan point generator of the captured detector (an element of a type that macduff does not have), in metas, logs,
  parameters and results;
* which results are required: a method of ours always gives all;
* columns of the table `layout` that are not writeable in a table that is: a table of ours is written as a whole;
* the attribute `mri`, which its author hid from the GUI by giving it no widget: ours always have one;
* the sentences of errors (their form and the id are compared);
* the order of several results in a Return, which there is not that of the method's meta;
* in a Delta, stanzas that change nothing: alarms and `writeable` that were so before.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from macduff.errors import Aborted, DeviceFailed, NotWriteable
from macduff.values import VArray, VNumber, VString, VTable, VType

from .captured import alarm_from, device_from, load, log_from, nanoseconds
from .fakes import FakeAttribute, FakeDevice, FakeHost
from .joined import CORE, Joined, Peer
from .strict import check_block

STAMP = {"typeid": "time_t", "secondsPastEpoch": 0, "nanoseconds": 0, "userTag": 0}


def alike(found: Any) -> Any:
    """The same without what may differ (see above); members stay in their order."""
    if isinstance(found, dict):
        if found.get("typeid") == "time_t":
            return STAMP
        if found.get("typeid") == f"{CORE}MethodMeta:1.1":
            found = {**found, "returns": {**found["returns"], "required": []}}
        if found.get("typeid") == f"{CORE}Return:1.0" and isinstance(found["value"], dict):
            found = {**found, "value": in_order(found["value"])}
        if found.get("typeid") == f"{CORE}Error:1.0":
            found = {**found, "message": "Kind: sentence"}
        return {name: alike(item) for name, item in found.items() if name != "generator"}
    if isinstance(found, list):
        return [alike(item) for item in found if item != "generator"]
    return found


def in_order(value: dict[str, Any]) -> dict[str, Any]:
    return value if "typeid" in value else dict(sorted(value.items()))


def same(ours: Any, captured: Any) -> None:
    """Equal, members in the same order, and of the same JSON types."""
    mine, theirs = json.dumps(alike(ours), indent=1), json.dumps(alike(captured), indent=1)
    assert mine == theirs


@pytest.fixture(scope="module")
def single() -> dict[str, Any]:
    return load("malcolm-1.0-captured.json")


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    found = load("malcolm-1.0-run.json")
    layout = found["get_DET"]["layout"]["meta"]["elements"]
    for column in layout.values():
        column["writeable"] = True
        column["tags"] = [{"widget:textupdate": "widget:textinput"}.get(tag, tag) for tag in column["tags"]]
    found["get_DET"]["mri"]["meta"]["tags"].append("widget:textupdate")
    without: dict[str, Any] = without_generator(found)
    del without["session"][3][1]["changes"][0][1]  # the whole detector again, from the same source
    without["session"][3][1]["changes"][0].append(without["get_DET"])
    return without


def without_generator(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: without_generator(item) for name, item in found.items() if name != "generator"}
    if isinstance(found, list):
        return [without_generator(item) for item in found if item != "generator"]
    return found


class TestSingle:
    """The captured single requests: HELLO, COUNTER and the process."""

    @pytest.fixture
    def peer(self, single: dict[str, Any]) -> Peer:
        hello = device_from(single["get_hello"]["value"], "HELLO")
        counter = device_from(single["get_block"]["value"], "COUNTER")
        names = ("HELLO", "HELLO2", "COUNTER", "WEB")
        table = VTable({"mri": VArray(VString()), "label": VArray(VString())})
        process = FakeDevice(".", FakeAttribute("blocks", table, {"mri": names, "label": names}))
        joined = Joined(hello, counter, process)
        joined.host.on_call = self.call
        return joined.peer()

    @staticmethod
    def call(host: FakeHost, device: str, method: str, parameters: Mapping[str, Any], reply: object) -> None:
        if method == "greet":
            host.reply(reply, f"Hello {parameters['name']}")
        else:
            host.reply(reply, error=DeviceFailed("RuntimeError: You called method error()"))

    def test_blocks_and_their_values_look_the_same(self, peer: Peer, single: dict[str, Any]) -> None:
        same(peer.ask("Get", 1, ["COUNTER"]), single["get_block"])
        same(peer.ask("Get", 2, ["HELLO"]), single["get_hello"])

    def test_the_list_of_devices_is_one_table_sent_whole(self, peer: Peer, single: dict[str, Any]) -> None:
        same(peer.ask("Subscribe", 3, [".", "blocks", "value"], delta=True), single["blocks"])

    def test_subscriptions_and_a_put_come_in_the_same_messages_and_order(
        self, peer: Peer, single: dict[str, Any]
    ) -> None:
        same(peer.ask("Subscribe", 4, ["COUNTER", "counter"], delta=True), single["sub_delta"])
        same(peer.ask("Subscribe", 5, ["COUNTER", "counter", "value"]), single["sub_update"])
        peer.send("Put", 6, ["COUNTER", "counter", "value"], value=5.0)
        same(peer.got(), single["after_put"])
        same(peer.ask("Unsubscribe", 4), single["unsub"])
        peer.send("Put", 12, ["COUNTER", "counter", "value"], value=2.0, get=True)
        update, reply = peer.got()
        same(reply, single["put_get"])
        same(update, {"typeid": f"{CORE}Update:1.0", "id": 5, "value": 2.0})

    def test_calls(self, peer: Peer, single: dict[str, Any]) -> None:
        same(peer.ask("Post", 7, ["HELLO", "greet"], parameters={"name": "me"}), single["post"])
        same(peer.ask("Post", 9, ["HELLO", "error"]), single["post_error"])

    def test_errors_have_the_same_form(self, peer: Peer, single: dict[str, Any]) -> None:
        same(peer.ask("Post", 8, ["HELLO", "greet"], parameters={"nam": "me"}), single["post_bad"])
        same(peer.ask("Get", 10, ["NOPE"]), single["get_bad"])
        same(peer.ask("Put", 11, ["COUNTER", "counter", "value"], value="x"), single["put_bad"])


def changing(message: Mapping[str, Any], held: dict[str, Any]) -> dict[str, Any]:
    """A Delta without the stanzas that change nothing; `held` is what the client has, and is brought up to date.

    Of a value that is set again only its time stamp is left.
    """
    kept = []
    for path, value in message["changes"]:
        if not path:
            held.clear()
            held.update(copy.deepcopy(value))
            kept.append([path, value])
            continue
        target = held
        for name in path[:-1]:
            target = target[name]
        if path[-1] == "timeStamp" or target[path[-1]] != value:
            kept.append([path, value])
        target[path[-1]] = copy.deepcopy(value)
    return {**message, "changes": kept}


class TestRun:
    """The captured session of a detector that is configured, run, paused, resumed, aborted and refused."""

    def test_the_detector_and_the_process_look_the_same(self, run: dict[str, Any]) -> None:
        check_block("DET", run["get_DET"])
        peer = Joined(device_from(run["get_DET"], "DET"), device_from(run["get_dot"], ".")).peer()
        same(peer.ask("Get", 1, ["DET"])["value"], run["get_DET"])
        same(peer.ask("Get", 2, ["."])["value"], run["get_dot"])

    def test_the_whole_session_comes_in_the_same_messages_and_order(self, run: dict[str, Any]) -> None:
        device = device_from(run["get_DET"], "DET")
        joined = Joined(device)
        peer = joined.peer()
        waiting: dict[str, object] = {}

        def call(host: FakeHost, _: str, method: str, parameters: Mapping[str, Any], reply: object) -> None:
            if not device.method(method).writeable:
                state = device.attribute("state").reading.value
                raise NotWriteable(f"DET.{method}: expected another state than {state}", state=state)
            waiting[method] = reply

        def put(host: FakeHost, _: str, __: str, values: Mapping[str, Any], reply: object) -> None:
            raise NotWriteable(f"DET.{', '.join(values)}: expected an attribute that is writeable")

        joined.host.on_call, joined.host.on_put = call, put
        asked: dict[int, str] = {}
        ours: list[dict[str, Any]] = []
        theirs: list[dict[str, Any]] = []
        for side, message in run["session"]:
            if side == ">":
                asked[message["id"]] = message["path"][-1]
                peer.message(message)
            else:
                theirs.append(message)
                self.happens(joined.host, device, message, waiting, asked)
            ours += peer.got()
        for messages in (ours, theirs):
            held: dict[str, Any] = {}
            messages[:] = [changing(item, held) if "changes" in item else item for item in messages]
        same(ours, theirs)
        assert not peer.session.pending

    def happens(
        self, host: FakeHost, device: FakeDevice, message: Mapping[str, Any], waiting: dict[str, object],
        asked: Mapping[int, str],
    ) -> None:  # fmt: skip
        """Make happen in our device what the captured message tells."""
        kind = message["typeid"].removeprefix(CORE)
        if kind == "Delta:1.0" and message["changes"][0][0]:
            device.next()
            device.tell(dict(self.changes(device, message["changes"])))
        elif kind == "Return:1.0":
            name = asked[message["id"]]
            types = device.method(name).returns
            result = {item: vtype.from_json(message["value"][item]) for item, vtype in types.items()}
            host.reply(waiting.pop(name), result)
        elif kind == "Error:1.0" and asked[message["id"]] in waiting:
            host.reply(waiting.pop(asked[message["id"]]), error=Aborted("the run was aborted"))

    def changes(self, device: FakeDevice, stanzas: list[Any]) -> Iterator[tuple[str, Any]]:
        """Captured stanzas as the changes that a core tells of."""
        found: dict[str, dict[str, Any]] = {}
        for path, value in stanzas:
            found.setdefault(path[0], {})[".".join(path[1:])] = value
        for name, parts in found.items():
            if "took" in parts:
                method = device.method(name)
                method.took = log_from(parts["took"], method.takes)
                method.returned = log_from(parts["returned"], method.returns)
                yield f"{name}.log", (method.took, method.returned)
            if "value" in parts:
                vtype: VType[Any] = device.attribute(name).vtype
                alarm = alarm_from(parts["alarm"]) if "alarm" in parts else device.attribute(name).now.alarm
                stamp = nanoseconds(parts["timeStamp"])
                yield name, device.apply(name, vtype.from_json(parts["value"]), alarm, stamp)
            if "meta.writeable" in parts:
                item: Any = device.fields[name]
                item.writeable = parts["meta.writeable"]
                yield f"{name}.writeable", item.writeable
            if "meta.display.limitHigh" in parts:
                attribute = device.attribute(name)
                assert isinstance(attribute.vtype, VNumber)
                attribute.vtype = attribute.vtype.replace(display=(None, parts["meta.display.limitHigh"]))
                yield f"{name}.meta", attribute.vtype


def test_without_the_captured_exchanges_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.wire.captured.FOLDER", load.__globals__["FOLDER"] / "nowhere")
    with pytest.raises(FileNotFoundError, match="shared/wire beside the checkout"):
        load("malcolm-1.0-run.json")
