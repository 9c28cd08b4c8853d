"""What changes faster than it can be seen: values are shown 25 times a second, curves have every reading."""

from __future__ import annotations

import base64

from playwright.sync_api import Page, expect

from tests.browser.conftest import Looking, Start
from tests.browser.test_strip import CATCH, key

DEVICES = '''
import time
from macduff import Attribute, Device, VInt, publish_method


class Counter(Device):
    """Counts as fast as it is told to."""

    count = Attribute(VInt(), 0, "How far it is")

    @publish_method
    def burst(self, steps: int) -> None:
        """Count that far, a thousand times a second at most."""
        for step in range(steps):
            self.count.update(step + 1)
            time.sleep(0.001)
'''
STEPS = 300
WATCH = """() => {
  window.shown = [];
  const cell = document.querySelector("[data-attribute=count] output");
  new MutationObserver(() => shown.push(Number(cell.textContent)))
    .observe(cell, { childList: true, characterData: true, subtree: true });
}"""


def test_a_value_is_shown_now_and_then_and_its_curve_has_every_reading(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, "- {class: lab.Counter, name: COUNTER}")
    page = look(lab, "COUNTER?chart=COUNTER.count")
    expect(key(page, 0)).to_have_text("COUNTER.count 0")
    page.evaluate(WATCH)
    lab.call("COUNTER/burst", steps=STEPS)
    expect(page.locator("[data-attribute=count] output")).to_have_text(str(STEPS))
    expect(key(page, 0)).to_have_text(f"COUNTER.count {STEPS}")
    shown = page.evaluate("shown")
    assert shown == sorted(shown) and shown[-1] == STEPS
    assert curve(page)[-STEPS:] == list(range(1, STEPS + 1))


def curve(page: Page) -> list[int]:
    """The values that CSV saves."""
    page.evaluate(CATCH)
    page.get_by_role("button", name="CSV").click()
    text = base64.b64decode(page.evaluate("window.saved").partition(",")[2]).decode()
    return [int(line.rpartition(",")[2]) for line in text.splitlines()[1:]]
