"""The coupons that a receipt names: what the ledger knows of each, and what the cashier is told."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from loyaltyd.domain.candidates import left_out
from loyaltyd.domain.card import COUPON_KIND, card_id, masked
from loyaltyd.domain.coupon import BLOCKED, NOT_ISSUED, Coupon, RuleUses, coupon_code
from loyaltyd.domain.explain import Note, Why
from loyaltyd.domain.program import Program
from loyaltyd.domain.quote import Quote
from loyaltyd.store.transaction import View
from loyaltyd.till.identify import FIRST_USE
from loyaltyd.till.past import Tallies, coupon_uses
from loyaltyd.till.till import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A coupon of a receipt, and how people may be shown it."""

    coupon: Coupon
    shown: str = field(repr=False)
    issued_only: bool = False  # it has to be issued before it is used


def named(codes: Sequence[str], program: Program, chain_key: bytes) -> list[Named]:
    """Each coupon once, in the order of codes."""
    found: dict[str, Named] = {}
    for code in codes:
        ident = card_id(chain_key, COUPON_KIND, coupon_code(code))
        coupon = Coupon(id=ident, name=program.coupon_name(code))
        cards = program.range_of(code)
        issued_only = cards is not None and cards.enrol != FIRST_USE
        found.setdefault(ident, Named(coupon=coupon, shown=_shown(code), issued_only=issued_only))
    return list(found.values())


def looked_up(
    till: Till, view: View, codes: Sequence[str], program: Program, on: dt.date
) -> list[Named]:
    """The coupons as this till knows them, on a business date."""
    return [
        replace(
            it,
            coupon=_standing(
                view, coupon_seen(view, it.coupon, program, on), issued_only=it.issued_only
            ),
        )
        for it in named(codes, program, till.chain_key)
    ]


def coupon_seen(view: Tallies, coupon: Coupon, program: Program, on: dt.date) -> Coupon:
    """A coupon with its uses so far, of the rules that limit them."""
    rules = program.coupons.asking.get(coupon.name, ())
    limits = [program.asks.limited[it] for it in rules if it in program.asks.limited]
    counts = [(it.rule, coupon_uses(view, coupon.id, it, on)) for it in limits if it.per_coupon]
    uses = tuple(RuleUses(rule=rule, count=count) for rule, count in counts if count)
    return replace(coupon, uses=uses)


def _standing(view: View, coupon: Coupon, *, issued_only: bool) -> Coupon:
    """Whose the coupon is, and whether anyone may use it."""
    state = view.card(coupon.id)
    if state is None:
        return replace(coupon, state=NOT_ISSUED if issued_only else "")
    owner = state.account if state.account != coupon.id else ""
    return replace(coupon, state=BLOCKED if state.status == BLOCKED else "", owner=owner)


def coupon_notes(
    coupons: Sequence[Coupon], quote: Quote, program: Program
) -> Iterator[tuple[Note, Coupon, Why | None]]:
    """Of each coupon that gave nothing, what the cashier is told, and why it was so."""
    used = {it.coupon for it in quote.result.coupons}
    whys = {why.rule: why for why in quote.trace}
    for coupon in coupons:
        if coupon.id in used:
            continue
        if not coupon.name:
            yield Note.COUPON_UNKNOWN, coupon, None
            continue
        asking = program.coupons.asking[coupon.name]
        told = [whys.get(it) or left_out(it, coupons, program) for it in asking]
        missing = next((it for it in told if not it.applied), None)
        yield Note.COUPON if missing else Note.COUPON_SPARE, coupon, missing


def _shown(code: str) -> str:
    """A code as it was typed; a number may be a card's."""
    return masked(code) if code.isdigit() else code
