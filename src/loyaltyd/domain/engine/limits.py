"""Coupons as a condition, and how often a rule may be applied: to whom, by whom, for how much."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from loyaltyd.domain.account import Seen
from loyaltyd.domain.birthdays import BirthdayWindow
from loyaltyd.domain.coupon import BLOCKED, NOT_ISSUED, Coupon, coupon_wallet
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.miss import Miss
from loyaltyd.domain.engine.scene import Scene, Sight
from loyaltyd.domain.ledger import usable
from loyaltyd.domain.spans import Span

NAMES_SAID = 5  # of the coupons that a rule is for: there may be a hundred thousand.


@dataclass(frozen=True, slots=True)
class Couponed:
    """One of these coupons is named."""

    names: tuple[str, ...]
    known: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the names as a set too: to look one up takes no longer when there are many."""
        object.__setattr__(self, "known", frozenset(self.names))

    @property
    def said(self) -> str:
        """The names, or the first of many."""
        more = ("…",) if len(self.names) > NAMES_SAID else ()
        return ", ".join((*self.names[:NAMES_SAID], *more))

    def miss(self, sight: Sight) -> Miss | None:
        misses = [barred(it, sight.scene) for it in self.found(sight.scene.seen)]
        if not misses:
            return Miss(cause=Cause.COUPON, needs=self.said)
        return misses[0] if all(misses) else None

    def found(self, seen: Seen) -> Iterator[Coupon]:
        """Those of them that are named, in the receipt's order."""
        return (it for it in seen.coupons if it.name in self.known)

    def serving(self, scene: Scene) -> Iterator[Coupon]:
        """Those of them that the shopper may use."""
        return (it for it in self.found(scene.seen) if barred(it, scene) is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The rule was applied less often than so inside a span; without every, ever."""

    rule: str
    per_account: int | None = None
    per_card: int | None = None
    per_coupon: int | None = None
    per_cashier: int | None = None
    budget: int | None = None  # minor units, or points that the rule earns
    every: Span | None = None
    birthday: BirthdayWindow | None = None  # each opening of the window starts anew
    coupons: Couponed | None = None  # of which per_coupon counts the uses

    def miss(self, sight: Sight) -> Miss | None:
        seen = sight.scene.seen
        return (
            self._holder_miss(seen)
            or self._coupon_miss(sight.scene)
            or self._cashier_miss(seen)
            or self._budget_miss(seen)
        )

    def left(self, seen: Seen) -> int | None:
        """What is left of the budget; none without one."""
        return None if self.budget is None else self.budget - seen.past.uses_of(self.rule).given

    def spent(self, seen: Seen) -> Miss:
        """What to say when the budget has no more to give."""
        assert self.budget is not None
        given = seen.past.uses_of(self.rule).given
        return Miss(cause=Cause.BUDGET, needs=self.budget, has=given)

    def allows(self, coupon: Coupon) -> bool:
        """Whether coupon was used less often than it may."""
        return self.per_coupon is None or coupon.uses_of(self.rule) < self.per_coupon

    def _holder_miss(self, seen: Seen) -> Miss | None:
        if self.per_account is None and self.per_card is None:
            return None
        if seen.account is None:
            return Miss(cause=Cause.NO_CARD)
        uses = seen.past.uses_of(self.rule)
        for most, used in ((self.per_account, uses.account), (self.per_card, uses.card)):
            if most is not None and used >= most:
                return Miss(cause=Cause.LIMIT, needs=str(most), has=str(used))
        return None

    def _coupon_miss(self, scene: Scene) -> Miss | None:
        """Each named coupon was used so often already; the first of them says how often."""
        if self.per_coupon is None:
            return None
        assert self.coupons is not None  # the program's text was checked
        named = list(self.coupons.serving(scene))  # one at least, or that condition isn't met
        if any(self.allows(it) for it in named):
            return None
        used = str(named[0].uses_of(self.rule))
        return Miss(cause=Cause.COUPON_USED, needs=str(self.per_coupon), has=used)

    def _cashier_miss(self, seen: Seen) -> Miss | None:
        if self.per_cashier is None:
            return None
        if not seen.cashier:
            return Miss(cause=Cause.NO_CASHIER)
        used = seen.past.uses_of(self.rule).cashier
        if used < self.per_cashier:
            return None
        return Miss(cause=Cause.CASHIER_LIMIT, needs=str(self.per_cashier), has=str(used))

    def _budget_miss(self, seen: Seen) -> Miss | None:
        left = self.left(seen)
        return None if left is None or left > 0 else self.spent(seen)


def limit_of(conditions: Sequence[object]) -> Limit | None:
    """The limit among a rule's conditions: it stands last."""
    last = conditions[-1] if conditions else None
    return last if isinstance(last, Limit) else None


def barred(coupon: Coupon, scene: Scene) -> Miss | None:
    """Why this shopper may not use coupon now, whatever rule asks for it."""
    account = scene.seen.account
    if coupon.state == BLOCKED:
        return Miss(cause=Cause.COUPON_BLOCKED)
    if coupon.state == NOT_ISSUED:
        return Miss(cause=Cause.COUPON_NOT_ISSUED)
    if coupon.owner and (account is None or account.id != coupon.owner):
        return Miss(cause=Cause.COUPON_OF_ANOTHER)
    return _out_of_date(coupon, scene.at.date()) if coupon.printed else None


def _out_of_date(coupon: Coupon, on: dt.date) -> Miss | None:
    """Why a printed coupon isn't good on that local day; it may have several lots by chance."""
    if usable(coupon.lots, coupon_wallet(coupon.name), on):
        return None
    waiting = [it.active_from for it in coupon.lots if it.active_from > on]
    if waiting:
        return Miss(cause=Cause.COUPON_EARLY, needs=min(waiting).isoformat())
    over = [it.expires_at for it in coupon.lots if it.expires_at is not None]
    if over:
        return Miss(cause=Cause.COUPON_EXPIRED, needs=max(over).isoformat())
    return Miss(cause=Cause.COUPON_USED, needs="1", has="1")
