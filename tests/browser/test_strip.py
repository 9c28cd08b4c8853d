"""A strip chart followed, held, looked at closer and saved; what was before, and what was lost."""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BROKEN, Looking, Start
from tests.browser.everything import DEVICES
from tests.browser.laboratory import Laboratory
from tests.browser.test_device import DEVICES as QUICK

CATCH = """() => {
  const usual = URL.createObjectURL;
  window.saved = new Promise(resolve => {
    URL.createObjectURL = blob => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(blob);
      return usual.call(URL, blob);
    };
  });
}"""
COLOURS = """async data => {
  const picture = new Image();
  picture.src = data;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
  const seen = {};
  for (let i = 0; i < pixels.length; i += 4) {
    const colour = `${pixels[i]},${pixels[i + 1]},${pixels[i + 2]},${pixels[i + 3]}`;
    seen[colour] = (seen[colour] ?? 0) + 1;
  }
  return { size: [picture.width, picture.height], seen };
}"""
NONE = "\u2013"
STAGE = "- {class: lab.Stage, name: STAGE}"


def test_what_a_curve_was_is_told_where_the_pointer_is(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "STAGE?chart=STAGE.position,STAGE.velocity")
    everything.call("STAGE/jump", target=4)
    everything.put("STAGE/velocity", 2.5)
    expect(key(page, 0)).to_have_text("STAGE.position 4.000 mm")
    expect(key(page, 1)).to_have_text("STAGE.velocity 2.500 mm/s")
    page.get_by_role("button", name="1 h").click()
    point(page, 0.001)
    expect(key(page, 0)).to_have_text(f"STAGE.position {NONE}")  # the server had not begun
    page.mouse.move(0, 0)
    expect(key(page, 0)).to_have_text("STAGE.position 4.000 mm")


def test_a_chart_that_is_held_stays_and_goes_on_when_asked_to(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "STAGE?chart=STAGE.position")
    everything.call("STAGE/jump", target=1)
    expect(key(page, 0)).to_contain_text("1.000")
    page.get_by_role("button", name="Pause").click()
    everything.call("STAGE/jump", target=2)
    expect(page.locator("#in-STAGE-position")).to_have_text("2.000")
    expect(key(page, 0)).to_contain_text("1.000")
    point(page, 0.999)
    expect(key(page, 0)).not_to_contain_text("2.000")
    live = page.get_by_role("button", name="Back to live")
    expect(live).to_have_attribute("aria-pressed", "true")
    live.press("Enter")
    page.mouse.move(0, 0)
    expect(key(page, 0)).to_contain_text("2.000")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_stretch_is_seen_closer_and_one_goes_earlier_and_later(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "STAGE?chart=STAGE.position")
    page.get_by_role("button", name="1 h").click()
    everything.call("STAGE/jump", target=3)
    expect(key(page, 0)).to_contain_text("3.000")
    point(page, 0.5)
    expect(key(page, 0)).to_contain_text(NONE)  # half an hour ago
    page.get_by_role("button", name="Pause").click()
    for _ in range(8):
        page.keyboard.down("Control")
        point(page, 0.9995)
        page.mouse.wheel(0, -100)
        page.keyboard.up("Control")
    drag(page, 0.9, 0.9999)
    page.get_by_role("button", name="Later").click()
    point(page, 0.95)
    expect(key(page, 0)).to_contain_text("3.000")
    for _ in range(4):
        page.get_by_role("button", name="Earlier").press("Enter")
    for name in ("1 h", "Back to live"):
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", str(name != "1 h").lower())
    page.get_by_role("button", name="30 s").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_dragging_over_a_stretch_holds_it(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "STAGE?chart=STAGE.position")
    expect(key(page, 0)).to_contain_text("mm")
    drag(page, 0.2, 0.6)
    expect(page.get_by_role("button", name="Back to live")).to_be_visible()
    # Another curve comes beside it: still held, where it was.
    page.get_by_role("button", name="Chart of velocity").click()
    expect(key(page, 1)).to_contain_text("velocity")
    expect(page.get_by_role("button", name="Back to live")).to_be_visible()
    page.get_by_role("button", name="Back to live").click()


def test_the_picture_that_is_saved_has_the_curves_and_their_names(everything: Laboratory, look: Looking) -> None:
    page = look(everything, "STAGE?chart=STAGE.position,STAGE.velocity", color_scheme="light", accept_downloads=False)
    expect(key(page, 1)).to_contain_text("mm/s")
    page.evaluate(CATCH)
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "macduff.png"
    data = page.evaluate("window.saved")
    assert base64.b64decode(data.partition(",")[2]).startswith(b"\x89PNG")
    found = page.evaluate(COLOURS, data)
    canvas = page.locator(".chart canvas").evaluate("canvas => [canvas.width, canvas.height]")
    assert found["size"] == [canvas[0], canvas[1] + 26]
    assert found["seen"]["255,255,255,255"] > 0.5 * canvas[0] * canvas[1], "its ground"
    for colour in ("59,130,246,255", "249,115,22,255"):
        assert found["seen"][colour] > 50, "the mark before its name, at least"


def test_where_the_history_meets_what_is_live_no_point_is_twice(laboratory: Start, look: Looking) -> None:
    """At fifty changes a second, each of which the history and the live curve may both have."""
    lab = laboratory(QUICK, STAGE)
    page = look(lab)
    position = page.locator("#in-STAGE-position")
    for _ in range(3):
        page.goto(f"{lab.address}/#/STAGE?chart=STAGE.position")
        page.reload()
        for _ in range(12):
            expect(position).not_to_have_text(position.inner_text())
        times = [time for time, _ in saved(page)]
        assert len(times) > 20
        assert all(later - time > 1e-4 for time, later in pairwise(times))


def test_while_there_was_no_server_there_is_no_curve(laboratory: Start, look: Looking) -> None:
    look.allow(*BROKEN)
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "STAGE?chart=STAGE.position")
    expect(key(page, 0)).to_contain_text("1.250")
    lab.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(key(page, 0)).to_have_text(f"STAGE.position {NONE}")
    lab.start()
    expect(key(page, 0)).to_have_text("STAGE.position 1.250 mm")
    assert [str(value) for _, value in saved(page)] == ["1.25", "nan", "1.25"]


def saved(page: Page) -> list[tuple[float, float]]:
    """Times (s of the day) and values of what CSV saves."""
    page.evaluate(CATCH)
    page.get_by_role("button", name="CSV").click()
    text = base64.b64decode(page.evaluate("window.saved").partition(",")[2]).decode()
    header, *lines = text.splitlines()
    assert header == "time,attribute,value"
    return [read(line) for line in lines]


def read(line: str) -> tuple[float, float]:
    found = re.fullmatch(r"\d{4}-\d\d-\d\dT(\d\d):(\d\d):(\d\d\.\d{6})Z,STAGE\.position,(.*)", line)
    assert found, line
    hours, minutes, seconds, value = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds), float(value)


def key(page: Page, number: int) -> Locator:
    return page.locator(".key").nth(number)


def over(page: Page) -> dict[str, Any]:
    box = page.locator(".chart .u-over").bounding_box()
    assert box is not None
    return {**box}


def point(page: Page, part: float) -> None:
    """At this part of the width, from the left."""
    box = over(page)
    page.mouse.move(box["x"] + part * box["width"], box["y"] + box["height"] / 2)


def drag(page: Page, begin: float, end: float) -> None:
    point(page, begin)
    page.mouse.down()
    point(page, (begin + end) / 2)
    point(page, end)
    page.mouse.up()
