"""The log of what was asked from a page: newest first, with what went wrong."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Looking, Start
from tests.browser.everything import DEVICES
from tests.browser.laboratory import Laboratory

STAGE = "- {class: lab.Stage, name: STAGE}\n- {class: lab.Kinds, name: KINDS}"


def test_puts_and_calls_are_in_the_log_with_what_came_of_them(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE)
    lab.may_log("the belt is torn")
    page = look(lab, "STAGE")
    log = page.locator(".log")
    log.locator("summary").press("Enter")
    expect(log).to_contain_text("Nothing was asked yet")
    page.locator("#in-STAGE-velocity").fill("4")
    page.keyboard.press("Enter")
    page.locator("#STAGE-jump-target").fill("2")
    page.keyboard.press("Enter")
    entries = log.locator("li")
    expect(entries).to_have_count(2)
    expect(entries.nth(0)).to_contain_text("done in")  # until then the device is busy
    page.locator("form[data-method=fail] button[type=submit]").press("Enter")
    expect(log.locator("summary")).to_have_text("Calls from this page (3, 1 failed)")
    expect(entries.locator("code")).to_have_text(["STAGE.fail()", "STAGE.jump(target=2)", "STAGE.velocity = 4"])
    expect(entries.nth(0)).to_contain_text("the belt is torn")
    expect(entries.nth(0)).to_have_class("refused")
    expect(entries.nth(1)).to_contain_text(re.compile(r"done in \d+ ms"))


def test_what_the_server_refuses_is_told_at_the_field_and_in_the_log(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "KINDS")
    row = page.locator("[data-attribute=whole]")
    too_much = str(2**70)  # a whole number, so that the page has nothing against it
    row.locator("input").fill(too_much)
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("data-condition", "refused")
    expect(row.locator(".say")).to_contain_text("KINDS.whole: expected")
    expect(row.locator("input")).to_have_value(too_much)
    page.locator(".log summary").click()
    expect(page.locator(".log li").first).to_contain_text("KINDS.whole: expected")
    row.locator("input").press("Escape")
    expect(row).to_have_attribute("data-condition", "normal")
    assert lab.get("KINDS/whole") == 3


def test_a_call_of_somebody_else_is_seen_as_the_last_one(everything: Laboratory, look: Looking) -> None:
    """With precision and units as the device has them, and how long it took."""
    page = look(everything, "STAGE")
    last = page.locator("form[data-method=jump] .last")
    everything.call("STAGE/jump", target=0.5, times=3)
    expect(last).to_contain_text(re.compile(r"with target 0\.500 mm, times 3: returned 1\.5 after \d+ ms$"))
    expect(page.locator(".log summary")).to_have_text("Calls from this page")
