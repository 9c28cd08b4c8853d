"""Strip charts of attributes, of one device or of several, by a link that can be kept."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Looking, Start
from tests.browser.laboratory import Laboratory
from tests.browser.test_pictures import Picture

DRAWN = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
  return [...seen].map(one => one.split(",").map(Number));
}"""

CATCH = """() => {
  const usual = URL.createObjectURL;
  window.saved = new Promise(resolve => {
    URL.createObjectURL = blob => {
      blob.text().then(resolve);
      return usual.call(URL, blob);
    };
  });
}"""
"""What the page offers for saving, as text."""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_chart_is_drawn_so_that_it_can_be_seen(
    demo: Laboratory, look: Looking, picture: Picture, colours: Any
) -> None:
    page = look(demo, "THERMO", color_scheme=colours, viewport={"width": 1100, "height": 760})
    page.get_by_role("button", name="Chart of temperature").click()
    page.get_by_role("button", name="Chart of target").click()
    chart = page.get_by_role("region", name="Chart")
    expect(chart.locator(".key")).to_have_count(2)
    page.get_by_role("button", name="30 s").click()
    demo.put("THERMO/target", 28 if colours == "light" else 24)
    temperature = page.locator("#in-THERMO-temperature")
    for _ in range(12):
        expect(temperature).not_to_have_text(temperature.inner_text())
    ground = page.evaluate(
        "getComputedStyle(document.querySelector('.chart')).backgroundColor.match(/\\d+/g).map(Number)"
    )
    drawn = chart.locator("canvas").evaluate(DRAWN)
    strong = [one for one in drawn if sum(abs(a - b) for a, b in zip(one, ground, strict=False)) > 200]
    assert len(strong) > 5, f"nothing stands out from {ground}"
    if colours == "light":
        picture(page, "chart-light")


def test_a_chart_has_what_was_before_and_each_put_at_once(laboratory: Start, look: Looking) -> None:
    """As its CSV has it, which is what is drawn."""
    lab = laboratory()
    lab.put("THERMO/target", 30)
    lab.put("THERMO/target", 31)
    page = look(lab, "THERMO?chart=THERMO.target")
    chart = page.get_by_role("region", name="Chart")
    expect(chart.locator("canvas")).to_be_visible()
    for target in (32, 33):
        lab.put("THERMO/target", target)
        expect(page.locator("#in-THERMO-target")).to_have_value(f"{target}.00")
    page.evaluate(CATCH)
    chart.get_by_role("button", name="CSV").click()
    header, *lines = page.evaluate("window.saved").splitlines()
    assert header == "time,attribute,value"
    values = [float(line.rpartition(",")[2]) for line in lines]
    assert [value for value, _ in groupby(values)] == [21, 30, 31, 32, 33]
    assert lines == sorted(lines)


def test_a_link_keeps_a_chart_of_several_devices(demo: Laboratory, look: Looking) -> None:
    page = look(demo, "X?chart=X.position,THERMO.temperature")
    keys = page.get_by_role("region", name="Chart").locator(".key")
    expect(keys).to_have_count(2)
    expect(keys.nth(0)).to_contain_text("X.position")
    page.reload()
    expect(keys).to_have_count(2)
    keys.nth(0).click()
    expect(keys).to_have_count(1)
    keys.nth(0).click()
    expect(page.get_by_role("region", name="Chart")).to_have_count(0)
    assert "chart" not in page.url


def test_a_chart_is_as_wide_as_a_phone(demo: Laboratory, look: Looking) -> None:
    page = look(demo, "THERMO?chart=THERMO.temperature", viewport={"width": 360, "height": 740})
    canvas = page.get_by_role("region", name="Chart").locator("canvas")
    expect(canvas).to_be_visible()
    assert width(page) <= 360
    page.set_viewport_size({"width": 700, "height": 360})
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_function("document.querySelector('.chart canvas').getBoundingClientRect().right <= 320")
    assert width(page) <= 320


def width(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return found
