"""What clients read and write: types, metadata, quality, time stamps, set points."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from . import client as c
from . import served
from .world import World

# name -> Tango's type and format, the value read, one to write and what is read then, one that is refused
ZOO: dict[str, tuple[str, str, Any, Any, Any, Any]] = {
    "flag": ("DevBoolean", "SCALAR", True, False, False, None),
    "int8": ("DevShort", "SCALAR", -3, 127, 127, 128),
    "uint8": ("DevUChar", "SCALAR", 200, 255, 255, None),
    "int16": ("DevShort", "SCALAR", -300, 300, 300, None),
    "uint16": ("DevUShort", "SCALAR", 60000, 1, 1, None),
    "int32": ("DevLong", "SCALAR", -70000, 1, 1, None),
    "uint32": ("DevULong", "SCALAR", 4_000_000_000, 1, 1, None),
    "int64": ("DevLong64", "SCALAR", -(2**62) - 1, 2**62 + 1, 2**62 + 1, None),
    "uint64": ("DevULong64", "SCALAR", 2**64 - 1, 2**64 - 2, 2**64 - 2, None),
    "float16": ("DevFloat", "SCALAR", 0.5, 0.25, 0.25, 1e6),
    "float32": ("DevFloat", "SCALAR", 0.10000000149011612, 0.5, 0.5, None),
    "float64": ("DevDouble", "SCALAR", 0.1, 1e-300, 1e-300, None),
    "text": ("DevString", "SCALAR", "grün", "grün & blau", "grün & blau", None),
    "mode": ("DevEnum", "SCALAR", 1, 2, 2, None),
    "odd_mode": ("DevString", "SCALAR", "c", "a, b", "a, b", "d"),
    "floats": ("DevDouble", "SPECTRUM", [1.5, 2.5], [3.5], [3.5], None),
    "bools": ("DevBoolean", "SPECTRUM", [True, False], [False, True], [False, True], None),
    "bytes_": ("DevShort", "SPECTRUM", [-1, 1], [-128], [-128], [128]),
    "texts": ("DevString", "SPECTRUM", ("a", "b"), ["ä", ""], ("ä", ""), None),
    "modes": ("DevEnum", "SPECTRUM", [0, 2], [1], [1], None),
    "picture": ("DevUShort", "IMAGE", [[0, 1, 2], [3, 4, 5]], [[7, 8]], [[7, 8]], None),
    "cube": ("DevString", "SCALAR", "[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]", "[[[9]]]", "[[[9]]]", "[[9]]"),
    "table": (
        "DevString", "SCALAR", '{"x": [1.0], "name": ["one"]}', '{"x": [1], "name": ["\\u03bb"]}',
        '{"x": [1.0], "name": ["\\u03bb"]}', '{"x": [1]}',
    ),
    "pair": (
        "DevString", "SCALAR", '{"x": "NaN", "on": true}', '{"x": 2, "on": false}', '{"x": 2.0, "on": false}',
        '{"x": 2, "on": 1}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ZOO)
def test_each_type_is_read_written_and_described(world: World, name: str) -> None:
    kind, form, value, written, then, bad = ZOO[name]
    zoo = world.at("ZOO")
    told = world.client.call(c.config, zoo, name)
    assert (told["type"], told["format of data"], told["writable"]) == (kind, form, "READ_WRITE")
    assert world.client.call(c.read, zoo, name) == {name: value}
    assert world.client.call(c.write, zoo, name, written) is None
    assert world.client.call(c.read_all, zoo, name)[::3] == (then, then)
    if bad is not None:
        reason, text = world.client.call(c.write, zoo, name, bad)
        assert reason == "BadValue" and text.startswith(f"ZOO.{name}") and "expected" in text
        assert world.client.call(c.read_all, zoo, name)[::3] == (then, then), "what is refused changes nothing"


def test_an_array_may_be_empty(world: World) -> None:
    assert world.client.call(c.read, world.at("ZOO"), "empty") == {"empty": []}
    assert world.client.call(c.write, world.at("ZOO"), "list", []) is None
    assert world.client.call(c.read, world.at("ZOO"), "list") == {"list": []}


def test_labels_are_told_and_an_action_is_a_command(world: World) -> None:
    attributes, commands, tango_class = world.client.call(c.names, world.at("ZOO"))
    assert world.client.call(c.config, world.at("ZOO"), "mode")["labels"] == ["off", "slow", "fast"]
    assert tango_class == "Zoo" and "button" in commands and "button" not in attributes
    before = world.client.call(c.read, world.at("ZOO"), "pressed")["pressed"]
    assert world.client.call(c.command, world.at("ZOO"), "button") is None
    assert world.client.call(c.read, world.at("ZOO"), "pressed") == {"pressed": before + 1}


def test_metadata_of_a_number(world: World) -> None:
    position = world.client.call(c.config, world.at("S"), "position")
    assert (position["unit"], position["format"], position["label"]) == ("mm", "%.3f", "Position")
    assert position["description"] == "Where it is" and position["writable"] == "READ"
    assert [tuple(map(float, position[key])) for key in ("warning", "alarm")] == [(-5, 5), (-8, 8)]
    target = world.client.call(c.config, world.at("S"), "target")
    assert tuple(map(float, target["value"])) == (-10, 10) and target["writable"] == "READ_WRITE"


@pytest.mark.parametrize(
    "value, quality", [(1.0, "ATTR_VALID"), (6.0, "ATTR_WARNING"), (-9.0, "ATTR_ALARM"), (math.nan, "ATTR_ALARM")]
)
def test_quality_and_time_are_those_of_the_reading(world: World, value: float, quality: str) -> None:
    stamp = time.time() - 1000
    world.server.call(served.call, "S", "show", value, stamp)
    found = world.client.call(c.read_all, world.at("S"), "position")
    assert found[1] == quality and found[2] == pytest.approx(stamp, abs=1e-5)
    assert found[0] == value or math.isnan(value)


def test_an_invalid_reading_has_no_value_on_tango(world: World) -> None:
    world.server.call(served.call, "S", "distrust", "somebody unplugged it")
    assert world.client.call(c.read_all, world.at("S"), "position")[:2] == (None, "ATTR_INVALID")


def test_rule_33_the_set_point_is_the_write_value(world: World) -> None:
    """Also when it was asked for elsewhere."""
    stage = world.at("S")
    assert world.client.call(c.write, stage, "target", 2.5) is None
    assert world.client.call(c.read_all, stage, "target")[::3] == (2.5, 2.5)
    world.server.call(_put, "S", "target", -1.5)
    assert world.client.call(c.read_all, stage, "target")[::3] == (-1.5, -1.5)
    assert world.client.call(c.read_all, stage, "position")[0] == -1.5


def _put(device: str, name: str, value: Any) -> None:
    setattr(served.process.view(device), name, value)


def test_what_a_setter_raises_is_the_writers_error(world: World) -> None:
    reason, text = world.client.call(c.write, world.at("S"), "target", 7.0)
    assert reason == "DeviceFailed" and "seven is not my number" in text
    assert world.client.call(c.read, world.at("S"), "target") != {"target": 7.0}


def test_limits_are_tangos_to_refuse(world: World) -> None:
    """It applies min_value and max_value before the server sees the value, and gives its own reason."""
    reason, text = world.client.call(c.write, world.at("S"), "target", 11.0)
    assert reason == "API_WAttrOutsideLimit" and "target" in text


def test_a_part_of_a_device_has_dots_for_colons(world: World) -> None:
    assert world.client.call(c.read, world.at("BL.S-2"), "target") == {"target": 0.0}


def test_the_process_is_a_device_too(world: World) -> None:
    blocks = world.client.call(c.read, world.at("TEST"), "blocks")["blocks"]
    assert blocks.startswith('{"mri": ["ZOO", "S", "R", "BL:S-2"')
