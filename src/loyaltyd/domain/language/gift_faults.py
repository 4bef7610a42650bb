"""What is wrong with what a rule gives, beyond its keys."""

from collections.abc import Iterator

from loyaltyd.domain.language.grammar.discounts import ON_ITEMS
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.money import WHOLE_SHARE, minor_digits, units
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]
_SCALES = ("percent_off_by_total", "percent_off_by_quantity", "percent_off_by_spent")


def discount_faults(path: Path, rule: RuleTable, table: ProgramTable) -> Iterator[_Wrong]:
    """Each fault of a discount in the table give at path."""
    give, digits = rule.give, minor_digits(table.currency)
    for key in ("max", "amount_off", "fixed_price", "bundle"):
        yield from amount_faults((*path, key), getattr(give, key), digits)
    for key in ON_ITEMS:
        if rule.layer != "item" and getattr(give, key) is not None:
            yield (*path, key), "means single goods: such a rule stands in the layer item"
    for key in _SCALES:
        yield from _steps((*path, key), getattr(give, key) or (), digits)
    measure = table.tiers.measure if table.tiers else ""
    if give.percent_off_by_spent is not None and measure != "spend":
        said = "needs [tiers] that measure spend: what is spent counts in their window"
        yield (*path, "percent_off_by_spent"), said


def amount_faults(path: Path, text: str | None, digits: int) -> Iterator[_Wrong]:
    """The fault of an amount that the currency or the wallet can't hold."""
    if text is None:
        return
    try:
        units(text, digits)
    except ValueError as error:
        yield path, str(error)


def _steps(path: Path, steps: tuple[tuple[str | int, int], ...], digits: int) -> Iterator[_Wrong]:
    before = -1
    for number, (start, share) in enumerate(steps):
        wrong = list(amount_faults((*path, number, 0), str(start), digits))
        yield from wrong
        if share > WHOLE_SHARE:
            yield (*path, number, 1), "is at most 100%"
        if wrong:
            continue
        floor = units(str(start), digits)
        if floor <= before:
            yield (*path, number, 0), "steps rise: this one does not start above the one before"
        before = floor
