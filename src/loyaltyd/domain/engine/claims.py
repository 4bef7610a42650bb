"""What one earning rule comes to on each line, in exact parts of points, before any rounding.

A multiplier works on what the rules before it gave, so a rule is shown those claims.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, lcm

from loyaltyd.domain.basket import PIECE
from loyaltyd.domain.card import COLLECTING
from loyaltyd.domain.engine.candidates import Candidates
from loyaltyd.domain.engine.conditions import unmet
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.gifts import (
    REST,
    Earn,
    Multiplied,
    PiecesEarned,
    PointsEarned,
    ShareEarned,
    StepsEarned,
)
from loyaltyd.domain.engine.lots import Dates, own_dates
from loyaltyd.domain.engine.pieces import pieces
from loyaltyd.domain.engine.position import Position, lowering
from loyaltyd.domain.engine.program import Program, Rule, Wallet
from loyaltyd.domain.engine.scene import Scene, Sight
from loyaltyd.domain.money import WHOLE_SHARE


@dataclass(slots=True)  # made by position, as Effect
class Part:
    """Points by line, weights / below of the wallet's units; the lot has the wallet's dates, or."""

    weights: Sequence[int]
    below: int
    dates: Dates | None = None


@dataclass(slots=True)  # made by position, as Effect
class Claim:
    """What a rule earns in its wallet, or why nothing."""

    rule: Rule
    give: Earn
    wallet: Wallet
    parts: Sequence[Part] = ()
    why: Why | None = None

    @property
    def total(self) -> Fraction:
        """The wallet's units on the whole receipt, exactly."""
        return _total(self.parts)

    @property
    def whole(self) -> int:
        """The total without its fraction."""
        if len(self.parts) == 1:  # what almost every rule has, and fractions are slow
            return sum(self.parts[0].weights) // self.parts[0].below
        return floor(self.total)

    @property
    def multiplies(self) -> bool:
        """Whether it makes more of what other rules gave."""
        return isinstance(self.give.by, Multiplied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The receipt that rules earn on."""

    lines: Sequence[Position]
    program: Program
    scene: Scene
    places: Mapping[str, Sequence[int]]  # rule → its lines
    paid: Sequence[int]  # in money or tender, by line, minor units
    total: int  # of that
    redeemed: bool  # points paid a part as a discount


def ground(lines: Sequence[Position], program: Program, scene: Scene, able: Candidates) -> Ground:
    """The receipt of lines as they stand, of which the rules that are able mean some."""
    money = [paid(position) for position in lines]
    return Ground(
        lines=lines,
        program=program,
        scene=scene,
        places=able.places,
        paid=money,
        total=sum(money),
        redeemed=any(position.as_discount for position in lines),
    )


def paid(position: Position) -> int:
    """What was paid in money or tender, minor units."""
    return position.gross - position.discount - position.as_discount


def claim(rule: Rule, on: Ground, before: Sequence[Claim]) -> Claim:
    """What rule earns there, within its budget; before is what it may multiply."""
    give = rule.give
    assert isinstance(give, Earn)
    wallet = on.program.wallet(give.wallet)
    assert wallet is not None  # the program's text was checked
    empty = Claim(rule, give, wallet)
    found = _parts(empty, on, before)
    if isinstance(found, Why):
        return Claim(rule, give, wallet, why=found)
    limit = on.program.asks.limited.get(rule.id)
    left = None if limit is None else limit.left(on.scene.seen)
    return Claim(rule, give, wallet, found if left is None else _cut(found, left))


def _cut(parts: Sequence[Part], left: int) -> Sequence[Part]:
    """What is left of a budget, in the same proportions."""
    share = min(Fraction(1), left / _total(parts))
    return [
        Part([it * share.numerator for it in at.weights], at.below * share.denominator, at.dates)
        for at in parts
    ]


def _total(parts: Sequence[Part]) -> Fraction:
    return sum((Fraction(sum(it.weights), it.below) for it in parts), Fraction(0))


def _parts(of: Claim, on: Ground, before: Sequence[Claim]) -> Sequence[Part] | Why:
    rule, by = of.rule, of.give.by
    why = _nobody(rule, on.scene) or unmet(rule, Sight(on.scene, on.total))
    if why is not None:
        return why
    able = _able(on.places[rule.id], on.lines)
    cause = _barred(of.wallet, on, able)
    if cause is not None:
        return Why(rule=rule.id, cause=cause)
    bars = on.program.exclusions.get(rule.id)
    if bars:
        mine = [at for it, at in zip(able, on.lines, strict=True) if it]
        able = [it and not at.lowered_by(bars) for it, at in zip(able, on.lines, strict=True)]
        if not any(able):
            return Why(rule=rule.id, cause=Cause.EXCLUDED, needs=lowering(mine, bars))
    if isinstance(by, Multiplied):
        parts = _multiplied(of, by, able, before, on)
        return parts or Why(rule=rule.id, cause=Cause.NOTHING_TO_MULTIPLY)
    return _earning(of, able, on)


def _nobody(rule: Rule, scene: Scene) -> Why | None:
    card = scene.seen.card
    if scene.seen.account is None:
        return Why(rule=rule.id, cause=Cause.NO_CARD)
    assert card is not None  # which found the account
    if card.kind not in COLLECTING:
        return Why(rule=rule.id, cause=Cause.CARD_KIND, has=card.kind)
    return None


def _able(meant: Sequence[int], lines: Sequence[Position]) -> list[bool]:
    """Which lines the rule means, and may earn."""
    able = [False] * len(lines)
    for place in meant:
        able[place] = lines[place].may_earn
    return able


def _barred(wallet: Wallet, on: Ground, able: Sequence[bool]) -> Cause | None:
    if not any(able):
        return Cause.NO_EARN
    return Cause.REDEEMED if on.redeemed and wallet.earn_base == "none-if-redeemed" else None


def _multiplied(
    of: Claim, by: Multiplied, able: Sequence[bool], before: Sequence[Claim], on: Ground
) -> list[Part]:
    """What comes on top of the claims before, on the lines that the multiplier means."""
    more, below = by.factor.numerator - by.factor.denominator, by.factor.denominator
    dated = of.give.activates is not None or of.give.expires is not None
    dates = own_dates(of.give, of.wallet, on.scene.at.date())
    found: dict[Dates | None, Part] = {}
    for part in (part for it in before if it.wallet is of.wallet for part in it.parts):
        weights = [it * more if may else 0 for it, may in zip(part.weights, able, strict=True)]
        if any(weights):
            lot = dates if dated else part.dates  # dates of its own may be the wallet's
            more_of = Part(weights, part.below * below, lot)
            # One part for each lot: in a cascade each would see twice as many as the one before.
            found[lot] = _summed(found[lot], more_of) if lot in found else more_of
    return list(found.values())


def _summed(one: Part, other: Part) -> Part:
    below = lcm(one.below, other.below)
    pairs = zip(one.weights, other.weights, strict=True)
    by, by_other = below // one.below, below // other.below
    return Part([a * by + b * by_other for a, b in pairs], below, one.dates)


def _earning(of: Claim, able: Sequence[bool], on: Ground) -> Sequence[Part] | Why:
    bases = [it if may else 0 for it, may in zip(_bases(of, on), able, strict=True)]
    weights, below = _exact(of, bases, able, on)
    if not any(weights):
        return _nothing(of, sum(bases))
    return [Part(weights, below, own_dates(of.give, of.wallet, on.scene.at.date()))]


def _bases(of: Claim, on: Ground) -> Sequence[int]:
    """The money that earns: by default what was paid after discounts and points that act as one."""
    if of.give.of == REST:
        return [position.net for position in on.lines]
    if of.give.of:
        payments = [[it.money for it in at.paid if it.wallet == of.give.of] for at in on.lines]
        return [sum(money) for money in payments]
    if of.wallet.earn_base == "gross":
        return [position.gross for position in on.lines]
    if of.wallet.earn_base == "net-of-discounts":
        return [position.gross - position.discount for position in on.lines]
    return on.paid


def _exact(
    of: Claim, bases: Sequence[int], able: Sequence[bool], on: Ground
) -> tuple[list[int], int]:
    """Points by line as (weights, below); below may be nothing where they are."""
    by, total = of.give.by, sum(bases)
    if isinstance(by, ShareEarned):
        share = by.share * 10**of.wallet.scale
        return [base * share for base in bases], WHOLE_SHARE * 10**on.program.digits
    if isinstance(by, StepsEarned):
        steps = total // by.amount
        points = min(steps, by.times or steps) * by.points
        return [base * points for base in bases], total
    if isinstance(by, PiecesEarned):
        counts = [_paid_pieces(it) if base else 0 for it, base in zip(on.lines, bases, strict=True)]
        pieces_paid = sum(counts)
        counting = min(pieces_paid, by.times or pieces_paid)
        return [count * counting * by.points for count in counts], pieces_paid
    assert isinstance(by, PointsEarned)
    shares = bases
    if not total:  # what points paid in full is a visit all the same
        shares = [it.gross if may else 0 for it, may in zip(on.lines, able, strict=True)]
    return [share * by.points for share in shares], sum(shares)


def _paid_pieces(position: Position) -> int:
    """Whole pieces that are sold and not free; goods by weight have none."""
    countable = pieces(position.line) > 0
    return (position.quantity - position.free) // PIECE if countable else 0


def _nothing(of: Claim, total: int) -> Why:
    rule, by = of.rule.id, of.give.by
    if total and isinstance(by, StepsEarned):
        return Why(rule=rule, cause=Cause.STEP, needs=by.amount, has=total)
    if total:
        return Why(rule=rule, cause=Cause.NO_PIECES)
    if of.give.of and of.give.of != REST:
        return Why(rule=rule, cause=Cause.NOT_PAID_WITH, needs=of.give.of)
    return Why(rule=rule, cause=Cause.NOTHING_LEFT)
