"""What earlier receipts say, from a real ledger: visits, spend, uses, and a birthday's windows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.refusal import Reason
from loyaltyd.hq.rerunning import difference
from tests.domain.receipts import CARDS, HEAD, rule
from tests.till.shop import CARD, Shop, back, bought, line, no, numbered, shop_at

TEN = 'percent_off = "10%"'
LIMITED = rule(
    "birthday",
    "receipt",
    TEN,
    'when = { birthday = "-3d..+3d" }\nlimit = { per_account = 1, every = "1y" }',
)
DAY = "2026-12-05"  # a Saturday


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def shops(text: str) -> str:
    return HEAD + text + CARDS


def at(day: str, hour: int = 12) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{hour:02}:00:00+03:00")


def buys(shop: Shop, receipt: str, card: str = CARD, price: str = "100.00") -> str:
    """What is taken off a receipt now."""
    answer = shop.confirm(bought(receipt, line(1, price), card=card))
    assert no(answer) is None, answer
    return str(answer["totals"]["discount"])


def because(shop: Shop, name: str, card: str = CARD) -> Any:
    answer = shop.quote(bought("r-asked", line(1, "100.00"), card=card))
    return next(it["because"] for it in answer["explain"] if it["rule"] == name)


def checked(shop: Shop, text: str) -> None:
    """The ledger is whole, and headquarters find the same in each receipt's line alone."""
    shop.check()
    found = program_from(text)
    assert isinstance(found, Program)
    receipts = [it for it in shop.records() if it.type == "receipt"]
    assert receipts
    assert [difference(it, found) for it in receipts] == [""] * len(receipts)


def test_each_third_receipt_gets_its_ten_per_cent(ledger: Path) -> None:
    text = shops(rule("third", "receipt", TEN, "when = { every_visit = 3 }"))
    with shop_at(ledger, text) as shop:
        assert [buys(shop, f"r-{n}") for n in range(1, 7)] == [
            *("0.00", "0.00", "10.00", "0.00", "0.00", "10.00"),
        ]
        assert because(shop, "third") == "this is visit 1 of 3"
        assert buys(shop, "r-7", numbered(2)) == "0.00"  # another account counts by itself
        shop.cancel("r-6")  # it never happened: the next one is the sixth
        assert buys(shop, "r-8") == "10.00"
        checked(shop, text)


def test_a_first_purchase_is_one_and_comes_again_when_it_was_cancelled(ledger: Path) -> None:
    text = shops(rule("first", "receipt", TEN, "when = { first_purchase = true }"))
    with shop_at(ledger, text) as shop:
        assert [buys(shop, "r-1"), buys(shop, "r-2")] == ["10.00", "0.00"]
        shop.cancel("r-1")
        shop.cancel("r-2")
        assert buys(shop, "r-3") == "10.00"
        checked(shop, text)


def test_ninety_days_away_are_counted_from_the_last_receipt(ledger: Path) -> None:
    text = shops(rule("again", "receipt", TEN, "when = { days_since_visit = 90 }"))
    with shop_at(ledger, text) as shop:
        assert buys(shop, "r-1") == "0.00"
        shop.clock.move(days=89)
        assert because(shop, "again") == "needs 90 days since the last visit, has 89"
        shop.clock.move(days=1)
        assert [buys(shop, "r-2"), buys(shop, "r-3")] == ["10.00", "0.00"]
        checked(shop, text)


def test_spend_counts_inside_its_window_and_less_what_came_back(ledger: Path) -> None:
    when = 'when = { spent = { min = "1000.00", within = "30d" } }'
    text = shops(rule("regular", "receipt", TEN, when))
    with shop_at(ledger, text) as shop:
        assert buys(shop, "r-1", price="600.00") == "0.00"
        shop.clock.move(days=10)
        assert buys(shop, "r-2", price="500.00") == "0.00"
        assert buys(shop, "r-3") == "10.00"  # 1100.00 before it
        shop.give_back("r-2", back("b-1", (1, "1")))
        assert because(shop, "regular") == "needs 1000.00 spent before, has 690.00"
        assert buys(shop, "r-4", price="310.00") == "0.00"
        assert buys(shop, "r-5") == "10.00"  # 600.00 + 90.00 + 310.00
        shop.clock.move(days=21)  # the first of them is 31 days back
        assert because(shop, "regular") == "needs 1000.00 spent before, has 490.00"
        checked(shop, text)


def issued(shop: Shop, card: str, birthday: str) -> None:
    holder = {"name": "Anna", "birthday": birthday}
    assert no(shop.issue({"card": card, "kind": "bonus", "holder": holder})) is None


def test_a_birthday_gives_once_each_time_and_no_record_holds_it(ledger: Path) -> None:
    text = shops(LIMITED)
    with shop_at(ledger, text, at("2026-12-03")) as shop:
        issued(shop, CARD, "1990-12-07")
        assert buys(shop, "r-1") == "0.00"
        shop.clock.now = at("2026-12-10")
        assert [buys(shop, "r-2"), buys(shop, "r-3")] == ["10.00", "0.00"]
        assert because(shop, "birthday") == "its limit is reached: 1 of 1"
        shop.clock.now = at("2027-12-04")  # not a year yet, but another birthday
        assert [buys(shop, "r-4"), buys(shop, "r-5")] == ["10.00", "0.00"]
        shop.clock.now = at("2027-12-11")
        assert because(shop, "birthday") == "only around the birthday"
        assert not any("12-07" in it.line or "1990" in it.line for it in shop.records())
        checked(shop, text)


