"""What ends an account or its holder: two accounts become one, and a person is forgotten."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import cast

from pydantic_core import to_json

from loyaltyd.domain.account import Account
from loyaltyd.domain.books.merging import FORGET, MERGE, Count, Merging, dropped, merge_body
from loyaltyd.domain.card import COUPON_KIND
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Points
from loyaltyd.domain.record import Record
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.answers import CardViewAnswer, TransferAnswer
from loyaltyd.till.baskets import fingerprint
from loyaltyd.till.cards import Known, card_again, card_facts, gathered_card, known_card
from loyaltyd.till.checkout import answered
from loyaltyd.till.identify import NEW, Presented
from loyaltyd.till.linking import go_together
from loyaltyd.till.requests import MomentRequest, TransferRequest
from loyaltyd.till.telling import amounts
from loyaltyd.till.till import Till, next_record


async def merge_accounts(till: Till, request: TransferRequest) -> TransferAnswer | Refusal:
    """Close the first card's account: the second's holds all of it, and has its cards."""

    def work(tx: Transaction) -> TransferAnswer | Refusal:
        same = fingerprint(request, till.chain_key)
        prior = answered(tx, MERGE, request.id, same)
        if prior is not None:
            return cast(TransferAnswer | Refusal, prior)
        gathered = gathered_card(till, tx, request.source, request)
        if isinstance(gathered, Refusal):
            return gathered
        source, program, moment = gathered
        target = _target(till, tx, gathered, request.target)
        if isinstance(target, Refusal):
            return target
        merging = _merging(tx, source, target)
        body = merge_body(request.id, merging, moment.at.date())
        record = next_record(tx, MERGE, moment, program, body)
        tx.append(record)
        _take_holder(tx, source, target)
        card = card_again(till, tx, request.target, moment, changed=True)
        if isinstance(card, Refusal):
            return card
        answer = _transfer_answer(request.id, record, merging.giver, card, program)
        tx.keep_answer(
            Answer(
                kind=MERGE,
                id=request.id,
                account=target.account.id,
                request_hash=same,
                body=to_json(answer).decode(),
                seq=record.seq,
            )
        )
        return answer

    return await asyncio.wrap_future(till.ledger.write(work))


async def forget_holder(
    till: Till, number: str, request: MomentRequest
) -> CardViewAnswer | Refusal:
    """Drop the holder's name, birthday and phone, the numbers of their cards and stored answers.

    The account and what it holds stay, and are nobody's by name: its cards go on.
    """

    def work(tx: Transaction) -> CardViewAnswer | Refusal:
        gathered = gathered_card(till, tx, number, request)
        if isinstance(gathered, Refusal):
            return gathered
        card, program, moment = gathered
        if card.status == NEW or card.number.kind == COUPON_KIND:
            return refused(Reason.CARD_UNKNOWN)
        body = card_facts(card, card.status, dropped(card.account.id))
        tx.append(next_record(tx, FORGET, moment, program, body))
        tx.forget_person(card.account.id)
        return card_again(till, tx, card.number.number, moment, changed=True)

    return await asyncio.wrap_future(till.ledger.write(work))


def _target(till: Till, tx: Transaction, gathered: Known, text: str) -> Presented | Refusal:
    source, program, moment = gathered
    found = known_card(till, tx, text, moment)
    if isinstance(found, Refusal):
        return found
    target, _, _ = found
    if NEW in {source.status, target.status}:
        return refused(Reason.CARD_UNKNOWN)
    if COUPON_KIND in {source.number.kind, target.number.kind}:
        return refused(Reason.COUPON_AS_CARD)
    if source.account.id == target.account.id or not go_together(source, target, program):
        return refused(Reason.CARDS_DIFFER)
    return target


def _merging(view: View, source: Presented, target: Presented) -> Merging:
    giver = source.account.id
    counts = view.counters(giver, dt.date.min)
    return Merging(
        giver=source.account,
        taker=target.account,
        counts=tuple(
            Count(name=key.name, date=key.date, since=key.since, amount=amount)
            for key, amount in sorted(counts.items())
        ),
        cards=tuple(view.cards_of(giver)),
    )


def _take_holder(tx: Transaction, source: Presented, target: Presented) -> None:
    """One account has one holder: the second's, or the first's where nobody said who that is."""
    if source.person is None:
        return
    tx.drop_person(source.account.id)
    if target.person is None:
        tx.keep_person(replace(source.person, account=target.account.id))


def _transfer_answer(
    ident: str, record: Record, giver: Account, card: CardViewAnswer, program: Program
) -> TransferAnswer:
    on = record.moment.at.date()
    live = [it for it in giver.lots if it.expires_at is None or on < it.expires_at]
    held = [Points(wallet=it.wallet, amount=it.amount) for it in live]
    return TransferAnswer(
        transfer=ident,
        seq=record.seq,
        recorded_at=record.moment.recorded_at.isoformat(timespec="milliseconds"),
        moved=amounts(held, program),
        card=card,
    )
