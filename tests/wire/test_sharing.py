"""What is encoded once for all who watch the same."""

from __future__ import annotations

from typing import Any

import pytest

from macduff.values import Reading

from .joined import Joined, Peer, join
from .watched import brief, device


class TestSharing:
    def test_a_change_is_encoded_once_for_all_who_watch_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dev = device()
        joined = Joined(dev)
        peers = [joined.peer() for _ in range(50)]
        for number, peer in enumerate(peers):
            peer.ask("Subscribe", number, ["DEV"], delta=True)
        dev.update(x=1.5)  # what stays the same is encoded with the first change
        for peer in peers:
            peer.got()
        joined.hub.ready()
        count = _count_encodings(monkeypatch, peers[0])
        dev.update(x=2.0)
        ready = joined.hub.ready()
        assert ready == [peer.session for peer in peers] and joined.hub.ready() == []
        frames = [peer.frames()[0] for peer in peers]
        assert count[0] == 2  # the value, the time stamp
        assert {str(frame).replace(f'"id":{n},', "") for n, frame in enumerate(frames)} == {
            str(frames[0]).replace('"id":0,', "")
        }

    def test_a_get_encodes_only_what_changed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        dev = device()
        peer = join(dev)
        for name in ("x", "n", "mode"):
            peer.ask("Get", 1, ["DEV", name])
        count = _count_encodings(monkeypatch, peer)
        assert peer.ask("Get", 1, ["DEV", "x"])["value"]["value"] == 1.0
        assert count[0] == 0
        dev.apply("x", 2.0)
        assert peer.ask("Get", 1, ["DEV", "x"])["value"]["value"] == 2.0
        assert count[0] <= 6

    def test_readings_are_compared_by_content_not_by_object(self) -> None:
        dev = device()
        peer = join(dev)
        peer.ask("Subscribe", 1, ["DEV", "x", "value"])
        assert isinstance(dev.attribute("x").reading, Reading)
        assert dev.attribute("x").reading is not dev.attribute("x").reading
        dev.update(x=2.0)
        assert brief(peer.got()) == [(1, 2.0)]


def _count_encodings(monkeypatch: pytest.MonkeyPatch, peer: Peer) -> list[int]:
    encoding: Any = peer.session.dialect.encoding
    encode, count = encoding.encode, [0]

    def counted(value: object) -> Any:
        count[0] += 1
        return encode(value)

    monkeypatch.setattr(encoding, "encode", counted)
    return count
