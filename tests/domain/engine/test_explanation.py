"""Why each rule was applied or not: every condition with what it needs and what there is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import get_args

import pytest

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.basket import NO_DISCOUNT, Basket
from loyaltyd.domain.engine.checks import PLAIN, Check, Unit, checks, nearest
from loyaltyd.domain.engine.conditions import unmet
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.explanation import Explained, Lowered, barring, explained
from loyaltyd.domain.engine.hints import Asked
from loyaltyd.domain.engine.limits import Limit
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.scene import Sight, scene_of
from loyaltyd.domain.engine.when import AllOf, AnyOf, Condition, Contains, Not
from loyaltyd.domain.money import decimal, quantity_text
from loyaltyd.domain.past import Past, Uses
from tests.domain.coupons import bringing, coupon
from tests.domain.random_conditions import (
    random_condition,
    random_coupons,
    random_limit,
    random_past,
)
from tests.domain.random_discounts import random_discount
from tests.domain.receipts import (
    BONUS_CARD,
    DISCOUNT_CARD,
    EARN,
    MOSCOW,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)

REGIONS = '[regions]\nmoscow = ["msk-*"]\nsouth = ["krd-*"]\nnorth = ["mur-*"]\n'
TEN, FIVE = 'percent_off = "10%"', 'percent_off = "5%"'
ALL = '[groups.g]\npick = "all"\nbase = "{}"\n'


def why(found: Program, cart: Basket, who: Seen = NOBODY) -> dict[str, Explained]:
    asked = Asked(basket=cart, seen=who, program=found, place=PLACE, at=SATURDAY)
    return {it.why.rule: it for it in explained(asked, quoted(found, cart, who))}


def rows(told: Explained) -> list[tuple[str, bool, int | str, int | str]]:
    return [(it.key, it.met, it.needs, it.has) for it in told.checks]


def test_every_condition_is_told_and_not_the_first_that_misses_something_alone() -> None:
    when = 'when = { weekday = ["mon"], time = "09:00-12:00", min_total = "1000.00" }'
    found = program(rule("r", "receipt", TEN, 'on = { category = ["goods"] }\n' + when))
    told = why(found, basket(line(1, "297.15")))["r"]
    assert told.why.cause is Cause.WEEKDAY
    assert rows(told) == [
        ("on", True, 1, 1),
        ("when.weekday", False, "mon", "sat"),
        ("when.time", True, "09:00-12:00", "10:30"),
        ("when.min_total", False, rub("1000.00"), rub("297.15")),
    ]
    # 702.85 of 1000.00 are less than the whole of a day
    assert told.nearest is not None
    assert (told.nearest.key, told.nearest.far) == ("when.min_total", Fraction(70285, 100_000))


def test_an_applied_rule_has_its_conditions_too_and_misses_nothing() -> None:
    found = program(rule("r", "receipt", TEN, 'when = { min_total = "100.00" }'))
    told = why(found, basket(line(1, "100.00")))["r"]
    assert rows(told) == [("when.min_total", True, rub("100.00"), rub("100.00"))]
    assert (told.why.applied, told.nearest) == (True, None)


def test_conditions_inside_others_have_their_path() -> None:
    when = (
        'when = { any = [{ min_total = "500.00", weekday = ["mon"] }, { min_total = "150.00" }], '
        'all = [{ time = "10:00-11:00" }], not = { weekday = ["sun"] } }'
    )
    told = why(program(rule("r", "receipt", TEN, when)), basket(line(1, "100.00")))["r"]
    assert rows(told) == [
        ("when.all", True, "", ""),
        ("when.all[1].time", True, "10:00-11:00", "10:30"),
        ("when.any", False, "", ""),
        ("when.any[1].weekday", False, "mon", "sat"),
        ("when.any[1].min_total", False, rub("500.00"), rub("100.00")),
        ("when.any[2].min_total", False, rub("150.00"), rub("100.00")),
        ("when.not", True, "", ""),
        ("when.not.weekday", False, "sun", "sat"),
    ]
    assert told.nearest is not None
    assert told.nearest.key == "when.any[2].min_total"


def test_what_an_any_that_holds_lacks_elsewhere_is_not_the_nearest() -> None:
    when = 'when = { weekday = ["mon"], any = [{ min_total = "101.00" }, { min_total = "50.00" }] }'
    told = why(program(rule("r", "receipt", TEN, when)), basket(line(1, "100.00")))["r"]
    assert told.nearest is not None
    assert told.nearest.key == "when.weekday"


def test_a_basket_has_a_row_for_each_of_its_counters() -> None:
    keys = 'min_positions = 1, min_pieces = 3, min_weight = "0.5", min_amount = "100.00"'
    found = program(
        rule("r", "receipt", TEN, f'when = {{ basket = {{ category = ["goods"], {keys} }} }}')
    )
    cart = basket(line(1, "40.00", "2"), line(2, "389.99", "0.347", unit="kg"))
    told = why(found, cart)["r"]
    assert rows(told) == [
        ("when.basket.min_positions", True, 1, 2),
        ("when.basket.min_pieces", False, 3, 2),
        ("when.basket.min_weight", False, 500, 347),
        ("when.basket.min_amount", True, rub("100.00"), rub("215.33")),
    ]
    assert [it.unit for it in told.checks] == [Unit.COUNT, Unit.COUNT, Unit.WEIGHT, Unit.MONEY]


def test_a_limit_has_a_row_for_each_of_its_bounds() -> None:
    limit = "limit = { per_account = 2, per_card = 1 }"
    found = program(rule("r", "receipt", TEN, limit))
    assert rows(why(found, basket(line(1, "1.00")))["r"]) == [
        ("limit.per_account", False, 2, ""),
        ("limit.per_card", False, 1, ""),
    ]
    assert rows(why(found, basket(line(1, "1.00")), seen())["r"]) == [
        ("limit.per_account", True, 2, 0),
        ("limit.per_card", True, 1, 0),
    ]


def test_a_budget_is_told_in_what_the_rule_gives() -> None:
    ten = rule("ten", "receipt", TEN, 'limit = { per_cashier = 3, budget = "500.00" }')
    more = rule("more", "points", 'earn = "bonus", percent = "5%"', 'limit = { budget = "70.00" }')
    told = why(program(wallet() + ten + more), basket(line(1, "1.00")), seen())
    assert rows(told["ten"]) == [
        ("limit.per_cashier", False, 3, ""),
        ("limit.budget", True, rub("500.00"), 0),
    ]
    assert [(it.key, it.unit) for it in told["more"].checks] == [("limit.budget", Unit.POINTS)]
    spent = Past(uses=(Uses(rule="ten", given=rub("500.00"), cashier=2),))
    who = replace(seen(), past=spent, cashier="17")
    assert rows(why(program(ten), basket(line(1, "1.00")), who)["ten"]) == [
        ("limit.per_cashier", True, 3, 2),
        ("limit.budget", False, rub("500.00"), rub("500.00")),
    ]


def test_a_coupons_uses_are_told() -> None:
    more = 'when = { coupon = "SPRING10" }\nlimit = { per_coupon = 1 }'
    found = program(rule("spring10", "coupon", TEN, more))
    used = bringing(NOBODY, coupon(found, "SPRING10", spring10=1))
    assert rows(why(found, basket(line(1, "1.00")), used)["spring10"]) == [
        ("when.coupon", True, "SPRING10", "SPRING10"),
        ("limit.per_coupon", False, 1, 1),
    ]
    left_out = why(found, basket(line(1, "1.00")))["spring10"]
    assert left_out.why.cause is Cause.COUPON
    assert rows(left_out)[0] == ("when.coupon", False, "SPRING10", "")


def test_a_rule_whose_goods_are_not_here_is_explained_too() -> None:
    more = 'on = { category = ["tea"] }\nwhen = { min_total = "50.00" }'
    told = why(program(rule("tea", "item", TEN, more)), basket(line(1, "60.00")))["tea"]
    assert told.why.cause is Cause.GOODS
    assert rows(told) == [("on", False, 1, 0), ("when.min_total", True, rub("50.00"), rub("60.00"))]


@pytest.mark.parametrize(
    ("base", "found_by_second", "of"),
    [("cascade", "900.00", "900.00"), ("original", "1000.00", "1000.00")],
)
def test_a_rule_is_told_the_total_and_the_lines_as_it_found_them(
    base: str, found_by_second: str, of: str
) -> None:
    ten = rule("ten", "receipt", TEN, 'group = "g"')
    five = rule("five", "receipt", FIVE, 'group = "g"\nwhen = { min_total = "1.00" }')
    told = why(program(ALL.format(base) + ten + five), basket(line(1, "1000.00")))
    assert told["five"].checks[0].has == rub(found_by_second)
    assert told["ten"].lowered == (Lowered(line=1, of=rub("1000.00"), amount=rub("100.00")),)
    amount = rub(of) * 5 // 100
    assert told["five"].lowered == (Lowered(line=1, of=rub(of), amount=amount),)


def test_a_discount_cards_percentage_stands_before_the_receipts_rules() -> None:
    tea = rule("tea", "item", TEN, 'on = { category = ["tea"] }')
    after = rule("after", "receipt", TEN, 'when = { min_total = "950.00" }')
    who = Seen(card=DISCOUNT_CARD, account=Account(id="a" * 32))
    told = why(program(tea + after), basket(line(1, "1000.00")), who)
    assert list(told) == ["tea", "card", "after"]
    assert told["card"].lowered == (Lowered(line=1, of=rub("1000.00"), amount=rub("50.00")),)
    assert told["after"].checks[0].has == rub("950.00")
    assert list(why(program(tea), basket(line(1, "1.00")), who)) == ["tea", "card"]


def test_a_rule_that_earns_sees_the_tier_just_reached_and_what_was_paid() -> None:
    tiers = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "gold", from = "100.00" }]\n'
    when = 'when = { tier = ["gold"], min_total = "70.00" }'
    more = rule("more", "points", 'earn = "bonus", percent = "2%"', when)
    ten = rule("ten", "receipt", TEN, 'when = { tier = ["gold"] }')
    found = program(tiers + wallet() + ten + EARN + more)
    cart = basket(line(1, "120.00"), redeem={"bonus": "20.00"})
    told = why(found, cart, seen("20.00", tier="start"))
    assert rows(told["ten"]) == [("when.tier", False, "gold", "start")]
    assert rows(told["more"]) == [
        ("when.tier", True, "gold", "gold"),
        ("when.min_total", True, rub("70.00"), rub("100.00")),
    ]


def test_the_rule_that_counts_instead_is_named() -> None:
    ten = rule("ten", "receipt", TEN, 'group = "g"')
    five = rule("five", "receipt", FIVE, 'group = "g"')
    told = why(program("[groups.g]\n" + five + ten), basket(line(1, "100.00")))["five"].why
    assert (told.cause, told.needs, told.has) == (Cause.BETTER_RULE, "ten", rub("5.00"))


def test_in_the_item_layer_those_on_its_lines_are_named() -> None:
    # on the tea another rule wins than on the milk, and on the bread none of its own
    tea = rule("tea", "item", 'percent_off = "20%"', 'group = "g"\non = { category = ["tea"] }')
    milk = rule("milk", "item", 'percent_off = "15%"', 'group = "g"\non = { category = ["milk"] }')
    bread = rule("bread", "item", FIVE, 'group = "g"\non = { category = ["bread"] }')
    ten = rule("ten", "item", TEN, 'group = "g"\non = { category = ["tea", "milk"] }')
    cart = basket(
        *(line(n, "100.00", category=it) for n, it in enumerate(("tea", "milk", "bread"), 1))
    )
    told = why(program("[groups.g]\n" + tea + milk + bread + ten), cart)["ten"].why
    assert (told.cause, told.needs, told.has) == (Cause.BETTER_RULE, "tea, milk", rub("20.00"))


def test_of_rules_that_earn_the_one_of_its_wallet_is_named() -> None:
    two = rule("two", "points", 'earn = "bonus", percent = "2%"', 'group = "g"')
    five = rule("five", "points", 'earn = "bonus", percent = "5%"', 'group = "g"')
    told = why(program(wallet() + "[groups.g]\n" + two + five), basket(line(1, "100.00")), seen())
    assert (told["two"].why.cause, told["two"].why.needs) == (Cause.BETTER_RULE, "five")
    assert (told["five"].why.cause, told["five"].why.needs) == (Cause.APPLIED, "bonus")


def test_the_rule_that_an_exclusion_means_is_named() -> None:
    ten = rule("ten", "item", TEN)
    other = rule("other", "receipt", FIVE)
    five = rule("five", "receipt", FIVE, 'exclude = ["ten", "other"]')
    earn = rule("earn", "points", 'earn = "bonus", percent = "5%"', 'exclude = ["other", "ten"]')
    told = why(program(wallet() + ten + other + five + earn), basket(line(1, "100.00")), seen())
    assert (told["five"].why.cause, told["five"].why.needs) == (Cause.EXCLUDED, "ten")
    assert (told["earn"].why.cause, told["earn"].why.needs) == (Cause.EXCLUDED, "ten")


CLASSES = """
[classes.tobacco]
match = { category = ["tobacco"] }
discount = false
earn = false
because = "Law 15"
[classes.vodka]
match = { category = ["vodka"] }
floor_price = [{ from = 2025-01-01, price = "349.00" }]
[classes.old]
match = { category = ["tobacco"] }
discount = false
until = 2026-12-04
"""


@pytest.mark.parametrize(
    ("category", "name", "cause", "classes"),
    [
        ("tobacco", "ten", Cause.NO_DISCOUNT, ["tobacco"]),
        ("tobacco", "base-earn", Cause.NO_EARN, ["tobacco"]),
        ("vodka", "ten", Cause.FLOOR, ["vodka"]),
        ("vodka", "base-earn", Cause.APPLIED, []),
    ],
)
def test_the_classes_that_keep_a_rule_off_its_goods_are_known(
    category: str, name: str, cause: Cause, classes: list[str]
) -> None:
    found = program(CLASSES + wallet() + rule("ten", "receipt", TEN) + EARN)
    cart, who = basket(line(1, "349.00", category=category)), seen()
    asked = Asked(basket=cart, seen=who, program=found, place=PLACE, at=SATURDAY)
    told = why(found, cart, who)[name].why
    assert (told.cause, [it.id for it in barring(told, asked)]) == (cause, classes)


def test_what_the_till_itself_bars_is_of_no_class() -> None:
    found = program(CLASSES + rule("ten", "receipt", TEN))
    cart = basket(line(1, "1.00", flags=(NO_DISCOUNT,)))
    asked = Asked(basket=cart, seen=NOBODY, program=found, place=PLACE, at=SATURDAY)
    told = why(found, cart)["ten"].why
    assert (told.cause, barring(told, asked)) == (Cause.NO_DISCOUNT, ())


def test_every_kind_of_condition_has_its_rows() -> None:
    assert set(get_args(Condition)) == {*PLAIN, AllOf, AnyOf, Not, Contains, Limit}


def said(check: Check, value: int | str) -> int | str:
    """As a miss of the engine has it: money in minor units, all else in words."""
    if isinstance(value, str) or check.unit is Unit.MONEY:
        return value
    return quantity_text(value) if check.unit is Unit.WEIGHT else str(value)


@pytest.mark.parametrize("seed", range(40))
def test_rows_say_what_the_engine_decides(seed: int) -> None:
    chance = Random(seed)
    tiers = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "silver", from = "9" }]\n'
    for _ in range(20):
        limit = random_limit(chance, coupon=False)
        limit = "" if "per_receipt" in limit else limit  # which keeps no rule away
        when = f"when = {{ {random_condition(chance)} }}\n{limit}"
        found = program(REGIONS + tiers + rule("r", "receipt", TEN, when))
        one = found.turns["r"].rule
        account = Account(id="a" * 32, tier=chance.choice(("start", "silver")))
        who = Seen(
            card=BONUS_CARD,
            account=account,
            past=random_past(chance, found),
            coupons=random_coupons(chance, found),
        )
        who = chance.choice((who, NOBODY))
        at = dt.datetime(2026, 12, chance.randint(3, 6), chance.randint(0, 23), tzinfo=MOSCOW)
        cart = basket(*(line(n, "40.00", chance.choice(("1", "0.7")), unit="kg") for n in (1, 2)))
        sight = Sight(scene_of(who, PLACE, at, cart), chance.randint(0, 20_000))
        told, missed = checks(one, sight), unmet(one, sight)
        near = nearest(told)
        assert (near is None) == (missed is None), (when, told)
        first = next((it for it in told if not it.met), None)
        plain = len(one.when) == 1 and first is not None and type(one.when[0]) in PLAIN
        if missed is not None and first is not None and plain and missed.has != "":
            assert missed.has == said(first, first.has) or missed.cause is Cause.FIRST_PURCHASE
            assert missed.needs in (said(first, first.needs), "")


@pytest.mark.parametrize("seed", range(30))
def test_the_total_that_a_rule_found_is_what_the_engine_showed_it(seed: int) -> None:
    chance = Random(seed)
    compared = 0
    for _ in range(10):
        found = program(random_layers(chance))
        who = bringing(chance.choice((NOBODY, Seen(card=DISCOUNT_CARD))), coupon(found, "A"))
        cart = basket(*(line(n, decimal(chance.randint(1, 40_000), 2)) for n in (1, 2, 3)))
        for told in why(found, cart, who).values():
            short = [it for it in told.checks if it.key == "when.min_total" and not it.met]
            if told.why.cause is Cause.MIN_TOTAL and short:
                compared += 1
                assert (short[0].needs, short[0].has) == (told.why.needs, told.why.has)
            assert not told.why.applied or all(it.met for it in told.checks)
    assert compared


def random_layers(chance: Random) -> str:
    """Discounts of three layers in groups of every kind; of most the total has to be so much."""
    text = ""
    for group in ("item", "receipt", "coupon"):
        text += f'[groups.{group}]\npick = "{chance.choice(("best", "first", "all"))}"\n'
        text += f'base = "{chance.choice(("cascade", "original"))}"\n'
    for number, layer in enumerate(("item", "item", "receipt", "receipt", "receipt", "coupon")):
        more = f'group = "{layer}"\n' if chance.random() < 0.7 else ""
        keys = ['coupon = "A"'] if layer == "coupon" else []
        keys.append(f'min_total = "{decimal(chance.randint(1, 90_000), 2)}"')
        more += f"when = {{ {', '.join(keys)} }}\n"
        give = random_discount(chance, "item" if layer == "item" else "receipt", tiers=False)
        text += rule(f"r{number}", layer, give, more)
    return text
