"""The page of a device: its values, and putting them by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.browser.conftest import Looking, Start
from tests.browser.laboratory import Laboratory

DEVICES = '''
from macduff import Attribute, Device, VDouble, idle_task, publish_method

class Stage(Device):
    """A stage that counts quickly."""

    velocity = Attribute(VDouble(units="mm/s", precision=3, control=(0.5, 20)), 2.0, "How fast it goes", writable=True)
    position = Attribute(VDouble(units="mm", precision=3, warning=(-5, 5), alarm=(-8, 8)), 1.25, "Where it is")

    @publish_method
    def jump(self, target: float) -> float:
        """Be elsewhere at once."""
        self.position.update(target)
        return target

    @idle_task(period=0.02)
    def wander(self) -> None:
        """Change what is being edited, fifty times a second."""
        self.velocity.update(2.0 + (self.velocity.value + 0.125) % 1)
        self.position.update(self.velocity.value)
'''
STAGE = "- {class: lab.Stage, name: STAGE}"
QUIET = DEVICES.replace("    @idle_task(period=0.02)\n", "")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    found = Laboratory(tmp_path_factory.mktemp("still"), QUIET, STAGE)
    found.start()
    yield found
    found.close()


@pytest.fixture
def lab(still: Laboratory) -> Laboratory:
    """A stage that changes only when it is told to."""
    still.put("STAGE/velocity", 2)
    still.call("STAGE/jump", target=1.25)
    return still


def test_a_device_page_shows_values_with_precision_and_units_once(demo: Laboratory, look: Looking) -> None:
    page = look(demo, "X")
    row = page.locator("[data-attribute=velocity]")
    expect(row.locator("input")).to_have_value("2.000")
    expect(row.locator(".units")).to_have_text("mm/s")
    assert row.inner_text().count("mm/s") == 1
    expect(page).to_have_title(re.compile(r"^X\b.*macduff$"))


def test_a_value_that_changes_is_seen_to_change(demo: Laboratory, look: Looking) -> None:
    page = look(demo, "THERMO")
    value = page.locator("#in-THERMO-temperature")
    expect(value).to_have_text(re.compile(r"^\d"))
    expect(value).not_to_have_text(value.inner_text())


def test_an_alarm_is_seen_and_goes(lab: Laboratory, look: Looking) -> None:
    page = look(lab, "STAGE")
    row = page.locator("[data-attribute=position]")
    for target, condition in ((6, "minor"), (-9, "major"), (0, "normal")):
        lab.call("STAGE/jump", target=target)
        expect(row).to_have_attribute("data-condition", condition)
        if condition == "normal":
            expect(row.locator(".say")).to_have_count(0)
        else:
            expect(row.get_by_role("img", name=condition)).to_be_visible()
            expect(row.locator(".say")).to_contain_text("limit")


def test_enter_puts_what_was_typed(lab: Laboratory, look: Looking) -> None:
    page = look(lab, "STAGE")
    row = type_into(page, "7.5")
    expect(row).to_have_attribute("data-condition", "edited")
    assert lab.get("STAGE/velocity") == 2.0, "typing sends nothing"
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("data-condition", "normal")
    expect(row.locator("input")).to_have_value("7.500")
    expect(row.locator("input")).to_be_focused()
    assert lab.get("STAGE/velocity") == 7.5


def test_escape_reverts_to_what_the_server_has(lab: Laboratory, look: Looking) -> None:
    page = look(lab, "STAGE")
    row = type_into(page, "7.5")
    expect(row).to_have_attribute("data-condition", "edited")
    lab.put("STAGE/velocity", 3)
    lab.call("STAGE/jump", target=2)
    expect(page.locator("#in-STAGE-position")).to_have_text("2.000")  # by now the page knows of both
    expect(row.locator("input")).to_have_value("7.5")
    page.keyboard.press("Escape")
    expect(row).to_have_attribute("data-condition", "normal")
    expect(row.locator("input")).to_have_value("3.000")
    assert lab.get("STAGE/velocity") == 3


def test_beyond_the_limits_is_refused_before_anything_is_sent(lab: Laboratory, look: Looking) -> None:
    page = look(lab)
    sent = sent_by(page)
    page.reload()
    page.goto(f"{lab.address}/#/STAGE")
    for wrong, why in (("20.5", "20"), ("0.1", "0.5"), ("fast", "number")):
        row = type_into(page, wrong)
        expect(row).to_have_attribute("data-condition", "edited")
        before = len(sent)
        assert before, "what is sent is seen here"
        page.keyboard.press("Enter")
        expect(row).to_have_attribute("data-condition", "refused")
        expect(row.locator(".say")).to_contain_text(why)
        expect(row.locator("input")).to_have_value(wrong)
        expect(row.locator("input")).to_have_attribute("aria-invalid", "true")
        assert len(sent) == before
    page.keyboard.press("Escape")
    expect(row).to_have_attribute("data-condition", "normal")
    assert lab.get("STAGE/velocity") == 2.0


def test_fifty_updates_a_second_do_not_touch_what_is_being_typed(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "STAGE")
    page.locator("#in-STAGE-velocity").press("1")  # from here on it is being edited
    row = type_into(page, "12.")
    position = page.locator("#in-STAGE-position")
    for key in "3456":
        expect(position).not_to_have_text(position.inner_text())
        page.keyboard.press(key)
    expect(row.locator("input")).to_have_value("12.3456")
    page.keyboard.press("Escape")
    expect(row).to_have_attribute("data-condition", "normal")


def type_into(page: Page, text: str) -> Locator:
    """Replace the velocity by keyboard; the row."""
    row = page.locator("[data-attribute=velocity]")
    row.locator("input").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    return row


def sent_by(page: Page) -> list[str | bytes]:
    """All frames that the page sends from its next load on."""
    sent: list[str | bytes] = []

    def keep(frame: str | bytes) -> None:  # Playwright writes into handlers, which a method of list does not bear
        sent.append(frame)

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", keep)

    page.on("websocket", opened)
    return sent
