"""A server that takes nothing: it is looked at, and nothing else is offered."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking, Start
from tests.browser.everything import CONFIGURATION, DEVICES
from tests.browser.laboratory import Laboratory


def test_nothing_writable_is_offered_and_methods_say_why(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, CONFIGURATION, "--read-only")
    page = look(lab)
    expect(badge(page)).to_be_visible()
    for name in ("KINDS", "STAGE", "DET"):
        page.goto(f"{lab.address}/#/{name}")
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        rows = page.locator("[data-attribute]")
        expect(rows.first).to_be_visible()
        expect(rows.locator(".cell, table").locator("input, select, textarea")).to_have_count(0)
        expect(page.get_by_role("button", name="Add a row")).to_have_count(0)
        buttons = page.locator(".methods button[type=submit]")
        assert buttons.count() > 0
        for button in buttons.all():
            expect(button).to_be_disabled()
            expect(button).to_have_attribute("title", "This server is read-only")
        expect(page.locator(".methods .takes :enabled")).to_have_count(0)
        expect(page.locator(".methods em")).to_have_text(["(this server is read-only)"] * buttons.count())
        abort = page.get_by_role("button", name="Abort", exact=True)
        expect(abort).to_be_disabled()
        expect(abort).to_have_attribute("title", "This server is read-only")


def test_what_can_be_put_elsewhere_is_still_shown(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, CONFIGURATION, "--read-only")
    page = look(lab, "KINDS")
    for name, text in (("number", "1.500"), ("switch", "on"), ("mode", "fast"), ("text", "hello"), ("names", "a, b")):
        expect(page.locator(f"#in-KINDS-{name}")).to_have_text(text)
    expect(page.locator("[data-attribute=points] tbody tr").first).to_have_text("1.00onfirst")
    page.get_by_role("button", name="About number").click()
    expect(page.locator(".about")).to_contain_text("never: this server is read-only")


def test_a_server_that_takes_values_is_not_called_read_only(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "KINDS")
    expect(page.locator("#in-KINDS-number")).to_be_editable()
    expect(badge(page)).to_have_count(0)


def badge(page: Page) -> Locator:
    return page.get_by_text("read-only", exact=True)
