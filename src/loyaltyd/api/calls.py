"""Each operation's call: resolve the read's handle, ask the till, tell the events."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from loyaltyd.api.answers import (
    DayFileAnswer,
    ExportAnswer,
    HealthAnswer,
    PageAnswer,
    StatusAnswer,
)
from loyaltyd.api.door import Door
from loyaltyd.api.tokens import CODE_S
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.days import DayFile
from loyaltyd.till import accounts, cards, checkout, days, linking, reservations, returns
from loyaltyd.till.answers import (
    CancelAnswer,
    CancelledReservationAnswer,
    CardViewAnswer,
    DayAnswer,
    QuoteAnswer,
    ReceiptAnswer,
    RecordedReceiptAnswer,
    ReservationAnswer,
    ReturnAnswer,
    TransferAnswer,
)
from loyaltyd.till.checkout import QuoteChanged
from loyaltyd.till.requests import (
    CardRequest,
    GiftCardRequest,
    LinkRequest,
    LoadRequest,
    QuoteRequest,
    ReplaceRequest,
    TransferRequest,
)

WithCard = TypeVar("WithCard", CardRequest, GiftCardRequest, LoadRequest)
Naming = TypeVar("Naming", LinkRequest, ReplaceRequest, TransferRequest)
Basket = TypeVar("Basket", bound=QuoteRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a caller sent: the path's parameters, and the body as the operation's request."""

    path: Mapping[str, str]
    body: Any


async def quote_receipt(door: Door, sent: Sent) -> QuoteAnswer | Refusal:
    """POST /v1/quotes."""
    request = _with_numbers(door, sent.body)
    if isinstance(request, Refusal):
        return request
    return await checkout.quote_receipt(door.till, request)


async def confirm_receipt(door: Door, sent: Sent) -> ReceiptAnswer | Refusal | QuoteChanged:
    """POST /v1/receipts."""
    request = _with_numbers(door, sent.body)
    if isinstance(request, Refusal):
        return request
    answer = await checkout.confirm_receipt(door.till, request)
    _tell_confirmed(door, answer)
    return answer


async def reserve(door: Door, sent: Sent) -> ReservationAnswer | Refusal:
    """POST /v1/reservations."""
    request = _with_numbers(door, sent.body)
    if isinstance(request, Refusal):
        return request
    return await reservations.reserve(door.till, request)


async def confirm_reservation(door: Door, sent: Sent) -> ReceiptAnswer | Refusal:
    """POST /v1/reservations/{reservation}/confirm."""
    answer = await reservations.confirm_reservation(door.till, sent.path["reservation"], sent.body)
    _tell_confirmed(door, answer)
    return answer


async def cancel_reservation(door: Door, sent: Sent) -> CancelledReservationAnswer | Refusal:
    """POST /v1/reservations/{reservation}/cancel."""
    return await reservations.cancel_reservation(door.till, sent.path["reservation"], sent.body)


async def read_receipt(door: Door, sent: Sent) -> RecordedReceiptAnswer | Refusal:
    """GET /v1/receipts/{receipt}."""
    return await checkout.read_receipt(door.till, sent.path["receipt"])


async def cancel_receipt(door: Door, sent: Sent) -> CancelAnswer | Refusal:
    """POST /v1/receipts/{receipt}/cancel."""
    return await returns.cancel_receipt(door.till, sent.path["receipt"], sent.body)


async def return_goods(door: Door, sent: Sent) -> ReturnAnswer | Refusal:
    """POST /v1/receipts/{receipt}/returns."""
    return await returns.return_goods(door.till, sent.path["receipt"], sent.body)


