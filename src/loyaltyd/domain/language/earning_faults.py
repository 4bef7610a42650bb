"""What is wrong with how a rule earns, beyond its keys."""

from collections.abc import Iterator
from itertools import islice

from loyaltyd.domain.engine.gifts import REST
from loyaltyd.domain.language.gift_faults import amount_faults
from loyaltyd.domain.language.grammar.earnings import EarnTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.language.grammar.wallets import WalletTable
from loyaltyd.domain.language.when_faults import unknown_name
from loyaltyd.domain.money import minor_digits
from loyaltyd.domain.spans import Span
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]
_CUT = ("net-of-points", "none-if-redeemed")  # bases of which points paid as a discount are no part


def earning_faults(path: Path, number: int, table: ProgramTable) -> Iterator[_Wrong]:
    """Each fault of the table give of that rule, when it earns; path is the table's."""
    give = table.rules[number].give
    if give.earn is None:
        return
    wallet = table.wallets.get(give.earn)
    if wallet is None:
        yield (*path, "earn"), unknown_name("wallet", give.earn, list(table.wallets))
        return
    yield from _amounts(path, give, wallet, minor_digits(table.currency))
    yield from _of(path, give, wallet, table)
    yield from _dates(path, give, wallet)
    if give.multiply is not None and not _earned_before(number, table):
        yield (*path, "multiply"), f"multiplies nothing: no rule before it earns {give.earn}"


def never_usable(activates: Span | None, expires: Span | None) -> bool:
    """Whether points would be gone before they are usable, whatever the day they are earned."""
    if activates is None or expires is None:
        return False
    days = {"d": 1, "mo": 28, "y": 365}
    longest = {"d": 1, "mo": 31, "y": 366}
    return activates.count * longest[activates.unit] >= expires.count * days[expires.unit]


def _amounts(path: Path, give: EarnTable, wallet: WalletTable, digits: int) -> Iterator[_Wrong]:
    amount, points = give.per_amount or (None, None)
    for key, text, decimals in (
        (("per_amount", 0), amount, digits),
        (("per_amount", 1), points, wallet.scale),
        (("per_unit",), give.per_unit, wallet.scale),
        (("points",), give.points, wallet.scale),
    ):
        yield from amount_faults((*path, *key), text, decimals)
        if text is not None and not text.strip("0."):
            yield (*path, *key), "must be above zero"


def _of(path: Path, give: EarnTable, wallet: WalletTable, table: ProgramTable) -> Iterator[_Wrong]:
    if give.of is None or (give.of == REST and REST not in table.wallets):
        return
    paying = table.wallets.get(give.of)
    if give.of == REST:
        yield (*path, "of"), "is both a wallet of this program and what is left to pay"
    elif paying is None:
        yield (*path, "of"), unknown_name("wallet", give.of, [*table.wallets, REST])
    elif paying.redeem_rate is None:
        yield (*path, "of"), f"{give.of} has no redeem_rate: it pays nothing"
    elif paying.points_as == "discount" and wallet.earn_base in _CUT:
        said = (
            f'{give.of} pays as a discount, which earns nothing by earn_base = "{wallet.earn_base}"'
        )
        yield (*path, "of"), said


def _dates(path: Path, give: EarnTable, wallet: WalletTable) -> Iterator[_Wrong]:
    if give.activates is not None and give.activates.after_month_end:
        yield (*path, "activates"), 'must be a span such as "14d", without a month-end'
    if give.activates is None and give.expires is None:
        return
    if never_usable(give.activates or wallet.activates, give.expires or wallet.expires):
        key = "activates" if give.expires is None else "expires"
        yield (*path, key), "expires is not later than activates: nothing could ever be spent"


def _earned_before(number: int, table: ProgramTable) -> bool:
    """Whether a rule that the engine runs before this one gives its wallet points to multiply."""
    rule = table.rules[number]

    def gives(it: RuleTable) -> bool:
        return it.give.earn == rule.give.earn and it.give.multiply is None

    grouped = (place for place, it in enumerate(table.rules) if it.group == rule.group)
    here = number if rule.group is None else next(grouped)
    if any(gives(it) for it in islice(table.rules, here)):
        return True  # the common case at once: thousands of rules may multiply one
    starts: dict[str, int] = {}
    for place, it in enumerate(table.rules):
        starts.setdefault(it.group or f"rule {place}", place)
    group = table.groups.get(rule.group or "")
    inside = group is not None and (group.pick, group.base) == ("all", "cascade")
    return any(
        gives(it)
        and (
            starts[it.group or f"rule {place}"] < here
            or (inside and it.group == rule.group and place < number)
        )
        for place, it in enumerate(table.rules)
    )
