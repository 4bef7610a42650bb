"""The engine against the oracle: random programs, baskets and shoppers come out the same.

Each seed is a program and ten receipts. ORACLE_SEEDS=FIRST-LAST tries others than the usual ones:
0-9999 are 100,000 cases, and some processes can share them.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pytest

from loyaltyd.domain.account import Account, Debt, Seen
from loyaltyd.domain.basket import Basket, Line, Payment, Reward, Wish
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import decimal
from tests.domain.oracle.reckoning import Reckoning, reckoned
from tests.domain.random_conditions import (
    random_condition,
    random_coupon,
    random_coupons,
    random_limit,
    random_past,
)
from tests.domain.random_discounts import random_discount, random_reward
from tests.domain.random_earnings import random_earning
from tests.domain.random_gift_cards import random_beside, random_gift_cards
from tests.domain.random_prints import RANGE, random_prints
from tests.domain.receipts import (
    BONUS_CARD,
    CARDS,
    DISCOUNT_CARD,
    HEAD,
    MOSCOW,
    program,
    quoted,
    rule,
)

FIRST, _, LAST = os.environ.get("ORACLE_SEEDS", "0-299").partition("-")
FOUND = {2583, 4863}  # where they once differed: rewards of pieces that another rule gave away
SEEDS = sorted({*range(int(FIRST), int(LAST) + 1)} | FOUND)
LAYERS = ("item", "receipt", "coupon", "points")
CASES_OF_A_SEED = 10
WALLETS = ("bonus", "stars", "purse")
CATEGORIES = ("dairy/milk", "dairy", "dairy/milk/raw", "goods", "bread/rye", "vodka", "tobacco/x")
GOODS = (
    'category = ["dairy/*"]',
    'category = ["dairy/*", "bread/rye"]',
    'category = ["vodka"]',
    'category = ["goods", "wine"]',
    'tags = ["promo"]',
    'category = ["dairy/milk"], tags = ["promo", "own"]',
)
REGIONS = '[regions]\nmoscow = ["msk-*"]\nnorth = ["spb-001", "msk-017"]\nsouth = ["kzn-*"]\n'
CLASSES = (
    """
[classes.tobacco]
match = { category = ["tobacco/*"] }
earn = false
discount = false
redeem = false
""",
    """
[classes.vodka]
match = { category = ["vodka"] }
floor_price = [{ from = 2025-01-01, price = "34.90" }, { from = 2026-12-05, price = "40.91" }]
""",
    """
[classes.strong]
match = { category = ["goods", "vodka"] }
floor_per_abv_litre = [{ from = 2024-01-01, price = "0.65" }]
""",
    """
[classes.mixed]
match = { category = ["dairy/*"], sku = ["sku-1"], tags = ["promo"] }
redeem = false
""",
    """
[classes.from-friday]
match = { category = ["bread/*"] }
from = 2026-12-04
until = 2026-12-05
discount = false
""",
    """
[classes.in-moscow]
match = { tags = ["own"] }
region = ["south", "moscow"]
until = 2026-12-05
earn = false
""",
    """
[classes.half-litres]
match = { category = ["vodka"], tags = ["own"] }
floor_per_litres = [
    { from = 2025-01-01, price = "34.90", litres = "0.5" },
    { from = 2026-12-05, price = "40.91", litres = "0.375" },
]
""",
    """
[classes.in-the-south]
match = { category = ["goods"] }
region = ["south"]
discount = false
""",
)
LAWS = """
[laws.ru]
edition = "2026"
goods.tobacco = { category = ["tobacco/*"] }
goods.sparkling = { category = ["goods"], tags = ["own"] }
"""
TIERS = """[tiers]
counts_current = {}
{}
levels = [{{ id = "start", from = "0" }}, {{ id = "silver", from = "{}" }}]
"""
MEASURES = (  # and from where silver is held
    ("", "300.00"),
    ('measure = "spend"', "300.00"),
    ('measure = "visits"', "3"),
    *((f'measure = "points"\nwallet = "{it}"', "20") for it in WALLETS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A receipt, and the program in text that it is under; shown as a story."""

    text: str
    program: Program
    basket: Basket
    seen: Seen
    at: dt.datetime

    def __repr__(self) -> str:
        """All that the receipt comes from."""
        lines = "\n".join(str(it) for it in self.basket.lines)
        wishes = ", ".join(f"{it.wallet} {it.amount}" for it in self.basket.redeem)
        return f"{self.text}\n{lines}\nwishes: {wishes}\n{self.seen}\n{self.at}"


def random_cases(chance: Random, count: int) -> Iterator[Case]:
    """So many receipts under one program."""
    text = _program(chance)
    found = program(text)
    for _ in range(count):
        at = dt.datetime(2026, 12, chance.randint(3, 6), chance.randint(0, 23), tzinfo=MOSCOW)
        cart, who = _basket(chance, found), _shopper(chance, found, at.date())
        yield Case(text=HEAD + text + CARDS, program=found, basket=cart, seen=who, at=at)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_engine_and_the_oracle_agree_to_the_kopeck(seed: int) -> None:
    for it in random_cases(Random(seed), CASES_OF_A_SEED):
        assert _engine(it.program, it.basket, it.seen, it.at) == reckoned(
            it.text, it.basket, it.seen, it.at
        )


