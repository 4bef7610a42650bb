"""A demo till and its browser: the real daemon, a pseudo-terminal scanner, Debian's Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.demo import CHROMIUM, CHROMIUM_FLAGS, DemoTill

# The browser says so itself, and it is what a test of the broken line asks for.
LINE_LOST = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")


@pytest.fixture(scope="module")  # not longer: its event loop would be in the way of other tests
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS), headless=True
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoTill]:
    with DemoTill(tmp_path_factory.mktemp("till")) as till:
        yield till


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 800, "height": 480}, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, till: DemoTill) -> Iterator[Page]:
    """A page on which nothing may go wrong, and which may ask nobody but its till."""
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: (
            faults.append(said.text)
            if said.type in {"error", "warning"}
            and not any(lost in said.text for lost in LINE_LOST)
            else None
        ),
    )
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(till.address) else faults.append(asked.url),
    )
    yield page
    assert faults == []
