"""Shapes of what is sent: binary floating point, foreign digits and bare seconds never enter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from loyaltyd.till.requests import (
    LINES_MAX,
    BlockRequest,
    CardRequest,
    HolderRequest,
    MomentRequest,
    QuoteRequest,
    ReceiptRequest,
    Request,
    ReturnRequest,
)
from tests.till.shop import CARD, EXAMPLE, back, bought, line


def taken(kind: type[Request], body: object) -> bool:
    try:
        kind.model_validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


def test_the_contracts_bodies_are_taken() -> None:
    assert taken(QuoteRequest, EXAMPLE)
    paid = [{"kind": "cash", "amount": "208.01"}]
    assert taken(ReceiptRequest, {**EXAMPLE, "quote": "q1.x", "payments": paid})
    assert taken(
        ReturnRequest, {"return": "msk017-1-R000009", "lines": [{"line": 1, "quantity": "1"}]}
    )
    holder = {"name": "Anna", "birthday": "1990-05-01", "phone": "+79160000000"}
    assert taken(CardRequest, {"card": CARD, "kind": "bonus", "holder": holder})
    assert taken(BlockRequest, {"reason": "lost"})
    assert taken(MomentRequest, {})


AMOUNTS: tuple[object, ...] = (
    *("-1.00", "+1.00", "1e3", "1,50", ".5", "1.", "", " 1.00", "1.00\n", "1_0", "NaN", "0x1"),
    *("١.٥٠", "１.５０", "1" * 13 + ".00", "1.0000", 1, 1.5, True, None, [], {}),
)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_is_a_plain_decimal_string(amount: object) -> None:
    priced = {**line(1, "1.00"), "price": amount}
    assert not taken(QuoteRequest, {"receipt": "r", "lines": [priced]})


@pytest.mark.parametrize("quantity", ["-1", "1e1", "0.0001", "١", "1" * 10, 1, 0.5, None])
def test_a_quantity_is_a_plain_decimal_string_of_up_to_three_decimals(quantity: object) -> None:
    assert not taken(QuoteRequest, bought("r", {**line(1, "1.00"), "quantity": quantity}))
    assert not taken(ReturnRequest, {"return": "b", "lines": [{"line": 1, "quantity": quantity}]})


def test_a_receipt_has_a_line() -> None:
    assert not taken(QuoteRequest, bought("r"))


@pytest.mark.parametrize("ident", ["", "a" * 65, "a b", "ä", "a/b", "a\n", 1, None])
def test_an_id_is_1_to_64_plain_characters(ident: object) -> None:
    assert not taken(QuoteRequest, {**bought("r", line(1, "1.00")), "receipt": ident})
    assert not taken(ReturnRequest, {**back("b", (1, "1")), "return": ident})
    assert taken(QuoteRequest, bought("a" * 64, line(1, "1.00")))


@pytest.mark.parametrize(
    "at",
    [
        *(1764912600, 1764912600.5, "1764912600", "2026-12-05", "2026-12-05T10:30:00"),
        *("2026-12-05T10:30Z", "2026-13-05T10:30:00Z", "2026-12-05T25:00:00Z", "now", "", True),
    ],
)
def test_a_time_is_of_rfc_3339_with_an_offset(at: object) -> None:
    assert not taken(MomentRequest, {"at": at})
    assert not taken(QuoteRequest, bought("r", at=at))


@pytest.mark.parametrize("at", ["2026-12-05T10:30:00+03:00", "2026-12-05T10:30:00.123Z", None])
def test_a_time_may_have_fractions_or_be_left_out(at: str | None) -> None:
    assert taken(MomentRequest, {"at": at})


@pytest.mark.parametrize(
    "day", [0, "0", "631152000", "1990-5-1", "1990-05-01T00:00:00", "1990-02-30"]
)
def test_a_birthday_is_a_date(day: object) -> None:
    assert not taken(HolderRequest, {"birthday": day})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (QuoteRequest, {**EXAMPLE, "quote": "q1"}),
        (QuoteRequest, {**EXAMPLE, "total": "1.00"}),
        (QuoteRequest, bought("r", line(1, "1.00", colour="red"))),
        (ReturnRequest, back("b", (1, "1"), reason="broken")),
        (BlockRequest, {}),
        (ReturnRequest, {"return": "b", "lines": []}),
        (QuoteRequest, bought("r", line(0, "1.00"))),
        (QuoteRequest, bought("r", {**line(1, "1.00"), "line": "1"})),
        (QuoteRequest, bought("r", {**line(1, "1.00"), "line": 1.0})),
        (QuoteRequest, bought("r", line(1, "1.00", no_earn=1))),
    ],
)
def test_members_that_are_unknown_missing_or_of_another_type_are_refused(
    kind: type[Request], body: dict[str, Any]
) -> None:
    assert not taken(kind, body)


@pytest.mark.parametrize(("count", "fits"), [(LINES_MAX, True), (LINES_MAX + 1, False)])
def test_a_receipt_has_so_many_lines(count: int, fits: bool) -> None:
    lines = [line(number, "1.00") for number in range(1, count + 1)]
    assert taken(QuoteRequest, bought("r", *lines)) is fits


def test_what_is_personal_is_not_shown() -> None:
    holder = {"name": "Anna", "birthday": "1990-05-01", "phone": "+79160000000"}
    request = CardRequest.model_validate_json(json.dumps({"card": CARD, "holder": holder}))
    quoted = QuoteRequest.model_validate_json(json.dumps(EXAMPLE))
    shown = repr(request) + repr(quoted)
    assert not [it for it in (CARD, "Anna", "1990", "7916") if it in shown]
    with pytest.raises(ValidationError) as error:
        QuoteRequest.model_validate_json(json.dumps({**EXAMPLE, "card": CARD + " "}))
    assert CARD not in str(error.value)
