"""What servers say in words is understood: tags behind a description, arguments of methods."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macduff import Attribute, Device, publish_method
from macduff.bluesky.device.words import json_arguments, signature_arguments, single_argument
from macduff.convert.tags import with_tags, without_tags
from macduff.convert.tango import arguments_text, kind_text
from macduff.values import VArray, VBool, VDouble, VEnum, VFloat, VInt, VString, VType

TAG = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
TYPES: list[VType[Any]] = [VDouble(), VFloat(), VInt(), VInt(16), VInt(8, False), VBool(), VString()]
KIND = st.sampled_from([*TYPES, VArray("float64"), VArray("uint16", ndim=2), VArray(VString())])
NAME = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@given(st.text().filter(lambda text: "tags: " not in text), st.lists(TAG))
def test_tags_and_description_come_back(description: str, tags: list[str]) -> None:
    assert without_tags(with_tags(description, tags)) == (description, tuple(tags))


def test_a_tag_with_a_space_is_left_out() -> None:
    assert with_tags("Where it is", ["a b", "widget:image"]) == "Where it is\ntags: widget:image"


@given(st.dictionaries(NAME, KIND, min_size=1), st.data())
def test_arguments_as_commands_of_tango_say_them(takes: dict[str, VType[Any]], data: st.DataObject) -> None:
    required = tuple(name for name in takes if data.draw(st.booleans()))
    text = f"JSON: {arguments_text(takes, required)}; an empty text for none"
    assert json_arguments(text) == (takes, required)
    for name, vtype in takes.items():
        assert single_argument(f"{name}: {kind_text(vtype)}") == ({name: vtype}, (name,))


@pytest.mark.parametrize(
    "text, takes, required",
    [
        ("stop()", {}, ()),
        ("move(target: float64)", {"target": VDouble()}, ("target",)),
        ("configure(exposure: float64=, frames: int64=, mode: VEnum=)",
         {"exposure": VDouble(), "frames": VInt(), "mode": VString()}, ()),
        ("heat(target: float64, tolerance: float32=)", {"target": VDouble(), "tolerance": VFloat()}, ("target",)),
        ("save(to: VString, table: VTable)", {"to": VString(), "table": VString()}, ("to", "table")),
    ],
)  # fmt: skip
def test_arguments_as_pvs_of_methods_say_them(
    text: str, takes: dict[str, VType[Any]], required: tuple[str, ...]
) -> None:
    assert signature_arguments(text) == (takes, required)


def test_what_the_server_of_pvaccess_says_of_a_method_is_understood() -> None:
    from macduff.servers.pva.members import described

    class Stage(Device):
        position = Attribute(VDouble())

        @publish_method
        def go(self, target: float, fast: bool = False, mode: str = "a") -> None:
            """Go there."""

    text = described(Stage("X").methods["go"]).rpartition("\n")[2]
    assert signature_arguments(text) == ({"target": VDouble(), "fast": VBool(), "mode": VString()}, ("target",))


def test_a_label_is_text() -> None:
    assert single_argument(f"mode: {kind_text(VEnum(['a', 'b']))}") == ({"mode": VString()}, ("mode",))