async def read_card(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """GET /v1/cards/{number}."""
    number = _number(door, sent.path["number"])
    return number if isinstance(number, Refusal) else await cards.read_card(door.till, number)


async def issue_card(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """POST /v1/cards."""
    request = _with_number(door, sent.body)
    return request if isinstance(request, Refusal) else await cards.issue_card(door.till, request)


async def block_card(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """POST /v1/cards/{number}/block."""
    number = _number(door, sent.path["number"])
    if isinstance(number, Refusal):
        return number
    return await cards.block_card(door.till, number, sent.body)


async def unblock_card(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """POST /v1/cards/{number}/unblock."""
    number = _number(door, sent.path["number"])
    if isinstance(number, Refusal):
        return number
    return await cards.unblock_card(door.till, number, sent.body)


async def replace_card(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """POST /v1/cards/{number}/replace."""
    number, request = _number(door, sent.path["number"]), _resolved(door, sent.body, "new")
    if isinstance(number, Refusal) or isinstance(request, Refusal):
        return number if isinstance(number, Refusal) else cast(Refusal, request)
    return await linking.replace_card(door.till, number, request)


async def link_card(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """POST /v1/cards/{number}/link."""
    number, request = _number(door, sent.path["number"]), _resolved(door, sent.body, "card")
    if isinstance(number, Refusal) or isinstance(request, Refusal):
        return number if isinstance(number, Refusal) else cast(Refusal, request)
    return await linking.link_card(door.till, number, request)


async def forget_holder(door: Door, sent: Sent) -> CardViewAnswer | Refusal:
    """POST /v1/cards/{number}/forget."""
    number = _number(door, sent.path["number"])
    if isinstance(number, Refusal):
        return number
    return await accounts.forget_holder(door.till, number, sent.body)


async def merge_accounts(door: Door, sent: Sent) -> TransferAnswer | Refusal:
    """POST /v1/transfers."""
    request = _resolved(door, sent.body, "source", "target")
    if isinstance(request, Refusal):
        return request
    return await accounts.merge_accounts(door.till, request)


async def open_day(door: Door, sent: Sent) -> DayAnswer | Refusal:
    """POST /v1/days/open."""
    return await days.open_day(door.till, sent.body)


async def close_day(door: Door, sent: Sent) -> DayAnswer | Refusal:
    """POST /v1/days/close."""
    return await days.close_day(door.till, sent.body)


async def open_page(door: Door, _sent: Sent) -> PageAnswer:
    """POST /v1/pages."""
    until = door.clock() + dt.timedelta(seconds=CODE_S)
    code = door.tokens.page_code()
    return {"page": f"/till?code={code}", "expires_at": until.isoformat(timespec="seconds")}


async def write_days(door: Door, _sent: Sent) -> ExportAnswer:
    """POST /v1/exports."""
    written = await door.exports()
    return {
        "files": [_day_file(each) for each in written.files],
        "folder": str(written.folder),
        "more": written.more,
    }


async def read_status(door: Door, _sent: Sent) -> StatusAnswer:
    """GET /v1/status."""
    return await door.status()


async def read_health(_door: Door, _sent: Sent) -> HealthAnswer:
    """GET /healthz."""
    return {"status": "ok"}


def _tell_confirmed(door: Door, answer: ReceiptAnswer | Refusal | QuoteChanged) -> None:
    """Tell who listens that there is a new receipt."""
    if isinstance(answer, dict) and not answer.get("replayed"):
        door.events.publish(
            "receipt_confirmed", {"receipt": answer["receipt"], "seq": answer["seq"]}
        )


def _day_file(day: DayFile) -> DayFileAnswer:
    return {
        "file": day.name,
        "number": day.number,
        "business_date": day.business_date.isoformat(),
        "first": day.first,
        "last": day.last,
        "records": day.last - day.first + 1,
        "sha256": day.file,
    }


def _number(door: Door, text: str) -> str | Refusal:
    """Return the card number that text is, or stands for as the handle of a read."""
    if not door.events.is_handle(text):
        return text
    return door.events.number(text) or refused(Reason.READ_UNKNOWN)


def _resolved(door: Door, request: Naming, *members: str) -> Naming | Refusal:
    """The request with numbers in place of the handles that its members hold."""
    found: dict[str, str] = {}
    for member in members:
        text = getattr(request, member)
        number = None if text is None else _number(door, text)
        if isinstance(number, Refusal):
            return number
        if number is not None:
            found[member] = number
    return request.model_copy(update=found)


def _with_number(door: Door, request: WithCard) -> WithCard | Refusal:
    """The request with a number in place of the handle by which it names a card."""
    number = _number(door, request.card)
    return number if isinstance(number, Refusal) else request.model_copy(update={"card": number})


def _with_numbers(door: Door, request: Basket) -> Basket | Refusal:
    """The request with numbers in place of all handles by which it names cards."""
    number = None if request.card is None else _number(door, request.card)
    if isinstance(number, Refusal):
        return number
    beside: dict[str, Any] = {"card": number}
    for member in ("gift_cards", "loads"):
        named = [_with_number(door, part) for part in getattr(request, member)]
        wrong = next((it for it in named if isinstance(it, Refusal)), None)
        if wrong is not None:
            return wrong
        beside[member] = tuple(named)
    return request.model_copy(update=beside)
