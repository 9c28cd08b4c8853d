"""Methods as forms, by keyboard; what they return, refuse and cannot do now. A device that is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Looking, Start
from tests.browser.laboratory import Laboratory

DEVICES = '''
from macduff import Attribute, Device, VDouble, publish_method

class Stage(Device):
    """A stage."""

    position = Attribute(VDouble(units="mm", precision=3, control=(-5, 5)), 1.25, "Where it is")

    @publish_method(like={"target": "position"})
    def jump(self, target: float, times: int = 1) -> float:
        """Be elsewhere at once."""
        self.position.update(target)
        return target * times

    @publish_method(busy="replace", like={"target": "position"})
    def creep(self, target: float) -> float:
        """Go there slowly; a later one takes over."""
        while abs(self.position.value - target) > 0.01:
            step = max(-0.01, min(0.01, target - self.position.value))
            self.position.update(self.position.value + step)
            self.wait(0.05)
        return target

    @publish_method
    def fail(self) -> None:
        """Raise."""
        raise RuntimeError("the belt is torn")

    @publish_method
    def hold(self) -> None:
        """Wait until it is aborted."""
        self.wait(3600)
'''
STAGE = "- {class: lab.Stage, name: STAGE}"


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    found = Laboratory(tmp_path_factory.mktemp("still"), DEVICES, STAGE)
    found.start()
    yield found
    found.close()


@pytest.fixture
def lab(still: Laboratory) -> Laboratory:
    """A stage at rest, where it was made."""
    still.call("STAGE/jump", target=1.25)
    return still


def test_a_method_is_called_by_keyboard(lab: Laboratory, look: Looking) -> None:
    page = look(lab, "STAGE")
    form = page.locator("form[data-method=jump]")
    button = form.locator("button[type=submit]")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "It needs target")
    page.locator("#STAGE-jump-target").focus()
    page.keyboard.type("1.5")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(form.locator(".last")).to_contain_text("target 1.500")
    expect(form.locator(".last")).to_contain_text(": returned 3 after")
    assert lab.get("STAGE/position") == 1.5


def test_what_is_no_number_is_refused_here_and_what_the_server_refuses_is_shown(lab: Laboratory, look: Looking) -> None:
    lab.may_log("the belt is torn")
    page = look(lab, "STAGE")
    form = page.locator("form[data-method=jump]")
    page.locator("#STAGE-jump-target").fill("far")
    page.keyboard.press("Enter")
    expect(page.locator("#STAGE-jump-target")).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".say")).to_contain_text("number")
    page.locator("form[data-method=fail] button[type=submit]").press("Enter")
    expect(page.locator("form[data-method=fail]").get_by_role("alert")).to_contain_text("the belt is torn")
    assert lab.get("STAGE/position") == 1.25


def test_abort_ends_what_runs_and_what_is_not_allowed_meanwhile_says_so(lab: Laboratory, look: Looking) -> None:
    page = look(lab, "STAGE")
    page.locator("#STAGE-jump-target").fill("2")
    page.locator("form[data-method=hold] button[type=submit]").click()
    jump = page.locator("form[data-method=jump] button[type=submit]")
    expect(jump).to_be_disabled()
    expect(page.locator("form[data-method=jump]")).to_contain_text("not allowed in Running")
    page.get_by_role("button", name="Abort", exact=True).click()
    expect(page.locator("form[data-method=hold]").get_by_role("alert")).to_be_visible()
    assert lab.get("STAGE/state") == "Idle"


def test_a_call_that_may_be_replaced_is_by_the_next(lab: Laboratory, look: Looking) -> None:
    page = look(lab, "STAGE")
    form = page.locator("form[data-method=creep]")
    button, target = form.locator("button[type=submit]"), form.get_by_label("target")
    target.fill("5")
    button.dblclick()  # as people do: one call
    expect(page.locator(".standing")).to_contain_text("Running")
    expect(button).to_be_enabled()
    page.wait_for_timeout(350)  # a person who thinks again
    target.fill("1.27")
    target.press("Enter")
    expect(form).to_contain_text("returned")
    expect(form.get_by_role("alert")).to_have_count(0)
    position = lab.get("STAGE/position")
    assert isinstance(position, float) and abs(position - 1.27) < 0.02


def test_a_device_that_is_removed_goes_from_an_open_page(laboratory: Start, look: Looking) -> None:
    lab = laboratory(DEVICES, STAGE + "\n- {class: lab.Stage, name: OTHER}")
    page = look(lab, "STAGE")
    names = page.get_by_role("navigation", name="Devices").locator("b")
    expect(names).to_have_text(["STAGE", "OTHER"])
    lab.call(".process/remove", name="STAGE")
    expect(names).to_have_text(["OTHER"])
    expect(page.get_by_role("heading", name="STAGE is not here")).to_be_visible()
