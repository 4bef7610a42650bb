"""The table of operations: routes, OpenAPI, the human docs and the 501s are all made from it."""

from collections.abc import Mapping
from typing import Any

from loyaltyd.api import answers, calls
from loyaltyd.api.card_operations import CARD_OPERATIONS
from loyaltyd.api.operation import Link, Operation
from loyaltyd.api.reasons import OF_A_BASKET, OF_A_DAY, OF_A_RECEIPT, OF_A_RESERVATION
from loyaltyd.api.tokens import Scope
from loyaltyd.domain.refusal import Reason
from loyaltyd.till import answers as till_answers
from loyaltyd.till import requests

BASKET: Mapping[str, Any] = {
    "receipt": "msk017-3-000123",
    "cashier": "17",
    "card": "2990000000019",
    "lines": [
        {
            "line": 1,
            "sku": "4600682000013",
            "name": "Milk 1 l",
            "category": "dairy/milk",
            "quantity": "2",
            "unit": "pc",
            "price": "89.90",
        },
        {
            "line": 2,
            "sku": "2100123",
            "name": "Apples",
            "category": "fruit/apples",
            "quantity": "0.347",
            "unit": "kg",
            "price": "389.99",
        },
    ],
    "redeem": {"bonus": "max"},
}


BY_RECEIPT = {"receipt": "$response.body#/receipt"}
BY_RESERVATION = {"reservation": "$response.body#/reservation"}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="quoteReceipt",
        method="POST",
        path="/v1/quotes",
        summary="What this basket and card give now; changes nothing",
        call=calls.quote_receipt,
        request=requests.QuoteRequest,
        answer=till_answers.QuoteAnswer,
        scope=Scope.QUOTE,
        reasons=OF_A_BASKET,
        example=BASKET,
        links=(Link(to="confirmReceipt", body="$request.body"),),
    ),
    Operation(
        name="confirmReceipt",
        method="POST",
        path="/v1/receipts",
        summary="Confirm a receipt: the quote's body, and its token; safe to send again",
        call=calls.confirm_receipt,
        request=requests.ReceiptRequest,
        answer=till_answers.ReceiptAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=(
            *OF_A_BASKET,
            Reason.ID_REUSED,
            Reason.PAYMENTS_MISMATCH,
            Reason.QUOTE_CHANGED,
            Reason.QUOTE_EXPIRED,
            Reason.QUOTE_INVALID,
        ),
        example=BASKET,
        links=(
            Link(to="readReceipt", path=BY_RECEIPT),
            Link(to="cancelReceipt", path=BY_RECEIPT, body={}),
            Link(to="returnGoods", path=BY_RECEIPT),
            Link(to="confirmReceipt", body="$request.body"),
        ),
    ),
    Operation(
        name="reserve",
        method="POST",
        path="/v1/reservations",
        summary="Hold what the receipt redeems, until it is confirmed, cancelled or expired",
        call=calls.reserve,
        request=requests.ReservationRequest,
        answer=till_answers.ReservationAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=(*OF_A_BASKET, Reason.ID_REUSED, Reason.PAYMENTS_MISMATCH),
        example={"reservation": "msk017-3-000123-1", **BASKET},
        links=(
            Link(to="confirmReservation", path=BY_RESERVATION, body={}),
            Link(to="cancelReservation", path=BY_RESERVATION, body={}),
        ),
    ),
    Operation(
        name="confirmReservation",
        method="POST",
        path="/v1/reservations/{reservation}/confirm",
        summary="Record the receipt with the amounts reserved; safe to send again",
        call=calls.confirm_reservation,
        request=requests.Request,
        answer=till_answers.ReceiptAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=(*OF_A_RESERVATION, Reason.ID_REUSED),
        links=(
            Link(to="readReceipt", path=BY_RECEIPT),
            Link(to="cancelReceipt", path=BY_RECEIPT, body={}),
            Link(to="returnGoods", path=BY_RECEIPT),
        ),
    ),
    Operation(
        name="cancelReservation",
        method="POST",
        path="/v1/reservations/{reservation}/cancel",
        summary="Give back what a reservation holds",
        call=calls.cancel_reservation,
        request=requests.Request,
        answer=till_answers.CancelledReservationAnswer,
        scope=Scope.COMMIT,
        reasons=(*OF_A_RESERVATION, Reason.RESERVATION_CONFIRMED),
    ),
    Operation(
        name="readReceipt",
        method="GET",
        path="/v1/receipts/{receipt}",
        summary="The receipt as recorded, its returns and its state",
        call=calls.read_receipt,
        answer=till_answers.RecordedReceiptAnswer,
        scope=Scope.QUOTE,
        reasons=(Reason.RECEIPT_UNKNOWN,),
    ),
    Operation(
        name="cancelReceipt",
        method="POST",
        path="/v1/receipts/{receipt}/cancel",
        summary="The receipt never happened",
        call=calls.cancel_receipt,
        request=requests.MomentRequest,
        answer=till_answers.CancelAnswer,
        scope=Scope.COMMIT,
        reasons=(*OF_A_RECEIPT, Reason.RECEIPT_RETURNED, Reason.LOAD_SPENT),
        links=(Link(to="readReceipt", path=BY_RECEIPT), Link(to="returnGoods", path=BY_RECEIPT)),
    ),
    Operation(
        name="returnGoods",
        method="POST",
        path="/v1/receipts/{receipt}/returns",
        summary="Goods come back, wholly or in part",
        call=calls.return_goods,
        request=requests.ReturnRequest,
        answer=till_answers.ReturnAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=(
            *OF_A_RECEIPT,
            Reason.LINE_UNKNOWN,
            Reason.LINE_INCOMPLETE,
            Reason.ID_REUSED,
            Reason.RETURN_EXCEEDS_SOLD,
        ),
        example={"return": "msk017-1-R000009", "lines": [{"line": 1, "quantity": "1"}]},
        links=(
            Link(to="readReceipt", path=BY_RECEIPT),
            Link(to="cancelReceipt", path=BY_RECEIPT, body={}),
        ),
    ),
    *CARD_OPERATIONS,
    Operation(
        name="openDay",
        method="POST",
        path="/v1/days/open",
        summary="Open a trading day: what is rung up until it is closed is of that date",
        call=calls.open_day,
        request=requests.DayRequest,
        answer=till_answers.DayAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=OF_A_DAY,
        example={"business_date": "2026-12-05"},
        links=(Link(to="closeDay", body={}),),
    ),
    Operation(
        name="closeDay",
        method="POST",
        path="/v1/days/close",
        summary="Close the trading day, with what its cards came to; what follows is of the next",
        call=calls.close_day,
        request=requests.DayRequest,
        answer=till_answers.DayAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=OF_A_DAY,
    ),
    Operation(
        name="openPage",
        method="POST",
        path="/v1/pages",
        summary="A one-use address at which a browser without a token opens the cashier page",
        call=calls.open_page,
        request=requests.Request,
        answer=answers.PageAnswer,
        status=201,
        scope=Scope.EVENTS,
    ),
    Operation(
        name="writeDays",
        method="POST",
        path="/v1/exports",
        summary="Write the till-day: the nightly file of what was recorded since the last one",
        call=calls.write_days,
        request=requests.Request,
        answer=answers.ExportAnswer,
        scope=Scope.EXPORT,
        reasons=(Reason.FOLDER_UNAVAILABLE,),
    ),
    Operation(
        name="readStatus",
        method="GET",
        path="/v1/status",
        summary="All that store IT asks",
        call=calls.read_status,
        answer=answers.StatusAnswer,
        scope=Scope.STATUS,
    ),
    Operation(
        name="readHealth",
        method="GET",
        path="/healthz",
        summary="Whether the process answers",
        call=calls.read_health,
        answer=answers.HealthAnswer,
    ),
)

# Calls of the contract that this version answers with 501, by name; OpenAPI leaves them out.
NOT_BUILT: tuple[tuple[str, str], ...] = (("/v1/ratings", "ratings"),)
