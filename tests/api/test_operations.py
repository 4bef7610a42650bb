"""Each operation over real HTTP: what it answers, what it refuses, what is not built."""

from __future__ import annotations

import re
from typing import Any

import pytest

from loyaltyd.api.openapi import document
from loyaltyd.api.operation import Operation
from loyaltyd.api.operations import NOT_BUILT, OPERATIONS
from tests.api.tills import CARD, LiveTill, basket


def test_a_quote_changes_nothing_and_claims_no_id(till: LiveTill) -> None:
    seq = till.read("/v1/status").json["ledger"]["seq"]
    assert till.post("/v1/quotes", basket("q-1")).status == 200
    assert till.read("/v1/receipts/q-1").reason == "receipt_unknown"
    assert till.read("/v1/status").json["ledger"]["seq"] == seq


def test_a_receipt_is_confirmed_by_its_quote_and_read_back(till: LiveTill) -> None:
    quote = till.post("/v1/quotes", basket("c-1")).json
    confirmed = till.post("/v1/receipts", basket("c-1", quote=quote["quote"]))
    assert confirmed.status == 201
    assert confirmed.json["totals"] == quote["totals"]
    read = till.read("/v1/receipts/c-1").json
    assert (read["state"], read["returns"], read["totals"]) == ("confirmed", [], quote["totals"])


def test_the_same_request_again_gets_the_same_answer_marked_replayed(till: LiveTill) -> None:
    first = till.post("/v1/receipts", basket("again"))
    second = till.post("/v1/receipts", basket("again"))
    assert (first.status, second.status) == (201, 201)
    assert second.json == {**first.json, "replayed": True}


def test_the_same_id_with_another_body_is_refused(till: LiveTill) -> None:
    till.post("/v1/receipts", basket("taken"))
    answer = till.post("/v1/receipts", basket("taken", cashier="18"))
    assert (answer.status, answer.reason) == (409, "id_reused")


def test_a_quote_that_no_longer_holds_comes_back_as_a_new_one(till: LiveTill) -> None:
    token = till.post("/v1/quotes", basket("moved")).json["quote"]
    answer = till.post("/v1/receipts", basket("moved", quote=token[:-4] + "AAAA"))
    assert (answer.status, answer.reason) == (409, "quote_invalid")
    assert till.read("/v1/receipts/moved").status == 404


def test_goods_come_back_and_the_rest_can_not_be_cancelled(till: LiveTill) -> None:
    till.post("/v1/receipts", basket("back"))
    body = {"return": "back-r1", "lines": [{"line": 1, "quantity": "1"}]}
    first = till.post("/v1/receipts/back/returns", body)
    assert first.status == 201
    assert till.post("/v1/receipts/back/returns", body).json == {**first.json, "replayed": True}
    more = {"return": "back-r2", "lines": [{"line": 1, "quantity": "2"}]}
    assert till.post("/v1/receipts/back/returns", more).reason == "return_exceeds_sold"
    assert till.read("/v1/receipts/back").json["state"] == "partially_returned"
    assert till.post("/v1/receipts/back/cancel", {}).reason == "receipt_returned"


def test_a_cancelled_receipt_never_happened(till: LiveTill) -> None:
    till.post("/v1/receipts", basket("never"))
    assert till.post("/v1/receipts/never/cancel", {}).json["state"] == "cancelled"
    assert till.post("/v1/receipts/never/cancel", {}).json["replayed"] is True
    assert till.read("/v1/receipts/never").json["state"] == "cancelled"


def test_a_card_is_issued_blocked_and_unblocked(till: LiveTill) -> None:
    number = "2990000000026"
    issued = till.post("/v1/cards", {"card": number, "kind": "bonus", "holder": {"name": "Anna"}})
    assert (issued.status, issued.json["holder"]) == (201, "Anna")
    assert issued.json["number"] == "2990******026"
    blocked = till.post(f"/v1/cards/{number}/block", {"reason": "lost"})
    assert (blocked.status, blocked.json["status"]) == (200, "blocked")
    assert till.post("/v1/quotes", basket("b", card=number)).reason == "card_blocked"
    assert till.post(f"/v1/cards/{number}/unblock", {}).json["status"] == "active"
    assert till.read(f"/v1/cards/{number}").json["status"] == "active"


def test_a_reads_handle_stands_for_its_number(till: LiveTill) -> None:
    handle = till.door.events.publish("card_read", {"reader": "counter"}, number=CARD)
    assert till.read(f"/v1/cards/{handle}").json["number"] == "2990******019"
    by_handle = till.post("/v1/receipts", basket("handled", card=handle))
    by_number = till.post("/v1/receipts", basket("handled"))
    assert by_number.json == {**by_handle.json, "replayed": True}


@pytest.mark.parametrize("handle", ["00000000.1", "00000000.999999999999"])
def test_a_handle_that_stands_for_nothing_asks_for_another_scan(
    till: LiveTill, handle: str
) -> None:
    assert till.read(f"/v1/cards/{handle}").reason == "read_unknown"
    assert till.post("/v1/quotes", basket("h", card=handle)).reason == "read_unknown"


@pytest.mark.parametrize(("path", "what"), NOT_BUILT)
def test_a_call_that_is_not_built_says_so_by_name(till: LiveTill, path: str, what: str) -> None:
    address = path.replace("{number}", CARD)
    answer = till.post(address, {})
    assert (answer.status, answer.reason) == (501, "not_built")
    assert what in answer.json["detail"]
    assert path not in document()["paths"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda it: it.name)
def test_every_operation_with_a_scope_refuses_nobody_and_the_wrong_token(
    guarded: LiveTill, operation: Operation
) -> None:
    path = re.sub(r"\{(receipt|reservation)\}", "r", operation.path.replace("{number}", CARD))
    headers = {"content-type": "application/json"}
    body: Any = {} if operation.method == "POST" else None
    alone = guarded.call(operation.method, path, body, headers)
    forged = guarded.call(operation.method, path, body, {**headers, "authorization": "Bearer x"})
    if operation.scope is None:
        assert alone.status == 200
        return
    assert (alone.status, alone.reason) == (401, "token_missing")
    assert alone.headers["www-authenticate"] == "Bearer"
    assert forged.status == 401
    wrong = "asker" if operation.scope == "events" else "eyes"
    token = guarded.call(
        operation.method, path, body, {**headers, "authorization": f"Bearer {wrong}"}
    )
    if operation.scope == "status":
        assert token.status == 200
    else:
        assert (token.status, token.reason) == (403, "token_scope")


def test_unblocking_takes_a_manager(guarded: LiveTill) -> None:
    path, json_ = f"/v1/cards/{CARD}/unblock", {"content-type": "application/json"}
    pos = guarded.call("POST", path, {}, {**json_, "authorization": "Bearer pos"})
    boss = guarded.call("POST", path, {}, {**json_, "authorization": "Bearer boss"})
    assert (pos.reason, boss.reason) == ("token_scope", "card_unknown")


def test_status_says_whether_tokens_are_configured(till: LiveTill, guarded: LiveTill) -> None:
    assert till.read("/v1/status").json["tokens"] is False
    # The socket's permissions are enough to see how the till is, and for nothing else.
    assert guarded.call_socket("/v1/status", "localhost").json["tokens"] is True
    assert guarded.call_socket("/v1/receipts/r", "localhost").status == 401
