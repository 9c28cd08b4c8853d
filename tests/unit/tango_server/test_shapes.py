"""What makes two devices of one Tango class (rule 38)."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pytest

from macduff import (
    Attribute,
    Device,
    PausableDevice,
    VAction,
    VArray,
    VBool,
    VDouble,
    VEnum,
    VInt,
    VMap,
    publish_method,
)
from macduff.servers.tango.shape import Shape, shape_of


class Stage(Device):
    position = Attribute(VDouble(units="mm"), 0.0)
    mode = Attribute(VEnum(["a", "b"]), "a", writable=True)
    press = Attribute(VAction(), writable=True)

    @publish_method
    def go(self, target: float) -> float:
        return target

    @publish_method
    def go_to(self, x: float, y: float = 0.0) -> None: ...

    @publish_method
    def maybe(self, on: bool = True) -> None: ...

    @publish_method
    def look(self) -> Annotated[Any, VArray(np.uint8, 2)]: ...

    @publish_method
    def both(self) -> Annotated[Any, VMap({"a": VInt(), "b": VBool()})]: ...

    @publish_method(slow=True)
    def crawl(self) -> None: ...

    @publish_method
    def init(self) -> None: ...


class Run(PausableDevice):
    frames = Attribute(VInt(), 1, parameter=True)


def commands(shape: Shape) -> dict[str, tuple[str, str, str]]:
    return {each.name: (each.style, each.takes, each.gives) for each in shape.commands}


def test_commands_take_and_give_what_tango_users_expect() -> None:
    """One argument that must be given: typed. All else: JSON text."""
    found = commands(shape_of(Stage("S"), {"init"}))
    assert found["go"] == ("single", "DevDouble", "DevDouble")
    assert found["go_to"] == ("json", "DevString", "DevVoid")
    assert found["maybe"] == ("json", "DevString", "DevVoid")
    assert found["look"] == ("none", "DevVoid", "DevString")
    assert found["both"] == ("none", "DevVoid", "DevString")
    assert found["press"] == ("action", "DevVoid", "DevVoid")
    assert found["crawl"] == ("none", "DevVoid", "DevLong64")
    assert "init_" in found and "init" not in found


def test_rule_38_slow_ones_have_a_result() -> None:
    shape = shape_of(Run("R"))
    assert commands(shape)["configure"] == ("json", "DevString", "DevLong64")
    names = [each.name for each in shape.attributes]
    assert names[-2:] == ["configure_result", "run_result"] and "state" not in names and "status" not in names
    assert [each.name for each in shape_of(Stage("S")).attributes] == ["health", "position", "mode", "crawl_result"]


def test_a_result_does_not_hide_the_authors_own(caplog: pytest.LogCaptureFixture) -> None:
    class Own(Device):
        crawl_result = Attribute(VInt(), 3)

        @publish_method(slow=True)
        def crawl(self) -> None: ...

    shape = shape_of(Own("O"))
    assert [(each.name, each.form.type) for each in shape.attributes][1:] == [("crawl_result", "DevLong64")]
    assert "O.crawl_result" in caplog.text


def test_units_limits_and_labels_are_each_devices_own() -> None:
    one, other = Stage("A"), Stage("B")
    other.position.change_type(VDouble(units="deg", control=(0, 1)))
    other.mode.change_type(VEnum(["x", "y", "z"]))
    assert shape_of(one) == shape_of(other) and hash(shape_of(one)) == hash(shape_of(other))


def test_types_names_and_access_are_the_classs() -> None:
    plain = shape_of(Stage("A"))
    typed = Stage("B")
    typed.position.change_type(VInt())
    grown = Stage("C")
    grown.add_attribute("more", Attribute(VDouble(), 0.0))
    assert len({plain, shape_of(typed), shape_of(grown), shape_of(Run("R"))}) == 4


def test_descriptions_name_arguments_and_types() -> None:
    found = {each.name: each.takes_text for each in shape_of(Stage("S")).commands}
    assert found["go"] == "target: float64"
    assert found["go_to"] == 'JSON: {"x": float64; "y": float64, optional}; an empty text for none'
