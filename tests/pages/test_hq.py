"""The page of headquarters, in a real browser on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from loyaltyd.domain.batch import batch_of
from loyaltyd.hq.server import Places
from loyaltyd.link.wire import batch_bytes
from tests.domain.batches import heads, lines
from tests.hq.batch_files import NOON, OURS, file, sign, trusting
from tests.hq.served import ServedHq, served
from tests.pages.conftest import LINE_LOST
from tests.pages.screen import FAINT
from tools.demo import free_address

SCREENS = ((1280, 720), (800, 600), (1920, 1080))
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[ServedHq]:
    with served(trusting(tmp_path / "hq")) as hq:
        yield hq


@pytest.fixture
def page(chromium: Browser, hq: ServedHq) -> Iterator[Page]:
    """The page, on which nothing may go wrong, and which may ask nobody but headquarters."""
    address = f"http://127.0.0.1:{hq.people}/"
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(15_000)
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text))
    page.on("request", lambda asked: faults.append(asked.url))
    page.goto(address)
    yield page
    context.close()
    assert [
        it for it in faults if not it.startswith(address) and not any(ok in it for ok in LINE_LOST)
    ] == []


def cells(page: Page, part: str) -> list[list[str]]:
    rows = page.locator(f"[data-part={part}] tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_a_till_that_was_never_heard_is_there_and_says_so(page: Page) -> None:
    assert cells(page, "tills") == [["msk-017-3", "", "never", "0", "trusted, never heard"]]
    expect(page.locator("#verdict")).to_have_text("1 ledger to look at")
    expect(page.locator("[data-part=wallets] p")).to_have_text("Nobody has earned anything yet.")


def test_what_comes_shows_up_by_itself(page: Page, hq: ServedHq) -> None:
    hq.sent(file(1, 3))
    expect(page.locator("[data-part=tills] td.good")).to_have_text("complete")
    (till,) = cells(page, "tills")
    assert till == ["msk-017-3", OURS.epoch[:8], "just now", "3", "complete"]
    hq.sent(file(1, 9))
    expect(page.locator("[data-part=tills] .number").last).to_have_text("9")
    # No program here says how many decimals a bonus has.
    (wallet,) = cells(page, "wallets")
    assert wallet == ["bonus, in smallest units", "9,000", "0", "0", "0", "9,000"]


def test_a_gap_a_flipped_bit_and_what_waits_for_its_program_are_told(
    page: Page, hq: ServedHq
) -> None:
    for data in (file(1, 2), file(5, 6), file(1, 4)[:-1]):
        hq.sent(data)
    state = page.locator("[data-part=tills] td.warn")
    expect(state).to_have_text("waiting for records 3 to 4")
    expect(page.locator("[data-part=refused] tbody tr")).to_have_count(2)
    reasons = [(row[1], row[2]) for row in cells(page, "refused")]
    assert reasons == [("nobody’s", "unreadable"), ("msk-017-3", "gap")]
    expect(page.locator("[data-part=differences] td.warn")).to_contain_text("test 1, SHA-256 0000")
    expect(page.locator("#verdict")).to_have_text(
        "1 ledger to look at, 2 receipts without a program"
    )


def test_what_stays_the_same_stays_in_its_place(page: Page, hq: ServedHq) -> None:
    page.evaluate("document.querySelector('[data-part=days]').mark = 1")
    hq.sent(file(1, 3))
    expect(page.locator("[data-part=tills] td.good")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-part=days]').mark") == 1


def test_when_headquarters_is_away_the_page_says_so_and_when_it_is_back(
    chromium: Browser, tmp_path: Path
) -> None:
    host, _, port = free_address().rpartition(":")
    places = Places(couriers=(host, 0), people=(host, int(port)))
    folder, page = trusting(tmp_path / "hq"), chromium.new_page()
    with served(folder, places):
        page.goto(f"http://{host}:{port}/")
        expect(page.locator("#away")).to_be_hidden()
    expect(page.locator("#away")).to_contain_text("Headquarters doesn't answer")
    expect(page.locator("#away")).to_be_visible()
    with served(folder, places):
        expect(page.locator("#away")).to_be_hidden(timeout=15_000)
    page.close()


def test_without_scripts_the_page_reloads_itself(chromium: Browser, hq: ServedHq) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{hq.people}/")
    hq.sent(file(1, 3))
    expect(page.locator("[data-part=tills] td.good")).to_have_text("complete", timeout=15_000)
    context.close()


def test_a_name_is_a_name_whatever_stands_in_it(
    chromium: Browser, tmp_path: Path, hq: ServedHq
) -> None:
    hostile = replace(OURS, store="<script>alert(1)</script>", till='"><img src=x onerror=x>')
    first = lines(1, of=hostile)
    data = batch_bytes(batch_of(hostile, heads(first, hostile)[0], first, (), NOON), sign)
    page = chromium.new_page()
    with served(trusting(tmp_path / "other", hostile)) as other:
        assert other.sent(data).status == 200
        page.goto(f"http://127.0.0.1:{other.people}/")
        assert cells(page, "tills")[0][0] == f"{hostile.store}-{hostile.till}"
        assert page.locator("img, script:not([src])").count() == 0
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_legible_and_fits_at_each_size(
    chromium: Browser, hq: ServedHq, scheme: Literal["light", "dark"]
) -> None:
    for data in (file(1, 2), file(5, 6), b"noise"):
        hq.sent(data)
    for width, height in SCREENS:
        page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(f"http://127.0.0.1:{hq.people}/")
        seen, faint = page.evaluate(FAINT)
        assert seen > 40
        assert faint == []
        assert page.evaluate(WIDER) <= 0
        page.close()
