"""What holds for any program, any basket and any shopper; a failure is shown as a program's text.

The order of a receipt's lines decides nothing but ties: which of some lines with equal remainders
gets the unit that is left over, or a spread's first lines do; and whose of some pieces at one price
are the cheapest or the dearest. Without a tie the same lines come to the same in any order. With
one, that unit or piece moves, and whatever looks at single lines later sees it there.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from loyaltyd.domain.account import Seen, moved
from loyaltyd.domain.books.returns import Returned, goods_returned
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.engine.quote import LineResult, Points, Quote, Result
from loyaltyd.domain.facts import bytes_of
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot, Posting
from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.refusal import Refusal
from tests.domain.oracle.exact import TIES
from tests.domain.oracle.reckoning import reckoned
from tests.domain.oracle.shop import Shop
from tests.domain.random_discounts import random_discount
from tests.domain.random_earnings import random_earning
from tests.domain.receipts import basket, line, program, quoted, rule, seen, wallet
from tests.domain.sales import Sold, sold, splits
from tests.domain.test_oracle import WALLETS, Case, random_cases

NEVER = (
    "dates = { until = 2026-11-30 }",
    "dates = { from = 2026-12-07 }",
    'store = ["kzn-009"]',
    'group = ["bakery"]',
    'min_total = "99999999.00"',
    "basket = { min_positions = 99 }",
    'all = [{ weekday = ["sat"] }, { weekday = ["mon"] }]',
    'any = [{ store = ["kzn-009"] }, { group = ["bakery"] }]',
    'not = { any = [{ store = ["msk-017"] }, { weekday = ["mon"] }] }',
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any receipt of any program; what Hypothesis makes smaller is the program and the receipt."""
    return next(random_cases(draw(st.randoms(use_true_random=False)), 1))


@given(cases())
def test_lines_sum_to_totals(it: Case) -> None:
    result = _quote(it).result
    for at in result.lines:
        assert at.net == at.gross - at.discount - at.redeemed
        assert all(each.amount > 0 for each in at.effects)
        # the price of a reward pays no money
        assert all(each.money > 0 or each.points > 0 for each in at.paid)
        assert all(each.amount > 0 for each in at.earned)
    assert sum(at.net for at in result.lines) == result.payable
    paid = [each for at in result.lines for each in at.paid]
    points = (Points(wallet=it.wallet, amount=it.points, account=it.account) for it in paid)
    assert _held(tuple(points)) == _held(result.spent)
    assert _held(*(at.earned for at in result.lines)) == _held(result.earned)
    assert _held(result.dated) <= _held(result.earned)


@given(cases())
def test_no_line_costs_less_than_nothing_or_its_floor(it: Case) -> None:
    for at, floor in zip(_quote(it).result.lines, _shop(it).floors, strict=True):
        assert at.net >= 0
        # tender leaves the price where it is
        assert at.net + at.tendered >= min(at.gross, floor)


@given(cases())
def test_no_discount_is_above_the_price_or_on_goods_that_take_none(it: Case) -> None:
    shop = _shop(it)
    for rung_up, at in zip(it.basket.lines, _quote(it).result.lines, strict=True):
        assert 0 <= at.discount <= at.gross
        assert at.discount == 0 or shop.may(rung_up, "discount")
        assert 0 <= at.free <= rung_up.quantity


@given(cases())
def test_nothing_is_redeemed_above_balance_share_wish_or_eligible_lines(it: Case) -> None:
    shop, result = _shop(it), _quote(it).result
    left = [at.gross - at.discount for at in result.lines]
    eligible = [shop.may(rung_up, "redeem") for rung_up in it.basket.lines]
    for purse, payer in _payers(it):
        paid = [_paid(at, purse, payer) for at in result.lines]
        assert all(may for may, money in zip(eligible, paid, strict=True) if money)
        most = sum(net for net, may in zip(left, eligible, strict=True) if may)
        assert sum(paid) * WHOLE_SHARE <= most * purse.max_share
        if not payer:
            spent = _held(result.spent)[purse.id, ""]
            _check_holdings(it, spent, purse)
            _check_wish(it, spent - _prices(result, purse), purse)
        left = [net - money for net, money in zip(left, paid, strict=True)]
    assert all(net >= 0 for net in left)


