"""The page without a mouse: in order, in sight, and the focus stays where it is."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking, Start
from tests.browser.laboratory import Laboratory
from tests.browser.test_device import DEVICES as QUICK

WHERE = """() => {
  const at = document.activeElement;
  return at === document.body ? "" : at.getAttribute("aria-label") || at.id || at.textContent.trim() || at.type;
}"""
IN_SIGHT = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && (at.contains(over) || over?.contains(at));
}"""
STAGE = "- {class: lab.Stage, name: STAGE}"


def test_tab_goes_to_everything_in_order_and_what_has_the_focus_is_seen(everything: Laboratory, look: Looking) -> None:
    """In a low window: what gets the focus scrolls into sight, and not below what stays there."""
    page = look(everything, "STAGE", viewport={"width": 1100, "height": 380})
    expect(page.locator("form[data-method=reset]")).to_be_attached()
    page.locator("#STAGE-jump-target").fill("1")
    page.locator(".brand").focus()
    order = []
    for _ in range(60):
        order.append(page.evaluate(WHERE))
        assert page.evaluate(IN_SIGHT), f"{order[-1]} has the focus and is not seen"
        page.keyboard.press("Tab")
        if page.evaluate(WHERE) in ("", "macduff"):
            break
    expected = """Abort in-STAGE-velocity
        Chart of velocity|About velocity|Chart of position|About position
        Jump|About jump|STAGE-jump-target|STAGE-jump-times|About copy|STAGE-copy-name|Fail|About fail|Hold|About hold
        About reset|STAGE-reset-force|Calls from this page"""
    wanted = [each.strip() for line in expected.splitlines() for each in line.split("|")]
    wanted[:1] = wanted[0].split()
    there = [name for name in order if name in wanted]
    assert there == wanted
    assert order.index("searchbox" if "searchbox" in order else "search") < order.index("Abort")
    assert all(any(name.startswith(device) for name in order) for device in ("KINDS", "CAM", "ALARMS", "DET"))


def test_a_device_is_found_put_called_and_left_by_keyboard_alone(everything: Laboratory, look: Looking) -> None:
    page = look(everything)
    expect(page.get_by_role("listitem")).to_have_count(5)
    tab_to(page, page.get_by_role("searchbox", name="Search devices"))
    page.keyboard.type("stag")
    expect(page.get_by_role("listitem")).to_have_count(1)
    tab_to(page, page.get_by_role("listitem").get_by_role("link"))
    page.keyboard.press("Enter")
    field = page.locator("#in-STAGE-velocity")
    expect(field).to_be_visible()
    tab_to(page, field)
    page.keyboard.press("Control+a")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(field).to_have_value("5.000")
    expect(field).to_be_focused()
    assert everything.get("STAGE/velocity") == 5
    tab_to(page, page.locator("form[data-method=hold] button[type=submit]"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="progress")).to_be_visible()
    abort = page.get_by_role("button", name="Abort", exact=True)
    tab_to(page, abort)
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="progress")).to_have_count(0)


def test_arrows_change_the_digit_left_of_the_caret_and_send_nothing(everything: Laboratory, look: Looking) -> None:
    everything.put("STAGE/velocity", 5)
    page = look(everything, "STAGE")
    field = page.locator("#in-STAGE-velocity")
    expect(field).to_have_value("5.000")
    field.focus()
    page.keyboard.press("End")
    for key, text in (("ArrowUp", "5.001"), ("ArrowDown", "5.000"), ("ArrowDown", "4.999")):
        page.keyboard.press(key)
        expect(field).to_have_value(text)
    for _ in range(4):  # to the digit before the point
        page.keyboard.press("ArrowLeft")
    for text in ("5.999", "6.999", "7.999", "8.999", "9.999", "10.999", "11.999"):
        page.keyboard.press("ArrowUp")
        expect(field).to_have_value(text)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(field).to_have_value("11.999")  # 21.999 is beyond the limit
    assert everything.get("STAGE/velocity") == 5
    page.keyboard.press("Enter")
    expect(page.locator("[data-attribute=velocity]")).to_have_attribute("data-condition", "normal")
    assert everything.get("STAGE/velocity") == 11.999


def test_fifty_updates_a_second_take_no_focus(laboratory: Start, look: Looking) -> None:
    lab = laboratory(QUICK, STAGE)
    page = look(lab, "STAGE?chart=STAGE.position")
    position = page.locator("#in-STAGE-position")
    expect(position).to_be_visible()
    for place in (
        page.locator("#in-STAGE-velocity"),
        page.get_by_role("button", name="About velocity"),
        page.get_by_role("button", name="Pause"),
        page.locator(".key"),
        page.locator("#STAGE-jump-target"),
        page.get_by_role("link", name="STAGE"),
    ):
        place.focus()
        focused = place.element_handle(timeout=15_000)
        for _ in range(3):
            expect(position).not_to_have_text(position.inner_text())
        assert focused.evaluate("one => one === document.activeElement"), place


def tab_to(page: Page, place: Locator) -> None:
    """By as many tabs as it takes."""
    for _ in range(80):
        if place.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {place}")
