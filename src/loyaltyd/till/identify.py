"""Who stands at the till: from the text that a reader saw, or a caller sent, to an account."""

import datetime as dt
from dataclasses import dataclass, field

from loyaltyd.domain.account import Account, Card
from loyaltyd.domain.books.sale import measured_by
from loyaltyd.domain.books.standing import Counted, standing, window_start
from loyaltyd.domain.card import COUPON_KIND, OWN_KINDS, CardNumber, card_id
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.past import NO_PAST, Past
from loyaltyd.domain.person import Person
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.transaction import View
from loyaltyd.till.past import Holder, past_of
from loyaltyd.till.till import Till

FIRST_USE = "first-use"
ACTIVE, BLOCKED, REPLACED, NEW = "active", "blocked", "replaced", "new"
BARRED = {BLOCKED: Reason.CARD_BLOCKED, REPLACED: Reason.CARD_REPLACED}
PHONE = "+"  # begins a phone, and no card's number


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A card of the program, as this till knows it."""

    number: CardNumber
    card: Card
    account: Account  # with all its lots, expired ones too
    status: str  # ACTIVE, BLOCKED, REPLACED, or NEW: its first use opens the account
    person: Person | None = field(default=None, repr=False)
    past: Past = NO_PAST  # as far as the program's rules ask

    @property
    def holder(self) -> str:
        """The name to greet by, if one is known."""
        return (self.person.name or "") if self.person else ""

    def live(self, on: dt.date) -> Account:
        """The account without the lots that are over by that local day: they no longer matter."""
        lots = tuple(
            lot for lot in self.account.lots if lot.expires_at is None or on < lot.expires_at
        )
        return Account(
            id=self.account.id,
            tier=self.account.tier,
            measure=self.account.measure,
            lots=lots,
            debts=self.account.debts,
            reserved=self.account.reserved,
        )


def identified(program: Program, text: str, medium: str | None = None) -> CardNumber | Refusal:
    """The card of the program that text is; medium is how it was read, none when it was sent."""
    found = program.range_of(text)
    if found is None or (medium is not None and medium not in found.media):
        return refused(Reason.NOT_A_CARD if medium else Reason.CARD_UNKNOWN)
    if not found.check_fits(text):
        return refused(Reason.CARD_INVALID)
    return CardNumber(number=text, kind=found.kind, range=found.name)


def presented(
    till: Till, view: View, program: Program, text: str, on: dt.date
) -> Presented | Refusal:
    """What this till knows of the card with that number, on a business date.

    A phone stands for a card of the account whose holder gave it.
    """
    if text.startswith(PHONE):
        number_there = _number_of_phone(view, text)
        if isinstance(number_there, Refusal):
            return number_there
        text = number_there
    number = identified(program, text)
    if isinstance(number, Refusal):
        return number
    ident = card_id(till.chain_key, number.kind, number.number)
    state = view.card(ident)
    account = state.account if state else ident  # the card that opens an account names it
    person = view.person(account)
    holder = Holder(account=account, card=ident, person=person)
    return Presented(
        number=number,
        card=Card(id=ident, kind=number.kind, range=number.range),
        account=account_of(view, account, program, on),
        status=state.status if state else NEW,
        person=person,
        past=past_of(view, holder, program.asks, on),
    )


def _number_of_phone(view: View, phone: str) -> str | Refusal:
    """The number of the first card that may be used of who has that phone, or of any."""
    accounts = view.accounts_with_phone(phone)
    if len(accounts) > 1:
        return refused(Reason.PHONE_SHARED)
    cards = [it for account in accounts for it in view.cards_of(account) if it.kind in OWN_KINDS]
    # The card that opened the account first: it is the one that its records speak of most.
    cards.sort(key=lambda it: (it.status != ACTIVE, it.id != it.account, it.id))
    numbers = (view.card_number(it.id) for it in cards)
    return next((it for it in numbers if it), None) or refused(Reason.CARD_UNKNOWN)


def usable(found: Presented | Refusal, program: Program) -> Presented | Refusal:
    """The card if it may be a receipt's: no coupon, not blocked, issued where it has to be."""
    if isinstance(found, Refusal):
        return found
    if found.number.kind == COUPON_KIND:
        return refused(Reason.COUPON_AS_CARD)
    if found.status in BARRED:
        return refused(BARRED[found.status])
    if found.status == NEW and not enrols(found, program):
        return refused(Reason.CARD_NOT_ISSUED)
    return found


def enrols(found: Presented, program: Program) -> bool:
    """Whether a first use of the card opens its account."""
    cards = program.range_named(found.number.range)
    return cards is not None and cards.enrol == FIRST_USE


def cashier_account(till: Till, program: Program, cashier: str) -> str:
    """The account of the store's cashier of that name, when a rule asks what they gave."""
    if not cashier or not any(it.per_cashier for it in program.asks.shared):
        return ""
    return card_id(till.chain_key, "cashier", f"{till.ledger.stream.store}/{cashier}")


def account_of(view: View, account: str, program: Program, on: dt.date) -> Account:
    """The account as the ledger has it, standing as the program says on that business date."""
    counters = view.counters(account, window_start(program.tiers, on))
    names = measured_by(program.tiers)
    days = [
        Counted(
            date=dt.date.fromisoformat(key.date),
            since=dt.date.fromisoformat(key.since),
            amount=amount,
        )
        for key, amount in counters.items()
        if key.name in names
    ]
    now = standing(days, program.tiers, on)
    return Account(
        id=account,
        tier=now.tier,
        measure=now.measure,
        lots=view.lots(account),
        debts=view.debts(account),
        reserved=view.reserved(account),
    )
