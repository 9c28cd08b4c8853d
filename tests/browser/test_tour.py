"""What the five-minute tour does on the page, found by the names that the tour has for it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Looking, Start
from tests.browser.test_pictures import Picture


@pytest.mark.timeout(240)
def test_the_steps_of_the_tour(laboratory: Start, look: Looking, picture: Picture) -> None:
    lab = laboratory()
    page = look(lab, viewport={"width": 1100, "height": 740})
    devices = page.get_by_role("navigation", name="Devices")

    devices.get_by_text("X", exact=True).click()
    velocity = page.locator("[data-attribute=velocity]")
    velocity.locator("input").fill("5000")
    velocity.locator("input").press("Enter")
    expect(velocity).to_have_attribute("data-condition", "refused")
    expect(velocity.locator(".say")).to_contain_text("1000")
    velocity.locator("input").fill("1")
    velocity.locator("input").press("Enter")
    expect(velocity).to_have_attribute("data-condition", "normal")
    page.locator("form[data-method=move]").get_by_label("Target").fill("5")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(devices).to_contain_text("Running")
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(devices).not_to_contain_text("Running")
    assert lab.get("X/velocity") == 1
    assert lab.get("X/position") != 5

    scan = devices.locator("a", has_text="SCAN")
    devices.get_by_text("SCAN", exact=True).click()
    page.get_by_role("button", name="Configure", exact=True).click()
    expect(scan).to_contain_text("Ready", timeout=50_000)
    devices.get_by_text("X", exact=True).click()
    page.locator("form[data-method=move]").get_by_label("Target").fill("3")
    expect(page.get_by_role("button", name="Move", exact=True)).to_be_disabled()
    expect(page.locator("form[data-method=move]")).to_contain_text("held by another device")
    devices.get_by_text("SCAN", exact=True).click()
    page.get_by_role("button", name="Run", exact=True).click()
    steps = page.locator("#in-SCAN-completed_steps")
    expect(steps).to_have_text("41", timeout=90_000)
    expect(page.locator("[data-attribute=values]").get_by_role("img", name="values, 41 values")).to_be_visible()
    expect(scan).to_contain_text("Idle")
    page.locator("form[data-method=configure]").get_by_label("Points").fill("401")
    page.get_by_role("button", name="Configure", exact=True).click()
    expect(scan).to_contain_text("Ready", timeout=50_000)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(steps).to_have_text(re.compile(r"^[1-9]"), timeout=50_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(scan).to_contain_text("Paused")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(scan).to_contain_text("Running")
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(scan).to_contain_text("Aborted")
    devices.get_by_text("X", exact=True).click()
    page.locator("form[data-method=move]").get_by_label("Target").fill("3")
    expect(page.get_by_role("button", name="Move", exact=True)).to_be_enabled()
    devices.get_by_text("SCAN", exact=True).click()
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(scan).to_contain_text("Idle")

    devices.get_by_text("THERMO", exact=True).click()
    for name in ("temperature", "target"):
        page.get_by_role("button", name=f"Chart of {name}").click()
    page.get_by_role("button", name="30 s").click()
    target = page.locator("[data-attribute=target] input")
    target.fill("75")
    target.press("Enter")
    temperature = page.locator("[data-attribute=temperature]")
    expect(temperature).to_have_attribute("data-condition", "minor", timeout=50_000)
    expect(temperature.locator(".say")).to_contain_text("60")
    picture(page, "tour-alarm")
