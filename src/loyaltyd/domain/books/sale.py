"""A receipt as it is recorded: everything that was decided on, and what was decided."""

import datetime as dt
from dataclasses import dataclass

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.books.postings import receipt_postings
from loyaltyd.domain.card import COUPON_KIND
from loyaltyd.domain.engine.program import Program, Tiers
from loyaltyd.domain.engine.quote import Result
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.domain.ledger import Posting, postings_of
from loyaltyd.domain.place import Place
from loyaltyd.domain.record import Fact, ProgramRef, Record

SPEND, RETURNED, VISITS = "spend", "returned", "visits"
EARNED, CLAWED_BACK = "earned/", "clawed_back/"  # and a wallet's id: only where tiers measure it
GIVEN = "given"  # by a rule with a budget
USED = "used/"  # and a rule's id; then for the uses of one card a slash and the card's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A confirmed receipt: anyone can run its quote again from this alone."""

    basket: Basket
    seen: Seen
    place: Place
    at: dt.datetime
    program: ProgramRef
    result: Result
    postings: tuple[Posting, ...] = ()


def receipt_body(
    basket: Basket, seen: Seen, place: Place, result: Result, postings: tuple[Posting, ...]
) -> dict[str, Fact]:
    """The members of a receipt's record."""
    body: dict[str, Fact] = {
        "id": basket.receipt,
        "basket": facts_of(basket),
        "seen": facts_of(seen),
        "place": facts_of(place),
        "result": facts_of(result),
        "postings": [posting.facts() for posting in postings],
    }
    cards = [card_member(it.card.id, it.account.id, it.card.kind) for it in seen.beside]
    cards += _printed_cards(result, seen)
    if cards:
        body["cards"] = list[Fact](cards)
    if seen.card is not None:
        assert seen.account is not None  # a card that was seen has one
        body["card"] = card_member(seen.card.id, seen.account.id, seen.card.kind)
    counters = sale_counters(result, seen, place.business_date)
    if counters:
        body["counters"] = counters
    return body


def _printed_cards(result: Result, seen: Seen) -> list[dict[str, Fact]]:
    """The coupons that the receipt prints: a personal one is its account's."""
    found = []
    for it in result.prints:
        ident = seen.print_of(it.rule)
        if ident:
            owner = ident
            if it.personal:
                assert seen.account is not None  # without one none is printed
                owner = seen.account.id
            found.append(card_member(ident, owner, COUPON_KIND))
    return found


def sale_from(record: Record) -> Sale:
    """Read a receipt's record back."""
    return Sale(
        basket=value_from(Basket, record.body["basket"]),
        seen=value_from(Seen, record.body["seen"]),
        place=value_from(Place, record.body["place"]),
        at=record.moment.at,
        program=record.program,
        result=value_from(Result, record.body["result"]),
        postings=postings_of(record),
    )


def accounts_of(sale: Sale) -> frozenset[str]:
    """The accounts that a sale saw, by the ids that they had then."""
    own = (sale.seen.account.id,) if sale.seen.account else ()
    return frozenset((*own, *(it.account.id for it in sale.seen.beside)))


def sale_postings(
    result: Result, seen: Seen, program: Program, at: dt.datetime
) -> tuple[Posting, ...]:
    """What confirming result moves, on the shopper's account and those of cards beside it."""
    return receipt_postings(result, seen, program, at.date())


def card_member(card: str, account: str, kind: str) -> dict[str, Fact]:
    """Whose card it is, as a record names it."""
    return {"id": card, "account": account, "kind": kind}


def measured_by(tiers: Tiers | None) -> frozenset[str]:
    """The counters that tiers add up. What came back has its own: a day's tier outlives it."""
    if tiers is not None and tiers.measure == "points":
        return frozenset((EARNED + tiers.wallet, CLAWED_BACK + tiers.wallet))
    visits = tiers is not None and tiers.measure == "visits"
    return frozenset((VISITS,)) if visits else frozenset((SPEND, RETURNED))


def sale_counters(result: Result, seen: Seen, day: dt.date) -> list[Fact]:
    """The counters that a receipt raises: its account's spend and visits, and uses of rules."""
    found: list[Fact] = []
    if seen.account is not None:
        found = [
            counted(seen.account.id, SPEND, day, result.spend),
            # who only pays money onto a card has bought nothing yet
            *([counted(seen.account.id, VISITS, day, 1)] if result.lines else []),
            *(
                counted(seen.account.id, EARNED + it.wallet, day, it.amount)
                for it in result.measured
            ),
        ]
    counts = use_counters(result, seen)
    return found + [counted(account, name, day, amount) for account, name, amount in counts]


def use_counters(result: Result, seen: Seen) -> list[tuple[str, str, int]]:
    """The counters, by account and name, that uses of rules raise, and by how much.

    Of each limited rule for account, card and cashier; of each coupon, whether its uses are limited
    or not; of each budget what was given, on an account of its own.
    """
    found: list[tuple[str, str, int]] = []
    if seen.card is not None:
        assert seen.account is not None  # as above
        names = [
            name for rule in result.used for name in (used_by(rule), used_by(rule, seen.card.id))
        ]
        found += [(seen.account.id, name, 1) for name in names]
    if seen.cashier:
        found += [(seen.cashier, used_by(rule), 1) for rule in result.used]
    found += [(use.coupon, used_by(use.rule), 1) for use in result.coupons]
    return found + [(budget_account(it.rule), GIVEN, it.amount) for it in result.given]


def budget_account(rule: str) -> str:
    """The account on which what a rule gives to anyone counts."""
    return f"budget/{rule}"


def used_by(rule: str, card: str = "") -> str:
    """The name of a counter: how often the rule was applied to an account, or by one card of it."""
    return f"{USED}{rule}/{card}" if card else f"{USED}{rule}"


def counted(account: str, name: str, day: dt.date, amount: int) -> dict[str, Fact]:
    """One counter's change, as a record names it: counted for day, known since the record's own."""
    return {"account": account, "name": name, "date": day.isoformat(), "amount": amount}


def uncounted(account: str, name: str, day: dt.date, amount: int) -> dict[str, Fact]:
    """A counter's change of a receipt that never happened: nor was it known on its day."""
    return {**counted(account, name, day, -amount), "since": day.isoformat()}
