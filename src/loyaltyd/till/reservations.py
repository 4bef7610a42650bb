"""Hold what a receipt redeems, until it is confirmed, cancelled or expired."""

import asyncio
import json
from dataclasses import replace
from typing import cast

from loyaltyd.domain.account import Account, Card, Seen, moved
from loyaltyd.domain.books.reservations import reserve_body
from loyaltyd.domain.books.sale import Sale, sale_from
from loyaltyd.domain.card import CardNumber
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.ledger import postings_of
from loyaltyd.domain.record import Moment, Record
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.domain.reservation import (
    CANCELLED,
    EXPIRED,
    RELEASE,
    RESERVE,
    Reservation,
    freed,
    held,
    owed_by,
)
from loyaltyd.messages import UNNAMED
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.answers import (
    CancelledReservationAnswer,
    ProgramAnswer,
    ReceiptAnswer,
    ReservationAnswer,
)
from loyaltyd.till.baskets import fingerprint
from loyaltyd.till.beside import NamedCards
from loyaltyd.till.checkout import answered, payments_mismatch, replayed
from loyaltyd.till.coupons import Named
from loyaltyd.till.expiry import release, release_expired
from loyaltyd.till.identify import ACTIVE, Presented, account_of
from loyaltyd.till.merged import as_held_now
from loyaltyd.till.reckoning import Confirming, Reckoned, reckoned, telling
from loyaltyd.till.recording import keep_answer, keep_numbers, recorded, tell_cards
from loyaltyd.till.requests import Request, ReservationRequest
from loyaltyd.till.telling import (
    card_answer,
    explain_answers,
    line_answers,
    messages_answer,
    quote_wallets,
    totals_answer,
)
from loyaltyd.till.till import Till, next_record
from loyaltyd.till.wallets import wallet_answers


async def reserve(till: Till, request: ReservationRequest) -> ReservationAnswer | Refusal:
    """Set aside what the receipt redeems, once, however often the till sends it."""

    def work(tx: Transaction) -> ReservationAnswer | Refusal:
        same = fingerprint(request, till.chain_key)
        prior = answered(tx, RESERVE, request.reservation, same)
        if prior is not None:
            return cast(ReservationAnswer | Refusal, prior)
        if tx.record("receipt", request.receipt) is not None:
            return refused(Reason.ID_REUSED)
        release_expired(till, tx)
        found = reckoned(till, tx, request, promise=None)
        if isinstance(found, Refusal):
            return found
        return payments_mismatch(found) or _reserved(till, tx, request.reservation, found, same)

    return await asyncio.wrap_future(till.ledger.write(work))


async def confirm_reservation(
    till: Till, reservation: str, request: Request
) -> ReceiptAnswer | Refusal:
    """Record the receipt with the amounts reserved; a second time changes nothing."""

    def work(tx: Transaction) -> ReceiptAnswer | Refusal:
        made = tx.record(RESERVE, reservation)
        if made is None:
            return refused(Reason.RESERVATION_UNKNOWN)
        sale, same = sale_from(made), fingerprint(request, till.chain_key, of=reservation)
        prior = answered(tx, "receipt", sale.basket.receipt, same)
        if prior is not None:
            return cast(ReceiptAnswer | Refusal, prior)
        release_expired(till, tx)
        over = tx.record(RELEASE, reservation)
        if over is not None:
            return _is_over(over)
        found = _as_reserved(till, tx, *as_held_now(tx, made))
        return found if isinstance(found, Refusal) else recorded(till, tx, found, same)

    return await asyncio.wrap_future(till.ledger.write(work))


async def cancel_reservation(
    till: Till, reservation: str, request: Request
) -> CancelledReservationAnswer | Refusal:
    """Give back what is set aside; a second time changes nothing."""

    def work(tx: Transaction) -> CancelledReservationAnswer | Refusal:
        same = fingerprint(request, till.chain_key, of=reservation)
        prior = tx.answer(RELEASE, reservation)
        if prior is not None:
            return cast(CancelledReservationAnswer | Refusal, replayed(prior, same))
        made = tx.record(RESERVE, reservation)
        if made is None:
            return refused(Reason.RESERVATION_UNKNOWN)
        release_expired(till, tx)
        over = tx.record(RELEASE, reservation)
        if over is not None:
            return _is_over(over)
        if reservation not in tx.open_reservations():
            return refused(Reason.RESERVATION_CONFIRMED)
        return _cancelled(till, tx, made, same)

    return await asyncio.wrap_future(till.ledger.write(work))


def _is_over(release: Record) -> Refusal:
    expired = release.body["because"] == EXPIRED
    return refused(Reason.RESERVATION_EXPIRED if expired else Reason.RESERVATION_CANCELLED)


