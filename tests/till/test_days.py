"""The shop's trading day is opened and closed, with what its cards came to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.refusal import Reason
from tests.till.shop import Shop, back, bought, line, no, numbered, shop_at

SATURDAY, SUNDAY = "2026-12-05", "2026-12-06"
OTHER = numbered(7)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:  # it is Saturday, half past ten
        yield opened
        opened.check()


def dates(shop: Shop) -> list[str]:
    """The business dates of receipts, in the order of the log."""
    return [str(it.moment.business_date) for it in shop.records() if it.type == "receipt"]


def test_a_day_past_midnight_is_one_day(shop: Shop) -> None:
    assert shop.open_day()["business_date"] == SATURDAY
    shop.clock.move(hours=15)  # half past one at night
    shop.confirm(bought("r1", line(1, "100.00")))
    answer = shop.close_day()
    assert (answer["business_date"], answer["state"], answer["totals"]["receipts"]) == (
        SATURDAY,
        "closed",
        1,
    )
    shop.confirm(bought("r2", line(1, "100.00")))
    assert dates(shop) == [SATURDAY, SUNDAY]


def test_what_is_sold_after_the_close_is_of_the_next_day(shop: Shop) -> None:
    shop.confirm(bought("r1", line(1, "10.00")))
    shop.close_day()
    shop.clock.move(hours=1)
    shop.confirm(bought("r2", line(1, "20.00")))
    shop.clock.move(days=1)
    shop.confirm(bought("r3", line(1, "30.00")))
    assert dates(shop) == [SATURDAY, SUNDAY, SUNDAY]
    assert shop.close_day()["totals"]["gross"] == "50.00"


def test_a_receipt_that_comes_late_is_of_the_day_on_which_it_was_rung_up(shop: Shop) -> None:
    then = shop.clock.now.isoformat()
    shop.clock.move(hours=1)
    shop.close_day()
    shop.clock.move(hours=1)
    shop.confirm(bought("late", line(1, "10.00"), at=then))
    shop.confirm(bought("now", line(1, "10.00")))
    assert dates(shop) == [SATURDAY, SUNDAY]


def test_a_quote_of_before_the_close_keeps_its_day(shop: Shop) -> None:
    basket = bought("r1", line(1, "10.00"))
    token = shop.quote(basket)["quote"]
    shop.clock.move(minutes=1)
    shop.close_day()
    shop.confirm({**basket, "quote": token})
    assert dates(shop) == [SATURDAY]


def test_the_totals_are_all_that_the_cards_came_to(shop: Shop) -> None:
    shop.open_day()
    shop.confirm(bought("r1", line(1, "200.00"), line(2, "100.00")))  # earns 15.00
    shop.confirm(bought("r2", line(1, "40.00"), redeem={"bonus": "10.00"}))  # earns 1.50
    shop.confirm(bought("r3", line(1, "60.00"), card=OTHER))  # earns 3.00
    shop.give_back("r1", back("b1", (2, "1")))  # takes 5.00
    shop.cancel("r2")  # gives 10.00, takes 1.50
    assert shop.close_day()["totals"] == {
        "receipts": 3,
        "returns": 1,
        "cancels": 1,
        "gross": "400.00",
        "discount": "0.00",
        "redeemed": "10.00",
        "refund": "130.00",
        "wallets": {
            "bonus": {
                "earned": "19.50",
                "spent": "10.00",
                "restored": "10.00",
                "clawed_back": "6.50",
                "loaded": "0.00",
            }
        },
    }
    body = shop.records()[-1].body
    assert (body["id"], body["day"]) == (
        f"{SATURDAY}/closed",
        {"date": SATURDAY, "event": "closed"},
    )


def test_what_is_only_reserved_is_not_sold_and_what_was_is_sold_once(shop: Shop) -> None:
    shop.confirm(bought("r1", line(1, "100.00")))  # earns 5.00
    for ident in ("r2", "r3"):
        body = bought(ident, line(1, "20.00"), redeem={"bonus": "2.00"})
        assert no(shop.reserve(f"hold-{ident}", body)) is None
    assert no(shop.confirm_reserved("hold-r2")) is None
    totals = shop.close_day()["totals"]
    assert (totals["receipts"], totals["gross"], totals["redeemed"]) == (2, "120.00", "2.00")
    assert totals["wallets"]["bonus"]["spent"] == "2.00"


def test_opening_and_closing_once_more_change_nothing(shop: Shop) -> None:
    first = shop.open_day()
    assert shop.open_day() == {**first, "replayed": True}
    assert shop.open_day(SATURDAY) == {**first, "replayed": True}
    shop.clock.move(minutes=1)
    last = shop.close_day()
    assert shop.close_day() == {**last, "replayed": True}
    assert shop.close_day(SATURDAY) == {**last, "replayed": True}
    shop.clock.move(minutes=1)
    shop.confirm(bought("r1", line(1, "1.00")))
    assert shop.close_day(SATURDAY) == {**last, "replayed": True}
    assert shop.seq() == 3


def test_one_day_is_open_at_a_time_and_none_twice(shop: Shop) -> None:
    shop.open_day()
    assert no(shop.open_day(SUNDAY)) is Reason.DAY_OPEN
    assert no(shop.close_day(SUNDAY)) is Reason.DAY_OPEN
    shop.clock.move(minutes=1)
    shop.close_day()
    assert no(shop.open_day(SATURDAY)) is Reason.DAY_CLOSED
    assert no(shop.close_day("2026-12-04")) is Reason.DAY_CLOSED
    assert shop.open_day(SUNDAY)["state"] == "opened"


@pytest.mark.parametrize("date", ["2026-12-03", "2026-12-07"])
def test_no_day_is_far_from_the_calendar_s(shop: Shop, date: str) -> None:
    assert no(shop.open_day(date)) is Reason.REQUEST_INVALID
    assert no(shop.close_day(date)) is Reason.REQUEST_INVALID


def test_a_clock_that_falls_back_opens_no_day_again(shop: Shop) -> None:
    shop.clock.move(hours=10)
    shop.close_day()
    shop.clock.move(hours=-10)
    shop.confirm(bought("r1", line(1, "1.00")))
    assert dates(shop) == [SUNDAY]
    assert shop.records()[-1].moment.clock == "untrusted"


def test_the_first_close_of_a_till_that_never_closed_one_counts_that_day_alone(shop: Shop) -> None:
    for day in range(5):
        shop.confirm(bought(f"r{day}", line(1, "10.00")))
        shop.clock.move(days=1)
    shop.confirm(bought("r5", line(1, "10.00")))
    assert shop.close_day()["totals"]["receipts"] == 1


def test_days_outlive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with shop_at(path) as shop:
        shop.open_day()
    with shop_at(path) as shop:
        shop.clock.move(hours=20)
        shop.confirm(bought("r1", line(1, "1.00")))
        assert dates(shop) == [SATURDAY]
        assert no(shop.open_day(SUNDAY)) is Reason.DAY_OPEN