def _engine(found: Program, cart: Basket, who: Seen, at: dt.datetime) -> Reckoning:
    result = quoted(found, cart, who, at).result
    return Reckoning(
        nets=[it.net for it in result.lines],
        effects=[[(e.rule, e.layer, e.amount) for e in it.effects] for it in result.lines],
        paid=[[(paid.wallet, paid.money) for paid in it.paid if paid.money] for it in result.lines],
        points=[
            [(paid.wallet, paid.points) for paid in it.paid if paid.money] for it in result.lines
        ],
        prices=[
            [(paid.wallet, paid.points) for paid in it.paid if not paid.money]
            for it in result.lines
        ],
        spent={(it.wallet, it.account): it.amount for it in result.spent},
        earned={it.wallet: it.amount for it in result.earned},
        shares=[{each.wallet: each.amount for each in it.earned} for it in result.lines],
        dated=[(it.wallet, it.active_from, it.expires_at, it.amount) for it in result.dated],
        prints=[(it.rule, it.name, it.active_from, it.expires_at) for it in result.prints],
    )


def _program(chance: Random) -> str:
    text = (
        f'[rounding]\npoints = "{chance.choice(("floor", "half-up"))}"\n'
        f'spread = "{chance.choice(("largest-remainder", "first-lines"))}"\n'
        f'floor = "{chance.choice(("redistribute", "lose"))}"\n'
    )
    tiers = chance.random() < 0.6
    if tiers:
        text += TIERS.format(chance.choice(("true", "false")), *chance.choice(MEASURES))
    classes = [it for it in CLASSES if chance.random() < 0.4]
    text += REGIONS + "".join(classes) + (LAWS if chance.random() < 0.3 else "")
    for layer in LAYERS:
        for number in range(2):
            text += (
                f'[groups.{layer}{number}]\npick = "{chance.choice(("best", "first", "all"))}"\n'
            )
            text += f'base = "{chance.choice(("cascade", "original"))}"\n'
            text += f'exclude = ["item{1 - number}"]\n' if chance.random() < 0.1 else ""
    text += "".join(_wallet(chance, name) for name in chance.sample(WALLETS, len(WALLETS)))
    names = ["card"]
    for layer in LAYERS:
        for number in range(chance.randint(0, 4)):
            name, when = f"{layer}-{number}", _when(chance, layer, tiers=tiers)
            group = f'group = "{layer}{chance.randint(0, 1)}"\n' if chance.random() < 0.5 else ""
            goods = f"on = {{ {chance.choice((*GOODS, *_classes(classes)))} }}\n"
            goods = goods if chance.random() < 0.4 else ""
            foes = f'exclude = ["{chance.choice(names)}"]\n' if chance.random() < 0.2 else ""
            names.append(name)
            more = group + foes + goods + when
            text += _possible(text, rule(name, layer, _give(chance, layer, tiers=tiers), more))
    text += RANGE + f'[groups.prints]\npick = "{chance.choice(("best", "first", "all"))}"\n'
    prints = chance.choice((0, 0, 1, 2))
    for another in random_prints(chance, prints, lambda: _when(chance, "points", tiers=tiers)):
        text += _possible(text, another)
    return _with_stamps(chance, text)


def _with_stamps(chance: Random, text: str) -> str:
    """Half of the wallets of whole points hold stamps, where a rule may be their reward."""
    for name in WALLETS:
        head, every = f"[wallets.{name}]\nscale = 0\n", chance.choice((1, 10, 500))
        stamps = f'stamps = {{ every = {every}, reward = "item-{chance.randint(0, 3)}" }}\n'
        more = text.replace(head, head + stamps)
        if chance.random() < 0.5 and isinstance(program_from(HEAD + more + CARDS), Program):
            text = more
    return text


def _classes(tables: Sequence[str]) -> list[str]:
    return [f'class = "{it.partition(".")[2].partition("]")[0]}"' for it in tables]


def _possible(text: str, another: str) -> str:
    """The rule, where check lets it in: one that multiplies nothing it does not."""
    return another if isinstance(program_from(HEAD + text + another + CARDS), Program) else ""


