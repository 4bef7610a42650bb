"""What the cashier page never holds or runs: full numbers, a holder's markup, strangers' code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.screen import called, opened
from tools.demo import DemoTill
from tools.seed import ANNA

TOKEN = "a" * 64
MARKUP = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>&amp;"
)
HOSTILE = (
    MARKUP,
    "\u202etxet desrever\u202c {holder}",
    "Ж" * 100,
    "W" * 100,
    "\u0336\u0336" * 50,
    "${constructor} {{7*7}} </bdi></p>",
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoTill]:
    """A till that wants tokens; TOKEN is its software's."""
    folder = tmp_path_factory.mktemp("guarded")
    tokens = folder / "tokens"
    tokens.touch(0o600)
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens.write_text(f"pos events,quote,commit {digest}\n")
    with DemoTill(folder, api=f'tokens = "{tokens}"') as till:
        yield till


@pytest.mark.parametrize("place", range(len(HOSTILE)), ids=str)
def test_a_holders_name_is_text_whatever_it_holds(page: Page, till: DemoTill, place: int) -> None:
    name, number = HOSTILE[place], _card(100 + place)
    called(till, "/v1/cards", {"card": number, "holder": {"name": name}})
    opened(page, till)
    till.scan(number)
    expect(page.locator("#number")).to_contain_text(number[-3:])
    assert page.locator("#name").text_content() == name
    assert page.locator("#name bdi > *").count() == 0
    assert page.locator("img, main script").count() == 0
    assert page.title() == "Loyalty cards"
    assert page.evaluate("document.body.scrollWidth <= innerWidth")
    expect(page.locator("#clear")).to_be_in_viewport(ratio=1)
    expect(page.locator("#kind")).to_be_in_viewport(ratio=1)


def test_the_page_never_gets_a_number_in_full(page: Page, till: DemoTill) -> None:
    heard: list[str] = []
    wire = page.context.new_cdp_session(page)
    wire.on("Network.eventSourceMessageReceived", lambda event: heard.append(event["data"]))
    wire.send("Network.enable")
    page.on("response", lambda answer: heard.append(answer.url))
    opened(page, till)
    till.scan(ANNA)
    expect(page.locator("#number")).to_have_text("2990******019")
    assert any('"card": "2990******019"' in text for text in heard)
    assert any("/v1/cards/" in text for text in heard)
    held = page.evaluate(
        "document.documentElement.outerHTML + JSON.stringify([localStorage, sessionStorage])"
    )
    assert ANNA not in held + json.dumps(heard)


def test_the_page_is_the_daemons_alone(till: DemoTill) -> None:
    answer = httpx.get(f"{till.address}/till")
    policy, cookie = answer.headers["content-security-policy"], answer.headers["set-cookie"]
    text = answer.text
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in text
    assert "style=" not in text
    assert "//" not in text.replace("</", "")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()


def test_a_page_without_a_code_asks_to_sign_in(context: BrowserContext, guarded: DemoTill) -> None:
    page = context.new_page()
    for query in ("", "?code=wrong"):
        answer = page.goto(f"{guarded.address}/till{query}")
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("[role=alert]")).to_contain_text("This page has to sign in.")
    page.goto(f"{guarded.address}/till?lang=ru")
    expect(page.locator("[role=alert]")).to_contain_text("Странице нужно войти.")


def test_a_code_opens_one_page_once_and_its_numbers_stay_masked(
    context: BrowserContext, guarded: DemoTill
) -> None:
    address = called(guarded, "/v1/pages", {}, TOKEN)["page"]
    page = context.new_page()
    page.goto(guarded.address + address)
    page.locator("#readers [data-state=up]").wait_for()
    assert "code" not in page.url
    guarded.scan(ANNA)
    expect(page.locator("#name")).to_have_text("Anna")
    page.reload()  # by its cookie
    page.locator("#readers [data-state=up]").wait_for()
    assert page.evaluate("document.cookie") == ""
    assert httpx.get(guarded.address + address).status_code == 403


def test_a_page_whose_cookie_ended_asks_to_sign_in_when_it_comes_back(
    context: BrowserContext, guarded: DemoTill
) -> None:
    page = context.new_page()
    page.goto(guarded.address + called(guarded, "/v1/pages", {}, TOKEN)["page"])
    page.locator("#readers [data-state=up]").wait_for()
    context.clear_cookies()
    guarded.stop()
    guarded.start()
    expect(page.locator("[role=alert]")).to_contain_text("This page has to sign in.")


def _card(sequence: int) -> str:
    """Return the bonus card of that sequence number, with its EAN-13 check digit."""
    body = f"2990{sequence:08}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-weighted % 10}"