def test_who_told_no_birthday_has_none(ledger: Path) -> None:
    with shop_at(ledger, shops(LIMITED)) as shop:
        assert buys(shop, "r-1") == "0.00"
        assert because(shop, "birthday") == "only around the birthday"


def test_a_limit_starts_anew_when_its_span_is_over(ledger: Path) -> None:
    text = shops(rule("weekly", "receipt", TEN, 'limit = { per_account = 2, every = "7d" }'))
    with shop_at(ledger, text, at(DAY)) as shop:
        assert [buys(shop, f"r-{n}") for n in (1, 2, 3)] == ["10.00", "10.00", "0.00"]
        shop.clock.now = at("2026-12-11", 23)
        assert buys(shop, "r-4") == "0.00"
        shop.clock.now = at("2026-12-12", 0)  # a week later, from the start of the day
        assert buys(shop, "r-5") == "10.00"
        shop.cancel("r-5")  # and so not used
        assert [buys(shop, f"r-{n}") for n in (6, 7, 8)] == ["10.00", "10.00", "0.00"]
        shop.give_back("r-6", back("b-1", (1, "1")))  # a return gives no use back
        assert buys(shop, "r-9") == "0.00"
        checked(shop, text)


def test_a_limit_without_a_span_is_for_ever(ledger: Path) -> None:
    text = shops(rule("once", "receipt", TEN, "limit = { per_card = 1 }"))
    with shop_at(ledger, text) as shop:
        assert [buys(shop, "r-1"), buys(shop, "r-2")] == ["10.00", "0.00"]
        shop.clock.move(days=3000)
        assert buys(shop, "r-3") == "0.00"
        assert buys(shop, "r-4", numbered(2)) == "10.00"
        assert no(shop.quote(bought("r-5", line(1, "1.00"), card=None))) is None
        checked(shop, text)


def test_what_no_rule_asks_for_gets_into_no_record(ledger: Path) -> None:
    plain = rule("ten", "receipt", TEN)
    with shop_at(ledger, shops(plain)) as shop:
        issued(shop, CARD, "1990-12-05")
        assert [buys(shop, "r-1"), buys(shop, "r-2")] == ["10.00", "10.00"]
        last = shop.records()[-1].body
        assert isinstance(last["seen"], dict)
        assert "past" not in last["seen"]
        assert isinstance(last["result"], dict)
        assert "used" not in last["result"]
        assert isinstance(last["counters"], list)
        assert len(last["counters"]) == 2


def test_a_quote_is_no_longer_kept_once_the_limit_was_used_meanwhile(ledger: Path) -> None:
    text = shops(rule("once", "receipt", TEN, "limit = { per_account = 1 }"))
    with shop_at(ledger, text) as shop:
        promised = shop.quote(bought("r-1", line(1, "100.00")))
        assert promised["totals"]["discount"] == "10.00"
        assert buys(shop, "r-2") == "10.00"
        late = shop.confirm(bought("r-1", line(1, "100.00"), quote=promised["quote"]))
        assert no(late) is Reason.QUOTE_CHANGED


@pytest.mark.parametrize(
    "more",
    [
        "limit = { per_account = 1 }",
        'limit = { per_card = 1, every = "7d" }',
        "when = { first_purchase = true }",
    ],
)
def test_a_receipt_that_is_sent_late_gives_no_second_time(ledger: Path, more: str) -> None:
    text = shops(rule("once", "receipt", TEN, more))
    with shop_at(ledger, text, at(DAY)) as shop:
        assert buys(shop, "r-1") == "10.00"
        for days, receipt in ((-2, "r-2"), (-1, "r-3"), (2, "r-4")):
            sent = (at(DAY) + dt.timedelta(days=days)).isoformat()
            answer = shop.confirm(bought(receipt, line(1, "100.00"), at=sent))
            assert answer["totals"]["discount"] == "0.00"
        checked(shop, text)


def test_a_quote_from_before_midnight_uses_no_limit_that_was_used_after_it(ledger: Path) -> None:
    text = shops(rule("once", "receipt", TEN, "limit = { per_account = 1 }"))
    with shop_at(ledger, text, at(DAY, 23) + dt.timedelta(minutes=59)) as shop:
        promised = shop.quote(bought("r-1", line(1, "100.00")))
        shop.clock.move(minutes=2)
        assert buys(shop, "r-2") == "10.00"
        late = shop.confirm(bought("r-1", line(1, "100.00"), quote=promised["quote"]))
        assert no(late) is Reason.QUOTE_CHANGED


def test_each_second_receipt_is_counted_as_it_came_whatever_day_it_is_of(ledger: Path) -> None:
    text = shops(rule("second", "receipt", TEN, "when = { every_visit = 2 }"))
    with shop_at(ledger, text, at(DAY)) as shop:
        assert [buys(shop, "r-1"), buys(shop, "r-2")] == ["0.00", "10.00"]
        yesterday = (at(DAY) - dt.timedelta(days=1)).isoformat()
        answer = shop.confirm(bought("r-3", line(1, "100.00"), at=yesterday))
        assert answer["totals"]["discount"] == "0.00"
        assert buys(shop, "r-4") == "10.00"
        checked(shop, text)
