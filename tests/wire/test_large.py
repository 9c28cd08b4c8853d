"""Large arrays: encoded elsewhere, not too often, and never larger than a frame may be."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from macduff.limits import Limits
from macduff.protocol.dialect import DIALECTS, MACDUFF, STRICT
from macduff.protocol.large import encode_value, is_large, written_size
from macduff.protocol.wirevalue import to_wire
from macduff.values import NO_ALARM, VArray, VDouble, VTable, VType

from .fakes import FakeAttribute, FakeDevice
from .joined import Joined, Peer

LIMITS = Limits(large_array=1000)


def device() -> FakeDevice:
    return FakeDevice(
        "DEV", FakeAttribute("wave", VArray(VDouble()), numpy.zeros(500)), FakeAttribute("x", VDouble(), 1.0)
    )


def wave(number: float) -> Any:
    return numpy.full(500, float(number))


def run_jobs(joined: Joined) -> int:
    """Do what other threads would do."""
    jobs = joined.hub.jobs()
    for job in jobs:
        job.run()
        job.finish()
    return len(jobs)


def firsts(peer: Peer) -> list[tuple[int, Any]]:
    """(id, first element of the array, or the other thing) of each message."""
    found: list[tuple[int, Any]] = []
    for item in peer.got():
        value = item.get("value")
        for path, inner in item.get("changes", ()):
            if path == [] or path[-1] == "value":
                value = inner
        while isinstance(value, dict):
            value = value.get("wave", value.get("value", value.get("data")))
        found.append((item["id"], value[0] if isinstance(value, list) else value))
    return found


class TestEncoding:
    @pytest.mark.parametrize("dialect", list(DIALECTS.values()), ids=list(DIALECTS))
    @pytest.mark.parametrize(
        ("vtype", "value"),
        [
            (VArray("float64"), numpy.arange(40_000) / 3), (VArray("uint8", ndim=2), numpy.ones((300, 200), "uint8")),
            (VArray("float32", ndim=3), numpy.full((2, 3, 20_000), numpy.nan, "float32")),
            (VArray("bool"), numpy.ones(16_385, bool)), (VArray("int8"), numpy.zeros(0, "int8")),
            (VTable({"a": float, "b": str}), {"a": numpy.zeros(20_000), "b": ("x",) * 20_000}),
        ],
        ids=lambda item: "",
    )  # fmt: skip
    def test_in_steps_is_the_same_as_at_once(self, dialect: Any, vtype: VType[Any], value: Any) -> None:
        value = vtype.validate(value, "v")
        assert encode_value(vtype, value, dialect) == dialect.piece(to_wire(vtype, value, dialect))

    @pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
    def test_the_size_in_text_is_never_underestimated(self, dtype: str) -> None:
        info = numpy.iinfo(dtype)
        value = VArray(dtype).validate([info.min, info.max] * 50)
        assert len(encode_value(VArray(dtype), value, STRICT)) <= written_size(value, False) + 2

    def test_floats_fit_too(self) -> None:
        value = VArray("float64").validate([-1.7976931348623157e308, -2.2250738585072014e-308, numpy.nan] * 20)
        assert len(encode_value(VArray("float64"), value, STRICT)) <= written_size(value, False) + 2

    def test_what_is_large(self) -> None:
        assert is_large(numpy.zeros(200), 1000) and not is_large(numpy.zeros(100), 1000)
        assert is_large({"a": numpy.zeros(200)}, 1000)
        assert not is_large("x" * 2000, 1000) and not is_large(1.0, 0)


class TestOffload:
    @pytest.mark.parametrize("subprotocol", ["malcolm.1", "macduff.1"])
    def test_a_get_waits_for_its_job_and_others_do_not(self, subprotocol: str) -> None:
        joined = Joined(device(), limits=LIMITS, offload=True)
        peer = joined.peer(subprotocol)
        for number, path in enumerate((["DEV"], ["DEV", "wave"], ["DEV", "wave", "value"], ["DEV", "x", "value"])):
            peer.send("Get", number, path)
        assert firsts(peer) == [(3, 1.0)]
        assert run_jobs(joined) == 3
        assert firsts(peer) == [(0, 0.0), (1, 0.0), (2, 0.0)]

    def test_msgpack_needs_no_job(self) -> None:
        joined = Joined(device(), limits=LIMITS, offload=True)
        peer = joined.peer("macduff.msgpack.1")
        assert peer.ask("Subscribe", 1, ["DEV"])["id"] == 1
        joined.host.all["DEV"].update(wave=wave(2))
        assert len(peer.got()) == 1 and joined.hub.jobs() == []

    def test_a_get_of_what_is_gone_meanwhile_still_has_one_reply(self) -> None:
        joined = Joined(device(), limits=LIMITS, offload=True)
        peer = joined.peer()
        peer.send("Get", 1, ["DEV", "wave"])
        joined.host.remove("DEV")
        run_jobs(joined)
        assert firsts(peer) == [(1, 0.0)]

    def test_a_subscription_begins_when_its_first_value_is_encoded(self) -> None:
        dev = device()
        joined = Joined(dev, limits=LIMITS, offload=True)
        peer = joined.peer("macduff.1")
        peer.send("Subscribe", 1, ["DEV"], delta=True)
        assert peer.got() == []
        dev.update(x=2.0)
        assert peer.got() == []
        assert run_jobs(joined) == 1
        messages = peer.got()
        assert messages[0]["changes"][0][1]["x"]["value"] == 1.0
        assert [path for path, _ in messages[1]["changes"]] == [["x", "value"], ["x", "timeStamp"]]

    def test_a_subscription_that_ended_meanwhile_says_nothing_more(self) -> None:
        joined = Joined(device(), limits=LIMITS, offload=True)
        peer = joined.peer()
        peer.send("Subscribe", 1, ["DEV"], delta=True)
        peer.got()
        peer.send("Unsubscribe", 1)
        run_jobs(joined)
        assert [item["id"] for item in peer.got()] == [1]

    def test_the_newest_is_next_and_none_waits_behind_it(self) -> None:
        """rule 6"""
        dev = device()
        joined = Joined(dev, limits=LIMITS, offload=True)
        peer = joined.peer("macduff.1")
        peer.send("Subscribe", 1, ["DEV", "wave", "value"])
        peer.got()
        run_jobs(joined)
        assert firsts(peer) == [(1, 0.0)]
        for number in range(1, 10):
            dev.update(wave=wave(number))
        assert peer.got() == []
        assert run_jobs(joined) == 1
        assert firsts(peer) == [(1, 1.0)]
        assert run_jobs(joined) == 1 and joined.hub.jobs() == []
        assert firsts(peer) == [(1, 9.0)]

    def test_other_changes_do_not_wait_for_it(self) -> None:
        dev = device()
        joined = Joined(dev, limits=LIMITS, offload=True)
        peer = joined.peer()
        peer.send("Subscribe", 1, ["DEV"], delta=True)
        peer.got()
        run_jobs(joined)
        peer.got()
        dev.update(wave=wave(1), x=2.0)
        (delta,) = peer.got()
        assert [path for path, _ in delta["changes"]] == [["x", "value"], ["x", "timeStamp"]]
        run_jobs(joined)
        (delta,) = peer.got()
        assert [path for path, _ in delta["changes"]] == [["wave", "value"], ["wave", "timeStamp"]]

    def test_strict_clients_get_at_most_one_a_second(self) -> None:
        dev = device()
        joined = Joined(dev, limits=LIMITS, offload=True)
        assert joined.hub.advance(100.0) is None
        strict, ours = joined.peer(), joined.peer("macduff.1")
        for peer in (strict, ours):
            peer.send("Subscribe", 1, ["DEV", "wave", "value"])
            peer.got()
        run_jobs(joined)
        strict.got(), ours.got()
        seen: list[Any] = []
        for number in range(1, 31):
            joined.hub.advance(100.0 + number / 10)
            dev.update(wave=wave(number))
            while run_jobs(joined):
                pass
            seen += [value for _, value in firsts(strict)]
            assert firsts(ours) == [(1, float(number))]
        assert seen == [1.0, 10.0, 20.0]
        assert joined.hub.advance(103.05) == pytest.approx(103.1)
        assert joined.hub.advance(103.2) is None
        run_jobs(joined)
        assert firsts(strict) == [(1, 30.0)]

    def test_an_array_that_becomes_small_again_is_sent_at_once(self) -> None:
        dev = device()
        joined = Joined(dev, limits=LIMITS, offload=True)
        peer = joined.peer()
        peer.send("Subscribe", 1, ["DEV", "wave", "value"])
        peer.got()
        run_jobs(joined)
        peer.got()
        dev.update(wave=wave(1))
        dev.update(wave=[5.0])
        assert firsts(peer) == [(1, 5.0)]
        run_jobs(joined)
        assert peer.got() == []


class TestTooLarge:
    @pytest.mark.parametrize("offload", [True, False])
    def test_an_array_beyond_the_frame_is_empty_and_invalid_with_the_reason(self, offload: bool) -> None:
        dev = device()
        joined = Joined(dev, limits=Limits(large_array=1000, frame_size=20_000), offload=offload)
        peer = joined.peer()
        peer.send("Subscribe", 1, ["DEV", "wave"], delta=True)
        peer.got()
        run_jobs(joined)
        peer.got()
        dev.update(wave=numpy.zeros(100_000))
        run_jobs(joined)
        (delta,) = peer.got()
        changes = {path[0]: value for path, value in delta["changes"]}
        assert changes["value"] == [] and changes["alarm"]["severity"] == 3
        assert "at most 20000 bytes" in changes["alarm"]["message"]
        reply = peer.ask("Get", 2, ["DEV", "wave"]) if not offload else self.get(joined, peer)
        assert reply["value"]["value"] == [] and reply["value"]["alarm"] == changes["alarm"]
        dev.update(wave=[1.0])
        (delta,) = peer.got()
        changes = {path[0]: value for path, value in delta["changes"]}
        assert changes["value"] == [1.0] and changes["alarm"]["severity"] == int(NO_ALARM.severity)

    @staticmethod
    def get(joined: Joined, peer: Peer) -> dict[str, Any]:
        peer.send("Get", 2, ["DEV", "wave"])
        run_jobs(joined)
        (reply,) = peer.got()
        return reply

    def test_ours_keeps_it_where_the_binary_form_fits(self) -> None:
        dev = FakeDevice("DEV", FakeAttribute("wave", VArray("uint8"), numpy.zeros(15_000, "uint8")))
        joined = Joined(dev, limits=Limits(frame_size=20_000))
        assert len(joined.peer("macduff.msgpack.1").ask("Get", 1, ["DEV", "wave", "value"])["value"]["data"]) == 15_000
        assert joined.peer("macduff.1").ask("Get", 1, ["DEV", "wave", "value"])["value"]["data"] == []

    def test_a_device_that_is_too_large_in_all_is_an_error(self) -> None:
        waves = [FakeAttribute(f"w{number}", VArray("uint8"), numpy.zeros(4000, "uint8")) for number in range(9)]
        dev = FakeDevice("DEV", *waves)
        joined = Joined(dev, limits=Limits(frame_size=20_000))
        peer = joined.peer()
        assert peer.ask("Get", 1, ["DEV"])["message"].startswith("Refused: message: expected at most 20000 bytes")
        assert peer.ask("Subscribe", 2, ["DEV"])["message"].startswith("Refused: ")
        assert joined.host.watched == {}
        assert len(peer.ask("Get", 3, ["DEV", "w0", "value"])["value"]) == 4000

    def test_the_text_of_a_numeric_array_is_json(self) -> None:
        piece = encode_value(VArray("float64", ndim=2), numpy.zeros((2, 20_000)), MACDUFF)
        assert json.loads(piece)["shape"] == [2, 20_000]


@pytest.mark.parametrize("subprotocol", ["malcolm.1", "macduff.1", "macduff.msgpack.1"])
@pytest.mark.parametrize("columns", [False, True])
def test_a_large_array_that_becomes_a_number_is_one(subprotocol: str, columns: bool) -> None:
    dev = device()
    joined = Joined(dev, limits=LIMITS, offload=True)
    peer = joined.peer(subprotocol)
    ours = {"columns": columns} if subprotocol != "malcolm.1" else {}
    peer.send("Subscribe", 1, ["DEV"], delta=True, **ours)
    for number in (1, 2):  # the second goes through the gate
        run_jobs(joined)
        peer.got()
        dev.update(wave=wave(number))
    run_jobs(joined)
    peer.got()
    dev.attribute("wave").vtype = VDouble()
    dev.tell({"wave": dev.apply("wave", 2.0), "wave.meta": VDouble()})
    run_jobs(joined)
    told = peer.got()
    told_values = [value for item in told for path, value in item["changes"] if path == ["wave", "value"]]
    told_values += [whole["wave"]["value"] for item in told for path, whole in item["changes"] if path == ["wave"]]
    told_values += [whole["wave"]["value"] for item in told for path, whole in item["changes"] if path == []]
    told_values += [value for item in told for value in (item.get("readings") or {"values": []})["values"]]
    assert told_values and set(told_values) == {2.0}
    dev.update(wave=3.0)
    run_jobs(joined)
    assert json.dumps(peer.got()).count("3.0") == 1
