"""The list of devices, and the page at widths and in colours."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Looking, Start
from tests.browser.everything import DEVICES
from tests.browser.laboratory import Laboratory


def test_the_list_shows_each_device_and_what_it_does(demo: Laboratory, look: Looking) -> None:
    page = look(demo)
    entries = page.get_by_role("navigation", name="Devices").get_by_role("listitem")
    for name in ("X", "Y", "DET", "THERMO"):
        entry = entries.filter(has=page.get_by_text(name, exact=True))
        expect(entry).to_contain_text("Idle")
        expect(entry.get_by_role("img", name="healthy")).to_be_visible()


def test_the_list_is_searched_by_name_and_by_state(demo: Laboratory, look: Looking) -> None:
    page = look(demo)
    names = page.get_by_role("navigation", name="Devices").locator("b")
    expect(names.filter(has_text="DET")).to_be_visible()
    number = names.count()
    search = page.get_by_role("searchbox", name="Search devices")
    search.fill("ther")
    expect(names).to_have_text(["THERMO"])
    search.fill("idle")
    expect(names).to_have_count(number)
    search.fill("nobody")
    expect(page.get_by_text("No device is called so.")).to_be_visible()


def test_devices_that_are_unwell_are_counted_and_found(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, "- {class: lab.Fan, name: GOOD}\n- {class: lab.Fan, name: BAD}")
    page = look(lab, "BAD")
    devices = page.get_by_role("navigation", name="Devices")
    names = devices.locator("b")
    expect(names).to_have_text(["GOOD", "BAD"])
    expect(devices.get_by_role("button")).to_have_count(0)
    lab.call("BAD/complain", severity=2)
    filtering = devices.get_by_role("button", name="1 in alarm")
    expect(filtering).to_have_class("alarmed major")
    filtering.press("Enter")
    expect(names).to_have_text(["BAD"])
    expect(devices.get_by_role("listitem")).to_contain_text("the fan stands still")
    expect(devices.get_by_role("img", name="major")).to_be_visible()
    expect(page.locator(".standing").get_by_role("status")).to_contain_text("the fan stands still")
    filtering.press("Enter")
    page.get_by_role("searchbox", name="Search devices").fill("major")
    expect(names).to_have_text(["BAD"])
    lab.call("BAD/complain", severity=0)
    expect(page.get_by_text("No device is called so.")).to_be_visible()
    expect(devices.get_by_role("button")).to_have_count(0)


def test_a_device_with_an_attribute_in_alarm_is_seen_in_the_list(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, "- {class: lab.Fan, name: GOOD}\n- {class: lab.Fan, name: BAD}")
    page = look(lab, "GOOD")
    devices = page.get_by_role("navigation", name="Devices")
    expect(devices.get_by_role("img", name="healthy")).to_have_count(2)
    lab.put("BAD/speed", 50)
    bad = devices.get_by_role("listitem").filter(has=page.get_by_text("BAD", exact=True))
    expect(bad.get_by_role("img", name="major")).to_be_visible()
    expect(bad).to_contain_text("speed: below alarm limit 100 1/min")
    lab.put("BAD/speed", 500)
    expect(devices.get_by_role("img", name="healthy")).to_have_count(2)


def test_attributes_of_a_device_that_has_many_are_searched(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, "- {class: lab.Rack, name: RACK}\n- {class: lab.Stage, name: STAGE}")
    page = look(lab, "RACK")
    rows = page.locator("[data-attribute]")
    expect(rows).to_have_count(60)
    search = page.get_by_role("searchbox", name="Search attributes")
    search.fill("green 3")
    expect(page.locator("main h2")).to_have_text(["Green", "Methods"])
    expect(rows).to_have_count(11)
    search.fill("channel_07")
    expect(rows).to_have_count(1)
    search.fill("")
    expect(rows).to_have_count(60)
    page.get_by_role("link", name="STAGE").click()
    expect(page.get_by_role("heading", name="STAGE", exact=True)).to_be_visible()
    expect(search).to_have_count(0)


def test_each_device_is_shown_from_its_top_and_a_chart_is_brought_into_sight(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, "- {class: lab.Rack, name: RACK}\n- {class: lab.Rack, name: OTHER}")
    page = look(lab, "RACK", viewport={"width": 900, "height": 500})
    page.get_by_role("button", name="Chart of channel_59").scroll_into_view_if_needed()
    assert page.evaluate("window.scrollY") > 500
    page.get_by_role("button", name="Chart of channel_59").click()
    expect(page.locator(".chart canvas")).to_be_in_viewport()
    page.get_by_role("button", name="Chart of channel_58").scroll_into_view_if_needed()
    page.evaluate("location.hash = '#/OTHER'")
    expect(page.get_by_role("heading", name="OTHER", exact=True)).to_be_in_viewport()


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
