"""The cashier page, in a real browser on a real daemon, with cards read from a pseudo-terminal."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.screen import called, opened
from tools.demo import DemoTill
from tools.seed import ANNA, BORIS, NOBODY, PLASTIC, VIKTOR

BANK_CARD = "4111111111111111"
MILK = "4600682000013"
WRONG_CHECK_DIGIT = ANNA[:-1] + "8"
GARBLED = "\x01\x02\x03"

GOODS = {"line": 1, "sku": "1", "name": "Tea", "category": "tea", "quantity": "1", "unit": "pc"}


def test_a_scan_shows_all_that_the_cashier_asks_at_once(page: Page, till: DemoTill) -> None:
    opened(page, till)
    expect(page.locator("#waiting")).to_contain_text("Waiting for a card")
    till.scan(ANNA)
    card = page.locator("#card")
    expect(card.locator("#name")).to_have_text("Anna")
    expect(card.locator("#tier")).to_have_text("silver")
    expect(card.locator("#next-tier")).to_have_text("12,400.00 to gold")
    expect(card.locator("#kind")).to_have_text("Bonus card")
    expect(card.locator("#number")).to_have_text("2990******019")
    expect(card.locator("h2")).to_have_text("Bonuses")
    expect(card.locator(".sum")).to_have_text("250.00")
    expect(card.locator(".pending")).to_have_text("12.00 soon")
    expect(card.locator(".expiring")).to_contain_text("40.00 to expire")
    expect(page.locator("#waiting")).to_be_hidden()


def test_the_page_speaks_russian(page: Page, till: DemoTill) -> None:
    opened(page, till, "?lang=ru")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.locator("#waiting")).to_contain_text("Ждём карту")
    till.scan(ANNA)
    expect(page.locator("#next-tier")).to_have_text("до gold ещё 12 400,00")
    expect(page.locator("#kind")).to_have_text("Бонусная карта")
    expect(page.locator("h2")).to_have_text("Бонусы")
    expect(page.locator(".sum")).to_have_text("250,00")
    expect(page.locator(".pending")).to_have_text("скоро ещё 12,00")
    expect(page.locator(".expiring")).to_contain_text("40,00 сгорит")
    expect(page.locator("#readers")).to_have_text("counterготов")


def test_an_unknown_language_is_the_tills_own(page: Page, till: DemoTill) -> None:
    opened(page, till, "?lang=xx")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (BORIS, {"#name": "Boris", "#kind": "Bonus card", "#tier": "gold"}),
        (
            NOBODY,
            {
                "#name": "New card",
                "#kind": "Bonus card",
                "#next-tier": "Opens with its first receipt",
            },
        ),
        (VIKTOR, {"#name": "Viktor", "#kind": "Bonus card", "#blocked": "Blocked"}),
        (PLASTIC, {"#name": "No name", "#kind": "Discount card", "#number": "2991******016"}),
    ],
)
def test_each_kind_of_card_shows_what_it_is(
    page: Page, till: DemoTill, number: str, shown: dict[str, str]
) -> None:
    opened(page, till)
    till.scan(number)
    for place, text in shown.items():
        expect(page.locator(place)).to_have_text(text)


@pytest.mark.parametrize(
    ("scanned", "english", "russian"),
    [
        (
            BANK_CARD,
            "This is a bank card. Please ask for the loyalty card.",
            "Это банковская карта. Попросите карту магазина.",
        ),
        (MILK, "This is not one of our cards.", "Это не наша карта."),
        (
            WRONG_CHECK_DIGIT,
            "The card's number has a mistake in it. Please scan it again.",
            "В номере карты ошибка. Попробуйте ещё раз.",
        ),
        (
            GARBLED,
            "The card could not be read. Please try again.",
            "Карта не прочиталась. Попробуйте ещё раз.",
        ),
    ],
    ids=["bank card", "milk", "check digit", "garbled"],
)
def test_a_refusal_is_a_sentence_and_the_last_one_stays(
    page: Page, till: DemoTill, scanned: str, english: str, russian: str
) -> None:
    opened(page, till)
    till.scan(scanned)
    expect(page.locator("#refusal .big")).to_have_text(english)
    expect(page.locator("#last strong")).to_contain_text(english)
    page.keyboard.press("l")
    expect(page.locator("#refusal .big")).to_have_text(russian)
    page.keyboard.press("Escape")
    expect(page.locator("#refusal")).to_be_hidden()
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator("#last strong")).to_contain_text(russian)
    page.reload()
    expect(page.locator("#last strong")).to_contain_text(russian)


def test_the_next_card_takes_the_place_of_a_refusal_and_a_refusal_that_of_a_card(
    page: Page, till: DemoTill
) -> None:
    opened(page, till)
    till.scan(MILK)
    expect(page.locator("#refusal")).to_be_visible()
    till.scan(BORIS)
    expect(page.locator("#name")).to_have_text("Boris")
    expect(page.locator("#refusal")).to_be_hidden()
    till.scan(MILK)
    expect(page.locator("#refusal")).to_be_visible()
    expect(page.locator("#card")).to_be_hidden()


def test_a_misread_lights_its_reader_for_a_while(page: Page, till: DemoTill) -> None:
    page.clock.install()
    opened(page, till)
    till.scan(GARBLED)
    expect(page.locator("#readers li")).to_have_attribute("data-state", "garbled")
    expect(page.locator("#readers li")).to_have_text("countermisread")
    page.clock.fast_forward(10_001)
    expect(page.locator("#readers li")).to_have_attribute("data-state", "up")


def test_an_unplugged_reader_goes_dark_and_comes_back(page: Page, till: DemoTill) -> None:
    opened(page, till)
    till.unplug()
    expect(page.locator("#readers [data-state=down]")).to_have_text("counternot connected")
    till.plug_in()
    expect(page.locator("#readers [data-state=up]")).to_have_text("counterready")
    till.scan(ANNA)
    expect(page.locator("#name")).to_have_text("Anna")


def test_a_page_opened_while_a_reader_is_out_shows_it(page: Page, till: DemoTill) -> None:
    till.unplug()
    try:
        page.goto(f"{till.address}/till")
        expect(page.locator("#readers [data-state=down]")).to_be_visible()
    finally:
        till.plug_in()
    expect(page.locator("#readers [data-state=up]")).to_be_visible()


def test_a_lost_daemon_is_said_and_its_return_too(page: Page, till: DemoTill) -> None:
    opened(page, till)
    till.stop()
    try:
        expect(page.locator("#line")).to_contain_text("No connection to loyaltyd")
    finally:
        till.start()
    expect(page.locator("#line")).to_have_text("connected")
    expect(page.locator("#readers [data-state=up]")).to_be_visible()
    till.scan(ANNA)
    expect(page.locator("#name")).to_have_text("Anna")


def test_a_confirmed_receipt_brings_the_new_balance(page: Page, till: DemoTill) -> None:
    called(till, "/v1/cards", {"card": "2990000000057", "holder": {"name": "Galina"}})
    opened(page, till)
    till.scan("2990000000057")
    expect(page.locator(".sum").first).to_have_text("0.00")
    receipt = {"receipt": "page-1", "card": "2990000000057", "lines": [GOODS | {"price": "100.00"}]}
    earned = called(till, "/v1/receipts", receipt)["totals"]["earned"]["bonus"]
    assert earned != "0.00"
    expect(page.locator(".pending")).to_have_text(f"{earned} soon")


@pytest.mark.parametrize(
    ("scanned", "screen", "after_ms"), [(ANNA, "#card", 180_000), (MILK, "#refusal", 20_000)]
)
def test_a_screen_clears_by_itself_after_a_while_and_not_before(
    page: Page, till: DemoTill, scanned: str, screen: str, after_ms: int
) -> None:
    page.clock.install()
    opened(page, till)
    till.scan(scanned)
    expect(page.locator(screen)).to_be_visible()
    expect(page.locator(f"{screen} .sum, {screen} .big")).to_have_count(1)
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    page.clock.fast_forward(after_ms - 10_000)
    expect(page.locator(screen)).to_be_visible()
    page.clock.fast_forward(10_000)
    expect(page.locator(screen)).to_be_hidden()
    expect(page.locator("#waiting")).to_be_visible()


def test_the_language_of_the_till_is_the_pages(
    context: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with DemoTill(tmp_path_factory.mktemp("ru"), language="ru") as till:
        page = opened(context.new_page(), till)
        expect(page.locator("html")).to_have_attribute("lang", "ru")
        expect(page.locator("#waiting")).to_contain_text("Ждём карту")
        page.close()
