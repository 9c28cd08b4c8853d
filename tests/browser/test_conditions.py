"""The eight states in which an attribute is seen: each has an icon, a colour and words of its own."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BROKEN, Looking, Start
from tests.browser.everything import CONFIGURATION, DEVICES

WORDS = {
    "normal": "normal",
    "busy": "being put",
    "edited": "Enter sends, Esc reverts",
    "refused": "expected -10 to 10 mm, got 99",
    "minor": "above warning limit 60 degC",
    "major": "above alarm limit 1.5 mbar",
    "invalid": "the encoder does not answer",
    "disconnected": "not connected",
}


def test_each_state_has_an_icon_a_colour_and_words(laboratory: Start, look: Looking) -> None:
    look.allow(*BROKEN)
    lab = laboratory(DEVICES, CONFIGURATION)
    page = look(lab, "KINDS")
    seen = {"normal": look_at(page, "whole", "normal")}
    number = page.locator("#in-KINDS-number")
    number.fill("99")
    seen["edited"] = look_at(page, "number", "edited")
    number.press("Enter")
    seen["refused"] = look_at(page, "number", "refused")
    page.locator("#in-KINDS-slow").fill("1")
    page.keyboard.press("Enter")
    seen["busy"] = look_at(page, "slow", "busy")
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(row(page, "slow").locator(".say")).to_contain_text(re.compile("abort", re.IGNORECASE))
    page.goto(f"{lab.address}/#/ALARMS")
    for name, condition in (("minor", "minor"), ("major", "major"), ("lost", "invalid"), ("target", "minor")):
        seen[condition] = look_at(page, name, condition)
    lab.kill()
    seen["disconnected"] = look_at(page, "major", "disconnected")
    assert set(seen) == set(WORDS)
    icons = {icon for icon, _ in seen.values()}
    assert len(icons) == len(WORDS), "no two have the same icon"
    colours = {condition: colour for condition, (_, colour) in seen.items()}
    assert (
        len({colours[name] for name in ("normal", "busy", "edited", "minor", "major", "invalid", "disconnected")}) == 7
    )
    assert colours["refused"] == colours["major"], "two for whoever is in trouble now; their icons and words differ"


def look_at(page: Page, name: str, condition: str) -> tuple[str, str]:
    """The icon and its colour; its words are checked here."""
    found = row(page, name)
    expect(found).to_have_attribute("data-condition", condition)
    icon = found.get_by_role("img", name=condition, exact=True)
    expect(icon).to_be_visible()
    words = found.locator(".mark").get_attribute("title") or ""
    assert WORDS[condition] in words
    if condition not in (
        "normal",
        "disconnected",
    ):  # the banner says that for all, and nothing is to be said of a good one
        expect(found.locator(".say")).to_contain_text(WORDS[condition])
    drawn = icon.locator("path").get_attribute("d")
    assert drawn
    colour: str = icon.evaluate("icon => getComputedStyle(icon).color")
    return drawn, colour


def row(page: Page, name: str) -> Locator:
    return page.locator(f"[data-attribute={name}]")
