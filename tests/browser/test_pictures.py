"""What stands in the docs' pictures is on the screen; `make pictures` takes them anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BROKEN, Looking, Start
from tests.browser.laboratory import Laboratory

Picture = Callable[[Page, str], None]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 1.5}

HUTCH = '''
import numpy as np

from macduff import Attribute, Device, VArray, VDouble, VTable

class Camera(Device):
    """A camera that sees two spots."""

    image = Attribute(VArray(np.uint8, 2), description="The last frame", tags=["widget:image"])
    sum = Attribute(VDouble(precision=0), 0.0, "All pixels together")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        y, x = np.mgrid[0:192, 0:256]
        spots = 230 * np.exp(-((x - 90) ** 2 + (y - 80) ** 2) / 900)
        spots += 120 * np.exp(-((x - 180) ** 2 + (y - 130) ** 2) / 300)
        self.image.update(spots.clip(0, 255).astype(np.uint8))
        self.sum.update(float(spots.sum()))

class Oven(Device):
    """An oven that is too hot."""

    temperature = Attribute(VDouble(units="degC", precision=1, warning=(5, 60), alarm=(0, 80)), 63.5, "Measured")
    pressure = Attribute(VDouble(units="mbar", precision=2, alarm=(None, 1.5)), 1.82, "In the chamber")
    target = Attribute(VDouble(units="degC", precision=1, control=(5, 80)), 65.0, "For the heater", writable=True)
'''
DEVICES = "- {class: lab.Camera, name: CAM}\n- {class: lab.Oven, name: OVEN}"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_demonstration(demo: Laboratory, look: Looking, picture: Picture, colours: Any) -> None:
    page = look(demo, "X", color_scheme=colours, viewport={"width": 1100, "height": 760})
    expect(page.locator("form[data-method=move]")).to_be_visible()
    target = {"light": "5", "dark": "2"}[colours]
    page.locator("#X-move-target").fill(target)
    page.locator("form[data-method=move] button[type=submit]").click()
    expect(page.get_by_role("navigation", name="Devices")).to_contain_text("Running")
    expect(page.locator("#in-X-position")).to_have_text(f"{target}.0000")
    expect(page.get_by_role("navigation", name="Devices")).not_to_contain_text("Running")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (sum(ground) < 3 * 128) == (colours == "dark")
    picture(page, f"page-{colours}")


def test_a_run(laboratory: Start, look: Looking, picture: Picture) -> None:
    lab = laboratory()
    page = look(lab, "DET", viewport={"width": 1100, "height": 1400})
    page.locator("#DET-configure-exposure").fill("0.05")
    page.locator("#DET-configure-frames").fill("400")
    page.locator("form[data-method=configure] button[type=submit]").click()
    expect(page.get_by_role("navigation", name="Devices")).to_contain_text("Ready")
    page.locator("form[data-method=run] button[type=submit]").click()
    expect(page.get_by_role("progressbar", name="progress")).to_be_visible()
    expect(page.locator("[data-attribute=image] canvas")).to_be_visible()
    expect(page.locator("#in-DET-completed_steps")).to_have_text(re.compile(r"^[1-3]\d\d$"))
    picture(page, "run")
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(page.get_by_role("navigation", name="Devices")).to_contain_text("Aborted")


def test_a_running_scan_of_values(laboratory: Start, look: Looking, picture: Picture) -> None:
    page = look(laboratory(), "SCAN", viewport={"width": 1100, "height": 1020})
    page.locator("form[data-method=configure] button[type=submit]").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("progressbar", name="progress")).to_be_visible()
    most = r"(3\d|4[01])\b"  # a picture of it running; on a slow machine the test may see its end
    expect(page.locator("#in-SCAN-completed_steps")).to_have_text(re.compile(f"^{most}"), timeout=50_000)
    plot = page.locator("[data-attribute=values]").get_by_role("img", name=re.compile(f"^values, {most}"))
    expect(plot.locator("canvas")).to_be_visible()
    picture(page, "scan")


def test_an_image_and_an_alarm(laboratory: Start, look: Looking, picture: Picture) -> None:
    lab = laboratory(HUTCH, DEVICES)
    page = look(lab, "CAM", viewport={"width": 1100, "height": 760})
    expect(page.locator("[data-attribute=image] canvas")).to_be_visible()
    picture(page, "image")
    page.goto(f"{lab.address}/#/OVEN")
    expect(page.locator("[data-attribute=temperature]")).to_have_attribute("data-condition", "minor")
    expect(page.locator("[data-attribute=pressure]")).to_have_attribute("data-condition", "major")
    picture(page, "alarm")


def test_on_a_phone(demo: Laboratory, look: Looking, picture: Picture) -> None:
    page = look(demo, "THERMO", **PHONE)
    expect(page.locator("[data-attribute=target] input")).to_have_value("21.00")
    picture(page, "phone")


def test_a_server_that_went_away(laboratory: Start, look: Looking, picture: Picture) -> None:
    """A field is edited while values change, the server is killed, and comes back: the edit is still there."""
    look.allow(*BROKEN)
    lab = laboratory()
    page = look(lab, "THERMO", viewport={"width": 1100, "height": 600})
    field = page.locator("[data-attribute=target] input")
    expect(field).to_have_value("21.00")
    field.fill("24.5")
    lab.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    lab.start()
    expect(page.locator("[data-attribute=target]")).to_have_attribute("data-condition", "edited")
    expect(field).to_have_value("24.5")
    picture(page, "connection-back")
