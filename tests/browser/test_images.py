"""Pictures: colours, range, the value under the pointer, how many come, and that the newest one wins."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking
from tests.browser.laboratory import Laboratory
from tests.support import eventually

PIXEL = """(canvas, at) => {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  context.drawImage(canvas, 0, 0);
  return [...context.getImageData(at[0], at[1], 1, 1).data];
}"""
COUNT = """() => {
  window.painted = 0;
  const usual = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    window.painted++;
    return usual.apply(this, given);
  };
}"""
FREEZE = """frames => {
  const request = new XMLHttpRequest();
  request.open("POST", "/api/CAM/film", false);  // the page does nothing until it is answered
  request.setRequestHeader("Content-Type", "application/json");
  request.send(JSON.stringify({ frames }));
  return request.status;
}"""


def test_the_value_under_the_pointer_is_told(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "CAM")
    everything.call("CAM/frame", base=0)
    image, under = picture(page).locator("canvas"), picture(page).locator(".under")
    expect(scale(page)).to_have_text("0  11")
    for row, column in ((0, 0), (1, 2), (2, 3)):
        point(page, row, column)
        expect(under).to_have_text(f"row {row}, column {column}: {4 * row + column}")
    everything.call("CAM/frame", base=100)
    expect(under).to_have_text("row 2, column 3: 111")
    page.mouse.move(0, 0)
    expect(under).to_have_text("")
    expect(image).to_have_attribute("aria-label", "image, 3 by 4")


def test_a_flat_picture_is_pointed_at_rightly_too(everything: Laboratory, look: Looking) -> None:
    """Its box is higher than the picture: there is room above and below."""
    page = look(everything, "CAM")
    everything.call("CAM/frame", base=0)
    expect(picture(page)).to_be_visible()
    page.set_viewport_size({"width": 1200, "height": 400})  # no higher than a part of the window
    point(page, 1, 1)
    expect(picture(page).locator(".under")).to_have_text("row 1, column 1: 5")


def test_colours_are_chosen_and_a_range_is_held(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "CAM")
    everything.call("CAM/frame", base=100)
    expect(scale(page)).to_have_text("100  111")
    canvas = picture(page).locator("canvas")
    picture(page).get_by_label("Colour map").select_option("grey")
    expect(picture(page).locator(".scale")).to_have_attribute("data-map", "grey")
    eventually(lambda: pixel(canvas, 0, 0) == [0, 0, 0, 255], "the lowest value is black")
    assert pixel(canvas, 3, 2) == [255, 255, 255, 255]
    hold = picture(page).get_by_role("button", name="hold range")
    hold.press("Enter")
    expect(picture(page).get_by_role("button", name="range held")).to_have_attribute("aria-pressed", "true")
    everything.call("CAM/frame", base=105)
    expect(page.locator("#in-CAM-number")).to_have_text("105")
    expect(scale(page)).to_have_text("100  111")
    eventually(lambda: pixel(canvas, 0, 0) != [0, 0, 0, 255], "the new frame is shown")
    assert pixel(canvas, 3, 2) == [255, 255, 255, 255]
    assert 100 < pixel(canvas, 0, 0)[0] < 130, "five elevenths of the way"
    picture(page).get_by_role("button", name="range held").click()
    expect(scale(page)).to_have_text("105  116")


def test_the_newest_frame_wins_where_the_page_is_slow(everything: Laboratory, look: Looking) -> None:
    """While the page stands still for as long as 400 frames take; then it shows the last, and not each before it."""
    look.allow("Synchronous XMLHttpRequest")
    page = look(everything, "CAM")
    everything.call("CAM/frame", base=0)
    expect(page.locator("#in-CAM-number")).to_have_text("0")
    page.evaluate(COUNT)
    assert page.evaluate(FREEZE, 401) == 200
    expect(page.locator("#in-CAM-number")).to_have_text("401")
    expect(picture(page).locator("canvas")).to_have_attribute("aria-label", "image, 400 by 400")
    point(page, 200, 200)
    expect(picture(page).locator(".under")).to_contain_text(": 1")  # 401, as it counts to 200
    assert page.evaluate("window.painted") < 200


def test_how_many_frames_come_is_told(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "CAM")
    rate = picture(page).get_by_text("frames/s")
    expect(rate).to_have_text("0 frames/s")
    page.locator("#CAM-film-frames").fill("100000")
    page.keyboard.press("Enter")
    expect(rate).to_have_text(re.compile(r"^[1-9]\d* frames/s$"))
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(page.locator("form[data-method=film]").get_by_role("alert")).to_contain_text("bort")


def picture(page: Page) -> Locator:
    return page.locator("[data-attribute=image] .picture")


def scale(page: Page) -> Locator:
    return picture(page).locator(".scale")


def point(page: Page, row: int, column: int) -> None:
    """At the middle of a pixel, wherever the picture is in its box."""
    canvas = picture(page).locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    columns, rows = canvas.evaluate("canvas => [canvas.width, canvas.height]")
    size = min(box["width"] / columns, box["height"] / rows)
    left = box["x"] + (box["width"] - columns * size) / 2
    top = box["y"] + (box["height"] - rows * size) / 2
    page.mouse.move(left + (column + 0.5) * size, top + (row + 0.5) * size)


def pixel(canvas: Locator, column: int, row: int) -> list[int]:
    found: list[int] = canvas.evaluate(PIXEL, [column, row])
    return found
