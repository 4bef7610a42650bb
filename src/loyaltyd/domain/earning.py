"""The points layer: what a receipt earns, exact until each wallet rounds once, then spread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loyaltyd.domain.account import Account
from loyaltyd.domain.conditions import unmet
from loyaltyd.domain.explain import Cause, Why
from loyaltyd.domain.gifts import EarnPercent
from loyaltyd.domain.money import WHOLE_SHARE, half_up
from loyaltyd.domain.position import Position
from loyaltyd.domain.program import Group, Program, Rule, Wallet
from loyaltyd.domain.scene import Scene
from loyaltyd.domain.spread import spread

DISCOUNT_CARD = "discount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Points of one wallet: for the receipt, and each line's share of them."""

    wallet: str
    amount: int
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a rule earns on each line, in millionths of minor units, or why nothing."""

    rule: Rule
    wallet: str
    weights: tuple[int, ...]
    why: Why | None = None


def earned(
    lines: Sequence[Position], program: Program, scene: Scene
) -> tuple[list[Earned], list[Why]]:
    """What lines as they stand earn in each wallet, and what became of each rule."""
    claims: list[_Claim] = []
    trace: list[Why] = []
    for group in program.points:
        counting, whys = _group(group, lines, program, scene)
        claims += counting
        trace += whys
    found = [_wallet_earned(wallet, claims, program) for wallet in program.wallets]
    nothing = {it.wallet for it in found if not it.amount}
    return found, [_rounded(why, claims, nothing) for why in trace]


def spend(lines: Sequence[Position]) -> int:
    """What counts towards a tier: what was paid in money or tender for goods that may earn."""
    return sum(_paid(position) for position in lines if position.may_earn)


def scene_of_points(scene: Scene, lines: Sequence[Position], program: Program) -> Scene:
    """The scene with the tier that this receipt reaches, when the program counts it already."""
    account, tiers = scene.seen.account, program.tiers
    if tiers is None or account is None or not tiers.counts_current:
        return scene
    reached = higher(program, account, spend(lines))
    return replace(scene, tier=reached)


def higher(program: Program, account: Account, more: int) -> str:
    """The higher of the account's tier and the one that its spend and so much more reaches."""
    assert program.tiers is not None
    order = [level.id for level in program.tiers.levels]
    reached = program.tiers.level(account.measure + more)
    known = account.tier if account.tier in order else order[0]
    return max(reached, known, key=order.index)


def _group(
    group: Group, lines: Sequence[Position], program: Program, scene: Scene
) -> tuple[list[_Claim], list[Why]]:
    claims = [_claim(rule, lines, program, scene) for rule in group.rules]
    able = [claim for claim in claims if claim.why is None]
    if group.pick == "first":
        able = able[:1]
    elif group.pick == "best" and able:
        able = [max(able, key=lambda claim: sum(claim.weights))]
    return able, [_why(claim, able, program) for claim in claims]


def _claim(rule: Rule, lines: Sequence[Position], program: Program, scene: Scene) -> _Claim:
    give = rule.give
    assert isinstance(give, EarnPercent)
    wallet = program.wallet(give.wallet)
    assert wallet is not None  # the program's text was checked
    total = sum(_paid(position) for position in lines)
    why = _nobody(rule, scene) or unmet(rule, scene, total) or _goods(rule, lines)
    if (
        why is None
        and wallet.earn_base == "none-if-redeemed"
        and any(it.as_discount for it in lines)
    ):
        why = Why(rule=rule.id, cause=Cause.REDEEMED)
    weights = tuple(
        _base(position, wallet) * give.share
        if position.may_earn and rule.on.has(position.line)
        else 0
        for position in lines
    )
    if why is None and not any(weights):
        why = Why(rule=rule.id, cause=Cause.NOTHING_LEFT)
    return _Claim(rule=rule, wallet=wallet.id, weights=weights, why=why)


def _nobody(rule: Rule, scene: Scene) -> Why | None:
    if scene.seen.account is None or scene.seen.card is None:
        return Why(rule=rule.id, cause=Cause.NO_CARD)
    if scene.seen.card.kind == DISCOUNT_CARD:
        return Why(rule=rule.id, cause=Cause.CARD_KIND, has=DISCOUNT_CARD)
    return None


def _goods(rule: Rule, lines: Sequence[Position]) -> Why | None:
    meant = [position for position in lines if rule.on.has(position.line)]
    if not meant:
        return Why(rule=rule.id, cause=Cause.GOODS)
    if not any(position.may_earn for position in meant):
        return Why(rule=rule.id, cause=Cause.NO_EARN)
    return None


def _base(position: Position, wallet: Wallet) -> int:
    """What earns: by default what was paid after discounts and points that lower the price."""
    if wallet.earn_base == "gross":
        return position.gross
    if wallet.earn_base == "net-of-discounts":
        return position.gross - position.discount
    return _paid(position)


def _paid(position: Position) -> int:
    return position.gross - position.discount - position.as_discount


def _wallet_earned(wallet: Wallet, claims: Sequence[_Claim], program: Program) -> Earned:
    mine = [claim.weights for claim in claims if claim.wallet == wallet.id]
    weights = [sum(column) for column in zip(*mine, strict=True)]
    above, below = 10**wallet.scale * sum(weights), WHOLE_SHARE * 10**program.digits
    amount = half_up(above, below) if program.rounding.points == "half-up" else above // below
    shares = spread(amount, weights, program.rounding.spread)
    return Earned(wallet=wallet.id, amount=amount, shares=tuple(shares))


def _why(claim: _Claim, counting: Sequence[_Claim], program: Program) -> Why:
    if claim.why is not None:
        return claim.why
    wallet = program.wallet(claim.wallet)
    assert wallet is not None
    given = 10**wallet.scale * sum(claim.weights) // (WHOLE_SHARE * 10**program.digits)
    cause = Cause.APPLIED if claim in counting else Cause.BETTER_RULE
    return Why(rule=claim.rule.id, cause=cause, needs=claim.wallet, has=given)


def _rounded(why: Why, claims: Sequence[_Claim], nothing: set[str]) -> Why:
    """A rule whose wallet rounds to nothing was not applied."""
    wallets = {claim.rule.id: claim.wallet for claim in claims}
    if why.applied and wallets.get(why.rule) in nothing:
        return Why(rule=why.rule, cause=Cause.TOO_LITTLE)
    return why
