"""The examples of the documentation are true: each is run against a device like the one that they tell of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from macduff.values import VDouble

from .fakes import FakeAttribute, FakeDevice, FakeHost, FakeMethod
from .joined import Joined, Peer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "wire.md"


def stage() -> FakeDevice:
    position = VDouble(units="mm", precision=4, display=(-10, 10))
    return FakeDevice(
        "STAGE",
        FakeAttribute("position", position, 0.5, description="Where it is"),
        FakeAttribute("velocity", VDouble(units="mm/s", control=(0.01, 5)), 1.0, True, True),
        FakeMethod("move", {"target": VDouble()}, ("target",), returns={"return": VDouble()}),
    )


def move(host: FakeHost, device: str, _: str, parameters: Mapping[str, Any], reply: object) -> None:
    host.all[device].update(position=parameters["target"])
    host.reply(reply, parameters["target"])


def test_every_exchange_on_the_page_is_what_happens() -> None:
    joined = Joined(stage())
    joined.host.on_call = move
    blocks = re.findall(r"^```text\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    strict = joined.peer()
    strict.strict = None  # what it is sent is not always a message
    for block in blocks:
        lines = block.splitlines()
        peer = joined.peer(lines.pop(0)[2:]) if lines[0].startswith("# ") else strict
        _exchange(peer, lines)


def _exchange(peer: Peer, lines: list[str]) -> None:
    told: list[str] = []
    for line in [*lines, "> "]:
        assert line[:2] in ("> ", "< "), line
        if line.startswith("< "):
            told.append(line[2:])
            continue
        found = [str(frame) for frame in peer.frames()]
        assert [_members(item) for item in found] == [_members(item) for item in told]
        told = []
        if line[2:]:
            peer.raw(line[2:])


def _members(frame: str) -> Any:
    """A frame with the order of its members."""
    return json.loads(frame, object_pairs_hook=list)
