"""The list of devices, and the page at widths and in colours."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Looking
from tests.browser.laboratory import Laboratory


def test_the_list_shows_each_device_and_what_it_does(demo: Laboratory, look: Looking) -> None:
    page = look(demo)
    entries = page.get_by_role("navigation", name="Devices").get_by_role("listitem")
    expect(entries).to_have_count(4)
    for name in ("X", "Y", "DET", "THERMO"):
        entry = entries.filter(has=page.get_by_text(name, exact=True))
        expect(entry).to_contain_text("Idle")
        expect(entry.get_by_role("img", name="healthy")).to_be_visible()


def test_the_list_is_searched_by_name_and_by_state(demo: Laboratory, look: Looking) -> None:
    page = look(demo)
    names = page.get_by_role("navigation", name="Devices").locator("b")
    expect(names).to_have_count(4)
    search = page.get_by_role("searchbox", name="Search devices")
    search.fill("ther")
    expect(names).to_have_text(["THERMO"])
    search.fill("idle")
    expect(names).to_have_count(4)
    search.fill("nobody")
    expect(page.get_by_text("No device is called so.")).to_be_visible()


def test_on_a_phone_there_is_the_list_or_a_device_and_nothing_to_scroll_sideways(
    demo: Laboratory, look: Looking
) -> None:
    page = look(demo, viewport={"width": 360, "height": 740}, has_touch=True)
    devices = page.get_by_role("navigation", name="Devices")
    devices.get_by_role("link", name="THERMO").tap()
    expect(page.get_by_role("heading", name="THERMO")).to_be_visible()
    expect(devices).to_be_hidden()
    for name in ("THERMO", "DET", "X"):
        page.goto(f"{demo.address}/#/{name}")
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.locator("[data-attribute]").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{name} is wider than the phone"
    page.get_by_role("link", name="All devices").tap()
    expect(devices).to_be_visible()
