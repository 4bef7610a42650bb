"""The table of operations: routes, OpenAPI, the human docs and the 501s are all made from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from loyaltyd.api import answers, calls
from loyaltyd.api.calls import Sent
from loyaltyd.api.door import Door
from loyaltyd.api.reasons import (
    ALWAYS,
    OF_A_BASKET,
    OF_A_CARD,
    OF_A_RECEIPT,
    OF_A_RESERVATION,
    OF_TWO_CARDS,
    WITH_BODY,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What can be asked next, with parts of request or answer (OpenAPI runtime expressions)."""

    to: str
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of the API; scope None: anyone may call."""

    name: str
    method: str
    path: str
    summary: str
    call: Callable[[Door, Sent], Awaitable[Any]]
    answer: Any  # the type of what it answers
    request: type[BaseModel] | None = None
    status: int = 200
    scope: Scope | None = None
    reasons: tuple[Reason, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """Every reason that this operation may refuse with."""
        with_path = (Reason.REQUEST_INVALID,) if "{" in self.path else ()
        with_body = WITH_BODY if self.request else ()
        return tuple(dict.fromkeys((*ALWAYS, *with_path, *with_body, *self.reasons)))


BY_RECEIPT = {"receipt": "$response.body#/receipt"}
BY_RESERVATION = {"reservation": "$response.body#/reservation"}
BY_CARD = {"number": "$request.body#/card"}
BY_NUMBER = {"number": "$request.path.number"}

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
    Operation(
        name="readCard",
        method="GET",
        path="/v1/cards/{number}",
        summary="The card, its holder's greeting name, tier, wallets, what is about to expire",
        call=calls.read_card,
        answer=till_answers.CardViewAnswer,
        scope=Scope.QUOTE,
        reasons=OF_A_CARD,
    ),
    Operation(
        name="issueCard",
        method="POST",
        path="/v1/cards",
        summary="Issue or enrol a card",
        call=calls.issue_card,
        request=requests.CardRequest,
        answer=till_answers.CardViewAnswer,
        status=201,
        scope=Scope.COMMIT,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW, Reason.CARD_EXISTS, Reason.CARD_BLOCKED),
        example={
            "card": "2990000000019",
            "kind": "bonus",
            "holder": {"name": "Anna", "birthday": "1990-05-01", "phone": "+79990000000"},
        },
        links=(
            Link(to="readCard", path=BY_CARD),
            Link(to="blockCard", path=BY_CARD, body={"reason": "lost"}),
            Link(to="unblockCard", path=BY_CARD, body={}),
        ),
    ),
    Operation(
        name="blockCard",
        method="POST",
        path="/v1/cards/{number}/block",
        summary="Block a card: lost, stolen, misused",
        call=calls.block_card,
        request=requests.BlockRequest,
        answer=till_answers.CardViewAnswer,
        scope=Scope.COMMIT,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW, Reason.CARD_NOT_ISSUED, Reason.CARD_REPLACED),
        example={"reason": "lost"},
        links=(
            Link(to="unblockCard", path=BY_NUMBER, body={}),
            Link(to="readCard", path=BY_NUMBER),
        ),
    ),
    Operation(
        name="unblockCard",
        method="POST",
        path="/v1/cards/{number}/unblock",
        summary="Let a blocked card be used again",
        call=calls.unblock_card,
        request=requests.MomentRequest,
        answer=till_answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW, Reason.CARD_NOT_ISSUED, Reason.CARD_REPLACED),
        links=(Link(to="readCard", path=BY_NUMBER),),
    ),
    Operation(
        name="replaceCard",
        method="POST",
        path="/v1/cards/{number}/replace",
        summary="Put a new card in the place of a lost or broken one: the account goes on",
        call=calls.replace_card,
        request=requests.ReplaceRequest,
        answer=till_answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(*OF_TWO_CARDS, Reason.CARD_EXISTS, Reason.CARD_REPLACED),
        example={"new": "2990000000026"},
    ),
    Operation(
        name="linkCard",
        method="POST",
        path="/v1/cards/{number}/link",
        summary="Let one more card, or a phone, stand for the card's account",
        call=calls.link_card,
        request=requests.LinkRequest,
        answer=till_answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(
            *OF_TWO_CARDS,
            Reason.CARD_BLOCKED,
            Reason.CARD_EXISTS,
            Reason.CARD_REPLACED,
            Reason.PHONE_TAKEN,
        ),
        example={"phone": "+79990000000"},
    ),
    Operation(
        name="forgetHolder",
        method="POST",
        path="/v1/cards/{number}/forget",
        summary="Forget who holds the card: name, birthday, phone, numbers, stored answers",
        call=calls.forget_holder,
        request=requests.MomentRequest,
        answer=till_answers.CardViewAnswer,
        scope=Scope.MANAGER,
        reasons=(*OF_A_CARD, Reason.AT_OUT_OF_WINDOW),
    ),
    Operation(
        name="mergeAccounts",
        method="POST",
        path="/v1/transfers",
        summary="Two accounts become one: the second card's holds all, the first is closed",
        call=calls.merge_accounts,
        request=requests.TransferRequest,
        answer=till_answers.TransferAnswer,
        status=201,
        scope=Scope.MANAGER,
        reasons=(*OF_TWO_CARDS, Reason.ID_REUSED),
        example={"transfer": "msk017-3-T000001", "from": "2990000000026", "to": "2990000000019"},
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
NOT_BUILT: tuple[tuple[str, str], ...] = (
    ("/v1/ratings", "ratings"),
    ("/v1/days/open", "business days"),
    ("/v1/days/close", "business days"),
)