def _payers(it: Case) -> list[tuple[Wallet, str]]:
    """Who pays, in the order in which they do: the shopper's wallets, then the gift cards."""
    own = sorted(it.program.wallets, key=lambda it: it.points_as == "tender")
    cards = [card for gift in it.basket.gift_cards if (card := it.seen.card_beside(gift.card))]
    gifts = [
        (purse, card.account.id)
        for purse in it.program.wallets
        for card in cards
        if card.wallet == purse.id
    ]
    return [*((purse, "") for purse in own), *gifts]


def _prices(result: Result, purse: Wallet) -> int:
    """What rewards took of the shopper's purse: a price pays no money."""
    paid = [each for at in result.lines for each in at.paid]
    return sum(it.points for it in paid if it.wallet == purse.id and not (it.money or it.account))


def _check_holdings(it: Case, spent: int, purse: Wallet) -> None:
    account = it.seen.account
    if not spent:
        return
    assert account is not None
    assert not account.debt(purse.id)
    lots = [lot for lot in account.lots if lot.wallet == purse.id]
    day = it.at.date()
    usable = (lot for lot in lots if lot.active_from <= day < (lot.expires_at or day.max))
    assert spent <= sum(lot.amount for lot in usable)


def _check_wish(it: Case, spent: int, purse: Wallet) -> None:
    wish = it.basket.wish(purse.id)
    if not spent:
        return
    assert wish is not None
    assert wish.amount is None or spent <= wish.amount
    assert spent >= purse.min_redeem
    assert spent % purse.step == 0


@given(cases(), st.randoms(use_true_random=False), st.sampled_from(NEVER))
def test_a_rule_that_cannot_hold_changes_nothing(it: Case, chance: Random, never: str) -> None:
    more = program_from(_with_a_rule(it.text, chance, f"when = {{ {never} }}\n"))
    assume(isinstance(more, Program))  # check refuses a multiplier of nothing
    assert isinstance(more, Program)
    plain, other = _quote(it), _quote(replace(it, program=more))
    trace = tuple(why for why in other.trace if why.rule != "never")
    assert bytes_of(replace(other, trace=trace)) == bytes_of(plain)


@given(cases(), st.data())
def test_without_a_tie_the_same_lines_come_to_the_same_in_any_order(
    it: Case, data: st.DataObject
) -> None:
    lines = data.draw(st.permutations(it.basket.lines))
    TIES.clear()
    reckoned(it.text, it.basket, it.seen, it.at)
    tied = list(TIES)
    result = _quote(it).result
    other = _quote(replace(it, basket=replace(it.basket, lines=tuple(lines)))).result
    in_order = sorted(other.lines, key=lambda line: line.line)
    assert tied or bytes_of(replace(other, lines=tuple(in_order))) == bytes_of(result)


ONE_OF_EACH = (
    wallet('max_share = "33.3333%"')
    + rule("ten", "receipt", 'percent_off = "33.3333%"')
    + rule("five", "points", 'earn = "bonus", percent = "5%"')
)
PLAIN = tuple(
    program(f'[rounding]\nspread = "{way}"\n{ONE_OF_EACH}')
    for way in ("largest-remainder", "first-lines")
)


