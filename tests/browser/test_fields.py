"""Fields of other kinds than one number: switches, choices, texts and lists, put and refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking, Start
from tests.browser.laboratory import Laboratory

JAMMED = '''
from macduff import Attribute, Device, VBool, VEnum

class Valve(Device):
    """A valve that does not move."""

    open = Attribute(VBool(), True, "Whether it is", writable=True)
    speed = Attribute(VEnum(["fast", "slow"]), "fast", "How", writable=True)

    @open.on_put
    def _open(self, value: bool) -> None:
        raise RuntimeError("it is jammed")

    @speed.on_put
    def _speed(self, value: str) -> None:
        raise RuntimeError("it is jammed")
'''


def test_what_is_refused_is_told_and_what_it_still_is(laboratory: Start, look: Looking) -> None:
    lab = laboratory(JAMMED, "- {class: lab.Valve, name: VALVE}")
    lab.may_log("it is jammed")
    page = look(lab, "VALVE")
    switch, choice = page.locator("#in-VALVE-open"), page.locator("#in-VALVE-speed")
    expect(switch).to_be_checked()
    expect(page.locator(".readback")).to_have_count(0)
    switch.press("Space")
    expect(row(page, "open")).to_have_attribute("data-condition", "refused")
    expect(row(page, "open").locator(".say")).to_contain_text("it is jammed")
    expect(row(page, "open").locator(".readback")).to_have_text("now on")
    choice.select_option("slow")
    expect(row(page, "speed")).to_have_attribute("data-condition", "refused")
    expect(row(page, "speed").locator(".readback")).to_have_text("now fast")


def test_switches_choices_and_texts_are_put(everything: Laboratory, look: Looking) -> None:
    for name, value in (("switch", True), ("mode", "fast"), ("text", "hello")):
        everything.put(f"KINDS/{name}", value)
    page = look(everything, "KINDS")
    expect(page.locator("#in-KINDS-switch")).to_be_checked()
    page.locator("#in-KINDS-switch").press("Space")
    expect(row(page, "switch")).to_have_attribute("data-condition", "normal")
    expect(page.locator("#in-KINDS-switch")).not_to_be_checked()
    assert everything.get("KINDS/switch") is False
    page.locator("#in-KINDS-mode").select_option("slow")
    expect(row(page, "mode")).to_have_attribute("data-condition", "normal")
    expect(page.locator("#in-KINDS-mode")).to_have_value("slow")
    assert everything.get("KINDS/mode") == "slow"
    enter(page, "text", "12")
    assert everything.get("KINDS/text") == "12"


LISTS = [
    ("offsets", [0.5 * number for number in range(12)], "7.5", [7.5]),
    ("offsets", [1234567890.12345, 1e-12], "1, 2.5,3e2", [1.0, 2.5, 300.0]),
    ("names", ["a", "b"], "c d, e", ["c d", "e"]),
    ("names", ["one, two", "three"], '["four, five", "six"]', ["four, five", "six"]),
]


@pytest.mark.parametrize(("name", "before", "typed", "after"), LISTS)
def test_a_list_is_in_its_field_with_all_that_it_has(
    everything: Laboratory, look: Looking, name: str, before: list[object], typed: str, after: list[object]
) -> None:
    everything.put(f"KINDS/{name}", before)
    page = look(everything, "KINDS")
    field = page.locator(f"#in-KINDS-{name}")
    expect(field).not_to_have_value("")
    enter(page, name, field.input_value() + " ")  # as it was
    assert everything.get(f"KINDS/{name}") == before
    enter(page, name, typed)
    assert everything.get(f"KINDS/{name}") == after


@pytest.mark.parametrize("value", [1234567890.12345, 1.23456789e-12, -0.1])
def test_a_number_is_in_its_field_with_all_its_digits(everything: Laboratory, look: Looking, value: float) -> None:
    """Where no precision was chosen: so that changing one of them changes no other."""
    everything.put("KINDS/fine", value)
    page = look(everything, "KINDS")
    field = page.locator("#in-KINDS-fine")
    expect(field).not_to_have_value("")
    assert float(field.input_value()) == value
    box, units = field.bounding_box(), row(page, "fine").bounding_box()
    assert box and units and box["x"] + box["width"] <= units["x"] + units["width"]
    assert field.evaluate("field => field.scrollWidth <= field.clientWidth"), "nothing of it is cut"


def test_a_list_that_is_none_is_told(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "KINDS")
    for typed, why in (("1, two", "expected a number"), ("[1, 2", "expected a list such as")):
        page.locator("#in-KINDS-offsets").fill(typed)
        page.keyboard.press("Enter")
        expect(row(page, "offsets").locator(".say")).to_contain_text(why)


def enter(page: Page, name: str, text: str) -> None:
    page.locator(f"#in-KINDS-{name}").fill(text)
    expect(row(page, name)).to_have_attribute("data-condition", "edited")
    page.keyboard.press("Enter")
    expect(row(page, name)).to_have_attribute("data-condition", "normal")


def row(page: Page, name: str) -> Locator:
    return page.locator(f"[data-attribute={name}]")
