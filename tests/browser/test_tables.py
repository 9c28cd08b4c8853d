"""Tables as grids: edited here cell by cell, sent as a whole, and never overwritten meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking
from tests.browser.frames import Frames
from tests.browser.laboratory import Laboratory

POINTS = {"x": [1.0, 2.0], "on": [True, False], "name": ["first", "second"]}


@pytest.fixture
def page(everything: Laboratory, look: Looking) -> Page:
    """KINDS, whose `points` are as in POINTS."""
    everything.put("KINDS/points", POINTS)
    page = look(everything, "KINDS")
    expect(cell(page, "name", 2)).to_have_value("second")
    return page


def test_enter_sends_the_whole_table_once(everything: Laboratory, page: Page) -> None:
    frames = Frames(page)
    page.reload()
    cell(page, "x", 1).fill("3.5")
    expect(row(page)).to_have_attribute("data-condition", "edited")
    assert points(everything) == POINTS, "typing sends nothing"
    cell(page, "name", 2).fill("last")
    cell(page, "name", 2).press("Enter")
    expect(row(page)).to_have_attribute("data-condition", "normal")
    expect(cell(page, "x", 1)).to_have_value("3.50")
    expect(cell(page, "name", 2)).to_be_focused()
    assert points(everything) == {"x": [3.5, 2.0], "on": [True, False], "name": ["first", "last"]}
    [put] = frames.puts_and_calls()
    assert sorted(put["value"]) == ["name", "on", "x"]


def test_escape_takes_back_every_cell(everything: Laboratory, page: Page) -> None:
    cell(page, "x", 1).fill("3.5")
    page.get_by_role("button", name="Remove row 2").click()
    expect(row(page).locator("tbody tr")).to_have_count(1)
    cell(page, "name", 1).press("Escape")
    expect(row(page)).to_have_attribute("data-condition", "normal")
    expect(row(page).locator("tbody tr")).to_have_count(2)
    expect(cell(page, "x", 1)).to_have_value("1.00")
    assert points(everything) == POINTS


def test_rows_are_added_and_removed_and_the_focus_goes_along(everything: Laboratory, page: Page) -> None:
    page.get_by_role("button", name="Add a row").press("Enter")
    expect(cell(page, "x", 3)).to_be_focused()
    cell(page, "x", 3).fill("9")
    page.get_by_role("button", name="Remove row 1").press("Enter")
    expect(page.get_by_role("button", name="Remove row 1")).to_be_focused()
    page.get_by_role("button", name="Send").press("Enter")
    expect(row(page)).to_have_attribute("data-condition", "normal")
    assert points(everything) == {"x": [2.0, 9.0], "on": [False, False], "name": ["second", "second"]}
    for _ in range(2):
        page.get_by_role("button", name="Remove row 1").press("Enter")
    expect(page.get_by_role("button", name="Add a row")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # send
    expect(row(page)).to_have_attribute("data-condition", "normal")
    assert points(everything) == {"x": [], "on": [], "name": []}


def test_an_update_leaves_what_is_edited_alone(everything: Laboratory, page: Page) -> None:
    cell(page, "x", 2).fill("4")
    whole = page.locator("#in-KINDS-whole")
    before = whole.input_value()
    somebody_else(everything)
    expect(whole).not_to_have_value(before)  # by now the page knows of the other points too
    expect(row(page).locator("tbody tr")).to_have_count(2)
    expect(cell(page, "x", 2)).to_have_value("4")
    expect(cell(page, "x", 2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page).locator("tbody tr")).to_have_count(1)
    expect(cell(page, "x", 1)).to_have_value("7.00")


def test_an_update_waits_while_somebody_is_about_to_type(everything: Laboratory, page: Page) -> None:
    whole = page.locator("#in-KINDS-whole")
    before = whole.input_value()
    cell(page, "x", 2).focus()
    somebody_else(everything)
    expect(whole).not_to_have_value(before)
    expect(cell(page, "x", 2)).to_be_focused()
    whole.focus()
    expect(row(page).locator("tbody tr")).to_have_count(1)


def test_what_it_is_now_is_shown_where_that_is_not_what_was_asked_for(everything: Laboratory, page: Page) -> None:
    now = row(page).get_by_role("region", name="What it is now")
    expect(now).to_have_count(0)
    everything.call("KINDS/touch")
    expect(now.locator("tbody tr")).to_have_text(["7.00onnew"])
    expect(row(page).get_by_role("region", name="points").locator("tbody tr")).to_have_count(2)


def test_a_cell_beyond_its_limits_is_told_and_not_sent(everything: Laboratory, page: Page) -> None:
    frames = Frames(page)
    page.reload()
    for wrong, why in (("99", "x, row 2: expected -10 to 10 mm, got 99"), ("far", "x, row 2: expected a number")):
        cell(page, "x", 2).fill(wrong)
        page.keyboard.press("Enter")
        expect(row(page)).to_have_attribute("data-condition", "refused")
        expect(row(page).locator(".say")).to_contain_text(why)
        expect(cell(page, "x", 2)).to_have_attribute("aria-invalid", "true")
        expect(cell(page, "x", 1)).to_have_attribute("aria-invalid", "false")
    assert frames.asked("malcolm:core/Subscribe:1.0"), "what is sent is seen here"
    assert not frames.puts_and_calls()


def test_by_keyboard(everything: Laboratory, page: Page) -> None:
    """Arrows go from row to row, Tab from cell to cell, Space ticks."""
    cell(page, "x", 1).focus()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "x", 2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "x", 2)).to_be_focused()
    page.keyboard.press("Tab")
    expect(cell(page, "on", 2)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    expect(cell(page, "on", 1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page)).to_have_attribute("data-condition", "normal")
    assert points(everything) == {**POINTS, "on": [True, True]}


def somebody_else(lab: Laboratory) -> None:
    """Puts the points, then counts up."""
    lab.put("KINDS/points", {"x": [7.0], "on": [True], "name": ["new"]})
    whole = lab.get("KINDS/whole")
    assert isinstance(whole, int)
    lab.put("KINDS/whole", whole + 1)


def row(page: Page) -> Locator:
    return page.locator("[data-attribute=points]")


def cell(page: Page, column: str, number: int) -> Locator:
    return row(page).get_by_label(f"{column}, row {number}", exact=True)


def points(lab: Laboratory) -> object:
    found = lab.get("KINDS/points")
    assert isinstance(found, dict)
    return {name: column for name, column in found.items() if name != "typeid"}
