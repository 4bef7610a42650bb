"""The cashier page under hands and eyes: keys alone, big, legible, a frame that stands still."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.pages.screen import CUT, FAINT, FRAME, opened
from tools.demo import DemoTill
from tools.seed import ANNA, VIKTOR

MILK = "4600682000013"
SCREENS: tuple[ViewportSize, ...] = (
    {"width": 800, "height": 480},
    {"width": 1280, "height": 720},
    {"width": 1920, "height": 1080},
    {"width": 1024, "height": 768},
)


def test_the_keys_clear_and_change_language_and_text(page: Page, till: DemoTill) -> None:
    opened(page, till)
    till.scan(ANNA)
    expect(page.locator("#name")).to_have_text("Anna")
    page.keyboard.press("l")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.locator("#kind")).to_have_text("Бонусная карта")  # the card stays
    small = _text_px(page)
    page.keyboard.press("t")
    assert _text_px(page) > small
    page.keyboard.press("Escape")
    expect(page.locator("#waiting")).to_contain_text("Ждём карту")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert _text_px(page) > small
    page.keyboard.press("t")
    page.keyboard.press("t")
    assert _text_px(page) == small


def test_a_key_works_by_its_place_and_not_with_ctrl(page: Page, till: DemoTill) -> None:
    opened(page, till)
    page.keyboard.press("Control+l")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    russian = "new KeyboardEvent('keydown', {key: 'д', code: 'KeyL'})"
    page.evaluate(f"document.dispatchEvent({russian})")
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_tab_reaches_each_button_and_its_focus_is_seen(page: Page, till: DemoTill) -> None:
    opened(page, till)
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "solid" in outline
    assert reached == ["clear", "language", "size"]
    page.locator("#language").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert page.locator("kbd").all_text_contents() == ["Esc", "L", "T"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_aaa(page: Page, till: DemoTill, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    opened(page, till)
    assert page.evaluate(FAINT)[1] == []
    for number in (ANNA, VIKTOR):
        till.scan(number)
        expect(page.locator("#number")).to_contain_text(number[-3:])
        assert page.evaluate(FAINT)[1] == []
    till.scan(MILK)
    expect(page.locator("#refusal")).to_be_visible()
    seen, faint = page.evaluate(FAINT)
    assert seen > 8
    assert faint == []
    till.unplug()
    expect(page.locator("#readers [data-state=down]")).to_be_visible()
    assert page.evaluate(FAINT)[1] == []
    till.plug_in()
    expect(page.locator("#readers [data-state=up]")).to_be_visible()


def test_faint_text_is_found(page: Page, till: DemoTill) -> None:
    opened(page, till)
    page.evaluate("document.querySelector('#waiting .big').style.color = '#808080'")
    assert page.evaluate(FAINT)[1] == ["Waiting for a card: 3.64"]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen['width']}")
@pytest.mark.parametrize("language", ["en", "ru"])
def test_everything_fits_every_screen_in_every_text_size(
    page: Page, till: DemoTill, screen: ViewportSize, language: str
) -> None:
    page.set_viewport_size(screen)
    opened(page, till, f"?lang={language}")
    for _ in range(3):
        assert page.evaluate(CUT) == []
        for number in (ANNA, VIKTOR):
            till.scan(number)
            expect(page.locator("#number")).to_contain_text(number[-3:])
            assert page.evaluate(CUT) == []
        assert _name_px(page) >= 0.06 * screen["width"]
        till.scan(MILK)
        expect(page.locator("#refusal")).to_be_visible()
        assert page.evaluate(CUT) == []
        page.keyboard.press("Escape")
        page.keyboard.press("t")


def test_no_event_moves_the_frame(page: Page, till: DemoTill) -> None:
    opened(page, till)
    frame = page.evaluate(FRAME)
    till.scan(ANNA)
    expect(page.locator("#number")).to_contain_text("019")
    assert page.evaluate(FRAME) == frame
    till.scan(MILK)
    expect(page.locator("#refusal")).to_be_visible()
    assert page.evaluate(FRAME) == frame
    till.unplug()
    expect(page.locator("#readers [data-state=down]")).to_be_visible()
    assert page.evaluate(FRAME) == frame
    till.plug_in()
    expect(page.locator("#readers [data-state=up]")).to_be_visible()
    assert page.evaluate(FRAME) == frame


def test_what_changes_is_announced(page: Page, till: DemoTill) -> None:
    opened(page, till)
    assert page.locator("#card").get_attribute("aria-live") == "polite"
    assert page.locator("#refusal").get_attribute("role") == "alert"
    assert page.locator("#line").get_attribute("role") == "status"
    assert page.locator("#readers").get_attribute("aria-label") == "Readers"


def _text_px(page: Page) -> float:
    size = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    return float(size)


def _name_px(page: Page) -> float:
    return float(
        page.evaluate("parseFloat(getComputedStyle(document.querySelector('#name')).fontSize)")
    )
