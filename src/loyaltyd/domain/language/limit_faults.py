"""What is wrong with the limits of a rule, beyond their keys."""

from collections.abc import Iterator

from loyaltyd.domain.language.gift_faults import amount_faults
from loyaltyd.domain.language.grammar.conditions import LimitTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.language.when_faults import month_end_faults
from loyaltyd.domain.money import minor_digits
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]
_TIMES = (
    "buy",
    "free",
    "cost",
    "per_unit",
    "per_amount",
)  # keys of give that may count several times a receipt


def limit_faults(path: Path, rule: RuleTable, table: ProgramTable) -> Iterator[_Wrong]:
    """What is wrong with the table limit that stands at path."""
    limit = rule.limit
    if limit is None:
        return
    if limit.every is not None:
        yield from month_end_faults((*path, "every"), limit.every)
    if limit.per_receipt is not None and all(getattr(rule.give, it) is None for it in _TIMES):
        said = f"goes with {', '.join(_TIMES[:-1])} or {_TIMES[-1]}: others count once a receipt"
        yield (*path, "per_receipt"), said
    yield from _budget((*path, "budget"), limit, rule, table)


def _budget(
    path: Path, limit: LimitTable, rule: RuleTable, table: ProgramTable
) -> Iterator[_Wrong]:
    digits = minor_digits(table.currency)
    if rule.give.earn is not None:
        wallet = table.wallets.get(rule.give.earn)
        if wallet is None:
            return  # which is told of give
        digits = wallet.scale
    yield from amount_faults(path, limit.budget, digits)
    if limit.budget is not None and not limit.budget.strip("0."):
        yield path, "must be above zero"
