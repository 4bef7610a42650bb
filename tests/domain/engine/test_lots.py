"""Which lots a receipt's points open."""

from __future__ import annotations

import datetime as dt

from loyaltyd.domain.engine.gifts import Earn, PointsEarned
from loyaltyd.domain.engine.lots import earned_lots, opened_lot, own_dates
from loyaltyd.domain.engine.program import Wallet
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.spans import Span
from tests.domain.receipts import program, wallet

DAY = dt.date(2026, 12, 5)
DATED = Lot(wallet="bonus", active_from=DAY, expires_at=dt.date(2026, 12, 31), amount=300)
OTHER = Lot(wallet="stars", active_from=DAY, expires_at=dt.date(2026, 12, 9), amount=40)


def held(keys: str = "") -> Wallet:
    return program(wallet(keys)).wallets[0]


def earning(activates: Span | None = None, expires: Span | None = None) -> Earn:
    by = PointsEarned(points=100)
    return Earn(wallet="bonus", by=by, of="", activates=activates, expires=expires)


def test_what_rules_of_their_own_dates_give_leaves_the_rest_to_the_wallets_lot() -> None:
    lots = earned_lots(held(), 500, [OTHER, DATED], DAY)
    assert lots == [DATED, Lot(wallet="bonus", active_from=DAY, expires_at=None, amount=200)]


def test_no_lot_is_opened_for_nothing() -> None:
    assert earned_lots(held(), 300, [DATED], DAY) == [DATED]


def test_a_lot_waits_and_goes_as_its_wallet_says() -> None:
    lot = opened_lot(held('activates = "14d"\nexpires = "1mo"'), DAY, 500)
    assert (lot.active_from, lot.expires_at) == (dt.date(2026, 12, 19), dt.date(2027, 1, 5))


def test_a_rule_that_says_one_of_its_dates_has_the_wallets_other() -> None:
    month, week = Span(count=1, unit="mo"), Span(count=7, unit="d")
    purse = held('activates = "7d"\nexpires = "1mo"')
    assert own_dates(earning(expires=week), purse, DAY) == (
        dt.date(2026, 12, 12),
        dt.date(2026, 12, 12),
    )
    assert own_dates(earning(activates=month), purse, DAY) == (
        dt.date(2027, 1, 5),
        dt.date(2027, 1, 5),
    )
    # what the wallet says anyway is no date of its own
    assert own_dates(earning(activates=week, expires=month), purse, DAY) is None
    assert own_dates(earning(), purse, DAY) is None
