"""The server goes away under an open page, and comes back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import BROKEN, Looking, Start
from tests.browser.laboratory import Laboratory
from tests.support import eventually


def test_a_server_that_is_killed_is_told_and_its_values_are_greyed(laboratory: Start, look: Looking) -> None:
    look.allow(*BROKEN)
    lab = laboratory()
    page = look(lab, "X")
    row = page.locator("[data-attribute=velocity]")
    expect(row.locator("input")).to_have_value("2.000")
    lab.kill()
    expect(page.get_by_role("alert")).to_contain_text("The connection to the server is gone")
    expect(row).to_have_attribute("data-condition", "disconnected")
    expect(row.locator("input")).to_be_disabled()
    expect(row.locator("input")).to_have_value("2.000")
    expect(page.locator("form[data-method=move] button[type=submit]")).to_be_disabled()
    expect(page.get_by_role("img", name="healthy")).to_have_count(0)


def test_it_comes_back_and_everything_is_subscribed_to_once(laboratory: Start, look: Looking) -> None:
    """Counted by the server, after each of three kills, and after another device was opened and left."""
    look.allow(*BROKEN)
    lab = laboratory()
    page = look(lab, "X")
    row = page.locator("[data-attribute=velocity]")
    expect(row.locator("input")).to_have_value("2.000")
    before = subscriptions(lab)
    assert before > 1
    for number in range(3):
        lab.kill()
        expect(page.get_by_role("alert")).to_be_visible()
        lab.start()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(row).to_have_attribute("data-condition", "normal")
        eventually(lambda: subscriptions(lab) >= before, "it subscribes again")
        page.goto(f"{lab.address}/#/Y")
        expect(page.get_by_role("heading", name="Y", exact=True)).to_be_visible()
        page.goto(f"{lab.address}/#/X")
        lab.put("X/velocity", 3 + number)
        expect(row.locator("input")).to_have_value(f"{3 + number}.000")
        eventually(lambda: subscriptions(lab) == before, "as many as before")
        assert lab.count("connections") == 1


def test_what_is_being_typed_outlives_the_server(laboratory: Start, look: Looking) -> None:
    look.allow(*BROKEN)
    lab = laboratory()
    page = look(lab, "X")
    row = page.locator("[data-attribute=velocity]")
    expect(row.locator("input")).to_have_value("2.000")
    row.locator("input").fill("4.5")
    lab.kill()
    expect(row).to_have_attribute("data-condition", "disconnected")
    lab.start()
    expect(row).to_have_attribute("data-condition", "edited")
    expect(row.locator("input")).to_have_value("4.5")
    assert lab.get("X/velocity") == 2.0
    row.locator("input").press("Enter")
    expect(row).to_have_attribute("data-condition", "normal")
    assert lab.get("X/velocity") == 4.5


def test_a_page_that_was_there_before_its_server_finds_it(laboratory: Start, look: Looking) -> None:
    """The page is in the browser, the server is not: it says so, and goes on by itself, or at once when asked to."""
    look.allow(*BROKEN)
    lab = laboratory()
    page = look(lab)
    devices = page.get_by_role("navigation", name="Devices").get_by_role("listitem")
    expect(devices.filter(has_text="THERMO")).to_be_visible()
    lab.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    open_device(page, "THERMO")
    lab.start()
    page.evaluate("document.querySelector('.banner button')?.click()")  # it may have gone on by itself already
    expect(page.locator("[data-attribute=temperature]")).to_have_attribute("data-condition", "normal")


def open_device(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Devices").get_by_role("link", name=name).click()


def subscriptions(lab: Laboratory) -> int:
    return lab.count("subscriptions")
