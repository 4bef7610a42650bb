"""A quote's promise: kept for its basket, its time and its program, and never renewed by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.refusal import Reason
from loyaltyd.till.checkout import QuoteChanged
from tests.domain.receipts import rule
from tests.till.shop import CARD, PLAIN, Shop, bought, line, no, shop_at


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


def test_payments_and_pieces_may_be_added_after_the_quote(shop: Shop) -> None:
    body = bought("r-1", line(1, "100.00", "3"))
    token = shop.quote(body)["quote"]
    paid = [{"kind": "cash", "amount": "100.00"}, {"kind": "card", "amount": "200.00"}]
    done = shop.confirm({**body, "payments": paid, "split": True, "quote": token})
    assert done["lines"][0]["pieces"] == [{"quantity": "3", "price": "100.00"}]


@pytest.mark.parametrize("token", ["", "q1", "q1.e30.AA", "q1.e30." + "A" * 43, "q2.e30.AA", "…"])
def test_a_forged_quote_is_refused(shop: Shop, token: str) -> None:
    body = bought("r-1", line(1, "100.00"), quote=token)
    assert no(shop.confirm(body)) is Reason.QUOTE_INVALID
    assert shop.seq() == 0


@pytest.mark.parametrize(
    "other",
    [
        bought("r-2", line(1, "100.00")),
        bought("r-1", line(1, "100.01")),
        bought("r-1", line(1, "100.00"), card=None),
        bought("r-1", line(1, "100.00"), redeem={"bonus": "max"}),
    ],
)
def test_a_quote_of_another_basket_is_refused(shop: Shop, other: dict[str, Any]) -> None:
    token = shop.quote(bought("r-1", line(1, "100.00")))["quote"]
    assert no(shop.confirm({**other, "quote": token})) is Reason.QUOTE_INVALID


def test_amounts_that_changed_come_back_as_a_new_quote(shop: Shop) -> None:
    shop.confirm(bought("rich", line(1, "2000.00")))  # earns 100.00
    body = bought("r-1", line(1, "80.00"), redeem={"bonus": "max"})
    token = shop.quote(body)["quote"]
    shop.confirm(bought("r-0", line(1, "50.00"), redeem={"bonus": "max"}))
    changed = shop.confirm({**body, "quote": token})
    assert isinstance(changed, QuoteChanged)
    assert changed.reason is Reason.QUOTE_CHANGED
    assert changed.quote["totals"]["redeemed"] == "50.00"
    done = shop.confirm({**body, "quote": changed.quote["quote"]})
    assert done["totals"] == changed.quote["totals"]


def test_a_quote_holds_for_five_minutes_and_then_comes_back_new(shop: Shop) -> None:
    body = bought("r-1", line(1, "80.00"))
    token = shop.quote(body)["quote"]
    shop.clock.move(minutes=5, seconds=1)
    late = shop.confirm({**body, "quote": token})
    assert no(late) is Reason.QUOTE_EXPIRED
    assert late.quote["expires_at"] == "2026-12-05T10:40:01+03:00"
    shop.clock.move(minutes=5)
    assert no(shop.confirm({**body, "quote": late.quote["quote"]})) is None


HAPPY_HOUR = PLAIN + rule(
    "hour", "receipt", 'percent_off = "50%"', 'when = { time = "10:00-10:32" }'
)


def test_a_quote_is_kept_past_its_hour_but_not_renewed_past_it(tmp_path: Path) -> None:
    body = bought("r-1", line(1, "80.00"))
    with shop_at(tmp_path / "ledger.db", HAPPY_HOUR) as shop:
        token = shop.quote(body)["quote"]
        shop.clock.move(minutes=4)
        assert shop.quote(body)["totals"]["payable"] == "80.00"
        kept = shop.confirm({**body, "quote": token})
        assert kept["totals"]["payable"] == "40.00"
        shop.clock.move(minutes=4)
        late = shop.confirm({**body, "receipt": "r-2", "quote": token})
        assert no(late) is Reason.QUOTE_INVALID
    with shop_at(tmp_path / "other.db", HAPPY_HOUR) as shop:
        token = shop.quote(body)["quote"]
        shop.clock.move(minutes=6)
        assert shop.confirm({**body, "quote": token}).quote["totals"]["payable"] == "80.00"


def test_a_quote_is_kept_over_a_new_version_of_the_program(shop: Shop) -> None:
    body = bought("r-1", line(1, "100.00"))
    token = shop.quote(body)["quote"]
    shop.publish(
        PLAIN.replace("version = 1", "version = 2").replace('percent = "5%"', 'percent = "9%"')
    )
    kept = shop.confirm({**body, "quote": token})
    assert (kept["program"]["version"], kept["totals"]["earned"]) == (1, {"bonus": "5.00"})
    new = shop.confirm(bought("r-2", line(1, "100.00")))
    assert (new["program"]["version"], new["totals"]["earned"]) == (2, {"bonus": "9.00"})


def test_a_quote_can_be_confirmed_while_the_clock_stands_behind_the_log(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "1.00")))
    shop.clock.move(hours=-2)
    body = bought("r-2", line(1, "80.00"))
    assert no(shop.confirm({**body, "quote": shop.quote(body)["quote"]})) is None


def test_a_card_blocked_after_the_quote_buys_nothing(shop: Shop) -> None:
    shop.issue({"card": CARD})
    body = bought("r-1", line(1, "80.00"))
    token = shop.quote(body)["quote"]
    shop.block()
    assert no(shop.confirm({**body, "quote": token})) is Reason.CARD_BLOCKED
    assert no(shop.quote(body)) is Reason.CARD_BLOCKED