def _reserved(
    till: Till, tx: Transaction, ident: str, found: Reckoned, same: bytes
) -> ReservationAnswer:
    """Append the reservation, what it holds and the answer: one transaction."""
    sale = found.sale()
    body = reserve_body(ident, sale)
    record = next_record(tx, RESERVE, found.moment, found.program, body)
    tx.append(record)
    keep_numbers(tx, found)
    till.reservations.begin(ident)
    answer = _reservation_answer(till, found, sale, record)
    keep_answer(tx, record, found, same, answer)
    return answer


def _reservation_answer(
    till: Till, found: Reckoned, sale: Sale, record: Record
) -> ReservationAnswer:
    told = telling(till, found, sale)
    program, account = found.program, found.seen.account
    left = moved(account, held(sale.postings)) if account else None
    wallets = wallet_answers(left, program, told.at.date())
    for name, wallet in quote_wallets(told).items():
        wallets[name]["spent"], wallets[name]["after"] = wallet["spent"], wallet["after"]
    answer = ReservationAnswer(
        reservation=str(record.body["id"]),
        receipt=found.basket.receipt,
        seq=record.seq,
        recorded_at=found.moment.recorded_at.isoformat(timespec="milliseconds"),
        ttl_s=int(till.reservations.ttl.total_seconds()),
        program=ProgramAnswer(id=program.id, version=program.version),
        card=card_answer(found.card and replace(found.card, status=ACTIVE)),
        totals=totals_answer(found.quote.result, program),
        lines=line_answers(told),
        wallets=wallets,
        messages=messages_answer(told),
        explain=explain_answers(told),
    )
    tell_cards(answer, told)
    return answer


def _as_reserved(till: Till, view: View, made: Record) -> Reckoned | Refusal:
    """The receipt as it was decided then, on accounts as they are now.

    The engine is asked again for what people are told; a newer one's amounts don't count.
    """
    sale, program = sale_from(made), till.program_with(made.program.hash)
    if program is None:
        return refused(Reason.NO_PROGRAM)
    again = quote(sale.basket, sale.seen, program, sale.place, sale.at)
    if isinstance(again, Refusal):
        return again
    now, set_aside = till.now(view), postings_of(made)
    seen = _seen_now(view, sale.seen, program, made.moment)
    return Reckoned(
        basket=sale.basket,
        program=program,
        moment=replace(made.moment, recorded_at=now.recorded_at, clock=now.clock),
        place=sale.place,
        card=_card(view, sale.seen.card, sale.seen.account),
        coupons=[Named(coupon=it, shown=UNNAMED) for it in sale.seen.coupons],
        named=_named(view, sale.seen),
        seen=sale.seen,
        quote=replace(again, result=sale.result),
        confirming=Confirming(
            reservation=Reservation(id=str(made.body["id"]), owed=owed_by(seen)),
            held=set_aside,
            now=Seen(
                account=seen.account and moved(seen.account, freed(set_aside)),
                beside=tuple(
                    replace(it, account=moved(it.account, freed(set_aside))) for it in seen.beside
                ),
            ),
        ),
    )


def _seen_now(view: View, then: Seen, program: Program, moment: Moment) -> Seen:
    """The accounts that were seen then as they are now."""

    def now(account: Account) -> Account:
        return account_of(view, account.id, program, moment.business_date)

    beside = tuple(replace(it, account=now(it.account)) for it in then.beside)
    return Seen(account=then.account and now(then.account), beside=beside)


def _card(view: View, card: Card | None, account: Account | None) -> Presented | None:
    """A card as it was seen then; no record holds its number, which may be forgotten meanwhile."""
    if card is None or account is None:
        return None
    number = CardNumber(number=view.card_number(card.id) or "", kind=card.kind, range=card.range)
    return Presented(
        number=number,
        card=card,
        account=account,
        status=ACTIVE,
        person=view.person(account.id),
    )


def _named(view: View, seen: Seen) -> NamedCards:
    cards = ((it.card.id, _card(view, it.card, it.account)) for it in seen.beside)
    return NamedCards(
        by_number={ident: card for ident, card in cards if card is not None},
        wallets={it.card.id: it.wallet for it in seen.beside},
    )


def _cancelled(
    till: Till, tx: Transaction, made: Record, same: bytes
) -> CancelledReservationAnswer | Refusal:
    program = till.program_with(made.program.hash)
    if program is None:
        return refused(Reason.NO_PROGRAM)
    record = release(till, tx, made, CANCELLED)
    (held_now,) = as_held_now(tx, made)
    seen = _seen_now(tx, sale_from(held_now).seen, program, record.moment)
    answer = CancelledReservationAnswer(
        reservation=str(made.body["id"]),
        state=CANCELLED,
        seq=record.seq,
        recorded_at=record.moment.recorded_at.isoformat(timespec="milliseconds"),
        wallets=wallet_answers(seen.account, program, record.moment.at.date()),
    )
    tx.keep_answer(
        Answer(
            kind=RELEASE,
            id=answer["reservation"],
            account=seen.account.id if seen.account else None,
            request_hash=same,
            body=json.dumps(answer, ensure_ascii=False),
            seq=record.seq,
        )
    )
    return answer
