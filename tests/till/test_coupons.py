"""Coupons at a till: looked up in its ledger, used once, told of when they give nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.card import card_id
from loyaltyd.domain.refusal import Reason
from loyaltyd.domain.sale import sale_from
from tests.domain.receipts import CARDS, HEAD, rule
from tests.till.shop import CARD, Shop, back, bought, line, no, numbered, shop_at
from tests.till.test_past import checked

SPRING = rule(
    "spring10",
    "coupon",
    'percent_off = "10%", max = "500.00"',
    'when = { coupon = "SPRING10" }\nlimit = { per_coupon = 1 }',
)
TEXT = HEAD + SPRING + CARDS
KEY = b"chain" * 8  # of the tests' shops


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def buys(shop: Shop, receipt: str, *coupons: str, card: str | None = None, **more: Any) -> Any:
    """A receipt of 100.00."""
    answer = shop.confirm(
        bought(receipt, line(1, "100.00"), card=card, coupons=list(coupons), **more)
    )
    assert no(answer) is None, answer
    return answer


def off(answer: Any) -> str:
    return str(answer["totals"]["discount"])


def test_a_code_is_used_up_by_whoever_brings_it_first(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        assert off(buys(shop, "r-1", "spring10")) == "10.00"
        again = buys(shop, "r-2", "SPRING10", card=CARD)
        assert off(again) == "0.00"
        said = "Coupon SPRING10: the coupon was used already: 1 of 1"
        assert again["messages"]["cashier"] == [said]
        checked(shop, TEXT)


def test_a_cancelled_receipt_gives_the_use_back_and_a_return_does_not(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        buys(shop, "r-1", "SPRING10")
        assert shop.cancel("r-1")["state"] == "cancelled"
        assert off(buys(shop, "r-2", "SPRING10")) == "10.00"
        assert no(shop.give_back("r-2", back("b-1", (1, "1")))) is None
        assert off(buys(shop, "r-3", "SPRING10")) == "0.00"
        checked(shop, TEXT)


def test_an_unknown_code_stops_no_sale_and_the_cashier_is_told(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        answer = buys(shop, "r-1", "SPRIN10", "2990000000019")
        assert answer["messages"]["cashier"] == [
            "Coupon SPRIN10: no such coupon",
            "Coupon 2990******019: no such coupon",
        ]
        assert off(answer) == "0.00"


def test_a_coupon_that_gives_nothing_says_what_is_missing(ledger: Path) -> None:
    text = TEXT.replace("when = {", 'when = { min_total = "200.00",')
    with shop_at(ledger, text) as shop:
        answer = buys(shop, "r-1", "SPRING10")
        said = "Coupon SPRING10: needs a total of 200.00, has 100.00"
        assert answer["messages"]["cashier"] == [said]
        (why,) = answer["explain"]
        assert (why["cause"], why["needs"], why["has"]) == ("min_total", "200.00", "100.00")


def test_a_coupon_for_goods_that_are_not_here_says_so(ledger: Path) -> None:
    text = HEAD + SPRING + 'on = { category = ["wine/*"] }\n' + CARDS
    with shop_at(ledger, text) as shop:
        answer = buys(shop, "r-1", "SPRING10")
        said = "Coupon SPRING10: none of its goods are here"
        assert answer["messages"]["cashier"] == [said]
        assert [it["cause"] for it in answer["explain"]] == ["goods"]
        other = buys(shop, "r-2")["explain"]
        assert [(it["cause"], it["needs"]) for it in other] == [("coupon", "SPRING10")]


def test_a_second_code_of_the_same_rule_is_not_needed(ledger: Path) -> None:
    text = TEXT.replace('"SPRING10" }', '["A", "B"] }')
    with shop_at(ledger, text) as shop:
        answer = buys(shop, "r-1", "a", "B")
        assert answer["messages"]["cashier"] == ["Coupon B is not needed: another one counts"]
        assert off(buys(shop, "r-2", "A", "B")) == "10.00"
        checked(shop, text)


def test_a_code_named_twice_is_one_coupon(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        answer = buys(shop, "r-1", "SPRING10", "Spring10")
        assert (off(answer), answer["messages"]["cashier"]) == ("10.00", [])
        assert len(sale_from(shop.records()[-1]).basket.coupons) == 1


def test_a_limit_with_a_span_starts_anew(ledger: Path) -> None:
    text = TEXT.replace("per_coupon = 1", 'per_coupon = 1, every = "1d"')
    with shop_at(ledger, text) as shop:
        found = [off(buys(shop, f"r-{n}", "SPRING10")) for n in range(2)]
        shop.clock.move(days=1)
        assert [*found, off(buys(shop, "r-3", "SPRING10"))] == ["10.00", "0.00", "10.00"]


def test_no_code_gets_into_a_record_only_the_id_that_stands_for_it(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        buys(shop, "r-1", "SECRET-77", "SPRING10")
        lines = [it.line for it in shop.records()]
        assert not any("SECRET-77" in it for it in lines)
        assert card_id(KEY, "coupon", "SPRING10") in lines[-1]


def test_a_confirm_holds_the_quotes_amounts_unless_the_coupon_was_used_meanwhile(
    ledger: Path,
) -> None:
    with shop_at(ledger, TEXT) as shop:
        body = bought("r-1", line(1, "100.00"), card=None, coupons=["SPRING10"])
        quotes = [shop.quote(body), shop.quote({**body, "receipt": "r-2"})]
        done = shop.confirm({**body, "quote": quotes[0]["quote"]})
        assert off(done) == "10.00"
        late = shop.confirm({**body, "receipt": "r-2", "quote": quotes[1]["quote"]})
        assert no(late) is Reason.QUOTE_CHANGED
        other = shop.confirm({**body, "receipt": "r-2", "coupons": [], "quote": quotes[1]["quote"]})
        assert no(other) is Reason.QUOTE_INVALID


def test_a_limit_per_account_still_needs_a_card(ledger: Path) -> None:
    text = TEXT.replace("per_coupon = 1", "per_coupon = 5, per_account = 1")
    with shop_at(ledger, text) as shop:
        assert off(buys(shop, "r-1", "SPRING10")) == "0.00"
        assert off(buys(shop, "r-2", "SPRING10", card=CARD)) == "10.00"
        assert off(buys(shop, "r-3", "SPRING10", card=CARD)) == "0.00"
        assert off(buys(shop, "r-4", "SPRING10", card=numbered(2))) == "10.00"
        checked(shop, text)
