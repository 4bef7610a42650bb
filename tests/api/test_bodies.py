"""What a body may be; every fault names its member and what is allowed, and repeats nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from loyaltyd.api.bodies import FAULTS_MAX, PATTERNS, Unreadable, request_in
from loyaltyd.api.operation import Operation
from loyaltyd.api.operations import OPERATIONS
from loyaltyd.till.requests import CardRequest, QuoteRequest
from tests.api.tills import CARD, LiveTill, basket


def faults(body: object) -> dict[str, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    outcome = request_in(data, QuoteRequest)
    assert isinstance(outcome, Unreadable)
    return {fault.path: fault.allowed for fault in outcome.faults}


def with_line(**members: Any) -> dict[str, Any]:
    return basket("r", lines=[{**basket("r")["lines"][0], **members}])


def test_a_good_body_is_its_request() -> None:
    outcome = request_in(json.dumps(basket("r")).encode(), QuoteRequest)
    assert isinstance(outcome, QuoteRequest)
    assert (outcome.receipt, outcome.lines[0].price) == ("r", "89.90")


@pytest.mark.parametrize("number", [1, 1.5, 1e2, 89.9, True, None])
def test_an_amount_that_is_no_string_is_refused(number: object) -> None:
    assert "must be a string, in quotes" in faults(with_line(price=number))["lines[0].price"]


@pytest.mark.parametrize("text", ["1e2", "-1", "+1", "1.", ".5", "1,5", "", " 1", "٣", "1" * 20])
def test_an_amount_that_is_no_plain_decimal_is_refused(text: str) -> None:
    assert 'such as "129.90"' in faults(with_line(price=text))["lines[0].price"]


@pytest.mark.parametrize("raw", [b"1.0", b"1e0", b'"1"', b"1.5"])
def test_a_line_number_is_a_whole_number(raw: bytes) -> None:
    body = json.dumps(with_line(line=777)).encode().replace(b"777", raw)
    assert "must be a whole number" in faults(body)["lines[0].line"]


def test_a_member_that_is_not_known_is_refused() -> None:
    assert faults(basket("r", price="1.00"))["price"] == "is not known here"


def test_a_member_that_stands_twice_is_refused_at_any_depth() -> None:
    body = json.dumps(basket("r")).encode()
    assert faults(b'{"receipt": "x", ' + body[1:]) == {"receipt": "must stand once in its object"}
    assert "sku" in faults(body.replace(b'"sku"', b'"sku": "1", "sku"'))


NOT_JSON = (
    *(b"", b"{", b"[]x", b'{"receipt": "\xff"}', b'{"receipt": "\\ud800"}', b"\xef\xbb\xbf{}"),
    *(b"[" * 20_000, b'{"a":' * 20_000, b"\x00", b"{'receipt': 1}", b"nul"),
)


@pytest.mark.parametrize("body", NOT_JSON, ids=lambda body: repr(body[:12]))
def test_what_is_not_json_in_utf_8_is_told_where(body: bytes) -> None:
    assert faults(body)[""].startswith("must be JSON in UTF-8: ")


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"NaN", b'{"receipt": Infinity}'])
def test_json_that_is_no_request_is_refused(body: bytes) -> None:
    assert faults(body)


@pytest.mark.parametrize("at", ["2026-12-05T10:20:00", "2026-12-05", "now", "1999999999", 5])
def test_a_time_is_rfc_3339_with_an_offset(at: object) -> None:
    assert "at" in faults(basket("r", at=at))


def test_a_huge_number_is_no_crash() -> None:
    body = json.dumps(with_line(line=777)).encode().replace(b"777", b"9" * 5000)
    assert faults(body)[""].startswith("must be JSON in UTF-8: number out of range")


def test_a_card_number_in_the_wrong_place_is_not_repeated() -> None:
    found = faults(basket("r", **{CARD: CARD}, cashier={CARD: 1}, redeem={CARD: 5}))
    assert CARD not in str(found)
    assert "redeem.*************" in found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_pattern_is_told_in_words(operation: Operation) -> None:
    schema = json.dumps(operation.request.model_json_schema()) if operation.request else ""
    patterns = {json.loads(it) for it in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', schema)}
    assert patterns <= set(PATTERNS)


def test_of_many_faults_the_first_are_told() -> None:
    assert len(faults(basket("r", lines=[{"line": n} for n in range(200)]))) == FAULTS_MAX


def test_a_request_does_not_show_its_card_or_holder() -> None:
    body = {"card": CARD, "holder": {"name": "Anna", "phone": "+79990000000"}}
    shown = repr(request_in(json.dumps(body).encode(), CardRequest))
    assert CARD not in shown
    assert "Anna" not in shown
    assert "7999" not in shown


def test_over_http_a_fault_is_422_with_its_path(till: LiveTill) -> None:
    answer = till.post("/v1/quotes", with_line(price=89.9))
    assert (answer.status, answer.reason) == (422, "request_invalid")
    assert answer.json["errors"][0]["path"] == "lines[0].price"
    assert answer.json["detail"] == "The till sent something that can't be read."


@pytest.mark.parametrize("path", ["/v1/cards/a%20b", "/v1/cards/" + "9" * 65, "/v1/receipts/%00"])
def test_a_path_that_can_not_be_a_name_is_422(till: LiveTill, path: str) -> None:
    assert (till.read(path).status, till.read(path).reason) == (422, "request_invalid")
