from __future__ import annotations

from fractions import Fraction

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.basket import Basket, Line
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.facts import facts_of
from loyaltyd.domain.refusal import Reason, refused
from loyaltyd.domain.trying.backtest import (
    Backtest,
    Given,
    given_now,
    given_then,
    needs_trace,
    worths,
)
from tests.domain.receipts import BONUS_CARD, EARN, PLACE, SATURDAY, program, rule, wallet
from tests.domain.sales import PROGRAMS, sold

THIRDS = program(wallet().replace('"1.00"', '"0.333333333"') + EARN)
WHOLE = program(wallet() + EARN + rule("more", "points", 'earn = "bonus", points = "1"'))


def test_all_programs_count_in_the_same_parts() -> None:
    thirds, whole = worths([THIRDS, WHOLE])
    assert thirds.parts == whole.parts
    assert Fraction(whole.wallets["bonus"], whole.parts) == 1
    assert Fraction(thirds.wallets["bonus"], thirds.parts) == Fraction("0.333333333")


def test_a_record_says_who_earned_where_one_rule_does() -> None:
    thirds, whole = worths([THIRDS, WHOLE])
    assert (needs_trace(thirds), needs_trace(whole)) == (False, True)
    assert thirds.sole == {"bonus": "base-earn"}


def test_what_was_recorded_and_what_is_quoted_are_the_same_for_the_same_program() -> None:
    basket = Basket(
        receipt="r",
        card=BONUS_CARD.id,
        lines=(
            Line(line=1, sku="a", category="dairy/milk", quantity=3000, price=8990),
            Line(line=2, sku="b", category="goods", quantity=1000, price=50000),
        ),
    )
    seen = Seen(card=BONUS_CARD, account=Account(id="a" * 32))
    for each, worth in zip(PROGRAMS, worths(PROGRAMS), strict=True):
        answer = quote(basket, seen, each, PLACE, SATURDAY)
        assert isinstance(answer, Quote)
        result = facts_of(sold(each, basket, seen).sale.result)
        then = given_then(result, worth, answer.trace if needs_trace(worth) else None)
        assert then == given_now(answer, worth)


def test_winners_are_counted_by_receipt_by_rule_and_by_account() -> None:
    sums = Backtest()
    sums.add(Given(worth=5, rules={"a": 5}), Given(worth=7, rules={"a": 4, "b": 3}), "anna")
    sums.add(Given(worth=5, rules={"a": 5}), Given(worth=3, rules={"a": 3}), "anna")
    sums.add(Given(worth=1), Given(worth=1), "")
    assert (sums.receipts, sums.more, sums.less) == (3, 1, 1)
    assert (sums.rules_more, sums.rules_less) == ({"b": 1}, {"a": 2})
    assert sums.accounts == {"anna": 0}
    assert (sums.then.applied["a"], sums.now.applied["a"], sums.now.rules["a"]) == (2, 2, 7)


def test_a_refused_receipt_is_in_no_sum() -> None:
    sums = Backtest()
    sums.add(Given(worth=5, gross=9), refused(Reason.CARD_UNKNOWN), "anna")
    assert (sums.receipts, sums.then.gross, sums.accounts) == (0, 0, {})
    assert sums.refused == {"card_unknown": 1}
