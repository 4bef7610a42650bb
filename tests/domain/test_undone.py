"""What the record of a return or a cancel holds, and what a return takes back by its policy."""

from __future__ import annotations

from dataclasses import replace

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.returns import (
    Returned,
    ReturnedLine,
    Reversal,
    goods_returned,
    reversal_body,
    sale_cancelled,
)
from loyaltyd.domain.engine.quote import Points
from loyaltyd.domain.facts import facts_of
from loyaltyd.domain.record import Fact
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    BONUS_CARD,
    EARN,
    NOBODY,
    PLACE,
    basket,
    line,
    program,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import DAY, Sold, clawed_back, sold

ANNA = "a" * 32
SOLD_ON = PLACE.business_date.isoformat()
ONCE = rule("once", "receipt", 'percent_off = "10%"', "limit = { per_account = 1 }")
POINTS_COUNT = (
    '[tiers]\nmeasure = "points"\nwallet = "bonus"\n'
    'levels = [{ id = "start", from = "0" }, { id = "silver", from = "20" }]\n'
)
STARS = "[wallets.stars]\nscale = 0\n" + rule("stars", "points", 'earn = "stars", per_unit = "1"')


def counter(name: str, amount: int, **more: str) -> dict[str, Fact]:
    return {"account": ANNA, "name": name, "date": SOLD_ON, "amount": amount, **more}


def came_back(found: Sold, wanted: dict[int, int]) -> dict[str, Fact]:
    """The members of the record of a return."""
    case = found.case((), found.account, DAY)
    outcome = goods_returned(case, wanted)
    assert isinstance(outcome, Reversal)
    return reversal_body("return", "b-1", case, outcome)


def cancelled(found: Sold) -> dict[str, Fact]:
    """The members of the record of a cancel."""
    case = found.case((), found.account, DAY)
    outcome = sale_cancelled(case)
    assert isinstance(outcome, Reversal)
    return reversal_body("cancel", "c-1", case, outcome)


def test_a_return_says_what_came_back_and_lowers_the_day_of_the_sale() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "100.00", "2")), seen())
    taken = (Points(wallet="bonus", amount=rub("5.00")),)
    back = ReturnedLine(line=1, quantity=1000, refund=rub("100.00"), clawed_back=taken)
    assert came_back(found, {1: 1000}) == {
        "id": "b-1",
        "receipt": "r-1",
        "returned": facts_of(Returned(lines=(back,), clawed_back=taken, spend=rub("100.00"))),
        "postings": [
            {
                "account": ANNA,
                "wallet": "bonus",
                "debit": "lot/2026-12-05/-",
                "credit": "issued",
                "amount": rub("5.00"),
            }
        ],
        "counters": [counter("returned", -rub("100.00"))],
        "seen": facts_of(Seen(account=found.account)),
    }


def test_a_cancel_takes_visit_spend_and_uses_back_as_if_they_never_were() -> None:
    found = sold(program(wallet() + ONCE), basket(line(1, "100.00")), seen())
    body = cancelled(found)
    since = {"since": SOLD_ON}
    assert (body["id"], body["receipt"], body["postings"]) == ("c-1", "r-1", [])
    assert body["counters"] == [
        counter("spend", -rub("90.00"), **since),
        counter("visits", -1, **since),
        counter("used/once", -1, **since),
        counter(f"used/once/{BONUS_CARD.id}", -1, **since),
    ]


def test_without_a_card_a_record_says_money_alone() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "100.00")), NOBODY)
    assert found.sale.result.spend == 0
    for body in (came_back(found, {1: 1000}), cancelled(found)):
        assert body.keys() == {"id", "receipt", "returned", "postings"}
        assert body["postings"] == []


def test_where_points_lead_to_a_tier_only_those_of_its_wallet_are_counted_back() -> None:
    found = sold(program(wallet() + STARS + EARN + POINTS_COUNT), basket(line(1, "100.00")), seen())
    counters = came_back(found, {1: 1000})["counters"]
    assert counters == [
        counter("returned", -rub("100.00")),
        counter("clawed_back/bonus", -rub("5.00")),
    ]
    since = {"since": SOLD_ON}
    assert counter("earned/bonus", -rub("5.00"), **since) in _list(cancelled(found)["counters"])


def test_what_earned_nothing_takes_nothing_back_and_says_nothing_of_it() -> None:
    found = sold(program(wallet()), basket(line(1, "100.00")), seen("9.00"))
    outcome = goods_returned(found.case((), found.account, DAY), {1: 1000})
    assert isinstance(outcome, Reversal)
    assert (outcome.returned.clawed_back, outcome.returned.restored) == ((), ())
    assert outcome.returned.lines[0].restored == ()
    assert outcome.postings == ()


def test_a_no_names_its_line_or_its_receipt() -> None:
    found = sold(program(wallet()), basket(line(1, "100.00")), seen())
    case = found.case((), found.account, DAY)
    too_much, unknown = goods_returned(case, {1: 1001}), goods_returned(case, {2: 1})
    back = goods_returned(case, {1: 1})
    assert isinstance(back, Reversal)
    late = sale_cancelled(replace(case, earlier=(back.returned,)))
    assert too_much == Refusal(reason=Reason.RETURN_EXCEEDS_SOLD, names={"line": "1"})
    assert unknown == Refusal(reason=Reason.LINE_UNKNOWN, names={"line": "2"})
    assert late == Refusal(reason=Reason.RECEIPT_RETURNED, names={"receipt": "r-1"})


def test_the_floor_of_the_refund_is_counted_from_the_sale_and_not_from_part_to_part() -> None:
    # three at 10.00, a point for each full 10.00: 3 points; two at 10.00 and one at 20.00: 4
    steps = rule("steps", "points", 'earn = "bonus", per_amount = ["10.00", "1.00"]')
    found = program(wallet('clawback = "floor-of-refund"') + steps)
    thirds = sold(found, basket(line(1, "10.00", "3")), seen())
    assert clawed_back(thirds, {1: 1}, {1: 1}, {1: 1}) == [rub("1.00")] * 3
    seventh = sold(found, basket(line(1, "10.00", "7")), seen())
    # of 7.00 points 2/7 and 5/7
    assert clawed_back(seventh, {1: 2}, {1: 3}, {1: 2}) == [rub("2.00"), rub("3.00"), rub("2.00")]


def test_points_of_a_visit_that_points_paid_in_full_go_back_with_the_last_goods() -> None:
    visit = rule("visit", "points", 'earn = "bonus", points = "5.00"')
    found = program(wallet('clawback = "floor-of-refund"') + visit)
    done = sold(found, basket(line(1, "10.00", "2"), redeem={"bonus": "max"}), seen("50.00"))
    assert (done.sale.result.payable, held(done)) == (0, rub("35.00"))
    assert clawed_back(done, {1: 1}, {1: 1}) == [0, rub("5.00")]


def held(found: Sold) -> int:
    assert found.account is not None
    return sum(lot.amount for lot in found.account.lots)


def _list(fact: Fact) -> list[Fact]:
    assert isinstance(fact, list)
    return fact
