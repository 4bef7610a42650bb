"""Requests become baskets: amounts have the program's decimals; what is unreadable says where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loyaltyd.domain.basket import Basket, Wish
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.refusal import Reason, Refusal
from loyaltyd.till.baskets import basket_from, fingerprint
from loyaltyd.till.requests import MomentRequest, QuoteRequest, Request
from tests.domain.receipts import CARDS, HEAD
from tests.till.shop import CARD, PLAIN, bought, line

KEY = b"k" * 32


def program(text: str) -> Program:
    found = program_from(text)
    assert isinstance(found, Program), found
    return found


RUB = program(PLAIN)
YEN = program(
    HEAD.replace("RUB", "JPY") + '[wallets.bonus]\nscale = 0\nredeem_rate = "1"\n' + CARDS
)


def request(body: dict[str, Any]) -> QuoteRequest:
    return QuoteRequest.model_validate_json(json.dumps(body))


def basket(body: dict[str, Any], found: Program = RUB) -> Basket | Refusal:
    return basket_from(request(body), found, "c" * 32)


def where(outcome: Basket | Refusal) -> str:
    """The member that could not be read."""
    assert isinstance(outcome, Refusal), outcome
    assert outcome.reason is Reason.REQUEST_INVALID
    return outcome.names["member"]


def test_a_request_is_read_in_minor_units_thousandths_and_the_wallets_scale() -> None:
    wanted = bought(
        "r-1",
        line(7, "389.99", "0.347", floor_price="10.00", abv="40", litres="0.5", no_earn=True),
        redeem={"bonus": "1.5"},
        payments=[{"kind": "cash", "amount": "100.00"}],
    )
    found = basket(wanted)
    assert isinstance(found, Basket)
    [read] = found.lines
    assert (read.line, read.price, read.quantity, read.floor_price) == (7, 38999, 347, 1000)
    assert (read.abv, read.litres, read.flags) == (40_000, 500, ("no_earn",))
    assert found.redeem == (Wish(wallet="bonus", amount=150),)
    assert found.payments[0].amount == 10_000
    assert found.card == "c" * 32


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (bought("r", line(1, "1.00"), line(2, "1.00"), line(1, "1.00")), "lines"),
        (bought("r", line(1, "1.00"), line(2, "1.5")), "lines[1].price"),
        (bought("r", line(1, "1")), "lines[0].price"),
        (bought("r", line(1, "1.000")), "lines[0].price"),
        (bought("r", line(1, "1.00", "0.000")), "lines[0].quantity"),
        (bought("r", line(1, "1.00", floor_price="1")), "lines[0].floor_price"),
        (bought("r", line(1, "999999999999.99")), "lines[0].price"),
        (bought("r", line(1, "99999999999.99", "2")), "lines[0].price"),
        (bought("r", line(1, "1.00"), redeem={"bonus": "1.001"}), "redeem.bonus"),
        (bought("r", line(1, "1.00"), redeem={"bonus": "999999999999.99"}), "redeem.bonus"),
        (
            bought("r", line(1, "1.00"), payments=[{"kind": "cash", "amount": "1"}]),
            "payments[0].amount",
        ),
    ],
)
def test_what_can_not_be_read_says_where(body: dict[str, Any], member: str) -> None:
    assert where(basket(body)) == member


def test_a_currency_without_decimals_takes_none() -> None:
    assert isinstance(basket(bought("r", line(1, "1250")), YEN), Basket)
    outcome = basket(bought("r", line(1, "1250.00")), YEN)
    assert where(outcome) == "lines[0].price"
    assert isinstance(outcome, Refusal)
    assert outcome.names["why"] == 'needs exactly 0 decimals in JPY, as "12"'
    assert where(basket(bought("r", line(1, "1"), redeem={"bonus": "1.5"}), YEN)) == "redeem.bonus"


def test_amounts_up_to_the_limit_are_taken() -> None:
    found = basket(bought("r", line(1, "99999999999.99")))
    assert isinstance(found, Basket)
    assert found.lines[0].gross == 10**13 - 1


ONE = bought("r", line(1, "1.50", "2"), redeem={"bonus": "1.50"}, at="2026-12-05T10:30:00+03:00")


@pytest.mark.parametrize(
    "same",
    [
        {**ONE, "split": False, "payments": [], "cashier": ""},
        {**ONE, "redeem": {"bonus": "1.5"}},
        {**ONE, "at": "2026-12-05T07:30:00Z"},
        {**ONE, "lines": [line(1, "01.50", "2.0", unit="pc", no_earn=False, tags=[])]},
    ],
)
def test_bodies_that_parse_to_the_same_are_the_same(same: dict[str, Any]) -> None:
    assert fingerprint(request(ONE), KEY) == fingerprint(request(same), KEY)


@pytest.mark.parametrize(
    "other",
    [
        {**ONE, "card": None},
        {**ONE, "cashier": "1"},
        {**ONE, "redeem": {"bonus": "max"}},
        {**ONE, "redeem": {"Bonus": "1.50"}},
        {**ONE, "at": "2026-12-05T10:30:01+03:00"},
        {**ONE, "lines": [line(1, "1.50", "2", tags=["a", "b"])]},
        {**ONE, "payments": [{"kind": "cash", "amount": "1.50"}]},
    ],
)
def test_bodies_that_say_something_else_are_others(other: dict[str, Any]) -> None:
    assert fingerprint(request(ONE), KEY) != fingerprint(request(other), KEY)


@pytest.mark.parametrize("name", ["quantity", "card", "amount", "redeem", "name", "abv"])
def test_a_wallet_may_be_called_like_any_member(name: str) -> None:
    found = request(bought("r", line(1, "1.00"), redeem={name: "max"}))
    more = request(bought("r", line(1, "1.00"), redeem={name: "1.00"}))
    assert fingerprint(found, KEY) != fingerprint(more, KEY)


def test_the_fingerprint_of_a_card_needs_the_chains_key() -> None:
    assert fingerprint(request(ONE), KEY) != fingerprint(request(ONE), b"other" * 8)
    assert CARD.encode() not in fingerprint(request(ONE), KEY)


def test_the_receipt_that_a_path_names_is_part_of_the_request() -> None:
    empty: Request = MomentRequest()
    assert fingerprint(empty, KEY, of="r-1") != fingerprint(empty, KEY, of="r-2")


def test_a_time_of_the_year_one_has_a_fingerprint() -> None:
    first = MomentRequest.model_validate_json('{"at": "0001-01-01T00:00:00+14:00"}')
    assert len(fingerprint(first, KEY)) == 32


def test_an_unknown_wallets_wish_is_left_to_the_engine() -> None:
    found = basket(bought("r", line(1, "1.00"), redeem={"gold": "1.234567"}))
    assert isinstance(found, Basket)
    assert found.redeem == (Wish(wallet="gold"),)
