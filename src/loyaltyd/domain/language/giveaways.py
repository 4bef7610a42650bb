"""Rules whose worst case gives goods away, or more points than the goods cost."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from loyaltyd.domain.engine.gifts import (
    AmountOff,
    Bundle,
    Earn,
    FixedPrice,
    Multiplied,
    PercentOff,
    Scale,
    ShareEarned,
    StepsEarned,
)
from loyaltyd.domain.engine.program import ITEM, Group, Program, Rule
from loyaltyd.domain.engine.when import AllOf, AnyOf, Conditions, Contains, MinTotal
from loyaltyd.domain.language.implication import contradiction, within
from loyaltyd.domain.money import WHOLE_SHARE, decimal
from loyaltyd.domain.toml_lines import Path

RULES_MAX = 200  # of one sum that are held against each other
Found = tuple[Path, str]  # the path inside of the rule, and what is to be said


def given_away(rule: Rule, program: Program) -> Iterator[Found]:
    """What the rule by itself gives away in its worst case."""
    give = rule.give
    if isinstance(give, PercentOff):
        yield from _all_off(rule, give)
    elif isinstance(give, Scale):
        if give.cap is None and any(share == WHOLE_SHARE for _, share in give.steps):
            yield ("give", f"percent_off_by_{give.by}"), "has a step that gives its goods away"
    elif isinstance(give, FixedPrice | Bundle):
        key = "bundle" if isinstance(give, Bundle) else "fixed_price"
        if not give.price and (isinstance(give, Bundle) or give.few is None):
            yield ("give", key), "gives its goods away"
    elif isinstance(give, AmountOff) and rule.layer != ITEM:
        yield from _cheap_receipt(rule, give, program)


def _all_off(rule: Rule, give: PercentOff) -> Iterator[Found]:
    if give.share == WHOLE_SHARE and give.cap is None and give.few is None:
        yield ("give", "percent_off"), "gives its goods away"
    if rule.price == () and not rule.when:
        yield ("give", "free"), "is given to whoever asks for it: it has no cost, and no stamps"


def stacked_away(group: Group, program: Program) -> Iterator[tuple[Rule, str]]:
    """The rule with which the percentages of a group that all work on one price reach 100%."""
    if (group.pick, group.base) != ("all", "original"):
        return
    shares = [it for it in group.rules if _is_whole(it)][:RULES_MAX]
    for rule in shares:
        others = _together(rule, shares, program)
        total = sum(it.give.share for it in others if isinstance(it.give, PercentOff))
        if total >= WHOLE_SHARE and len(others) > 1:
            names = ", ".join(it.id for it in others[:-1])
            yield rule, f"gives its goods away together with {names}: base is original"
            return


def earned_away(program: Program) -> Iterator[tuple[Rule, str]]:
    """The rule with which a receipt earns points that pay as much as was paid for it, or more."""
    sums: dict[tuple[str, str], list[Rule]] = {}
    for group in program.points:
        for rule in group.rules if group.pick == "all" else group.rules[:1]:
            assert isinstance(rule.give, Earn)  # others stand in other layers
            if _factor(rule) or _worth(rule, program):
                sums.setdefault((rule.wallet, rule.give.of), []).append(rule)
    for rules in sums.values():
        for rule in rules[:RULES_MAX]:
            others = _together(rule, rules, program)
            worth = sum((_worth(it, program) for it in others), Fraction(0))
            worth *= 1 + sum((_factor(it) - 1 for it in others if _factor(it)), Fraction(0))
            if worth >= 1:
                names = ", ".join(it.id for it in others[:-1])
                beside = f" together with {names}" if names else ""
                yield rule, f"earns points{beside} that pay for all that earned them"
                break


def _together(rule: Rule, rules: Sequence[Rule], program: Program) -> list[Rule]:
    """The rules up to this one that may hold on one receipt, for goods that all of them mean."""
    chosen = [rule]
    for other in rules[: rules.index(rule)]:
        when: Conditions = tuple(it for each in (*chosen, other) for it in each.when)
        meet = all(within(it.on, other.on) or within(other.on, it.on) for it in chosen)
        bars = program.exclusions.get(other.id, frozenset())
        apart = any(it.id in bars for it in chosen)
        if meet and not apart and not contradiction(when, program.starts):
            chosen.append(other)
    return [*chosen[1:], rule]


def _is_whole(rule: Rule) -> bool:
    give = rule.give
    return isinstance(give, PercentOff) and give.cap is None and give.few is None


def _worth(rule: Rule, program: Program) -> Fraction:
    """What share of the money that earned them the rule's points pay."""
    give = rule.give
    assert isinstance(give, Earn)
    wallet = program.wallet(give.wallet)
    assert wallet is not None  # the program's text was checked
    if isinstance(give.by, ShareEarned):
        return Fraction(give.by.share, WHOLE_SHARE) * wallet.redeem_rate
    if isinstance(give.by, StepsEarned) and give.by.amount:
        points = Fraction(give.by.points, int(10**wallet.scale))
        return points / Fraction(give.by.amount, int(10**program.digits)) * wallet.redeem_rate
    return Fraction(0)


def _factor(rule: Rule) -> Fraction:
    by = rule.give.by if isinstance(rule.give, Earn) else None
    return by.factor if isinstance(by, Multiplied) else Fraction(0)


def _cheap_receipt(rule: Rule, give: AmountOff, program: Program) -> Iterator[Found]:
    least = _least_total(rule.when)
    if give.amount and least <= give.amount:
        amount = decimal(give.amount, program.digits)
        yield (
            ("give", "amount_off"),
            f"gives a receipt of {amount} or less away: no min_total asks for more",
        )


def _least_total(conditions: Conditions) -> int:
    """What a receipt comes to at least that meets them."""
    found = 0
    for it in conditions:
        if isinstance(it, MinTotal | Contains):
            found = max(found, it.amount)
        elif isinstance(it, AllOf):
            found = max(found, *(_least_total(part) for part in it.parts))
        elif isinstance(it, AnyOf):
            found = max(found, min(_least_total(part) for part in it.parts))
    return found
