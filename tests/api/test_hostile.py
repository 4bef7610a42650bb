"""A thousand hostile requests: none is a 500, none ends the daemon, and every receipt stays."""

from __future__ import annotations

import json
import random
import socket
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.tills import CARD, JSON, LiveTill, basket

REQUESTS = 1000
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        *("/v1/quotes", "/v1/receipts", "/v1/cards", "/v1/pages", "/v1/receipts/x/returns"),
        *("/v1/receipts/x/cancel", f"/v1/cards/{CARD}/block", f"/v1/cards/{CARD}/unblock"),
    ]
)
MEMBERS = ("receipt", "card", "lines", "redeem", "payments", "at", "split", "cashier", "quote")
ODD: tuple[Any, ...] = (
    *("", "0", "-1", "99999999999999", "0.001", "1e9", "max", "\u0000", "\ud83d", "🥛" * 50),
    *(0, -1, 10**30, True, None, [], {}, [[]], {"bonus": "999999999999"}, {"bonus": "0.000001"}),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-12-05T24:00:00Z"),
    [{"kind": "cash", "amount": "0"}],
)
MEMBERS_OF_A_LINE = ("line", "sku", "quantity", "price", "floor_price", "abv", "litres", "tags")


@pytest.fixture(autouse=True)
def unharmed(till: LiveTill) -> Any:
    """Whatever a test sends, the receipt before it is there after it, and so is the daemon."""
    assert till.post("/v1/receipts", basket("before")).status == 201
    before = till.read("/v1/receipts/before").json
    yield
    assert till.read("/v1/receipts/before").json == before
    assert till.read("/v1/status").json["ledger"]["damaged"] == ""


def exchanged(till: LiveTill, sent: bytes) -> bytes:
    """Send bytes and nothing after them; return all that comes back."""
    answer = b""
    with till.wire() as wire, suppress(ConnectionResetError):  # closed with bytes of ours unread
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        while part := wire.recv(65536):
            answer += part
    return answer


def fine(status: int) -> bool:
    return status < 500 or status == 501  # not_built


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=PATHS, body=JSON_VALUES)
def test_random_json_is_refused_or_answered(till: LiveTill, path: str, body: Any) -> None:
    answer = till.post(path, json.dumps(body).encode("utf-8", "surrogatepass"))
    assert fine(answer.status)
    assert answer.json


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_basket_with_odd_members_is_refused_or_answered(till: LiveTill, data: Any) -> None:
    body = basket(data.draw(st.sampled_from(["odd-1", "odd-2"])))
    for member in data.draw(st.sets(st.sampled_from(MEMBERS_OF_A_LINE), max_size=3)):
        body["lines"][0][member] = data.draw(st.sampled_from(ODD))
    for member in data.draw(st.sets(st.sampled_from(MEMBERS), max_size=3)):
        body[member] = data.draw(st.sampled_from(ODD) | JSON_VALUES)
    path = data.draw(st.sampled_from(["/v1/quotes", "/v1/receipts"]))
    answer = till.post(path, json.dumps(body).encode())
    assert fine(answer.status), (body, answer.body)


def test_garbled_http_is_refused_or_answered(till: LiveTill) -> None:
    chance = random.Random(20261121)
    body = json.dumps(basket("garbled")).encode()
    head = f"POST /v1/quotes HTTP/1.1\r\nHost: {till.host}\r\nContent-Type: application/json\r\n"
    good = head.encode() + b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
    for _ in range(REQUESTS // 4):
        sent = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(sent))
            sent[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 4))
        answer = exchanged(till, bytes(sent))
        assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.1 502")), bytes(sent)


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/cards/..%2f..%2fetc%2fpasswd", "/docs/static/../../tokens.py", "//", "/%00", "/%ff"),
        *("/docs/static/%2e%2e/app.py", "/v1/receipts/' OR 1=1 --".replace(" ", "%20"), "/v1//"),
    ],
)
def test_a_path_that_leads_elsewhere_finds_nothing(till: LiveTill, path: str) -> None:
    assert till.read(path).status in {404, 422}


def test_a_card_number_in_a_path_is_in_no_answer_and_no_log(
    till: LiveTill, capfd: pytest.CaptureFixture[str]
) -> None:
    number = "4111111111111111"
    for path in (f"/v1/cards/{number}", f"/v1/cards/{number}/none", f"/{number}"):
        for method in ("GET", "POST", "PUT"):
            answer = till.call(method, path, {number: number}, JSON)
            assert number.encode() not in answer.body
            assert number not in str(answer.headers)
    said = capfd.readouterr()
    assert number not in said.out + said.err
