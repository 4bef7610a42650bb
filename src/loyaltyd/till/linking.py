"""One account by several cards or a phone: another card beside the first, or in its place."""

import asyncio
from dataclasses import replace

from loyaltyd.domain.card import COUPON_KIND, MONEY_KINDS, OWN_KINDS
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.person import Person
from loyaltyd.domain.record import Fact
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.transaction import Transaction
from loyaltyd.till.answers import CardViewAnswer
from loyaltyd.till.cards import Known, card_again, card_facts, gathered_card, known_card
from loyaltyd.till.identify import ACTIVE, NEW, REPLACED, Presented, usable
from loyaltyd.till.requests import LinkRequest, ReplaceRequest
from loyaltyd.till.till import Till, next_record


async def replace_card(
    till: Till, number: str, request: ReplaceRequest
) -> CardViewAnswer | Refusal:
    """Give a card's account to a new card; the old one, blocked or not, is refused from then on."""

    def work(tx: Transaction) -> CardViewAnswer | Refusal:
        gathered = gathered_card(till, tx, number, request)
        if isinstance(gathered, Refusal):
            return gathered
        old, program, moment = gathered
        new = _joining(till, tx, gathered, request.new)
        if isinstance(new, Refusal):
            return new
        if new.status != NEW and old.status == REPLACED:
            return card_again(till, tx, request.new, moment, changed=False)
        if new.status != NEW or old.status == REPLACED:
            return refused(Reason.CARD_EXISTS if new.status != NEW else Reason.CARD_REPLACED)
        body = card_facts(old, REPLACED, {"event": "replaced"})
        added = card_facts(new, ACTIVE, {})["card"]
        tx.append(next_record(tx, "card", moment, program, {**body, "cards": [added]}))
        tx.keep_card_number(new.card.id, new.number.number)
        return card_again(till, tx, request.new, moment, changed=True)

    return await asyncio.wrap_future(till.ledger.write(work))


async def link_card(till: Till, number: str, request: LinkRequest) -> CardViewAnswer | Refusal:
    """Let one more card, or a phone, stand for the account of a card."""

    def work(tx: Transaction) -> CardViewAnswer | Refusal:
        gathered = gathered_card(till, tx, number, request)
        if isinstance(gathered, Refusal):
            return gathered
        card, program, moment = gathered
        fit = _may_be_linked(card, program)
        if isinstance(fit, Refusal):
            return fit
        if request.phone is not None:
            changed = _phone_linked(tx, gathered, request.phone)
        else:
            assert request.card is not None  # the request was checked
            changed = _card_linked(till, tx, gathered, request.card)
        if isinstance(changed, Refusal):
            return changed
        return card_again(till, tx, number, moment, changed=changed)

    return await asyncio.wrap_future(till.ledger.write(work))


def go_together(first: Presented, second: Presented, program: Program) -> bool:
    """Whether one account can have both cards: whatever one of them brings, both can spend."""
    if {first.number.kind, second.number.kind} <= {*OWN_KINDS}:
        return True
    one, other = (program.range_named(it.number.range) for it in (first, second))
    alike = one is not None and other is not None and one.wallet == other.wallet
    return alike and first.number.kind == second.number.kind in MONEY_KINDS


def _may_be_linked(card: Presented, program: Program) -> Presented | Refusal:
    if card.status == NEW:
        return refused(Reason.CARD_UNKNOWN)
    return usable(card, program)


def _joining(till: Till, tx: Transaction, gathered: Known, text: str) -> Presented | Refusal:
    """The card that text names, as one of the account of a card: a new one, or already its own."""
    card, program, moment = gathered
    if card.status == NEW:
        return refused(Reason.CARD_UNKNOWN)
    found = known_card(till, tx, text, moment)
    if isinstance(found, Refusal):
        return found
    joining, _, _ = found
    if COUPON_KIND in {card.number.kind, joining.number.kind}:
        return refused(Reason.COUPON_AS_CARD)
    if not go_together(card, joining, program):
        return refused(Reason.CARDS_DIFFER)
    if joining.status == NEW:
        return replace(joining, account=card.account)
    if joining.account.id != card.account.id or joining.card.id == card.card.id:
        return refused(Reason.CARD_EXISTS)
    return joining


def _card_linked(till: Till, tx: Transaction, gathered: Known, text: str) -> bool | Refusal:
    _, program, moment = gathered
    joining = _joining(till, tx, gathered, text)
    if isinstance(joining, Refusal):
        return joining
    if joining.status != NEW:
        fit = usable(joining, program)
        return fit if isinstance(fit, Refusal) else False
    body = card_facts(joining, ACTIVE, {"event": "card"})
    tx.append(next_record(tx, "link", moment, program, body))
    tx.keep_card_number(joining.card.id, joining.number.number)
    return True


def _phone_linked(tx: Transaction, gathered: Known, phone: str) -> bool | Refusal:
    """The phone is the holder's, beside the chain; the record says that there is one."""
    card, program, moment = gathered
    account = card.account.id
    if [it for it in tx.accounts_with_phone(phone) if it != account]:
        return refused(Reason.PHONE_TAKEN)
    holder = card.person or Person(account=account)
    if holder.phone == phone:
        return False
    facts: dict[str, Fact] = {"event": "phone"}
    tx.append(next_record(tx, "link", moment, program, card_facts(card, card.status, facts)))
    tx.keep_person(replace(holder, phone=phone))
    return True
