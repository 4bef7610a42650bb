"""What a receipt still earns when a part of it came back, whatever money earns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen, moved
from loyaltyd.domain.books.returns import Returned, Reversal, goods_returned
from loyaltyd.domain.engine.program import Program
from tests.domain.receipts import (
    BONUS_CARD,
    EARN,
    SATURDAY,
    basket,
    line,
    program,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import clawed_back, sold

DAY = SATURDAY.date()
ON_MILK = 'on = { category = ["milk"] }'
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


def test_a_line_that_came_back_is_no_position_any_more() -> None:
    # 5.00 for two positions: none when one of them came back, whichever
    two = rule(
        "two", "points", 'earn = "bonus", points = "5"', "when = { basket = { min_positions = 2 } }"
    )
    done = sold(program(wallet() + two), basket(line(1, "30.00", "2"), line(2, "10.00")), seen())
    assert clawed_back(done, {1: 1}, {1: 1}) == [0, rub("5.00")]
    assert clawed_back(done, {2: 1}) == [rub("5.00")]


def test_fewer_goods_that_would_earn_more_give_nothing_to_who_brings_some_back() -> None:
    # 200.00 earn 20.00; 100.00 would earn 10.00 and the 30.00 of small receipts
    small = rule(
        "small", "points", 'earn = "bonus", points = "30"', 'when = { not = { min_total = "150" } }'
    )
    found = program(wallet() + EARN.replace("5%", "10%") + small)
    done = sold(found, basket(line(1, "100.00"), line(2, "100.00")), seen())
    back = goods_returned(done.case((), done.account, DAY), {1: 1000})
    assert isinstance(back, Reversal)
    assert (back.returned.clawed_back, back.postings) == ((), ())


FLOOR = wallet('clawback = "floor-of-refund"')


def test_the_floor_of_the_refund_is_of_the_discounted_price_of_goods_that_may_earn() -> None:
    # 100.00 at half price and 50.00 earn 10.00, half of it each; the third line may earn nothing
    half = rule("half", "item", 'percent_off = "50%"', 'on = { sku = ["sku-1"] }')
    cart = basket(line(1, "100.00"), line(2, "50.00"), line(3, "50.00", flags=("no_earn",)))
    done = sold(program(FLOOR + half + EARN.replace("5%", "10%")), cart, seen())
    assert [it.amount for it in done.sale.result.earned] == [rub("10.00")]
    assert clawed_back(done, {3: 1}, {1: 1}, {2: 1}) == [0, rub("5.00"), rub("5.00")]
    gift = rule("gift", "points", 'earn = "bonus", points = "500"')
    done = sold(program(FLOOR + gift), basket(line(2, "1.00"), cart.lines[2]), seen())
    assert clawed_back(done, {3: 1}, {2: 1}) == [0, rub("500.00")]


MILK = rule("milk", "points", 'earn = "bonus", percent = "10%", activates = "14d"', ON_MILK)


def given_by_lots(found: Program, *parts: dict[int, int]) -> list[dict[str, int]]:
    """What each return, line → thousandths, takes of which bucket."""
    cart = basket(line(1, "100.00", "4", category="milk"), line(2, "400.00", "4"))
    done = sold(found, cart, seen())
    account, given = done.account, []
    earlier: tuple[Returned, ...] = ()
    for part in parts:
        back = goods_returned(done.case(earlier, account, DAY), part)
        assert isinstance(back, Reversal)
        assert account is not None
        account, earlier = moved(account, back.postings), (*earlier, back.returned)
        given.append({it.debit: it.amount for it in back.postings})
    return given


NOW, LATER = "lot/2026-12-05/-", "lot/2026-12-19/-"


def test_each_part_asks_each_lot_for_what_it_alone_no_longer_earns() -> None:
    # four milks at 100.00 earn 40.00 for later; these and 1600.00 of other goods 200.00 for now
    found = program(wallet() + MILK + EARN.replace("5%", "10%"))
    piece = {LATER: rub("10.00"), NOW: rub("10.00")}
    assert given_by_lots(found, {1: 1000}, {1: 1000}, {2: 1000}) == [
        piece,
        piece,
        {NOW: rub("40.00")},
    ]


def test_the_floor_of_the_refund_is_asked_first_of_the_lot_that_waits() -> None:
    # 240.00 of 2000.00: of 400.00 that come back 48.00, though the other goods earned none of 40.00
    found = program(FLOOR + MILK + EARN.replace("5%", "10%"))
    assert given_by_lots(found, {2: 1000}, {2: 1000}) == [
        {LATER: rub("40.00"), NOW: rub("8.00")},
        {NOW: rub("48.00")},
    ]


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