@given(
    st.sampled_from(PLAIN),
    st.lists(st.sampled_from(("0.01", "1.00", "33.33", "99.90")), min_size=1, max_size=7),
    st.data(),
)
def test_a_tie_moves_a_kopeck_between_lines_and_leaves_the_totals(
    found: Program, prices: list[str], data: st.DataObject
) -> None:
    lines = [line(number, price) for number, price in enumerate(prices, 1)]
    orders = (lines, data.draw(st.permutations(lines)))
    one, other = (
        quoted(found, basket(*order, redeem={"bonus": "max"}), seen("50.00")).result
        for order in orders
    )
    assert (one.payable, one.spent, one.earned) == (other.payable, other.spent, other.earned)
    others = {it.line: it for it in other.lines}
    for it in one.lines:
        assert abs(it.discount - others[it.line].discount) <= 1


@given(cases(), st.data())
def test_what_comes_back_in_any_parts_is_all_that_was_paid_spent_and_earned(
    it: Case, data: st.DataObject
) -> None:
    found = sold(it.program, it.basket, it.seen, it.at)
    returns, after = _came_back(found, data.draw(splits(it.basket)), it.at.date())
    result = found.sale.result
    assert sum(each.refund for each in returns) == result.payable
    assert _held(*(each.restored for each in returns)) == _held(result.spent)
    assert _held(*(each.clawed_back for each in returns)) == _held(result.earned)
    assert sum(each.spend for each in returns) == result.spend
    if it.seen.account is None or not it.seen.account.debts:
        # to the lot: what was spent is back where it was, what was earned is gone
        assert after == _after(it.seen, ())


@given(cases())
def test_the_same_question_has_the_same_bytes(it: Case) -> None:
    again = program_from(it.text)
    assert isinstance(again, Program)
    assert bytes_of(_quote(replace(it, program=again))) == bytes_of(_quote(it))


def _quote(it: Case) -> Quote:
    return quoted(it.program, it.basket, it.seen, it.at)


def _shop(it: Case) -> Shop:
    """The oracle's receipt, before anything was taken off."""
    return Shop(tomllib.loads(it.text), it.basket, it.seen, it.at)


def _paid(at: LineResult, purse: Wallet, payer: str) -> int:
    return sum(it.money for it in at.paid if (it.wallet, it.account) == (purse.id, payer))


def _held(*parts: Sequence[Points | Lot]) -> Counter[tuple[str, str]]:
    """Points of all parts by wallet and account, none for the shopper's."""
    found: Counter[tuple[str, str]] = Counter()
    for each in (each for part in parts for each in part):
        found[each.wallet, getattr(each, "account", "")] += each.amount
    return found


def _came_back(
    found: Sold, parts: Sequence[dict[int, int]], on: dt.date
) -> tuple[list[Returned], Seen]:
    """All parts, one after the other, and what the receipt's accounts then hold."""
    now = _after(found.sale.seen, found.sale.postings)
    earlier: list[Returned] = []
    for part in parts:
        case = replace(found.case(tuple(earlier), now.account, on), beside=now.beside)
        outcome = goods_returned(case, part)
        assert not isinstance(outcome, Refusal), outcome
        earlier.append(outcome.returned)
        now = _after(now, outcome.postings)
    return earlier, now


def _after(who: Seen, postings: Sequence[Posting]) -> Seen:
    beside = tuple(replace(it, account=moved(it.account, postings)) for it in who.beside)
    return replace(who, account=who.account and moved(who.account, postings), beside=beside)


def _with_a_rule(text: str, chance: Random, when: str) -> str:
    """Text with a rule `never`: by itself anywhere, or at the end of one of the groups."""
    layer = chance.choice(("item", "receipt", "points"))
    earning = layer == "points"
    give = (
        random_earning(chance, WALLETS) if earning else random_discount(chance, layer, tiers=False)
    )
    before, cards, after = text.partition("\n[[cards]]")
    head, *rules = before.split("\n[[rules]]")
    place = chance.randint(0, len(rules))
    if chance.random() < 0.3:
        when += f'group = "{layer}{chance.randint(0, 1)}"\n'
        place = len(rules)  # a group stands where its first rule does
    rules.insert(place, rule("never", layer, give, when).removeprefix("\n[[rules]]"))
    return "\n[[rules]]".join((head, *rules)) + cards + after
