"""Quote a basket, confirm it, read it back, cancel it."""

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pydantic_core import to_json

from loyaltyd.domain.account import Seen, moved
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.books.returns import Returned
from loyaltyd.domain.books.sale import receipt_body, sale_from, sale_postings
from loyaltyd.domain.engine.hints import Asked, hint
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.record import Moment, Record
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
from loyaltyd.till.baskets import basket_from, fingerprint
from loyaltyd.till.beside import NamedCards, named_cards, pin_needed
from loyaltyd.till.coupons import Named, looked_up, made_numbers, prints_of
from loyaltyd.till.explaining import explained_answers
from loyaltyd.till.identify import ACTIVE, NEW, Presented, cashier_account, presented, usable
from loyaltyd.till.past import with_shared
from loyaltyd.till.printing import coupon_answers
from loyaltyd.till.quote_token import (
    Promise,
    amounts_digest,
    basket_digest,
    promise_in,
    promise_of,
    token_of,
)
from loyaltyd.till.requests import QuoteRequest, ReceiptRequest
from loyaltyd.till.telling import (
    Telling,
    card_answer,
    explain_answers,
    gift_card_answers,
    line_answers,
    load_answers,
    messages_answer,
    quote_wallets,
    totals_answer,
)
from loyaltyd.till.till import Till, next_record
from loyaltyd.till.wallets import wallet_answers

REQUOTED = frozenset((Reason.QUOTE_CHANGED, Reason.QUOTE_EXPIRED))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteChanged:
    """What was promised no longer holds, and what holds now."""

    reason: Reason
    quote: QuoteAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reckoned:
    """A basket worked out for the account as it is now."""

    basket: Basket
    program: Program
    moment: Moment
    card: Presented | None
    coupons: list[Named]
    named: NamedCards
    seen: Seen
    quote: Quote
    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)  # rule → what it prints


async def quote_receipt(till: Till, request: QuoteRequest) -> QuoteAnswer | Refusal:
    """Say what the program gives for this basket and card now; changes nothing."""

    def work(view: View) -> QuoteAnswer | Refusal:
        reckoned = _reckoned(till, view, request, promise=None)
        if isinstance(reckoned, Refusal):
            return reckoned
        return _quote_answer(till, reckoned, explain=request.explain)

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
        reckoned = _reckoned(till, tx, request, promise)
        if isinstance(reckoned, Refusal):
            return reckoned
        broken = _broken(reckoned, promise)
        if broken is None:
            return _recorded(till, tx, reckoned, same)
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


def _reckoned(
    till: Till, view: View, request: QuoteRequest, promise: Promise | None
) -> _Reckoned | Refusal:
    """Gather what the quote is decided on, and run it; under a promise by its program and time."""
    ruling = _ruling(till, view, request, promise)
    if isinstance(ruling, Refusal):
        return ruling
    moment, program = ruling
    card = _card(till, view, program, request, moment.business_date)
    if isinstance(card, Refusal):
        return card
    named = named_cards(till, view, program, request, moment.business_date)
    if isinstance(named, Refusal):
        return named
    coupons = looked_up(till, view, request.coupons, program, moment.business_date)
    ids = tuple(it.coupon.id for it in coupons)
    basket = basket_from(request, program, card.card.id if card else "", ids, named.ids)
    if isinstance(basket, Refusal):
        return basket
    seen = replace(
        _seen(card, named, moment.at.date()),
        cashier=cashier_account(till, program, request.cashier),
        coupons=tuple(it.coupon for it in coupons),
    )
    seen = with_shared(seen, view, program.asks, moment.business_date)
    found = quote(basket, seen, program, till.place(moment.business_date), moment.at)
    if isinstance(found, Refusal):
        return found
    return _Reckoned(
        basket=basket,
        program=program,
        moment=moment,
        card=card,
        coupons=coupons,
        named=named,
        seen=seen,
        quote=found,
    )


def _seen(card: Presented | None, named: NamedCards, on: dt.date) -> Seen:
    """What the quote decides on; on is the local day."""
    beside = named.seen(on)
    if card is None:
        return Seen(beside=beside)
    return Seen(card=card.card, account=card.live(on), past=card.past, beside=beside)


def _ruling(
    till: Till, view: View, request: QuoteRequest, promise: Promise | None
) -> tuple[Moment, Program] | Refusal:
    """When the receipt is made, and which program rules it."""
    if promise is not None:
        promised = till.program_with(promise.program)
        moment = till.moment_at(promise.at, till.now(view))
        return (moment, promised) if promised else refused(Reason.QUOTE_INVALID)
    found = till.moment(view, request.at)
    program = found if isinstance(found, Refusal) else till.program_on(found.business_date)
    return program if isinstance(program, Refusal) else (cast(Moment, found), program)


def _card(
    till: Till, view: View, program: Program, request: QuoteRequest, on: dt.date
) -> Presented | Refusal | None:
    if request.card is None:
        return None
    card = usable(presented(till, view, program, request.card, on), program)
    return card if isinstance(card, Refusal) else pin_needed(card, request, program) or card


def _telling(till: Till, reckoned: _Reckoned) -> Telling:
    postings = sale_postings(
        reckoned.quote.result, reckoned.seen, reckoned.program, reckoned.moment.at
    )
    before = reckoned.seen.account
    return Telling(
        quote=reckoned.quote,
        basket=reckoned.basket,
        program=reckoned.program,
        card=reckoned.card,
        asked=Asked(
            basket=reckoned.basket,
            seen=reckoned.seen,
            program=reckoned.program,
            place=till.place(reckoned.moment.business_date),
            at=reckoned.moment.at,
        ),
        coupons=reckoned.coupons,
        numbers=reckoned.numbers,
        before=before,
        after=moved(before, postings) if before else None,
        at=reckoned.moment.at,
        language=till.language,
        named=reckoned.named,
        beside=tuple(moved(it.account, postings) for it in reckoned.seen.beside),
    )


