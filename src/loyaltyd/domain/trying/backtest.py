"""Recorded receipts beside what another program would give for them: sums, rule by rule. Pure.

Points count as the money that they pay, by their wallet's redeem_rate. So that sums stay whole, all
money here is in parts of a minor unit: as many to one as the rates of all programs need.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

from loyaltyd.domain.engine.explain import Why
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a program's points are worth, in parts of a minor unit."""

    parts: int  # of one minor unit
    wallets: Mapping[str, int]
    sole: Mapping[str, str]  # wallet → the only rule that earns it, where there is one
    rules: Mapping[str, str]  # rule that earns → its wallet


@dataclass(slots=True, kw_only=True)
class Given:
    """What one receipt got; points: what rules earned, in wallets' units."""

    gross: int = 0
    discount: int = 0
    redeemed: int = 0
    earned: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)  # rule → worth, in parts
    points: dict[str, int] = field(default_factory=dict)  # rule → points
    worth: int = 0


@dataclass(slots=True, kw_only=True)
class Side:
    """Sums of what was given: by the rules of the time, or by the program that is tried."""

    gross: int = 0
    discount: int = 0
    redeemed: int = 0
    worth: int = 0
    earned: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)  # rule → receipts
    rules: Counter[str] = field(default_factory=Counter)  # rule → worth
    points: Counter[str] = field(default_factory=Counter)

    def add(self, given: Given) -> None:
        """Add one receipt."""
        self.gross += given.gross
        self.discount += given.discount
        self.redeemed += given.redeemed
        self.worth += given.worth
        for sums, each in (
            (self.earned, given.earned),
            (self.rules, given.rules),
            (self.points, given.points),
        ):
            for name, amount in each.items():
                sums[name] += amount
        for rule in given.rules:
            self.applied[rule] += 1


@dataclass(slots=True, kw_only=True)
class Backtest:
    """What came of the receipts so far; more and less: how many get more than they got, or less."""

    then: Side = field(default_factory=Side)
    now: Side = field(default_factory=Side)
    receipts: int = 0
    more: int = 0
    less: int = 0
    rules_more: Counter[str] = field(default_factory=Counter)
    rules_less: Counter[str] = field(default_factory=Counter)
    accounts: Counter[str] = field(default_factory=Counter)  # account → worth now less then
    refused: Counter[str] = field(default_factory=Counter)  # reason → receipts, in no other sum

    def add(self, then: Given, now: Given | Refusal, account: str) -> None:
        """Add one receipt; account is nothing for a shopper without a card."""
        if isinstance(now, Refusal):
            self.refused[str(now.reason)] += 1
            return
        self.receipts += 1
        self.then.add(then)
        self.now.add(now)
        gain = now.worth - then.worth
        self.more += gain > 0
        self.less += gain < 0
        if account:
            self.accounts[account] += gain
        if now.rules != then.rules:
            self._compare(then.rules, now.rules)

    def _compare(self, then: Mapping[str, int], now: Mapping[str, int]) -> None:
        for rule in then.keys() | now.keys():
            gain = now.get(rule, 0) - then.get(rule, 0)
            if gain:
                (self.rules_more if gain > 0 else self.rules_less)[rule] += 1


def worths(programs: Sequence[Program]) -> list[Worth]:
    """What the points of each program are worth, all in the same parts."""
    rates = [{it.id: _rate(it, program) for it in program.wallets} for program in programs]
    parts = lcm(*(rate.denominator for wallets in rates for rate in wallets.values()))
    return [
        Worth(
            parts=parts,
            wallets={name: int(rate * parts) for name, rate in wallets.items()},
            sole=dict(_sole(program)),
            rules=_earning(program),
        )
        for program, wallets in zip(programs, rates, strict=True)
    ]


def given_now(answer: Quote, worth: Worth) -> Given:
    """What a program gives."""
    lines, result = answer.result.lines, answer.result
    given = Given(
        gross=sum([line.gross for line in lines]),
        discount=sum([effect.amount for line in lines for effect in line.effects]),
        redeemed=sum([paid.money for line in lines for paid in line.paid]),
        earned={it.wallet: it.amount for it in result.earned},
    )
    for why in answer.trace:
        if why.applied and why.rule not in worth.rules and isinstance(why.has, int):
            given.rules[why.rule] = why.has * worth.parts
    _add_points(given, earned_by_rule(answer.trace, worth), worth)
    return given


def given_then(result: Mapping[str, Any], worth: Worth, trace: Iterable[Why] | None) -> Given:
    """What a record's result says was given; trace is its own program's, where points need it."""
    given = Given(earned={it["wallet"]: it["amount"] for it in result.get("earned", ())})
    for line in result["lines"]:
        given.gross += line["gross"]
        for effect in line.get("effects", ()):
            amount, rule = effect["amount"], effect["rule"]
            given.discount += amount
            given.rules[rule] = given.rules.get(rule, 0) + amount * worth.parts
        for paid in line.get("paid", ()):
            given.redeemed += paid["money"]
    if trace is None:
        by_rule = {
            worth.sole[it]: amount for it, amount in given.earned.items() if it in worth.sole
        }
    else:
        by_rule = earned_by_rule(trace, worth)
    _add_points(given, by_rule, worth)
    return given


def earned_by_rule(trace: Iterable[Why], worth: Worth) -> dict[str, int]:
    """The points of each rule that earned."""
    return {
        why.rule: why.has
        for why in trace
        if why.rule in worth.rules and why.applied and isinstance(why.has, int)
    }


def needs_trace(worth: Worth) -> bool:
    """Whether a record's points don't say by themselves which rule gave them."""
    return len(worth.rules) > len(worth.sole)


def _add_points(given: Given, by_rule: Mapping[str, int], worth: Worth) -> None:
    for rule, points in by_rule.items():
        given.points[rule] = points
        given.rules[rule] = points * worth.wallets[worth.rules[rule]]
    given.worth = given.discount * worth.parts
    for wallet, amount in given.earned.items():
        given.worth += amount * worth.wallets.get(wallet, 0)


def _rate(wallet: Wallet, program: Program) -> Fraction:
    """Minor units that one unit of the wallet pays."""
    return wallet.redeem_rate * Fraction(10**program.digits, 10**wallet.scale)


def _earning(program: Program) -> dict[str, str]:
    rules = [rule for group in program.points for rule in group.rules]
    return {rule.id: rule.wallet for rule in rules}


def _sole(program: Program) -> Iterable[tuple[str, str]]:
    rules = _earning(program)
    for wallet, count in Counter(rules.values()).items():
        if count == 1:
            yield wallet, next(rule for rule in rules if rules[rule] == wallet)
