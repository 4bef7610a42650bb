"""What a basket comes to: all that it is decided on, gathered from the ledger and worked out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from loyaltyd.domain.account import Seen, moved
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.books.sale import Sale, sale_postings
from loyaltyd.domain.engine.hints import Asked
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.ledger import Posting
from loyaltyd.domain.place import Place
from loyaltyd.domain.record import Moment
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.domain.reservation import Reservation
from loyaltyd.store.transaction import View
from loyaltyd.till.baskets import basket_from
from loyaltyd.till.beside import NamedCards, named_cards, pin_needed
from loyaltyd.till.coupons import Named, looked_up
from loyaltyd.till.identify import Presented, cashier_account, presented, usable
from loyaltyd.till.past import with_shared
from loyaltyd.till.quote_token import Promise
from loyaltyd.till.requests import QuoteRequest
from loyaltyd.till.telling import Telling
from loyaltyd.till.till import Till, program_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """The reservation that a receipt confirms: what it holds, and its accounts as they are now."""

    reservation: Reservation
    held: tuple[Posting, ...]
    now: Seen  # with what is held back in its lots


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """A basket worked out for the accounts as they are now, or were when it was reserved."""

    basket: Basket
    program: Program
    moment: Moment
    place: Place
    card: Presented | None
    coupons: list[Named]
    named: NamedCards
    seen: Seen
    quote: Quote
    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)  # rule → what it prints
    confirming: Confirming | None = None

    def sale(self) -> Sale:
        """The receipt that it makes."""
        result, seen = self.quote.result, self.seen
        owing = seen if self.confirming is None else self.confirming.reservation.owing(seen)
        return Sale(
            basket=self.basket,
            seen=seen,
            place=self.place,
            at=self.moment.at,
            program=program_ref(self.program),
            result=result,
            postings=sale_postings(result, owing, self.program, self.moment.at),
        )


def reckoned(
    till: Till, view: View, request: QuoteRequest, promise: Promise | None
) -> Reckoned | Refusal:
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
        _seen(card, named, moment),
        cashier=cashier_account(till, program, request.cashier),
        coupons=tuple(it.coupon for it in coupons),
    )
    seen = with_shared(seen, view, program.asks, moment.business_date)
    place = till.place(moment.business_date)
    found = quote(basket, seen, program, place, moment.at)
    if isinstance(found, Refusal):
        return found
    return Reckoned(
        basket=basket,
        program=program,
        moment=moment,
        place=place,
        card=card,
        coupons=coupons,
        named=named,
        seen=seen,
        quote=found,
    )


def telling(till: Till, found: Reckoned, sale: Sale) -> Telling:
    """What people may be told of it, and of what the accounts hold after sale."""
    now = found.seen if found.confirming is None else found.confirming.now
    return Telling(
        quote=found.quote,
        basket=found.basket,
        program=found.program,
        card=found.card,
        asked=Asked(
            basket=found.basket,
            seen=found.seen,
            program=found.program,
            place=found.place,
            at=found.moment.at,
        ),
        coupons=found.coupons,
        numbers=found.numbers,
        before=now.account,
        after=moved(now.account, sale.postings) if now.account else None,
        at=found.moment.at,
        language=till.language,
        named=found.named,
        beside=tuple(moved(it.account, sale.postings) for it in now.beside),
    )


def _seen(card: Presented | None, named: NamedCards, moment: Moment) -> Seen:
    """What the quote decides on."""
    on = moment.at.date()
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
        moment = till.moment_at(view, promise.at, till.now(view))
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
