"""A run: how far it is, how long it may still take, in the page that began it and in others."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking
from tests.browser.laboratory import Laboratory

SAID = re.compile(r"^(\d+) of 400, about (\d+) s left$")


def test_progress_and_the_time_that_is_left_are_told(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "DET")
    other = look(everything, "DET")
    configure(page, frames=400, exposure=0.05)
    press(page, "run")
    for each in (page, other):
        progress = each.locator(".progress")
        expect(progress).to_contain_text(SAID)
        done, _ = numbers(progress)
        assert 0 < done <= 400
        bar = progress.get_by_role("progressbar")
        assert bar.get_attribute("max") == "400"
        assert int(bar.get_attribute("value") or 0) >= done
        while not enough(*numbers(progress)):  # a page that stood still may see several steps at once
            expect(progress).not_to_have_text(progress.inner_text())
        expect(each.locator("form[data-method=configure] button[type=submit]")).to_be_disabled()
    page.get_by_role("button", name="Abort", exact=True).click()
    for each in (page, other):
        expect(each.locator(".progress")).to_have_count(0)
    press(page, "reset")


def test_what_a_run_came_to_is_told(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "DET")
    configure(page, frames=4, exposure=0.3)
    press(page, "run")
    expect(page.locator("form[data-method=run] .last")).to_contain_text(re.compile(r": done after \d+\.\d s$"))
    expect(page.locator(".progress")).to_have_count(0)
    assert everything.get("DET/completed_steps") == 4


def test_a_run_is_held_and_goes_on(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "DET")
    configure(page, frames=1000, exposure=0.05)
    press(page, "run")
    completed = page.locator("#in-DET-completed_steps")
    expect(completed).to_have_text(re.compile("^[1-9]"))
    press(page, "pause")
    expect(page.locator("[data-state=Paused][aria-current=true]").first).to_be_visible()
    expect(page.locator(".progress")).to_contain_text(re.compile(r"^\d+ of 1000, held$"))
    press(page, "resume")
    held = completed.inner_text()
    expect(completed).not_to_have_text(held)
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(page.locator("[data-state=Aborted][aria-current=true]").first).to_be_visible()
    press(page, "reset")
    expect(page.locator("[data-state=Idle][aria-current=true]").first).to_be_visible()


def numbers(progress: Locator) -> tuple[int, int]:
    """Steps done, and the seconds that are left."""
    found = SAID.match(progress.inner_text().strip())
    assert found
    return int(found[1]), int(found[2])


def enough(done: int, left: int) -> bool:
    return left >= (400 - done) * 0.04


def configure(page: Page, frames: int, exposure: float) -> None:
    page.locator("#DET-configure-frames").fill(str(frames))
    page.locator("#DET-configure-exposure").fill(str(exposure))
    press(page, "configure")
    expect(page.locator("[data-state=Ready][aria-current=true]").first).to_be_visible()


def press(page: Page, method: str) -> None:
    button = page.locator(f"form[data-method={method}] button[type=submit]")
    expect(button).to_be_enabled()
    button.click()
