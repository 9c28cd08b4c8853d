"""Debian's chromium, driven by Playwright; a page whose complaints fail the test.

Playwright's synchronous interface keeps an event loop running in the thread of the tests, beside which no asynchronous
test can run: so the browser lives as long as a module here, and these modules have no asynchronous tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.browser.everything import CONFIGURATION, DEVICES
from tests.browser.laboratory import Laboratory

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --disable-dev-shm-usage"
).split()
BROKEN = ("WebSocket connection to .* failed", "net::ERR_CONNECTION_(REFUSED|RESET)", "net::ERR_EMPTY_RESPONSE")
"""What Chromium itself writes into the console when it cannot connect, or a server goes while it answers."""
PICTURES = "MACDUFF_PICTURES"
"""Names the folder for the docs' pictures: `make pictures`."""

expect.set_options(timeout=20_000)  # a machine may be slow; what comes at once is seen at once

_failed: pytest.StashKey[bool] = pytest.StashKey()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, handle_sigint=False)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The demonstration, for all tests of a module."""
    found = Laboratory(tmp_path_factory.mktemp("demo"))
    found.start()
    yield found
    found.close()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """Devices with one of each kind, for all tests of a module."""
    found = Laboratory(tmp_path_factory.mktemp("everything"), DEVICES, CONFIGURATION)
    found.start()
    yield found
    found.close()


Start = Callable[..., Laboratory]


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Start]:
    """`laboratory(DEVICES, "- {class: lab.Stage, name: STAGE}")` runs for this test; `laboratory()` is a demo."""
    made: list[Laboratory] = []

    def start(*arguments: str) -> Laboratory:
        folder = tmp_path / f"laboratory{len(made)}"
        folder.mkdir()
        made.append(Laboratory(folder, *arguments))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.close()


class Looking:
    """Opens pages, and hears what they complain of."""

    # A screenshot is asked for as bytes: for a file, Playwright starts a thread that stays.

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._allowed: list[str] = []
        self.complaints: list[str] = []

    def __call__(self, laboratory: Laboratory, at: str = "", **context: Any) -> Page:
        """A page in a fresh browser profile; `at` is a device, or what comes after `#/`. Options as of Playwright."""
        options = {"viewport": {"width": 1200, "height": 900}, "reduced_motion": "reduce", **context}
        opened = self._browser.new_context(**options)
        self._contexts.append(opened)
        opened.set_default_timeout(20_000)
        page = opened.new_page()
        page.on("console", self._said)
        page.on("pageerror", self._raised)
        page.goto(f"{laboratory.address}/#/{at}")
        return page

    def allow(self, *patterns: str) -> None:
        """Complaints that belong to the test, such as those of a connection that the test broke."""
        self._allowed += patterns

    def pages(self) -> list[Page]:
        return [page for context in self._contexts for page in context.pages]

    def close(self) -> list[str]:
        """Close them; what they complained of and was not allowed."""
        for context in self._contexts:
            context.close()
        return [text for text in self.complaints if not any(re.search(one, text) for one in self._allowed)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _raised(self, error: Error) -> None:
        self.complaints.append(f"not caught: {error.stack or error.message}")


@pytest.fixture
def look(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Looking]:
    """`page = look(demo, "X")`. Errors and warnings in the console, and errors that nothing caught, fail the test."""
    looking = Looking(browser)
    yield looking
    if request.node.stash.get(_failed, False):
        for number, page in enumerate(looking.pages()):
            path = tmp_path / f"page{number}.png"
            path.write_bytes(page.screenshot())
            print(f"what was on the screen: {path}")
    complaints = looking.close()
    assert not complaints, "\n".join(["the page complained:", *complaints])


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """`picture(page, "device-dark")` keeps what is on the screen for the docs, in a run of `make pictures` only."""

    def keep(page: Page, name: str) -> None:
        if folder := os.environ.get(PICTURES):
            page.evaluate("document.activeElement?.blur?.(); window.scrollTo(0, 0)")
            (Path(folder) / f"{name}.png").write_bytes(page.screenshot())

    return keep


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report
