"""Receipts with what they have to come to: whoever writes a program says so, and it is tried."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.engine.program import CARD_RULE, POINTS, Program, Rule
from loyaltyd.domain.engine.quote import LineResult, Points, Quote, quote
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Refusal

Key = tuple[str, ...]  # ("payable",), ("earned", "bonus"), ("rules", "milk-10"), ("lines", "1", …)
Told = int | bool | str  # minor units or points, whether a rule was applied, why it was refused
Answer = Quote | Refusal

REFUSED, RULES, LINES, EARNED, SPENT = "refused", "rules", "lines", "earned", "spent"
OF_POINTS = frozenset((EARNED, SPENT))
LINE_AMOUNTS = ("gross", "discount", "redeemed", "net")
AMOUNTS = ("gross", "discount", "redeemed", "tendered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A receipt, who is at the till, and what it has to come to: nothing, when it is a sample."""

    name: str
    basket: Basket
    seen: Seen
    place: Place
    at: dt.datetime  # local; its offset means nothing
    wanted: Mapping[Key, Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What a case wants under a key, and what the program gives."""

    key: Key
    wanted: Told
    got: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A case under a program; it passed when nothing was missed."""

    case: Case
    answer: Quote | Refusal
    missed: tuple[Missed, ...]

    @property
    def applied(self) -> frozenset[str]:
        """The rules that changed the receipt."""
        if isinstance(self.answer, Refusal):
            return frozenset()
        return frozenset(why.rule for why in self.answer.trace if why.applied)


def tried(case: Case, program: Program) -> Trial:
    """Work the case's receipt out, and compare it with what is wanted."""
    answer = answered(case, program)
    facts = facts_told(answer)
    missed = [
        Missed(key=key, wanted=wanted, got=got)
        for key, wanted in case.wanted.items()
        if (got := _got(facts, key, wanted)) != wanted
    ]
    return Trial(case=case, answer=answer, missed=tuple(missed))


def answered(case: Case, program: Program) -> Quote | Refusal:
    """What the program gives for a case's receipt."""
    return quote(case.basket, case.seen, program, case.place, case.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A case under two programs; rules: those that give something else, or nothing any more."""

    case: Case
    old: Mapping[Key, Told]
    new: Mapping[Key, Told]
    rules: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether the receipt comes to something else."""
        keys = self.old.keys() | self.new.keys()
        return any(self.old.get(it, 0) != self.new.get(it, 0) for it in keys if _is_total(it))


def compared(case: Case, old: Answer, new: Answer) -> Compared:
    """What two programs give for a case, side by side."""
    before, after = facts_told(old), facts_told(new)
    rules = dict.fromkeys(key[1] for key in (*before, *after) if key[0] == RULES)
    return Compared(
        case=case,
        old=before,
        new=after,
        rules=tuple(
            rule
            for rule in rules
            if before.get((RULES, rule), False) != after.get((RULES, rule), False)
        ),
    )


def never_applied(trials: Iterable[Trial], program: Program) -> list[str]:
    """The rules that no case applied, in the file's order; a discount card's own stands last."""
    applied = {rule for trial in trials for rule in trial.applied}
    rules = [rule.id for rule in rules_of(program)]
    if any(cards.discount for cards in program.ranges):
        rules.append(CARD_RULE)
    return [rule for rule in rules if rule not in applied]


def rules_of(program: Program) -> list[Rule]:
    """All rules of a program in the order in which they run."""
    return [turn.rule for turn in program.turns.values()]


def facts_told(answer: Quote | Refusal) -> dict[Key, Told]:
    """What a receipt comes to, by key; what is not in it is nothing."""
    if isinstance(answer, Refusal):
        return {(REFUSED,): str(answer.reason)}
    result = answer.result
    facts: dict[Key, Told] = {
        (name,): sum(getattr(line, name) for line in result.lines) for name in AMOUNTS
    }
    facts["payable",] = result.payable
    facts.update(_points(EARNED, result.earned))
    facts.update(_points(SPENT, result.spent))
    for line in result.lines:
        facts.update(_line_facts(line))
    for why in answer.trace:
        given = why.has if isinstance(why.has, int) else True
        facts[RULES, why.rule] = given if why.applied else False
    return facts


def digits_of(key: Key, program: Program) -> int:
    """The decimals of the amount under key: money has the currency's, points their wallet's."""
    if key[-2:-1] and key[-2] in OF_POINTS:
        wallet = program.wallet(key[-1])
        return wallet.scale if wallet else program.digits
    rule = program.rule(key[1]) if key[0] == RULES else None
    if rule is not None and rule.layer == POINTS:
        return digits_of((EARNED, rule.wallet), program)
    return program.digits


def _got(facts: Mapping[Key, Told], key: Key, wanted: Told) -> Told:
    refusal = facts.get((REFUSED,))
    if key[0] == REFUSED:
        return refusal or False
    if refusal is not None:
        return refusal
    got = facts.get(key, False if key[0] == RULES else 0)
    return got is not False if isinstance(wanted, bool) else got


def _is_total(key: Key) -> bool:
    return key[0] not in {RULES, LINES}


def _points(kind: str, points: Sequence[Points]) -> Iterator[tuple[Key, int]]:
    return (((kind, it.wallet), it.amount) for it in points)


def _line_facts(line: LineResult) -> Iterator[tuple[Key, int]]:
    here = (LINES, str(line.line))
    yield from (((*here, name), getattr(line, name)) for name in LINE_AMOUNTS)
    yield from (((*here, EARNED, it.wallet), it.amount) for it in line.earned)
