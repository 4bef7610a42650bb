"""The coupons that a receipt names: what the ledger knows of each, and what the cashier is told."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from loyaltyd.domain.candidates import left_out
from loyaltyd.domain.card import card_id, masked
from loyaltyd.domain.coupon import Coupon, RuleUses, coupon_code
from loyaltyd.domain.explain import Note, Why
from loyaltyd.domain.program import Program
from loyaltyd.domain.quote import Quote
from loyaltyd.store.transaction import View
from loyaltyd.till.past import Tallies, coupon_uses
from loyaltyd.till.till import Till

KIND = "coupon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A coupon of a receipt, and how people may be shown it."""

    coupon: Coupon
    shown: str = field(repr=False)


def named(codes: Sequence[str], program: Program, chain_key: bytes) -> list[Named]:
    """Each coupon once, in the order of codes."""
    found: dict[str, Named] = {}
    for code in codes:
        ident = card_id(chain_key, KIND, coupon_code(code))
        coupon = Coupon(id=ident, name=program.coupon_name(code))
        found.setdefault(ident, Named(coupon=coupon, shown=_shown(code)))
    return list(found.values())


def looked_up(
    till: Till, view: View, codes: Sequence[str], program: Program, on: dt.date
) -> list[Named]:
    """The coupons as this till knows them, on a business date."""
    return [
        Named(coupon=coupon_seen(view, it.coupon, program, on), shown=it.shown)
        for it in named(codes, program, till.chain_key)
    ]


def coupon_seen(view: Tallies, coupon: Coupon, program: Program, on: dt.date) -> Coupon:
    """A coupon with its uses so far, of the rules that limit them."""
    rules = program.coupons.asking.get(coupon.name, ())
    limits = [program.asks.limited[it] for it in rules if it in program.asks.limited]
    counts = [(it.rule, coupon_uses(view, coupon.id, it, on)) for it in limits if it.per_coupon]
    uses = tuple(RuleUses(rule=rule, count=count) for rule, count in counts if count)
    return Coupon(id=coupon.id, name=coupon.name, uses=uses)


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
