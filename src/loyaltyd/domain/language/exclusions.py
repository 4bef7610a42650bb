"""Rules that never lower a line together: what `exclude` says, whichever of the two says it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from loyaltyd.domain.engine.program import CARD_RULE, POINTS, RECEIPT
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.when_faults import unknown_name
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]


def exclusions(table: ProgramTable) -> Mapping[str, frozenset[str]]:
    """For each rule that has any, and for a discount card's own, the rules that bar it."""
    members: defaultdict[str | None, list[str]] = defaultdict(list)
    named: defaultdict[str, set[str]] = defaultdict(set)
    for rule in table.rules:
        members[rule.group].append(rule.id)
        for other in rule.exclude:
            named[rule.id].add(other)
            named[other].add(rule.id)
    barred = _barred_groups(table)
    by_group: Mapping[str | None, frozenset[str]] = {
        name: frozenset(rule for other in others for rule in members[other])
        for name, others in barred.items()
    }
    found = {CARD_RULE: frozenset(named[CARD_RULE])}
    for rule in table.rules:
        # Rules of one group share one set: thousands of them may each bar thousands.
        whole = by_group.get(rule.group, frozenset())
        found[rule.id] = whole | named[rule.id] if named.get(rule.id) else whole
    return {rule: others for rule, others in found.items() if others}


def exclusion_faults(table: ProgramTable) -> Iterator[_Wrong]:
    """What exclude names that isn't there, or could never meet."""
    yield from _rule_faults(table)
    for name, group in table.groups.items():
        for place, other in enumerate(group.exclude):
            path: Path = ("groups", name, "exclude", place)
            if other == name:
                yield path, "is the group itself"
            elif other not in table.groups:
                yield path, unknown_name("group", other, list(table.groups))


def _rule_faults(table: ProgramTable) -> Iterator[_Wrong]:
    layers = {rule.id: rule.layer for rule in table.rules} | {CARD_RULE: RECEIPT}
    for number, rule in enumerate(table.rules):
        for place, other in enumerate(rule.exclude):
            path: Path = ("rules", number, "exclude", place)
            if other == rule.id:
                yield path, "is the rule itself"
            elif other not in layers:
                yield path, unknown_name("rule", other, list(layers))
            elif layers[other] == rule.layer == POINTS:
                yield path, "is a rule that earns: it lowers no line"


def _barred_groups(table: ProgramTable) -> Mapping[str, set[str]]:
    barred: defaultdict[str, set[str]] = defaultdict(set)
    for name, group in table.groups.items():
        for other in group.exclude:
            barred[name].add(other)
            barred[other].add(name)
    return barred