def _quote_answer(till: Till, reckoned: _Reckoned, *, explain: bool) -> QuoteAnswer:
    telling = _telling(till, reckoned)
    telling = replace(telling, hint=hint(telling.asked, telling.quote))
    program, result = reckoned.program, reckoned.quote.result
    promise = promise_of(
        reckoned.basket, result, program.hash, reckoned.moment.at, reckoned.moment.recorded_at
    )
    answer = QuoteAnswer(
        quote=token_of(promise, till.token_key),
        expires_at=promise.expires_at.isoformat(),
        program=ProgramAnswer(id=program.id, version=program.version),
        card=card_answer(reckoned.card),
        totals=totals_answer(result, program),
        lines=line_answers(telling),
        wallets=quote_wallets(telling),
        messages=messages_answer(telling),
        explain=explained_answers(telling) if explain else explain_answers(telling),
    )
    _tell_cards(answer, telling)
    return answer


def _tell_cards(answer: QuoteAnswer | ReceiptAnswer, telling: Telling) -> None:
    """Add what the cards beside the shopper's own pay and get, where there are any."""
    if telling.basket.gift_cards:
        answer["gift_cards"] = gift_card_answers(telling)
    if telling.basket.loads:
        answer["loads"] = load_answers(telling)
    if telling.quote.result.prints:
        answer["coupons"] = coupon_answers(telling.quote.result.prints, telling.numbers)


def _broken(reckoned: _Reckoned, promise: Promise | None) -> Refusal | None:
    """Whether the promise, or what the till says was paid, no longer fits the amounts."""
    result = reckoned.quote.result
    if promise is not None:
        if promise.basket != basket_digest(reckoned.basket):
            return refused(Reason.QUOTE_INVALID)
        if promise.expires_at < reckoned.moment.recorded_at:
            return refused(Reason.QUOTE_EXPIRED)
        if promise.amounts != amounts_digest(result):
            return refused(Reason.QUOTE_CHANGED)
    payments = reckoned.basket.payments
    if payments and sum(payment.amount for payment in payments) != result.payable:
        return refused(Reason.PAYMENTS_MISMATCH)
    return None


def _requoted(
    till: Till, view: View, request: QuoteRequest, broken: Refusal
) -> QuoteChanged | Refusal:
    """What holds now, by today's program: a promise renewed by its own would never end."""
    anew = _reckoned(till, view, request, promise=None)
    if isinstance(anew, Refusal):
        return anew
    return QuoteChanged(
        reason=broken.reason, quote=_quote_answer(till, anew, explain=request.explain)
    )


def _numbered(till: Till, reckoned: _Reckoned) -> _Reckoned:
    """With the numbers of the coupons that the receipt prints."""
    result = reckoned.quote.result
    if not result.prints:
        return reckoned
    numbers = made_numbers(till, reckoned.basket.receipt, result, reckoned.program)
    seen = replace(reckoned.seen, prints=prints_of(numbers, till.chain_key))
    return replace(reckoned, seen=seen, numbers=numbers)


def _recorded(till: Till, tx: Transaction, reckoned: _Reckoned, same: bytes) -> ReceiptAnswer:
    """Append the receipt, its postings and the answer: one transaction."""
    reckoned = _numbered(till, reckoned)
    result, seen = reckoned.quote.result, reckoned.seen
    postings = sale_postings(result, seen, reckoned.program, reckoned.moment.at)
    place = till.place(reckoned.moment.business_date)
    body = receipt_body(reckoned.basket, seen, place, result, postings)
    record = next_record(tx, "receipt", reckoned.moment, reckoned.program, body)
    tx.append(record)
    if reckoned.card is not None and reckoned.card.status == NEW:
        tx.keep_card_number(reckoned.card.card.id, reckoned.card.number.number)
    for number, it in zip(reckoned.numbers.values(), seen.prints, strict=True):
        tx.keep_card_number(it.coupon, number)
    for card in reckoned.named.fresh():
        tx.keep_card_number(card.card.id, card.number.number)
    answer = _receipt_answer(till, reckoned, record.seq)
    tx.keep_answer(
        Answer(
            kind="receipt",
            id=reckoned.basket.receipt,
            account=seen.account.id if seen.account else None,
            request_hash=same,
            body=to_json(answer).decode(),
            seq=record.seq,
        )
    )
    return answer


def _receipt_answer(till: Till, reckoned: _Reckoned, seq: int) -> ReceiptAnswer:
    telling = _telling(till, reckoned)
    program, result = reckoned.program, reckoned.quote.result
    said = messages_answer(telling)
    wallets = wallet_answers(telling.after, program, telling.at.date())
    for name, wallet in quote_wallets(telling).items():
        wallets[name]["spent"] = wallet["spent"]
    answer = ReceiptAnswer(
        receipt=reckoned.basket.receipt,
        seq=seq,
        recorded_at=reckoned.moment.recorded_at.isoformat(timespec="milliseconds"),
        program=ProgramAnswer(id=program.id, version=program.version),
        card=card_answer(reckoned.card and replace(reckoned.card, status=ACTIVE)),
        totals=totals_answer(result, program),
        lines=line_answers(telling),
        wallets=wallets,
        messages=said,
        explain=explain_answers(telling),
        slip=said["slip"],
    )
    _tell_cards(answer, telling)
    return answer