def _wallet(chance: Random, name: str) -> str:
    scale = chance.choice((0, 2, 2, 3))
    base = chance.choice(("net-of-points", "net-of-discounts", "gross", "none-if-redeemed"))
    keys = [
        f'redeem_rate = "{chance.choice(("1.00", "1.00", "0.25", "0.333", "3.1"))}"',
        f'points_as = "{chance.choice(("discount", "discount", "tender"))}"',
        f'earn_base = "{base}"',
    ]
    if chance.random() < 0.6:
        keys.append(f'max_share = "{chance.choice(("30%", "99%", "33.3333%"))}"')
    if chance.random() < 0.4:
        keys.append(f'min_redeem = "{chance.randint(0, 30)}"')
    if chance.random() < 0.4:
        keys.append(f'step = "{decimal(chance.choice((1, 7, 50)), min(scale, 2))}"')
    if chance.random() < 0.3:
        keys.append(f'activates = "{chance.choice((3, 14))}d"\nexpires = "60d"')
    return f"[wallets.{name}]\nscale = {scale}\n" + "\n".join(keys) + "\n"


def _give(chance: Random, layer: str, *, tiers: bool) -> str:
    if layer == "points":
        return random_earning(chance, WALLETS)
    if layer == "item" and chance.random() < 0.3:
        return random_reward(chance, WALLETS)
    return random_discount(chance, layer, tiers=tiers)


def _when(chance: Random, layer: str, *, tiers: bool) -> str:
    keys = []
    if chance.random() < 0.35:
        keys.append(f'min_total = "{decimal(chance.randint(1, 60_000), 2)}"')
    if tiers and chance.random() < 0.2:
        keys.append(f'tier = ["{chance.choice(("start", "silver"))}"]')
    if chance.random() < 0.1:
        keys.append('weekday = ["sat", "sun"]')
    if chance.random() < 0.1:
        keys.append(f'time = "{chance.choice(("09:00-12:00", "22:00-02:00", "10:30-24:00"))}"')
    more = random_condition(chance) if chance.random() < 0.3 else ""
    if more and more.partition(" ")[0] not in {key.partition(" ")[0] for key in keys}:
        keys.append(more)
    coupon = layer == "coupon" or chance.random() < 0.1
    keys += [random_coupon(chance)] if coupon else []
    when = f"when = {{ {', '.join(keys)} }}\n" if keys else ""
    return when + random_limit(chance, coupon=coupon)


def _basket(chance: Random, found: Program) -> Basket:
    dear = chance.choice((30, 30_000, 30_000))
    lines = tuple(
        Line(
            line=number,
            sku=f"sku-{number}",
            category=chance.choice(CATEGORIES),
            price=chance.randint(0, dear),
            quantity=chance.choice((1000, 1000, 2000, 12_000, chance.randint(1, 5000))),
            floor_price=chance.choice((None, None, None, chance.randint(0, 20_000))),
            unit=chance.choice(("pc", "pc", "pc", "kg")),
            tags=chance.choice(((), (), ("promo",), ("own",), ("own", "promo"))),
            flags=chance.choice(((), (), (), ("no_discount",), ("no_earn",), ("no_redeem",))),
            abv=chance.choice((12_500, 37_500, 40_000)),
            litres=chance.choice((500, 700, 750)),
        )
        for number in range(1, chance.randint(1, 8))
    )
    wishes = (
        Wish(wallet=it.id, amount=chance.choice((None, None, chance.randint(0, 30_000))))
        for it in found.wallets
        if chance.random() < 0.7
    )
    kinds = chance.sample(("cash", "card", "sbp"), chance.randint(0, 2))
    rewards = (
        Reward(rule=it.id, count=chance.choice((1, 1, 2, 5)))
        for group in found.item
        for it in group.rules
        if it.price is not None and chance.random() < 0.8
    )
    return Basket(
        receipt="r-1",
        lines=lines,
        redeem=tuple(wishes),
        payments=tuple(Payment(kind=it, amount=0) for it in kinds),
        rewards=tuple(rewards),
        gift_cards=random_gift_cards(chance),
    )


def _shopper(chance: Random, found: Program, day: dt.date) -> Seen:
    coupons = random_coupons(chance, found)
    beside = random_beside(chance, WALLETS, day)
    cashier = chance.choice(("", "9" * 32))
    if chance.random() < 0.1:
        return Seen(coupons=coupons, cashier=cashier, beside=beside)
    lots: dict[tuple[str, str], Lot] = {}
    for name in WALLETS * 2:
        last = chance.choice((None, day + dt.timedelta(days=chance.randint(-1, 40))))
        lot = Lot(
            wallet=name,
            active_from=day - dt.timedelta(days=chance.randint(-3, 30)),
            expires_at=last,
            amount=chance.randint(1, 30_000),
        )
        lots[name, lot.bucket] = lot
    debt = Debt(wallet=chance.choice(WALLETS), amount=chance.randint(1, 500))
    account = Account(
        id="a" * 32,
        tier=chance.choice(("start", "silver")) if found.tiers else "",
        measure=chance.randint(0, found.tiers.levels[1].floor * 4 // 3) if found.tiers else 0,
        lots=tuple(lots.values()),
        debts=(debt,) if chance.random() < 0.1 else (),
    )
    card = DISCOUNT_CARD if chance.random() < 0.1 else BONUS_CARD
    return Seen(
        card=card,
        account=account,
        past=random_past(chance, found),
        cashier=cashier,
        coupons=coupons,
        beside=beside,
    )
