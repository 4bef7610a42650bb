"""The points layer: what a receipt earns, exact until each wallet rounds once, then spread.

Groups add up, and inside a group `pick` says which rules of a wallet count; wallets are never
weighed against each other. A multiplier multiplies what the rules before its group gave, so that
multipliers of several groups add up too; in a group with pick "all" and base "cascade" it also sees
what its group gave before it, other multipliers included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm

from loyaltyd.domain.account import Account
from loyaltyd.domain.engine.candidates import Candidates
from loyaltyd.domain.engine.claims import Claim, Ground, Part, claim, ground, paid
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.lots import Dates
from loyaltyd.domain.engine.position import Position
from loyaltyd.domain.engine.program import POINTS, Group, Program, Tiers, Wallet
from loyaltyd.domain.engine.scene import Scene
from loyaltyd.domain.engine.spread import spread
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import half_up


@dataclass(slots=True)  # made by position, as Effect
class Earned:
    """Points of one wallet: for the receipt, each line's share, and what has rules' own dates."""

    wallet: str
    amount: int
    shares: tuple[int, ...]
    dated: tuple[Lot, ...] = ()


def earned(
    lines: Sequence[Position], program: Program, scene: Scene, able: Candidates
) -> tuple[list[Earned], list[Why]]:
    """What lines as they stand earn in each wallet, and what became of each rule that is able."""
    on = ground(lines, program, scene, able)
    claims: list[Claim] = []
    plain: list[Claim] = []  # without those of multipliers
    trace: list[Why] = []
    for group in able.layer(POINTS):
        found = _claims(group, on, plain)
        counting = _counting(group, found)
        claims += counting
        plain += [it for it in counting if not it.multiplies]
        # Where one beats another, one of each wallet counts.
        winners = {it.wallet.id: it.rule.id for it in counting}
        counts = {it.rule.id for it in counting}
        trace += [_why(it, winners, counts=it.rule.id in counts) for it in found]
    earnings = [_wallet_earned(wallet, claims, program) for wallet in program.wallets]
    nothing = {it.wallet for it in earnings if not it.amount}
    wallets = {it.rule.id: it.wallet.id for it in claims}
    return earnings, [_rounded(why, wallets, nothing) for why in trace]


def spend(lines: Sequence[Position]) -> int:
    """What counts towards a tier: what was paid in money or tender for goods that may earn."""
    return sum(paid(position) for position in lines if position.may_earn)


def scene_of_points(
    scene: Scene, lines: Sequence[Position], program: Program, able: Candidates
) -> Scene:
    """The scene with the tier that this receipt reaches, when the program counts it already.

    Of points those count that it earns at the tier it came with: what a tier gives leads to no
    other one on the same receipt.
    """
    account, tiers = scene.seen.account, program.tiers
    if tiers is None or account is None or not tiers.counts_current:
        return scene
    if tiers.measure == "points":
        earnings, _ = earned(lines, program, scene, able)
        more = sum(it.amount for it in earnings if it.wallet == tiers.wallet)
    else:
        more = spend(lines) if tiers.measure == "spend" else len(lines[:1])  # loads are no visit
    return replace(scene, tier=higher(tiers, account, more))


def higher(tiers: Tiers, account: Account, more: int) -> str:
    """The higher of the account's tier and the one that its measure and so much more reaches."""
    order = [level.id for level in tiers.levels]
    reached = tiers.level(account.measure + more)
    known = account.tier if account.tier in order else order[0]
    return max(reached, known, key=order.index)


def _claims(group: Group, on: Ground, before: Sequence[Claim]) -> list[Claim]:
    """What each rule of group comes to, when before is what the rules before the group gave."""
    if group.pick != "all" or group.base != "cascade":
        return [claim(rule, on, before) for rule in group.rules]
    seen = list(before)
    for rule in group.rules:
        seen.append(claim(rule, on, seen))
    return seen[len(before) :]


def _counting(group: Group, claims: Sequence[Claim]) -> list[Claim]:
    """Of each wallet the claims that pick counts; a tie goes to the rule that stands first."""
    able = [it for it in claims if it.why is None]
    if group.pick == "all" or len(able) < 2:
        return able
    best: dict[str, Claim] = {}
    for it in able:
        winner = best.setdefault(it.wallet.id, it)
        if group.pick == "best" and it.total > winner.total:
            best[it.wallet.id] = it
    return [it for it in able if best[it.wallet.id] is it]


def _wallet_earned(wallet: Wallet, claims: Sequence[Claim], program: Program) -> Earned:
    parts = [part for it in claims if it.wallet is wallet for part in it.parts]
    below = lcm(*{part.below for part in parts})
    exact = [_scaled(part.weights, below // part.below) for part in parts]
    weights = [sum(column) for column in zip(*exact, strict=True)]
    total = sum(weights)
    amount = half_up(total, below) if program.rounding.points == "half-up" else total // below
    shares = tuple(spread(amount, weights, program.rounding.spread))
    return Earned(wallet.id, amount, shares, _dated(wallet, amount, parts, exact))


def _scaled(weights: Sequence[int], factor: int) -> Sequence[int]:
    return weights if factor == 1 else [it * factor for it in weights]


def _dated(
    wallet: Wallet, amount: int, parts: Sequence[Part], exact: Sequence[Sequence[int]]
) -> tuple[Lot, ...]:
    """What of amount goes to lots of rules' own dates; by largest remainder, whatever lines do."""
    if not any(part.dates for part in parts):
        return ()
    sums: dict[Dates | None, int] = {}
    for part, weights in zip(parts, exact, strict=True):
        sums[part.dates] = sums.get(part.dates, 0) + sum(weights)
    shares = spread(amount, list(sums.values()))
    return tuple(
        Lot(wallet=wallet.id, active_from=dates[0], expires_at=dates[1], amount=share)
        for dates, share in zip(sums, shares, strict=True)
        if dates and share
    )


def _why(of: Claim, winners: Mapping[str, str], *, counts: bool) -> Why:
    if of.why is not None:
        return of.why
    rule, wallet = of.rule.id, of.wallet.id
    if counts:
        return Why(rule, Cause.APPLIED, wallet, of.whole)
    return Why(rule=rule, cause=Cause.BETTER_RULE, needs=winners[wallet], has=of.whole)


def _rounded(why: Why, wallets: Mapping[str, str], nothing: set[str]) -> Why:
    """A rule whose wallet rounds to nothing was not applied."""
    if wallets.get(why.rule) in nothing:
        return Why(rule=why.rule, cause=Cause.TOO_LITTLE)
    return why
