"""A quote's token: only this till makes one, and it says what it said, whoever carries it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.basket import Payment
from loyaltyd.domain.engine.quote import LineResult, Points, Result
from loyaltyd.till.quote_token import (
    LIFETIME,
    Promise,
    amounts_digest,
    basket_digest,
    promise_in,
    promise_of,
    token_of,
)
from tests.domain.receipts import SATURDAY, basket, line

KEY = b"token" * 8
BASKET = basket(line(1, "10.00"), redeem={"bonus": "max"})
RESULT = Result(lines=(LineResult(line=1, gross=1000),))


def promise() -> Promise:
    return promise_of(BASKET, RESULT, "c" * 64, SATURDAY, SATURDAY.replace(microsecond=999_999))


def test_a_token_says_what_was_promised() -> None:
    found = promise_in(token_of(promise(), KEY), KEY)
    assert found == promise()
    assert found is not None
    assert found.expires_at == SATURDAY + LIFETIME


def test_a_token_of_another_till_is_none() -> None:
    assert promise_in(token_of(promise(), b"other" * 8), KEY) is None


@pytest.mark.parametrize("place", range(len(token_of(promise(), KEY))))
def test_a_token_with_one_character_changed_is_none(place: int) -> None:
    token = token_of(promise(), KEY)
    other = "A" if token[place] != "A" else "B"
    assert promise_in(token[:place] + other + token[place + 1 :], KEY) is None


@given(st.text(max_size=200) | st.text(alphabet="q1.eyJhA-_=", max_size=60))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert promise_in(text, KEY) is None


def test_a_token_fits_into_its_member() -> None:
    assert len(token_of(promise(), KEY)) <= 1024


def test_the_basket_is_another_when_goods_or_wishes_are_and_not_for_how_it_is_paid() -> None:
    paid = replace(BASKET, payments=(Payment(kind="cash", amount=1000),), split=True)
    assert basket_digest(paid) == basket_digest(BASKET)
    for other in (
        basket(line(1, "10.01"), redeem={"bonus": "max"}),
        basket(line(1, "10.00"), redeem={"bonus": "9.00"}),
        basket(line(1, "10.00")),
    ):
        assert basket_digest(other) != basket_digest(BASKET)


def test_amounts_are_others_when_only_the_points_are() -> None:
    more = Result(lines=RESULT.lines, earned=(Points(wallet="bonus", amount=1),))
    assert amounts_digest(more) != amounts_digest(RESULT)


def test_a_promise_keeps_the_offset_of_its_time() -> None:
    found = promise_in(token_of(promise(), KEY), KEY)
    assert found is not None
    assert found.at.utcoffset() == dt.timedelta(hours=3)
