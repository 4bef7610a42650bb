"""What a program that can be obeyed hardly means: told by check, and obeyed all the same."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from loyaltyd.domain.engine.gifts import (
    AmountOff,
    Earn,
    FixedPrice,
    PercentOff,
    PointsEarned,
    Scale,
    ShareEarned,
)
from loyaltyd.domain.engine.limits import Limit
from loyaltyd.domain.engine.program import ITEM, POINTS, PRINTING, Group, Program, Rule
from loyaltyd.domain.engine.when import CardKind, MinTotal
from loyaltyd.domain.language.giveaways import earned_away, given_away, stacked_away
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.wallets import WalletTable
from loyaltyd.domain.language.implication import (
    atoms_of,
    contradiction,
    implied,
    within,
    within_one_of,
)
from loyaltyd.domain.money import decimal
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]
LANGUAGES = ("en", "ru")
SHADOWS_MAX = 200  # rules of a group that are held against each other


def warnings_of(table: ProgramTable, program: Program) -> Iterator[_Wrong]:
    """Each warning as the path of its key and a sentence; program is what table became."""
    places = {rule.id: number for number, rule in enumerate(table.rules)}
    yield from _names(table)
    for number, it in enumerate(table.rules):
        rule = program.rule(it.id)
        assert rule is not None  # it was read from there
        for path, said in (*_never(rule, program), *given_away(rule, program)):
            yield ("rules", number, *path), said
        for audience, texts in it.say.items():
            yield from _untold(("rules", number, "say", audience), list(texts))
    for group in _groups(program):
        for rule, said in (*_shadowed(group, program), *stacked_away(group, program)):
            yield ("rules", places[rule.id]), said
    for rule, said in earned_away(program):
        yield ("rules", places[rule.id], "give"), said


def _names(table: ProgramTable) -> Iterator[_Wrong]:
    """Names that nobody uses, and names that are missing."""
    used = {rule.group for rule in table.rules}
    for name in table.groups:
        if name not in used:
            yield ("groups", name), "no rule is in this group"
    for name, wallet in table.wallets.items():
        yield from _unnamed(("wallets", name), wallet)


def _unnamed(path: Path, wallet: WalletTable) -> Iterator[_Wrong]:
    if not wallet.name:
        yield path, "has no name: people read its id"
    else:
        yield from _untold((*path, "name"), [str(it) for it in wallet.name])


def _untold(path: Path, languages: Sequence[str]) -> Iterator[_Wrong]:
    missing = [it for it in LANGUAGES if it not in languages]
    if languages and missing:
        yield path, f"has no text in {missing[0]}: tills of that language say the other one"


def _never(rule: Rule, program: Program) -> Iterator[_Wrong]:
    """Why the rule can never be applied."""
    why = contradiction(rule.when, program.starts)
    if why:
        yield ("when",), f"can never hold: {why}"
    kinds = [it for it in rule.when if isinstance(it, CardKind)]
    if rule.layer == POINTS and any(set(it.kinds) == {"discount"} for it in kinds):
        yield ("when", "card_kind"), "can never hold: a discount card earns nothing"
    yield from _barred(rule, program)
    if _gives_nothing(rule):
        yield ("give",), "gives nothing"
    yield from _dead_steps(rule, program)


def _barred(rule: Rule, program: Program) -> Iterator[_Wrong]:
    """Goods of which law or the chain says that they earn nothing, or are never discounted."""
    closed = [
        it
        for it in program.classes
        if not (it.earn if rule.layer in {POINTS, PRINTING} else it.discount)
        and it.stores is None
        and it.since <= program.starts
        and it.until == dt.date.max
    ]
    atoms = list(atoms_of(rule.on))
    if atoms and all(within_one_of(atom, [it.match for it in closed]) for atom in atoms):
        key = "earn" if rule.layer in {POINTS, PRINTING} else "discount"
        yield ("on",), f"means only goods of classes with {key} = false"


def _gives_nothing(rule: Rule) -> bool:
    give = rule.give
    if isinstance(give, PercentOff):
        return not give.share or give.cap == 0
    if isinstance(give, Scale):
        return give.cap == 0 or not any(share for _, share in give.steps)
    if isinstance(give, AmountOff):
        return not give.amount
    return isinstance(give, Earn) and isinstance(give.by, ShareEarned) and not give.by.share


def _dead_steps(rule: Rule, program: Program) -> Iterator[_Wrong]:
    give = rule.give
    least = max((it.amount for it in rule.when if isinstance(it, MinTotal)), default=0)
    if isinstance(give, Scale) and give.by == "total" and len(give.steps) > 1:
        start = give.steps[1][0]
        if start <= least:
            said = f"its first step never counts: min_total is {decimal(least, program.digits)}"
            yield ("give", "percent_off_by_total", 0), said


def _groups(program: Program) -> Iterator[Group]:
    layers: Mapping[str, Sequence[Group]] = {
        name: getattr(program, name) for name in ("item", "receipt", "coupon", "points")
    }
    for groups in layers.values():
        yield from groups


def _shadowed(group: Group, program: Program) -> Iterator[tuple[Rule, str]]:
    """Rules of a group that another one of it always comes before, or is never worse than."""
    if group.pick == "all":
        return
    rules = list(islice(group.rules, SHADOWS_MAX))
    for number, rule in enumerate(rules):
        for place, other in enumerate(rules):
            if other is rule or not _covers(other, rule, program):
                continue
            earlier = place < number
            if group.pick == "first" and earlier and _always_gives(other, rule):
                yield rule, f'never counts: "{other.id}" before it holds whenever this one does'
                break
            if group.pick == "best" and _never_worse(other, rule, earlier=earlier):
                yield rule, f'is never better than "{other.id}", which holds whenever it does'
                break


def _covers(other: Rule, rule: Rule, program: Program) -> bool:
    """Whether other can be applied to all goods, and on all receipts, on which rule can."""
    bars = program.exclusions
    return (
        other.price is None  # a reward is given as it is asked for
        and not any(isinstance(it, Limit) for it in other.when)
        and within(rule.on, other.on)
        and implied(other.when, tuple(it for it in rule.when if not isinstance(it, Limit)))
        and bars.get(other.id, frozenset()) <= bars.get(rule.id, frozenset())
    )


def _always_gives(other: Rule, rule: Rule) -> bool:
    give = other.give
    if isinstance(give, Earn):
        plain = isinstance(give.by, ShareEarned | PointsEarned) and not give.of
        return plain and rule.wallet == other.wallet and not _gives_nothing(other)
    if isinstance(give, PercentOff):
        return bool(give.share) and give.few is None and (give.cap is None or _for_all(other, give))
    return isinstance(give, AmountOff) and bool(give.amount) and give.few is None


def _for_all(rule: Rule, give: PercentOff) -> bool:
    """Whether a capped percentage counts for the whole receipt, and not line by line."""
    return rule.layer != ITEM and bool(give.cap)


def _never_worse(other: Rule, rule: Rule, *, earlier: bool) -> bool:
    """Whether other gives at least as much of the same kind; a tie goes to the earlier rule."""
    if isinstance(other.give, PercentOff) and other.give.cap is not None:
        return False
    mine, its = _strength(other, rule), _strength(rule, other)
    if mine is None or its is None:
        return False
    return mine > its or (mine == its and earlier)


def _strength(rule: Rule, beside: Rule) -> int | None:
    """How much a rule gives, comparable with one of the same kind; None when it is not."""
    give, other = rule.give, beside.give
    if isinstance(give, PercentOff) and isinstance(other, PercentOff):
        return give.share if give.few == other.few is None else None
    if isinstance(give, AmountOff) and isinstance(other, AmountOff):
        return give.amount if give.few == other.few is None else None
    if isinstance(give, FixedPrice) and isinstance(other, FixedPrice):
        return -give.price if give.few == other.few is None else None
    if isinstance(give, Earn) and isinstance(other, Earn):
        return _earned_strength(give, other)
    return None


def _earned_strength(give: Earn, other: Earn) -> int | None:
    if (give.wallet, give.of) != (other.wallet, other.of):
        return None
    if isinstance(give.by, ShareEarned) and isinstance(other.by, ShareEarned):
        return give.by.share
    if isinstance(give.by, PointsEarned) and isinstance(other.by, PointsEarned):
        return give.by.points
    return None
