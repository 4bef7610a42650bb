"""The whole example program, as it was handed over: each of its rules on a receipt with numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from loyaltyd.domain.account import Account, Beside, Card, Seen
from loyaltyd.domain.basket import Basket, GiftCard
from loyaltyd.domain.coupon import Coupon, RuleUses
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.past import Past, Uses
from tests.domain.receipts import (
    BONUS_CARD,
    DISCOUNT_CARD,
    SATURDAY,
    basket,
    cause,
    discounts,
    earned_in,
    holds,
    line,
    quoted,
    rub,
    seen,
    spent_of,
)

EXAMPLE = Path(__file__).parents[1] / "program.example.toml"
MILK = {"sku": "4600682000013", "category": "dairy/milk"}
CODE = Coupon(id="c" * 32, name="SPRING10")
PURSE = Lot(wallet="purse", active_from=dt.date(2020, 1, 1), amount=rub("300.00"))
GOLD = Seen(
    card=BONUS_CARD,
    account=Account(id="a" * 32, tier="gold", measure=rub("60000"), lots=(PURSE,)),
    past=Past(last_visit=dt.date(2026, 8, 7)),  # 120 days ago
)


@cache
def example() -> Program:
    found = program_from(EXAMPLE.read_text("utf-8"))
    assert isinstance(found, Program), found
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A basket and who brings it."""

    basket: Basket
    who: Seen

    def quoted(self) -> Quote:
        return quoted(example(), self.basket, self.who)


RECEIPTS: Mapping[str, Receipt] = {
    "three milks on a Saturday morning": Receipt(
        basket=basket(line(1, "89.90", "3", **MILK)), who=seen(tier="silver", measure="20000")
    ),
    "two shirts": Receipt(
        basket=basket(
            line(1, "1500.00", category="clothes/shirts"),
            line(2, "900.00", category="clothes/shirts"),
        ),
        who=seen(tier="start"),
    ),
    "a birthday": Receipt(
        basket=basket(line(1, "500.00")),
        who=replace(seen(tier="start"), past=Past(birthdays=("-3d..+3d",))),
    ),
    "the fifth visit": Receipt(
        basket=basket(line(1, "300.00")), who=replace(seen(tier="start"), past=Past(visits=4))
    ),
    "a coupon": Receipt(
        basket=replace(basket(line(1, "6000.00")), coupons=(CODE.id,)),
        who=replace(seen(tier="start"), coupons=(CODE,)),
    ),
    "ten stamps": Receipt(
        basket=basket(line(1, "150.00", "2", category="coffee/latte"), rewards={"free-coffee": 1}),
        who=holds(coffee=10),
    ),
    "a mug": Receipt(
        basket=basket(
            line(1, "400.00", sku="MUG"), line(2, "90.00"), rewards={"mug-for-points": 1}
        ),
        who=holds(bonus=rub("200.00")),
    ),
    "gold, back after 120 days": Receipt(
        basket=basket(line(1, "1000.00"), redeem={"purse": "300.00"}),
        who=GOLD,
    ),
}


@pytest.mark.parametrize(
    ("name", "effects", "payable", "earned"),
    [
        # 10% of 269.70, then a third of the 242.73; 5% of 161.82 are 8.091
        (
            "three milks on a Saturday morning",
            [[("milk-10", "26.97"), ("three-for-two", "80.91")]],
            "161.82",
            "8.09",
        ),
        # half of 900.00, then 3% of 1950.00; 5% of 1891.50 are 94.575
        (
            "two shirts",
            [
                [("step-scale", "45.00")],
                [("cheapest-half", "450.00"), ("step-scale", "13.50")],
            ],
            "1891.50",
            "94.57",
        ),
        ("a birthday", [[("birthday", "50.00")]], "450.00", "22.50"),
        ("the fifth visit", [[("fifth-visit", "100.00")]], "200.00", "10.00"),
        # 5% of 6000.00, then 10% of 5700.00 and no more than 500.00
        (
            "a coupon",
            [[("step-scale", "300.00"), ("spring10", "500.00")]],
            "5200.00",
            "260.00",
        ),
        ("ten stamps", [[("free-coffee", "150.00")]], "150.00", "7.50"),
        ("a mug", [[("mug-for-points", "400.00")], []], "90.00", "4.50"),
        # 3% of 1000.00; 2 x (5% of 970.00 + 2% of the purse's 300.00) + 200.00
        (
            "gold, back after 120 days",
            [[("step-scale", "30.00")]],
            "670.00",
            "309.00",
        ),
    ],
)
def test_what_each_receipt_comes_to(
    name: str, effects: list[list[tuple[str, str]]], payable: str, earned: str
) -> None:
    answer = RECEIPTS[name].quoted()
    assert [[(it.rule, it.amount) for it in each.effects] for each in answer.result.lines] == [
        [(rule, rub(amount)) for rule, amount in each] for each in effects
    ]
    assert answer.result.payable == rub(payable)
    assert earned_in(answer) == rub(earned)


