"""Coupons as the till would have looked them up, for the domain's tests."""

from __future__ import annotations

from dataclasses import replace

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.coupon import Coupon, RuleUses
from loyaltyd.domain.engine.program import Program


def coupon(found: Program, code: str, **uses: int) -> Coupon:
    """The coupon of that code, used so often by each rule; "_" stands for "-" in its id."""
    counts = tuple(RuleUses(rule=it.replace("_", "-"), count=uses[it]) for it in uses)
    return Coupon(id=ident(code), name=found.coupon_name(code), uses=counts)


def ident(code: str) -> str:
    """An id of 32 characters, as a chain's key would make one."""
    return f"{code.encode().hex():0>32}"[-32:]


def bringing(who: Seen, *coupons: Coupon) -> Seen:
    """The shopper with coupons."""
    return replace(who, coupons=coupons)


def naming(wanted: Basket, *coupons: Coupon) -> Basket:
    """The basket with coupons."""
    return replace(wanted, coupons=tuple(it.id for it in coupons))
