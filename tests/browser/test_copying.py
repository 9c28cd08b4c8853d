"""What the page says of attributes and methods for use elsewhere: the lines are copied, and run against the server."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Looking
from tests.browser.laboratory import COMMAND, Laboratory

DOCS = Path(__file__).parents[2] / "docs/how-to/browser.md"
TYPED = "import code, sys; code.InteractiveInterpreter().runsource(sys.argv[1], symbol='single')"
"""Runs a line as the prompt of Python does."""


@pytest.fixture
def page(everything: Laboratory, look: Looking) -> Page:
    """STAGE, from where it may be copied."""
    everything.put("STAGE/velocity", 3.25)
    return look(everything, "STAGE", permissions=["clipboard-read", "clipboard-write"])


def test_the_lines_of_an_attribute_are_copied_and_read_it(everything: Laboratory, page: Page) -> None:
    page.get_by_role("button", name="About velocity").click()
    about = page.locator("[data-attribute=velocity] .about")
    expect(about).to_contain_text("How fast it goes")
    expect(about).to_contain_text("Takes0.5 to 20 mm/s")
    assert python(copied(about, "Python")) == "3.25"
    assert shell(copied(about, "Shell")) == "3.250"
    assert copied(about, "PV") == "STAGE:velocity"
    page.get_by_role("button", name="About velocity").click()
    expect(about).to_have_count(0)


def test_the_lines_of_a_method_make_the_call_that_was_filled_in(everything: Laboratory, page: Page) -> None:
    page.locator("#STAGE-jump-target").fill("-2.5")
    page.locator("#STAGE-jump-times").fill("2")
    page.get_by_role("button", name="About jump").click()
    about = page.locator("form[data-method=jump] .about")
    assert everything.get("STAGE/position") != -2.5
    assert python(copied(about, "Python")) == "-5.0"
    assert everything.get("STAGE/position") == -2.5
    page.locator("#STAGE-jump-target").fill("1.5")
    assert shell(copied(about, "Shell")) == "3.0"
    assert everything.get("STAGE/position") == 1.5


def test_the_lines_in_the_docs_are_those_of_the_page(demo: Laboratory, look: Looking) -> None:
    page = look(demo, "X")
    page.locator("#X-move-target").fill("5")
    page.get_by_role("button", name="About move").click()
    told = DOCS.read_text(encoding="utf-8").replace("ws://127.0.0.1:8008", demo.address.replace("http", "ws"))
    lines = page.locator("form[data-method=move] .about code")
    expect(lines).to_have_count(2)
    for line in lines.all_inner_texts():
        assert f"\n{line}\n" in told


def test_a_text_with_quotes_is_quoted(everything: Laboratory, page: Page) -> None:
    name = 'IT\'S "NEW"'
    page.locator("#STAGE-copy-name").fill(name)
    page.get_by_role("button", name="About copy").click()
    words = shlex.split(copied(page.locator("form[data-method=copy] .about"), "Shell"))
    assert words[:5] == ["macduff", "call", "STAGE.copy", "--name", name]


def copied(about: Locator, what: str) -> str:
    """What is in the clipboard after its button was pressed: what stands beside it."""
    line = about.locator("dd.line").filter(has=about.page.get_by_role("button", name=f"Copy the line for {what}"))
    line.get_by_role("button").click()
    expect(line.get_by_role("status")).to_have_text("copied")
    text: str = about.page.evaluate("navigator.clipboard.readText()")
    assert text == line.locator("code").inner_text()
    return text


def python(line: str) -> str:
    return run(TYPED, line)


def shell(line: str) -> str:
    program, *arguments = shlex.split(line)
    assert program == "macduff"
    return run(COMMAND, *arguments)


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.strip()