def test_each_of_its_rules_is_applied_on_one_of_them() -> None:
    applied = {why.rule for it in RECEIPTS.values() for why in it.quoted().trace if why.applied}
    assert applied == set(example().turns)
    assert len(applied) == 14


def test_what_the_wallets_give_and_get() -> None:
    stamps, mug = RECEIPTS["ten stamps"].quoted(), RECEIPTS["a mug"].quoted()
    assert (spent_of(stamps, "coffee"), earned_in(stamps, "coffee")) == (10, 1)
    assert spent_of(mug) == rub("150.00")
    purse = RECEIPTS["gold, back after 120 days"].quoted()
    assert spent_of(purse, "purse") == rub("300.00")
    # what the purse earned is gone in sixty days, doubled and all
    assert purse.result.dated == (
        Lot(
            wallet="bonus",
            active_from=dt.date(2026, 12, 19),
            expires_at=dt.date(2027, 2, 3),
            amount=rub("12.00"),
        ),
    )


NOT: Mapping[str, tuple[Receipt, str, Cause]] = {
    "a silver card on a Friday": (
        RECEIPTS["three milks on a Saturday morning"],
        "milk-10",
        Cause.WEEKDAY,
    ),
    "a birthday that was used this year": (
        Receipt(
            basket=basket(line(1, "500.00")),
            who=replace(
                seen(tier="start"),
                past=Past(birthdays=("-3d..+3d",), uses=(Uses(rule="birthday", account=1),)),
            ),
        ),
        "birthday",
        Cause.LIMIT,
    ),
    "a code that was used": (
        Receipt(
            basket=RECEIPTS["a coupon"].basket,
            who=replace(
                seen(tier="start"),
                coupons=(replace(CODE, uses=(RuleUses(rule="spring10", count=1),)),),
            ),
        ),
        "spring10",
        Cause.COUPON_USED,
    ),
    "nine stamps": (
        replace(RECEIPTS["ten stamps"], who=holds(coffee=9)),
        "free-coffee",
        Cause.POINTS,
    ),
    "a visit of 299.99": (
        replace(RECEIPTS["the fifth visit"], basket=basket(line(1, "299.99"))),
        "fifth-visit",
        Cause.MIN_TOTAL,
    ),
}


@pytest.mark.parametrize("name", NOT)
def test_the_other_side_of_its_conditions(name: str) -> None:
    receipt, rule, why = NOT[name]
    at = SATURDAY - dt.timedelta(days=1) if "Friday" in name else SATURDAY
    assert cause(quoted(example(), receipt.basket, receipt.who, at), rule) is why


def test_the_quote_of_the_api() -> None:
    # api.md: milk 17.98 off, 30% of 297.15 paid with bonuses, 5% of the rest
    cart = basket(
        line(1, "89.90", "2", **MILK),
        line(2, "389.99", "0.347", category="fruit/apples", unit="kg"),
        redeem={"bonus": "max"},
    )
    answer = quoted(example(), cart, seen("250.00", tier="silver", measure="20000"))
    assert discounts(answer) == [rub("17.98"), 0]
    assert spent_of(answer) == rub("89.14")
    assert (answer.result.payable, earned_in(answer)) == (rub("208.01"), rub("10.40"))


def test_a_plastic_card_a_gift_card_tobacco_and_vodka() -> None:
    plastic = Seen(card=DISCOUNT_CARD, account=Account(id="p" * 32))
    assert discounts(quoted(example(), basket(line(1, "100.00")), plastic)) == [rub("5.00")]
    lot = Lot(wallet="gift", active_from=dt.date(2026, 1, 1), amount=rub("60.00"))
    gift = Beside(
        card=Card(id="g" * 32, kind="gift", range="7700/16"),
        account=Account(id="b" * 32, lots=(lot,)),
        wallet="gift",
    )
    paid = replace(basket(line(1, "100.00")), gift_cards=(GiftCard(card=gift.card.id),))
    assert quoted(example(), paid, Seen(beside=(gift,))).result.payable == rub("40.00")
    party = replace(seen(tier="start"), past=Past(birthdays=("-3d..+3d",)))
    cart = basket(
        line(1, "200.00", category="tobacco/cigarettes"),
        line(2, "420.00", category="alcohol/vodka"),
    )
    # the floor of 409.00 stops the 42.00, and tobacco takes none of the rest
    answer = quoted(example(), cart, party)
    assert discounts(answer) == [0, rub("11.00")]
    assert earned_in(answer) == rub("20.45")
