"""What goes over the wire: msgpack and batches where the server has them, malcolm 1.0 where it is of another kind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROKEN, Looking, Start
from tests.browser.everything import DEVICES
from tests.browser.frames import SUBSCRIBE, Frames
from tests.browser.laboratory import Laboratory

ROOT = Path(__file__).parents[2]
STAGE = "- {class: lab.Stage, name: STAGE}\n- {class: lab.Kinds, name: KINDS}"


@pytest.fixture
def plain(everything: Laboratory) -> Iterator[SimpleNamespace]:
    """Another kind of server with the same devices; `address`."""
    upstream = everything.address.replace("http", "ws") + "/ws"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.plain", upstream],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    port = process.stdout.readline().strip()
    yield SimpleNamespace(address=f"http://127.0.0.1:{port}")
    _, complaints = process.communicate(timeout=20)
    assert process.returncode == 0 and not complaints, complaints


def test_msgpack_is_agreed_on_and_changes_come_in_batches(everything: Laboratory, look: Looking) -> None:
    page = look(everything)
    session = page.context.new_cdp_session(page)
    answers: list[dict[str, Any]] = []
    frames: list[dict[str, Any]] = []

    def answered(event: dict[str, Any]) -> None:
        answers.append(event["response"]["headers"])

    def received(event: dict[str, Any]) -> None:
        frames.append(event["response"])

    session.on("Network.webSocketHandshakeResponseReceived", answered)
    session.on("Network.webSocketFrameReceived", received)
    session.send("Network.enable")
    heard = Frames(page)
    page.goto(f"{everything.address}/#/KINDS")
    page.reload()
    whole = page.locator("#in-KINDS-whole")
    expect(whole).to_be_visible()
    before = whole.input_value()
    everything.call("KINDS/touch")
    expect(whole).not_to_have_value(before)
    assert {headers["Sec-WebSocket-Protocol"] for headers in answers} == {"macduff.msgpack.1"}
    assert frames and {frame["opcode"] for frame in frames} == {2}, "binary, all of them"
    assert heard.kinds == {bytes}
    assert max(heard.batches) > 1, "several messages in a frame"


def test_a_malcolm_server_of_another_kind_is_used_in_its_own_words(
    everything: Laboratory, look: Looking, plain: Any
) -> None:
    """It knows no subprotocols, so that a browser hangs up on it once; the page comes back without offering any."""
    look.allow("WebSocket connection to .* failed: .*Sec-WebSocket-Protocol")
    everything.put("KINDS/number", 1.5)
    page = look(plain, "KINDS")
    field = page.locator("#in-KINDS-number")
    expect(field).to_have_value("1.500")
    heard = Frames(page)
    page.reload()
    expect(field).to_have_value("1.500")
    field.fill("2.5")
    field.press("Enter")
    expect(page.locator("[data-attribute=number]")).to_have_attribute("data-condition", "normal")
    assert everything.get("KINDS/number") == 2.5
    everything.put("KINDS/number", 3)
    expect(field).to_have_value("3.000")
    page.get_by_role("button", name="Chart of number").click()
    expect(page.locator(".key")).to_have_text("KINDS.number 3.000 mm")
    page.goto(f"{plain.address}/#/STAGE")
    page.locator("#STAGE-jump-target").fill("2")
    page.keyboard.press("Enter")
    expect(page.locator("form[data-method=jump] .last")).to_contain_text("with target 2.000 mm: returned 2 after")
    assert heard.kinds == {str}
    assert set(heard.batches) == {1}
    page.close()  # before its server goes


def test_after_each_loss_everything_is_asked_for_once(laboratory: Start, look: Looking) -> None:
    """As the page says it: the same subscriptions on each connection, none twice."""
    look.allow(*BROKEN)
    lab = laboratory(DEVICES, STAGE)
    page = look(lab, "STAGE?chart=KINDS.number")
    frames = Frames(page)
    page.reload()
    velocity = page.locator("[data-attribute=velocity]")
    for _ in range(2):
        expect(velocity).to_have_attribute("data-condition", "normal")
        expect(page.locator(".key")).to_contain_text("mm")
        lab.kill()
        expect(velocity).to_have_attribute("data-condition", "disconnected")
        lab.start()
    expect(velocity).to_have_attribute("data-condition", "normal")
    lab.put("STAGE/velocity", 7)
    expect(velocity.locator("input")).to_have_value("7.000")
    asked = [[m for m in sent if m["typeid"] == SUBSCRIBE] for sent in frames.sent if sent][-3:]
    for each in asked:
        paths = sorted(tuple(message["path"]) for message in each)
        assert len(paths) == len(set(paths)), paths
        assert len({message["id"] for message in each}) == len(each)
        assert paths == sorted(tuple(message["path"]) for message in asked[0])


def test_what_is_beyond_the_limits_never_leaves_the_page(everything: Laboratory, look: Looking) -> None:
    """Neither put nor call: as the frames say."""
    page = look(everything, "STAGE")
    frames = Frames(page)
    page.reload()
    field = page.locator("#in-STAGE-velocity")
    for wrong in ("20.001", "0.499", "-1", "1e9", "", "fast"):
        field.fill(wrong)
        field.press("Enter")
        expect(page.locator("[data-attribute=velocity]")).to_have_attribute("data-condition", "refused")
    target = page.locator("#STAGE-jump-times")
    page.locator("#STAGE-jump-target").fill("1")
    target.fill("1.5")
    target.press("Enter")
    expect(target).to_have_attribute("aria-invalid", "true")
    assert frames.asked(SUBSCRIBE), "what is sent is seen here"
    assert not frames.puts_and_calls()
    field.fill("20")
    field.press("Enter")
    expect(page.locator("[data-attribute=velocity]")).to_have_attribute("data-condition", "normal")
    assert [message["value"] for message in frames.puts_and_calls()] == [20]
