"""axe finds nothing serious in any view: light and dark, wide and on a phone, edited, refused and without a server."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BROKEN, Looking, Start
from tests.browser.everything import CONFIGURATION, DEVICES
from tests.browser.laboratory import Laboratory

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FOUND = """axe.run({ resultTypes: ["violations"] }).then(found => found.violations.flatMap(one =>
  one.nodes.map(node => `${one.impact}: ${one.id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`)))"""
# As high as a page is long: what is out of sight is not laid out, and would not be looked at.
SIZES = {"wide": {"width": 1200, "height": 2400}, "phone": {"width": 360, "height": 3000}}
VIEWS = {
    "": "nav li >> nth=4",
    "KINDS": "[data-attribute=waveform] canvas",
    "STAGE?chart=STAGE.position,ALARMS.minor,X.none": ".chart canvas",
    "CAM": "[data-attribute=image] canvas",
    "ALARMS": "[data-condition=invalid]",
    "DET": "form[data-method=run]",
    "NOBODY": "text=NOBODY is not here",
}


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wrong_in_any_view(everything: Laboratory, look: Looking, colours: Any, size: str) -> None:
    page = look(everything, color_scheme=colours, viewport=SIZES[size])
    page.evaluate(AXE)
    for view, there in VIEWS.items():
        go(page, view)
        expect(page.locator(there).first).to_be_visible()
        check(page, view)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_is_wrong_in_what_somebody_edits_and_is_refused(
    everything: Laboratory, look: Looking, colours: Any
) -> None:
    page = look(everything, "STAGE", color_scheme=colours, viewport=SIZES["wide"])
    page.evaluate(AXE)
    page.locator("#in-STAGE-velocity").fill("99")
    page.keyboard.press("Enter")
    page.locator("#STAGE-jump-target").fill("far")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="About velocity").click()
    page.get_by_role("button", name="About jump").click()
    page.locator(".log summary").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    check(page, "refused")
    go(page, "KINDS")
    page.locator("#in-KINDS-text").fill("bye")
    page.get_by_role("textbox", name="x, row 1").fill("3")
    expect(page.locator("[data-condition=edited]")).to_have_count(2)
    check(page, "edited")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_what_is_old_can_still_be_read(laboratory: Start, look: Looking, colours: Any) -> None:
    look.allow(*BROKEN)
    lab = laboratory(DEVICES, CONFIGURATION)
    page = look(lab, "KINDS?chart=KINDS.number", color_scheme=colours, viewport=SIZES["wide"])
    page.evaluate(AXE)
    expect(page.locator("[data-attribute=points] table")).to_be_visible()
    lab.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "disconnected")


def go(page: Page, to: str) -> None:
    page.evaluate("to => { location.hash = to; }", f"#/{to}")


def check(page: Page, where: str) -> None:
    found = page.evaluate(FOUND)
    assert not found, "\n".join([f"in {where or 'the list'}:", *found])
