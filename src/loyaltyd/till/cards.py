"""Look at a card, issue it, block it."""

import asyncio
from dataclasses import replace
from typing import TypeAlias

from loyaltyd.domain.books.sale import card_member
from loyaltyd.domain.books.standing import Standing, next_level
from loyaltyd.domain.card import COUPON_KIND
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import decimal
from loyaltyd.domain.person import Person
from loyaltyd.domain.record import Fact, Moment
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.answers import CardViewAnswer, NextTierAnswer
from loyaltyd.till.identify import ACTIVE, BLOCKED, NEW, REPLACED, Presented, enrols, presented
from loyaltyd.till.requests import BlockRequest, CardRequest, HolderRequest, MomentRequest
from loyaltyd.till.till import Till, next_record
from loyaltyd.till.wallets import wallet_answers

Known: TypeAlias = tuple[Presented, Program, Moment]  # a card, what rules it, and when that is


async def read_card(till: Till, number: str) -> CardViewAnswer | Refusal:
    """What a card's account holds now; changes nothing."""

    def work(view: View) -> CardViewAnswer | Refusal:
        found = known_card(till, view, number, till.now(view))
        if isinstance(found, Refusal):
            return found
        card, program, _ = found
        if card.status == NEW and not enrols(card, program):
            return refused(Reason.CARD_UNKNOWN)
        return card_view(*found)

    return await asyncio.wrap_future(till.ledger.read(work))


async def issue_card(till: Till, request: CardRequest) -> CardViewAnswer | Refusal:
    """Open a card's account, or say whose it is; again with the same holder, nothing changes."""

    def work(tx: Transaction) -> CardViewAnswer | Refusal:
        gathered = gathered_card(till, tx, request.card, request)
        if isinstance(gathered, Refusal):
            return gathered
        card, program, moment = gathered
        if request.kind not in {None, card.number.kind}:
            why = f"the program says that this number is a {card.number.kind} card"
            return refused(Reason.REQUEST_INVALID, member="kind", why=why)
        if request.owner is not None:
            return _issued_to(till, tx, request.owner, gathered, request)
        holder = _person(card.account.id, request.holder)
        if card.status != NEW and card.person is not None and card.person != holder:
            return refused(Reason.CARD_EXISTS)
        if card.status == NEW:
            body = card_facts(card, ACTIVE, {"event": "issued"})
            tx.append(next_record(tx, "card", moment, program, body))
            tx.keep_card_number(card.card.id, card.number.number)
        changed = card.status == NEW or card.person != holder
        if changed and holder is not None:
            tx.keep_person(holder)
        return card_again(till, tx, request.card, moment, changed=changed)

    return await asyncio.wrap_future(till.ledger.write(work))


async def block_card(till: Till, number: str, request: BlockRequest) -> CardViewAnswer | Refusal:
    """Let a card buy nothing until it is unblocked."""
    fact: dict[str, Fact] = {"event": "blocked", "reason": request.reason}
    return await _switched(till, number, request, BLOCKED, fact)


async def unblock_card(till: Till, number: str, request: MomentRequest) -> CardViewAnswer | Refusal:
    """Let a blocked card be used again."""
    return await _switched(till, number, request, ACTIVE, {"event": "unblocked"})


async def _switched(
    till: Till, number: str, request: MomentRequest, status: str, fact: dict[str, Fact]
) -> CardViewAnswer | Refusal:
    def work(tx: Transaction) -> CardViewAnswer | Refusal:
        gathered = gathered_card(till, tx, number, request)
        if isinstance(gathered, Refusal):
            return gathered
        card, program, moment = gathered
        if card.status == NEW:
            return refused(Reason.CARD_UNKNOWN)
        if card.status == REPLACED:
            return refused(Reason.CARD_REPLACED)
        changed = card.status != status
        if changed:
            tx.append(next_record(tx, "card", moment, program, card_facts(card, status, fact)))
        return card_again(till, tx, number, moment, changed=changed)

    return await asyncio.wrap_future(till.ledger.write(work))


def gathered_card(till: Till, view: View, number: str, request: MomentRequest) -> Known | Refusal:
    moment = till.moment(view, request.at)
    return moment if isinstance(moment, Refusal) else known_card(till, view, number, moment)


def known_card(till: Till, view: View, number: str, moment: Moment) -> Known | Refusal:
    program = till.program_on(moment.business_date)
    if isinstance(program, Refusal):
        return program
    card = presented(till, view, program, number, moment.business_date)
    return card if isinstance(card, Refusal) else (card, program, moment)


def card_again(
    till: Till, view: View, number: str, moment: Moment, *, changed: bool
) -> CardViewAnswer | Refusal:
    """The card as it is after the change, or unchanged: then the answer says so."""
    found = known_card(till, view, number, moment)
    if isinstance(found, Refusal):
        return found
    answer = card_view(*found)
    if not changed:
        answer["replayed"] = True
    return answer


def _issued_to(
    till: Till,
    tx: Transaction,
    owner: str,
    gathered: Known,
    request: CardRequest,
) -> CardViewAnswer | Refusal:
    """Issue a coupon to the account of the card owner: nobody else may use it then."""
    coupon, program, moment = gathered
    if coupon.number.kind != COUPON_KIND or request.holder != HolderRequest():
        why = "goes with a coupon, and with no holder"
        return refused(Reason.REQUEST_INVALID, member="owner", why=why)
    found = presented(till, tx, program, owner, moment.business_date)
    if isinstance(found, Refusal):
        return found
    if found.status == NEW or found.number.kind == COUPON_KIND:
        return refused(Reason.CARD_UNKNOWN)
    fresh = coupon.status == NEW
    if not fresh and coupon.account.id != found.account.id:
        return refused(Reason.CARD_EXISTS)
    if fresh:
        body = card_facts(replace(coupon, account=found.account), ACTIVE, {"event": "issued"})
        tx.append(next_record(tx, "card", moment, program, body))
        tx.keep_card_number(coupon.card.id, coupon.number.number)
    return card_again(till, tx, request.card, moment, changed=fresh)


def card_facts(card: Presented, status: str, fact: dict[str, Fact]) -> dict[str, Fact]:
    member = card_member(card.card.id, card.account.id, card.card.kind)
    return {**fact, "card": {**member, "status": status}}


def _person(account: str, holder: HolderRequest) -> Person | None:
    if not (holder.name or holder.birthday or holder.phone):
        return None
    return Person(
        account=account,
        name=holder.name or None,
        birthday=holder.birthday,
        phone=holder.phone or None,
    )


def card_view(card: Presented, program: Program, moment: Moment) -> CardViewAnswer:
    standing = Standing(tier=card.account.tier, measure=card.account.measure)
    tiers = program.tiers
    above = next_level(standing, tiers)
    digits = tiers.digits if tiers else 0
    return CardViewAnswer(
        number=card.number.masked,
        kind=card.number.kind,
        status=card.status,
        holder=card.holder,
        tier=card.account.tier,
        next_tier=above and NextTierAnswer(id=above[0], missing=decimal(above[1], digits)),
        wallets=wallet_answers(card.account, program, moment.at.date()),
    )
