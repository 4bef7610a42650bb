"""The coupons that a receipt names: what the ledger knows of each, and what the cashier is told."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from loyaltyd.domain.books.sale import USED
from loyaltyd.domain.card import COUPON_KIND, PRINTED, card_id, masked
from loyaltyd.domain.coupon import BLOCKED, NOT_ISSUED, Coupon, Print, RuleUses, coupon_code
from loyaltyd.domain.engine.candidates import left_out
from loyaltyd.domain.engine.explain import Note, Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, Result
from loyaltyd.store.transaction import View
from loyaltyd.till.identify import FIRST_USE
from loyaltyd.till.past import Tallies, coupon_uses
from loyaltyd.till.till import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A coupon of a receipt, and how people may be shown it."""

    coupon: Coupon
    shown: str = field(repr=False)
    enrol: str = FIRST_USE  # of its range; a code is anybody's


def named(codes: Sequence[str], program: Program, chain_key: bytes) -> list[Named]:
    """Each coupon once, in the order of codes."""
    found: dict[str, Named] = {}
    for code in codes:
        ident = card_id(chain_key, COUPON_KIND, coupon_code(code))
        coupon = Coupon(id=ident, name=program.coupon_name(code))
        cards = program.range_of(code)
        enrol = cards.enrol if cards is not None and coupon.name == cards.coupons else FIRST_USE
        found.setdefault(ident, Named(coupon=coupon, shown=_shown(code), enrol=enrol))
    return list(found.values())


def looked_up(
    till: Till, view: View, codes: Sequence[str], program: Program, on: dt.date
) -> list[Named]:
    """The coupons as this till knows them, on a business date."""
    return [
        replace(it, coupon=_standing(view, coupon_seen(view, it.coupon, program, on), it.enrol))
        for it in named(codes, program, till.chain_key)
    ]


def coupon_seen(view: Tallies, coupon: Coupon, program: Program, on: dt.date) -> Coupon:
    """A coupon with its uses so far, of the rules that limit them."""
    rules = program.coupons.asking.get(coupon.name, ())
    limits = [program.asks.limited[it] for it in rules if it in program.asks.limited]
    counts = [(it.rule, coupon_uses(view, coupon.id, it, on)) for it in limits if it.per_coupon]
    uses = tuple(RuleUses(rule=rule, count=count) for rule, count in counts if count)
    return replace(coupon, uses=uses)


def _standing(view: View, coupon: Coupon, enrol: str) -> Coupon:
    """Whose the coupon is, and whether anyone may use it."""
    state = view.card(coupon.id)
    if state is None:
        return replace(coupon, state="" if enrol == FIRST_USE else NOT_ISSUED)
    owner = state.account if state.account != coupon.id else ""
    coupon = replace(coupon, state=BLOCKED if state.status == BLOCKED else "", owner=owner)
    if enrol != PRINTED:
        return coupon
    lots = view.lots(coupon.id)
    used = any(it.name.startswith(USED) for it in view.counters(coupon.id, dt.date.min))
    taken_back = not lots and not used  # with the receipt that printed it
    return replace(
        coupon, state=NOT_ISSUED if taken_back else coupon.state, printed=True, lots=lots
    )


def made_numbers(till: Till, receipt: str, result: Result, program: Program) -> dict[str, str]:
    """Rule → the number of what it prints: fresh for each receipt, and nobody can guess it."""
    found = {}
    for it in result.prints:
        cards = program.coupons_of(it.name)
        assert cards is not None  # the program's text was checked
        seed = f"{till.ledger.stream.epoch}/{receipt}/{it.rule}"
        found[it.rule] = cards.printed(till.chain_key, seed)
    return found


def prints_of(numbers: Mapping[str, str], chain_key: bytes) -> tuple[Print, ...]:
    """The ids that stand for numbers in the record."""
    return tuple(
        Print(rule=rule, coupon=card_id(chain_key, COUPON_KIND, number))
        for rule, number in numbers.items()
    )


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
