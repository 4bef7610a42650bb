"""What is wrong with a rule that prints coupons, beyond its keys."""

from collections.abc import Iterator

from loyaltyd.domain.card import COUPON_KIND, PRINTED, PRINTED_DIGITS_MIN
from loyaltyd.domain.language.earning_faults import never_usable
from loyaltyd.domain.language.grammar.cards import CardsTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.language.when_faults import unknown_name
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]


def print_faults(path: Path, rule: RuleTable, table: ProgramTable) -> Iterator[_Wrong]:
    """Each fault of the table give at path, when it prints a coupon."""
    give = rule.give
    if give.coupon is None:
        return
    coupons = {f"{it.prefix}*": it for it in table.cards if it.kind == COUPON_KIND}
    if give.coupon not in coupons:
        said = unknown_name("range of coupon cards", give.coupon, list(coupons))
        yield (*path, "coupon"), said
    else:
        yield from _range((*path, "coupon"), coupons[give.coupon])
    if give.activates is not None and give.activates.after_month_end:
        yield (*path, "activates"), 'must be a span such as "14d", without a month-end'
    if never_usable(give.activates, give.expires):
        yield (*path, "expires"), "is not later than activates: nothing could ever be used"
    if rule.limit is not None and rule.limit.budget is not None:
        yield (*path[:-1], "limit", "budget"), "is of money or points: a coupon is neither"
    mixed = (it for it in table.rules if it.group == rule.group and it.give.earn is not None)
    if rule.group is not None and any(mixed):
        yield (*path[:-1], "group"), "has rules that earn: those that print have a group apart"


def _range(path: Path, cards: CardsTable) -> Iterator[_Wrong]:
    if cards.enrol != PRINTED:
        yield path, 'is of cards that anyone may number: printed ones need enrol = "printed"'
    free = cards.length - len(cards.prefix) - (cards.check != "none")
    if free < PRINTED_DIGITS_MIN:
        yield path, f"leaves {free} digits to a number: with {PRINTED_DIGITS_MIN} none is guessed"
