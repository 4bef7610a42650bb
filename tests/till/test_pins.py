"""A PIN may be tried three times; then the card waits."""

from __future__ import annotations

import datetime as dt

from loyaltyd.domain.refusal import Reason
from loyaltyd.till.pins import CARDS_MAX, LOCKED, TRIES_MAX, PinTries

NOW = dt.datetime(2026, 12, 5, 10, 30, tzinfo=dt.UTC)


def tried(tries: PinTries, card: str = "a", *, fits: bool = False, at: dt.datetime = NOW) -> str:
    refusal = tries.refusal(card, fits=fits, now=at)
    return str(refusal.reason) if refusal else "taken"


def test_three_wrong_ones_lock_the_card_for_a_right_one_too() -> None:
    tries = PinTries()
    assert [tried(tries) for _ in range(TRIES_MAX)] == [Reason.PIN_WRONG] * TRIES_MAX
    assert tried(tries, fits=True) == Reason.PIN_LOCKED
    assert tried(tries, "b", fits=True) == "taken"


def test_it_opens_again_when_the_time_is_over_and_not_before() -> None:
    tries = PinTries()
    for _ in range(TRIES_MAX):
        tried(tries)
    assert tried(tries, fits=True, at=NOW + LOCKED - dt.timedelta(seconds=1)) == Reason.PIN_LOCKED
    assert tried(tries, fits=True, at=NOW + LOCKED) == "taken"


def test_tries_while_it_is_locked_do_not_prolong_it() -> None:
    tries = PinTries()
    for minute in range(14):
        tried(tries, at=NOW + dt.timedelta(minutes=minute if minute >= TRIES_MAX else 0))
    assert tried(tries, fits=True, at=NOW + LOCKED) == "taken"


def test_a_right_one_forgets_the_wrong_ones_before_it() -> None:
    tries = PinTries()
    for _ in range(3):
        assert [tried(tries), tried(tries)] == [Reason.PIN_WRONG] * 2
        assert tried(tries, fits=True) == "taken"


def test_no_more_cards_are_remembered_than_fit() -> None:
    tries = PinTries()
    for _ in range(TRIES_MAX):
        tried(tries, "first")
    for number in range(CARDS_MAX):
        tried(tries, str(number))
    assert tried(tries, "first", fits=True) == "taken"
