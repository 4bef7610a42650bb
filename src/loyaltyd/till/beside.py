"""The cards that a receipt names beside the shopper's own: gift cards that pay, cards to load."""

import datetime as dt
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from loyaltyd.domain.account import Beside
from loyaltyd.domain.card import GIFT, MONEY_KINDS, CardNumber, card_pin
from loyaltyd.domain.engine.program import CardRange, Program
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.transaction import View
from loyaltyd.till.identify import BARRED, NEW, Presented, presented, usable
from loyaltyd.till.requests import GiftCardRequest, LoadRequest, QuoteRequest
from loyaltyd.till.till import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCards:
    """Those cards, by the numbers under which the request names them."""

    by_number: Mapping[str, Presented] = field(default_factory=dict, repr=False)
    wallets: Mapping[str, str] = field(default_factory=dict)  # card id → the range's wallet

    @property
    def ids(self) -> Mapping[str, str]:
        """Number → card id."""
        return {number: card.card.id for number, card in self.by_number.items()}

    def seen(self, on: dt.date) -> tuple[Beside, ...]:
        """What a quote decides on, in one order whatever the request's."""
        return tuple(
            Beside(card=it.card, account=it.live(on), wallet=self.wallets[it.card.id])
            for it in sorted(self.by_number.values(), key=lambda it: it.card.id)
        )

    def of_account(self, account: str) -> CardNumber | None:
        """The card whose account that is."""
        found = (it.number for it in self.by_number.values() if it.account.id == account)
        return next(found, None)

    def fresh(self) -> Iterator[Presented]:
        """Those that this receipt opens."""
        return (it for it in self.by_number.values() if it.status == NEW)


NO_CARDS = NamedCards()


def named_cards(
    till: Till, view: View, program: Program, request: QuoteRequest, on: dt.date
) -> NamedCards | Refusal:
    """Look up each card that request names beside the shopper's; on is the business date."""
    if not (request.gift_cards or request.loads):
        return NO_CARDS
    found: dict[str, Presented] = {}
    wallets: dict[str, str] = {}
    parts: tuple[GiftCardRequest | LoadRequest, ...] = (*request.gift_cards, *request.loads)
    for part in parts:
        card = presented(till, view, program, part.card, on)
        if isinstance(card, Refusal):
            return card
        kept = program.range_named(card.number.range)
        assert kept is not None  # its number is of that range
        if isinstance(part, GiftCardRequest):
            wrong = _unpayable(till, card, kept, part.pin)
        else:
            wrong = _unloadable(card, kept, program)
        if wrong is not None:
            return wrong
        found[part.card] = card
        wallets[card.card.id] = kept.wallet
    return NamedCards(by_number=found, wallets=wallets)


def pin_needed(card: Presented | None, request: QuoteRequest, program: Program) -> Refusal | None:
    """The shopper's own card has no PIN in a request: what pays with one stands in gift_cards.

    Of its other wallets, which hold no money of its range, none asks for it.
    """
    kept = program.range_named(card.number.range) if card else None
    if kept is None or not kept.pin:
        return None
    rules = (program.rule(name) for name in request.rewards)
    costs = {cost.wallet for rule in rules if rule for cost in rule.price or ()}
    return refused(Reason.PIN_MISSING) if kept.wallet in {*request.redeem, *costs} else None


def _unpayable(till: Till, card: Presented, kept: CardRange, pin: str | None) -> Refusal | None:
    if kept.kind not in MONEY_KINDS:
        return refused(Reason.CARD_NOT_PAYING)
    if card.status in BARRED:
        return refused(BARRED[card.status])
    if card.status == NEW:
        return refused(Reason.CARD_NOT_ISSUED)
    if not kept.pin:
        return None
    if pin is None:
        return refused(Reason.PIN_MISSING)
    right = card_pin(till.chain_key, card.number.kind, card.number.number)
    fits = hmac.compare_digest(right, pin)
    return till.pin_tries.refusal(card.card.id, fits=fits, now=till.clock())


def _unloadable(card: Presented, kept: CardRange, program: Program) -> Refusal | None:
    if not kept.wallet:
        return refused(Reason.CARD_NOT_LOADABLE)
    if card.status == NEW and kept.kind == GIFT:  # to be sold is to be issued
        return None
    outcome = usable(card, program)
    return outcome if isinstance(outcome, Refusal) else None
