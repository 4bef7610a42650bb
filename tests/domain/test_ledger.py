"""The fold: what records make of lots, debts, counters and cards, in any order of arrival."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.ledger import (
    DEBT,
    ISSUED,
    REDEEMED,
    CardState,
    Lot,
    Posting,
    fold,
    lot_from,
    movements,
    postings_of,
    taken,
    usable,
)
from loyaltyd.domain.record import Fact, Record
from tests.domain.test_record import made

LOT = "lot/2026-12-19/2027-12-05"


def posted(*moves: tuple[str, str, int], kind: str = "receipt") -> Record:
    postings: list[Fact] = [
        dict(
            Posting(account="a", wallet="bonus", debit=debit, credit=credit, amount=amount).facts()
        )
        for debit, credit, amount in moves
    ]
    return made(kind, {"postings": postings})


def test_a_lot_grows_by_what_it_receives_and_shrinks_by_what_it_gives() -> None:
    total = fold([posted((ISSUED, LOT, 70)), posted((LOT, REDEEMED, 30))])
    assert total.lots == Counter({("a", "bonus", LOT): 40})


def test_a_debt_is_below_zero_and_what_pays_it_raises_it() -> None:
    total = fold([posted((DEBT, ISSUED, 100)), posted((ISSUED, DEBT, 30))])
    assert total.lots == {("a", "bonus", DEBT): -70}


def test_the_chains_own_side_is_only_named() -> None:
    assert fold([posted((ISSUED, REDEEMED, 5))]).lots == {}


def test_postings_read_back_from_their_record() -> None:
    found = postings_of(posted((ISSUED, LOT, 70)))
    assert found == (Posting(account="a", wallet="bonus", debit=ISSUED, credit=LOT, amount=70),)


def test_counters_are_counted_for_one_day_and_known_since_another() -> None:
    fact: dict[str, Fact] = {"account": "a", "name": "spend", "date": "2026-12-01", "amount": -5}
    moved = movements(made("return", {"counters": [fact]}))
    ((key, amount),) = moved.counters.items()
    assert (key.date, key.since, amount) == ("2026-12-01", "2026-12-05", -5)


def test_a_counter_of_a_receipt_that_never_happened_says_since_when_it_is_known() -> None:
    fact: dict[str, Fact] = {"account": "a", "name": "spend", "date": "2026-12-01", "amount": -5}
    moved = movements(made("cancel", {"counters": [{**fact, "since": "2026-12-01"}]}))
    ((key, amount),) = moved.counters.items()
    assert (key.date, key.since, amount) == ("2026-12-01", "2026-12-01", -5)


def test_cards_beside_the_shoppers_own_are_opened_too() -> None:
    gift: dict[str, Fact] = {"id": "g", "account": "b", "kind": "gift"}
    card: dict[str, Fact] = {"id": "c", "account": "a", "kind": "bonus"}
    assert set(movements(made("receipt", {"cards": [gift]})).opened) == {"g"}
    assert set(movements(made("receipt", {"card": card, "cards": [gift]})).opened) == {"c", "g"}
    with pytest.raises(TypeError, match="cards is no list"):
        movements(made("receipt", {"cards": "g"}))


def test_a_first_use_opens_a_card_and_says_nothing_of_a_known_one() -> None:
    card: dict[str, Fact] = {"id": "c", "account": "a", "kind": "bonus"}
    used = made("receipt", {"card": card})
    blocked = made("card", {"card": {**card, "status": "blocked"}})
    state = CardState(id="c", account="a", kind="bonus", status="blocked")
    assert fold([used]).cards["c"].status == "active"
    assert fold([used, blocked]).cards == fold([blocked, used]).cards == {"c": state}


def test_what_a_cards_own_record_says_holds_and_a_receipt_only_opens() -> None:
    card: dict[str, Fact] = {"id": "c", "account": "a", "kind": "bonus"}
    said, used = movements(made("card", {"card": card})), movements(made("receipt", {"card": card}))
    state = {"c": CardState(id="c", account="a", kind="bonus")}
    assert (said.cards, said.opened) == (used.opened, used.cards) == (state, {})


@pytest.mark.parametrize(
    "kind",
    [
        *("receipt", "cancel", "return", "reserve", "release", "card", "link", "merge"),
        *("adjust", "expire", "right", "day", "clock", "forget"),
    ],
)
def test_a_record_of_each_kind_moves_what_it_holds(kind: str) -> None:
    card: dict[str, Fact] = {"id": "c", "account": "a", "kind": "bonus"}
    assert movements(posted((ISSUED, LOT, 5), kind=kind)).lots == {("a", "bonus", LOT): 5}
    says = bool(movements(made(kind, {"card": card})).cards)
    assert says is (kind in {"card", "link", "merge"})


def test_a_record_of_an_unknown_kind_moves_nothing_whatever_it_holds() -> None:
    moved = movements(made("of tomorrow", {"postings": ["else"], "card": {"id": "c"}}))
    assert not any((moved.lots, moved.counters, moved.cards, moved.opened))


days = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
lots = st.builds(
    Lot,
    wallet=st.sampled_from(["bonus", "gift"]),
    active_from=days,
    expires_at=st.none() | days,
    amount=st.integers(-5, 1000),
)
buckets = st.sampled_from([LOT, "lot/2026-01-01/-", DEBT, ISSUED, REDEEMED])
moves = st.lists(st.tuples(buckets, buckets, st.integers(1, 100)), max_size=4)


@given(st.lists(moves, max_size=6), st.integers(0, 10**6))
def test_records_fold_to_the_same_balances_in_any_order(
    log: list[list[tuple[str, str, int]]], seed: int
) -> None:
    records = [posted(*each) for each in log]
    shuffled = random.Random(seed).sample(records, len(records))
    assert fold(records).lots == fold(shuffled).lots


def test_a_lot_is_usable_from_its_first_day_until_the_day_on_which_it_is_gone() -> None:
    first, gone = dt.date(2026, 12, 19), dt.date(2027, 1, 4)
    held = [Lot(wallet="bonus", active_from=first, expires_at=gone, amount=1)]
    days = (first - dt.timedelta(days=1), first, gone - dt.timedelta(days=1), gone)
    assert [bool(usable(held, "bonus", day)) for day in days] == [False, True, True, False]


def test_a_lot_of_nothing_or_less_is_not_usable() -> None:
    day = dt.date(2026, 12, 5)
    held = [Lot(wallet="bonus", active_from=day, amount=amount) for amount in (0, -1, 1)]
    assert usable(held, "bonus", day) == held[2:]


@given(lots)
def test_a_lots_name_reads_back_as_the_lot(lot: Lot) -> None:
    assert lot_from(lot.wallet, lot.bucket, lot.amount) == lot


@pytest.mark.parametrize("name", ["debt", "lot/2026-01-01", "lot/x/-", "pot/2026-01-01/-"])
def test_what_is_no_lots_name_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        lot_from("bonus", name, 1)


@given(st.lists(lots, max_size=8), days, st.integers(0, 3000))
def test_taking_follows_the_spending_order_and_misses_only_what_is_not_there(
    held: list[Lot], on: dt.date, amount: int
) -> None:
    open_lots = usable(held, "bonus", on)
    parts, missing = taken(open_lots, amount)
    assert sum(part for _, part in parts) + missing == amount
    assert missing == max(0, amount - sum(lot.amount for lot in open_lots))
    assert [lot for lot, _ in parts] == open_lots[: len(parts)]
    assert all(part == lot.amount for lot, part in parts[:-1])
    expiries = [lot.expires_at or dt.date.max for lot in open_lots]
    assert expiries == sorted(expiries)
