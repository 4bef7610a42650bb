"""What a receipt still earns when a part of it came back, whatever money earns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from tests.domain.receipts import BONUS_CARD, EARN, basket, line, program, rub, rule, seen, wallet
from tests.domain.sales import clawed_back, sold

TENTH = rule("tenth", "item", 'percent_off = "10%"')
PURSE = '[wallets.purse]\nscale = 2\nredeem_rate = "1.00"\npoints_as = "tender"\n'


@pytest.mark.parametrize(
    ("base", "earned", "taken"),
    [
        ("gross", "15.00", "5.00"),  # of 300.00, and of 100.00
        ("net-of-discounts", "13.50", "4.50"),  # of 270.00, and of 90.00
        ("net-of-points", "9.00", "3.00"),  # of 180.00, and of 60.00
    ],
)
def test_of_three_pieces_one_takes_its_third_of_what_each_base_earned(
    base: str, earned: str, taken: str
) -> None:
    # three at 100.00, a tenth off, and 90.00 of the rest paid with points
    found = program(wallet(f'earn_base = "{base}"\nmax_share = "33.3334%"') + TENTH + EARN)
    done = sold(found, basket(line(1, "100.00", "3"), redeem={"bonus": "90.00"}), seen("500.00"))
    assert [it.amount for it in done.sale.result.earned] == [rub(earned)]
    assert clawed_back(done, {1: 1}) == [rub(taken)]
    assert clawed_back(done, {1: 1}, {1: 1}, {1: 1}) == [rub(taken)] * 3


def test_what_a_wallets_money_earned_goes_with_its_share_of_the_piece() -> None:
    # a tenth of the 90.00 that the purse paid is 9.00: 3.00 a piece
    more = rule("purse", "points", 'earn = "bonus", percent = "10%", of = "purse"')
    found = program(PURSE + wallet() + more)
    account = seen("90.00").account
    assert account is not None
    lots = tuple(replace(it, wallet="purse") for it in account.lots)
    who = Seen(card=BONUS_CARD, account=replace(account, lots=lots))
    done = sold(found, basket(line(1, "100.00", "3"), redeem={"purse": "90.00"}), who)
    assert [it.amount for it in done.sale.result.earned] == [rub("9.00")]
    assert clawed_back(done, {1: 1}) == [rub("3.00")]


def test_of_three_pieces_one_takes_its_third_of_what_the_rest_of_the_money_earned() -> None:
    # three at 100.00, a tenth off, 90.00 paid with points: a tenth of the other 180.00 is 18.00
    more = rule("rest", "points", 'earn = "bonus", percent = "10%", of = "rest"')
    found = program(wallet('max_share = "33.3334%"') + TENTH + more)
    done = sold(found, basket(line(1, "100.00", "3"), redeem={"bonus": "90.00"}), seen("500.00"))
    assert [it.amount for it in done.sale.result.earned] == [rub("18.00")]
    assert clawed_back(done, {1: 1}, {1: 1}, {1: 1}) == [rub("6.00")] * 3


def test_what_stays_earns_on_the_money_that_stays_to_the_kopeck() -> None:
    # 2.00 less 0.05 is 1.95; the refund of one is 0.98, so 0.97 stays, though the discount's half
    # is 0.02 of 1.00
    found = program(
        wallet()
        + rule("five", "receipt", 'amount_off = "0.05"')
        + rule("all", "points", 'earn = "bonus", percent = "100%"')
    )
    done = sold(found, basket(line(1, "1.00", "2")), seen())
    assert [it.amount for it in done.sale.result.earned] == [rub("1.95")]
    assert clawed_back(done, {1: 1}, {1: 1}) == [rub("0.98"), rub("0.97")]
