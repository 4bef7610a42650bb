"""What is wrong with what rewards cost, and with the stamps that are for one."""

from collections.abc import Iterator

from loyaltyd.domain.language.gift_faults import amount_faults
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.language.when_faults import unknown_name
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]


def cost_faults(path: Path, rule: RuleTable, table: ProgramTable) -> Iterator[_Wrong]:
    """Each fault of the table cost of the rule, when that stands at path."""
    for name, text in (rule.give.cost or {}).items():
        wallet = table.wallets.get(name)
        if wallet is None:
            yield (*path, name), unknown_name("wallet", name, list(table.wallets))
            continue
        yield from amount_faults((*path, name), text, wallet.scale)
        if not text.strip("0."):
            yield (*path, name), "must be above zero"
        if wallet.stamps is not None and wallet.stamps.reward == rule.id:
            yield (*path, name), "its stamps are the price of this rule already"


def stamps_faults(table: ProgramTable) -> Iterator[_Wrong]:
    """Each fault of what stamps are for."""
    rules = {rule.id: rule for rule in table.rules}
    taken: dict[str, str] = {}
    for name, wallet in table.wallets.items():
        if wallet.stamps is None:
            continue
        path: Path = ("wallets", name, "stamps")
        rule = rules.get(wallet.stamps.reward)
        if wallet.scale:
            yield (*path, "every"), "stamps are whole: they need scale = 0"
        if rule is None:
            yield (*path, "reward"), unknown_name("rule", wallet.stamps.reward, list(rules))
        elif rule.give.free is None and rule.give.units is None:
            yield (*path, "reward"), "must be a rule that gives free, or has units"
        elif taken.setdefault(rule.id, name) != name:
            yield (*path, "reward"), f"the stamps of {taken[rule.id]} are for it already"
