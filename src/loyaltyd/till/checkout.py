"""Quote a basket, confirm it, read it back."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from loyaltyd.domain.books.returns import Returned
from loyaltyd.domain.books.sale import sale_from
from loyaltyd.domain.engine.hints import hint
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.record import Record
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.answers import (
    ProgramAnswer,
    QuoteAnswer,
    ReceiptAnswer,
    RecordedReceiptAnswer,
    ReturnAnswer,
)
from loyaltyd.till.baskets import fingerprint
from loyaltyd.till.expiry import release_expired
from loyaltyd.till.explaining import explained_answers
from loyaltyd.till.quote_token import (
    Promise,
    amounts_digest,
    basket_digest,
    promise_in,
    promise_of,
    token_of,
)
from loyaltyd.till.reckoning import Reckoned, reckoned, telling
from loyaltyd.till.recording import recorded, tell_cards
from loyaltyd.till.requests import QuoteRequest, ReceiptRequest
from loyaltyd.till.telling import (
    card_answer,
    explain_answers,
    line_answers,
    messages_answer,
    quote_wallets,
    totals_answer,
)
from loyaltyd.till.till import Till

REQUOTED = frozenset((Reason.QUOTE_CHANGED, Reason.QUOTE_EXPIRED))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteChanged:
    """What was promised no longer holds, and what holds now."""

    reason: Reason
    quote: QuoteAnswer


async def quote_receipt(till: Till, request: QuoteRequest) -> QuoteAnswer | Refusal:
    """Say what the program gives for this basket and card now; changes nothing."""

    def work(view: View) -> QuoteAnswer | Refusal:
        found = reckoned(till, view, request, promise=None)
        if isinstance(found, Refusal):
            return found
        return _quote_answer(till, found, explain=request.explain)

    return await asyncio.wrap_future(till.ledger.read(work))


async def confirm_receipt(
    till: Till, request: ReceiptRequest
) -> ReceiptAnswer | Refusal | QuoteChanged:
    """Record a receipt once, however often the till sends it; durable when this returns."""

    def work(tx: Transaction) -> ReceiptAnswer | Refusal | QuoteChanged:
        same = fingerprint(request, till.chain_key)
        prior = answered(tx, "receipt", request.receipt, same)
        if prior is not None:
            return cast(ReceiptAnswer | Refusal, prior)
        promise = None if request.quote is None else promise_in(request.quote, till.token_key)
        if promise is None and request.quote is not None:
            return refused(Reason.QUOTE_INVALID)
        release_expired(till, tx)
        found = reckoned(till, tx, request, promise)
        if isinstance(found, Refusal):
            return found
        broken = _broken(found, promise)
        if broken is None:
            return recorded(till, tx, found, same)
        return _requoted(till, tx, request, broken) if broken.reason in REQUOTED else broken

    return await asyncio.wrap_future(till.ledger.write(work))


async def read_receipt(till: Till, receipt: str) -> RecordedReceiptAnswer | Refusal:
    """Say what was answered at confirm, how the receipt stands now, and what came back."""

    def work(view: View) -> RecordedReceiptAnswer | Refusal:
        answer, record = view.answer("receipt", receipt), view.record("receipt", receipt)
        if answer is None or record is None:
            return refused(Reason.RECEIPT_UNKNOWN)
        later = view.records_of(receipt)
        returns: list[ReturnAnswer] = [
            json.loads(found.body)
            for it in later
            if it.type == "return" and (found := view.answer("return", str(it.body["id"])))
        ]
        body: ReceiptAnswer = json.loads(answer.body)
        return RecordedReceiptAnswer(**body, state=_state(record, later), returns=returns)

    return await asyncio.wrap_future(till.ledger.read(work))


def answered(
    view: View, kind: str, caller_id: str, same: bytes
) -> Mapping[str, Any] | Refusal | None:
    """What the id was answered before; None while it is free.

    An id whose answer was forgotten with its holder stays taken: its record is still there.
    """
    prior = view.answer(kind, caller_id)
    if prior is not None:
        return replayed(prior, same)
    return refused(Reason.ID_REUSED) if view.record(kind, caller_id) else None


def replayed(prior: Answer, same: bytes) -> Mapping[str, Any] | Refusal:
    """The stored answer to the same request; another request may not use its id."""
    if prior.request_hash != same:
        return refused(Reason.ID_REUSED)
    return {**json.loads(prior.body), "replayed": True}


def _state(receipt: Record, later: Sequence[Record]) -> str:
    """How a receipt stands after its returns, or its cancel."""
    if any(it.type == "cancel" for it in later):
        return "cancelled"
    left = {line.line: line.quantity for line in sale_from(receipt).basket.lines}
    for part in (value_from(Returned, it.body["returned"]) for it in later):
        for line in part.lines:
            left[line.line] -= line.quantity
    if not later:
        return "confirmed"
    return "partially_returned" if any(left.values()) else "returned"


def payments_mismatch(found: Reckoned) -> Refusal | None:
    """Whether what the till says was paid doesn't fit the amounts."""
    payments = found.basket.payments
    if payments and sum(payment.amount for payment in payments) != found.quote.result.payable:
        return refused(Reason.PAYMENTS_MISMATCH)
    return None


def _quote_answer(till: Till, found: Reckoned, *, explain: bool) -> QuoteAnswer:
    told = telling(till, found, found.sale())
    told = replace(told, hint=hint(told.asked, told.quote))
    program, result = found.program, found.quote.result
    promise = promise_of(
        found.basket, result, program.hash, found.moment.at, found.moment.recorded_at
    )
    answer = QuoteAnswer(
        quote=token_of(promise, till.token_key),
        expires_at=promise.expires_at.isoformat(),
        program=ProgramAnswer(id=program.id, version=program.version),
        card=card_answer(found.card),
        totals=totals_answer(result, program),
        lines=line_answers(told),
        wallets=quote_wallets(told),
        messages=messages_answer(told),
        explain=explained_answers(told) if explain else explain_answers(told),
    )
    tell_cards(answer, told)
    return answer


def _broken(found: Reckoned, promise: Promise | None) -> Refusal | None:
    """Whether the promise, or what the till says was paid, no longer fits the amounts."""
    if promise is not None:
        if promise.basket != basket_digest(found.basket):
            return refused(Reason.QUOTE_INVALID)
        if promise.expires_at < found.moment.recorded_at:
            return refused(Reason.QUOTE_EXPIRED)
        if promise.amounts != amounts_digest(found.quote.result):
            return refused(Reason.QUOTE_CHANGED)
    return payments_mismatch(found)


def _requoted(
    till: Till, view: View, request: QuoteRequest, broken: Refusal
) -> QuoteChanged | Refusal:
    """What holds now, by today's program: a promise renewed by its own would never end."""
    anew = reckoned(till, view, request, promise=None)
    if isinstance(anew, Refusal):
        return anew
    return QuoteChanged(
        reason=broken.reason, quote=_quote_answer(till, anew, explain=request.explain)
    )
