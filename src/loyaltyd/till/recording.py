"""A receipt is recorded: its record, the numbers beside it and the answer, one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from loyaltyd.domain.books.reservations import confirmed_body
from loyaltyd.domain.books.sale import Sale, receipt_body
from loyaltyd.domain.record import Fact, Record
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import Transaction
from loyaltyd.till.answers import (
    ProgramAnswer,
    QuoteAnswer,
    ReceiptAnswer,
    ReservationAnswer,
)
from loyaltyd.till.coupons import made_numbers, prints_of
from loyaltyd.till.identify import ACTIVE, NEW
from loyaltyd.till.printing import coupon_answers
from loyaltyd.till.reckoning import Reckoned, telling
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


def recorded(till: Till, tx: Transaction, found: Reckoned, same: bytes) -> ReceiptAnswer:
    """Append the receipt, its postings and the answer; same is the request's fingerprint."""
    found = _numbered(till, found)
    sale = found.sale()
    record = next_record(tx, "receipt", found.moment, found.program, _body(found, sale))
    tx.append(record)
    keep_numbers(tx, found)
    answer = _receipt_answer(till, found, sale, record.seq)
    keep_answer(tx, record, found, same, answer)
    return answer


def keep_numbers(tx: Transaction, found: Reckoned) -> None:
    """Keep the numbers of the cards that are used for the first time, and of printed coupons."""
    if found.card is not None and found.card.status == NEW:
        tx.keep_card_number(found.card.card.id, found.card.number.number)
    for number, it in zip(found.numbers.values(), found.seen.prints, strict=True):
        tx.keep_card_number(it.coupon, number)
    for card in found.named.fresh():
        tx.keep_card_number(card.card.id, card.number.number)


def keep_answer(
    tx: Transaction, record: Record, found: Reckoned, same: bytes, answer: Mapping[str, Any]
) -> None:
    """Keep what is answered, for whoever sends the same again."""
    account = found.seen.account
    tx.keep_answer(
        Answer(
            kind=record.type,
            id=str(record.body["id"]),
            account=account.id if account else None,
            request_hash=same,
            body=to_json(answer).decode(),
            seq=record.seq,
        )
    )


def tell_cards(answer: QuoteAnswer | ReceiptAnswer | ReservationAnswer, told: Telling) -> None:
    """Add what the cards beside the shopper's own pay and get, where there are any."""
    if told.basket.gift_cards:
        answer["gift_cards"] = gift_card_answers(told)
    if told.basket.loads:
        answer["loads"] = load_answers(told)
    if told.quote.result.prints:
        answer["coupons"] = coupon_answers(told.quote.result.prints, told.numbers)


def _body(found: Reckoned, sale: Sale) -> dict[str, Fact]:
    it = found.confirming
    if it is not None:
        return confirmed_body(sale, it.reservation, it.held)
    return receipt_body(sale.basket, sale.seen, sale.place, sale.result, sale.postings)


def _numbered(till: Till, found: Reckoned) -> Reckoned:
    """With the numbers of the coupons that the receipt prints."""
    result = found.quote.result
    if not result.prints:
        return found
    numbers = made_numbers(till, found.basket.receipt, result, found.program)
    seen = replace(found.seen, prints=prints_of(numbers, till.chain_key))
    return replace(found, seen=seen, numbers=numbers)


def _receipt_answer(till: Till, found: Reckoned, sale: Sale, seq: int) -> ReceiptAnswer:
    told = telling(till, found, sale)
    program, result = found.program, found.quote.result
    said = messages_answer(told)
    wallets = wallet_answers(told.after, program, told.at.date())
    for name, wallet in quote_wallets(told).items():
        wallets[name]["spent"] = wallet["spent"]
    answer = ReceiptAnswer(
        receipt=found.basket.receipt,
        seq=seq,
        recorded_at=found.moment.recorded_at.isoformat(timespec="milliseconds"),
        program=ProgramAnswer(id=program.id, version=program.version),
        card=card_answer(found.card and replace(found.card, status=ACTIVE)),
        totals=totals_answer(result, program),
        lines=line_answers(told),
        wallets=wallets,
        messages=said,
        explain=explain_answers(told),
        slip=said["slip"],
    )
    tell_cards(answer, told)
    return answer
