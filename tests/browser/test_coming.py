"""Devices come and go under an open page: in the list, under a link to one, and on a chart."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Looking, Start
from tests.browser.everything import DEVICES

STAGE = "- {class: lab.Stage, name: STAGE}"


def test_a_device_that_is_made_and_removed_comes_and_goes_in_the_list(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "STAGE")
    names = page.get_by_role("navigation", name="Devices").locator("b")
    expect(names).to_have_text(["STAGE"])
    page.locator("#STAGE-copy-name").focus()
    for _ in range(2):
        lab.call("STAGE/copy", name="NEW")
        expect(names).to_have_text(["STAGE", "NEW"])
        new = page.get_by_role("listitem").filter(has_text="NEW")
        expect(new).to_contain_text("Idle")
        expect(new.get_by_role("img", name="healthy")).to_be_visible()
        lab.call(".process/remove", name="NEW")
        expect(names).to_have_text(["STAGE"])
        expect(page.locator("#STAGE-copy-name")).to_be_focused()


def test_a_link_to_a_device_that_is_not_there_yet_shows_it_as_soon_as_it_is(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "NEW")
    absent = page.get_by_role("heading", name="NEW is not here")
    field = page.locator("#in-NEW-velocity")
    expect(absent).to_be_visible()
    for velocity in (3, 4):
        lab.call("STAGE/copy", name="NEW")
        expect(field).to_have_value("2.000")
        lab.put("NEW/velocity", velocity)
        expect(field).to_have_value(f"{velocity}.000")
        lab.call(".process/remove", name="NEW")
        expect(absent).to_be_visible()
        expect(field).to_have_count(0)


def test_a_chart_waits_for_a_device_that_is_not_there_yet(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "STAGE?chart=STAGE.position,NEW.position")
    keys = page.locator(".key")
    expect(keys).to_have_text(["STAGE.position 1.250 mm", "NEW.position is not here"])
    lab.call("STAGE/copy", name="NEW")
    expect(keys).to_have_text(["STAGE.position 1.250 mm", "NEW.position 1.250 mm"])
    lab.call("NEW/jump", target=2)
    expect(keys.nth(1)).to_contain_text("2.000 mm")
