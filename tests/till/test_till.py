"""What time a till says it is, and which program rules a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.domain.record import Moment
from loyaltyd.domain.refusal import Reason
from tests.domain.receipts import rule
from tests.till.shop import PLAIN, Shop, bought, line, no, shop_at


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


def moment(shop: Shop, receipt: str) -> Moment:
    """When the log says that a receipt was."""
    return next(it.moment for it in shop.records() if it.body["id"] == receipt)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2026-12-02T10:30:00+03:00", None),
        ("2026-12-02T07:29:59Z", Reason.AT_OUT_OF_WINDOW),
        ("2026-12-08T10:30:00+03:00", None),
        ("2026-12-08T10:30:01+03:00", Reason.AT_OUT_OF_WINDOW),
        ("0001-01-01T00:00:00+14:00", Reason.AT_OUT_OF_WINDOW),
        ("9999-12-31T23:59:59-14:00", Reason.AT_OUT_OF_WINDOW),
    ],
)
def test_at_may_lie_as_far_from_the_clock_as_the_window_says(
    shop: Shop, at: str, reason: Reason | None
) -> None:
    body = bought("r-1", line(1, "1.00"), at=at)
    assert no(shop.quote(body)) is reason
    assert no(shop.confirm(body)) is reason


def test_the_business_date_is_the_shops_own_date(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "1.00"), at="2026-12-05T20:59:59Z"))
    shop.confirm(bought("r-2", line(1, "1.00"), at="2026-12-05T21:00:00Z"))
    assert moment(shop, "r-1").business_date == dt.date(2026, 12, 5)
    assert moment(shop, "r-2").business_date == dt.date(2026, 12, 6)
    assert moment(shop, "r-2").at.isoformat() == "2026-12-06T00:00:00+03:00"
    assert moment(shop, "r-2").recorded_at.isoformat() == "2026-12-05T10:30:00+03:00"


def test_records_never_go_back_in_time(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "1.00")))
    shop.clock.move(days=-3)
    shop.confirm(bought("r-2", line(1, "1.00")))
    assert moment(shop, "r-2").recorded_at == moment(shop, "r-1").recorded_at
    assert moment(shop, "r-2").at == moment(shop, "r-1").at
    assert [moment(shop, it).clock for it in ("r-1", "r-2")] == ["holdover", "untrusted"]
    shop.clock.move(days=3, seconds=1)
    shop.confirm(bought("r-3", line(1, "1.00")))
    assert moment(shop, "r-3").recorded_at - moment(shop, "r-1").recorded_at == dt.timedelta(
        seconds=1
    )
    assert moment(shop, "r-3").clock == "holdover"


def test_an_at_that_was_sent_may_lie_before_the_last_record(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "1.00")))
    shop.confirm(bought("r-2", line(1, "1.00"), at="2026-12-04T09:00:00+03:00"))
    assert moment(shop, "r-2").at < moment(shop, "r-1").at
    assert moment(shop, "r-2").recorded_at >= moment(shop, "r-1").recorded_at


def test_a_synchronised_clock_is_right_and_a_log_that_is_ahead_of_it_was_wrong(shop: Shop) -> None:
    shop.clock.move(days=3650)
    shop.confirm(bought("r-1", line(1, "1.00")))
    shop.clock.move(days=-3650)
    shop.confirm(bought("r-2", line(1, "1.00")))
    assert (moment(shop, "r-2").recorded_at.year, moment(shop, "r-2").clock) == (2036, "untrusted")
    sent = bought("r-3", line(1, "1.00"), at="2026-12-05T10:00:00+03:00")
    assert no(shop.confirm(sent)) is None  # the window is about the clock, not about the log
    till = replace(shop.till, clock_state=lambda: "synced")
    healed = replace(shop, till=till)
    healed.confirm(bought("r-4", line(1, "1.00")))
    assert (moment(shop, "r-4").recorded_at.year, moment(shop, "r-4").clock) == (2026, "synced")


ENDED = PLAIN + rule("hour", "receipt", 'percent_off = "50%"', 'when = { time = "09:00-10:00" }')


def test_a_clock_that_falls_back_opens_no_promotion_again(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", ENDED) as shop:
        shop.confirm(bought("r-1", line(1, "1.00")))
        shop.clock.move(hours=-1)
        assert shop.quote(bought("r-2", line(1, "10.00")))["totals"]["payable"] == "10.00"
        early = bought("r-2", line(1, "10.00"), at="2026-12-05T09:59:59+03:00")
        assert shop.confirm(early)["totals"]["payable"] == "5.00"  # rung up then


def test_the_newest_program_that_has_started_rules_the_day(shop: Shop) -> None:
    second = PLAIN.replace("version = 1", "version = 2").replace("2026-01-01", "2026-12-06")
    shop.publish(second)
    assert shop.quote(bought("r-1", line(1, "1.00")))["program"]["version"] == 1
    late = shop.confirm(bought("r-2", line(1, "1.00"), at="2026-12-06T00:00:00+03:00"))
    assert late["program"]["version"] == 2
    shop.clock.move(days=1)
    assert shop.quote(bought("r-3", line(1, "1.00")))["program"]["version"] == 2
    past = bought("r-4", line(1, "1.00"), at="2026-12-05T23:59:59+03:00")
    assert shop.confirm(past)["program"]["version"] == 1


def test_a_till_never_shows_its_keys(shop: Shop) -> None:
    assert b"token" in shop.till.token_key
    assert "token" not in repr(shop.till)
    assert "chainchain" not in repr(shop.till)


def test_the_shops_zone_decides_and_not_the_machines(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db") as shop:
        shop.till = replace(shop.till, timezone="Asia/Vladivostok")
        shop.confirm(bought("r-1", line(1, "1.00")))
        assert moment(shop, "r-1").at.isoformat() == "2026-12-05T17:30:00+10:00"
        shop.till = replace(shop.till, timezone="America/New_York")
        shop.confirm(bought("r-2", line(1, "1.00"), at="2026-12-05T03:00:00Z"))
        assert moment(shop, "r-2").business_date == dt.date(2026, 12, 4)
        shop.check()
