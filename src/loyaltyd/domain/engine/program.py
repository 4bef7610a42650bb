"""A program as the engine obeys it: what a chain promises its card holders, in integers.

program_text.py reads it from the language that HQ writes. Money is in minor units, points in the
wallet's scale, shares in millionths, dates are local days of the till.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from loyaltyd.domain.card import COUPON_KIND, ean_fits, luhn_fits, printed_digits
from loyaltyd.domain.coupon import coupon_code
from loyaltyd.domain.engine.asks import Asks, asked
from loyaltyd.domain.engine.gifts import Cost, Earn, Gift
from loyaltyd.domain.engine.goods import GoodsClass, GoodsIndex, Match, goods_index
from loyaltyd.domain.engine.limits import Couponed
from loyaltyd.domain.engine.when import Conditions, every_part
from loyaltyd.domain.spans import Span

ITEM, RECEIPT, COUPON, POINTS = "item", "receipt", "coupon", "points"
PRINTING = "printing"  # of the rules of the layer points those that print coupons: they work last
CARD_RULE = "card"  # the id of a discount card's own percentage
Texts = Mapping[str, str]  # language → text


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRange:
    """Numbers of one prefix and length, and what a card of them is."""

    kind: str  # "bonus" | "discount" | "gift" | "stored-value"
    prefix: str
    length: int
    check: str
    media: tuple[str, ...]
    enrol: str
    discount: int = 0  # millionths off each receipt
    wallet: str = ""  # what a load onto the card goes to, and what a gift card pays from
    pin: bool = False  # whether it pays with its PIN alone

    @property
    def name(self) -> str:
        """The range's name in records."""
        return f"{self.prefix}/{self.length}"

    @property
    def coupons(self) -> str:
        """What rules call its coupons, as "9900*"."""
        return f"{self.prefix}*"

    def printed(self, chain_key: bytes, seed: str) -> str:
        """The number that a receipt prints, with the last digit that the check demands."""
        free = self.length - len(self.prefix) - (self.check != "none")
        number = self.prefix + printed_digits(chain_key, seed, free)
        if self.check == "none":
            return number
        return next(it for it in (f"{number}{digit}" for digit in range(10)) if self.check_fits(it))

    def holds(self, number: str) -> bool:
        """Whether number has this prefix and length; its check digit is another matter."""
        digits = number.isascii() and number.isdigit()
        return digits and len(number) == self.length and number.startswith(self.prefix)

    def check_fits(self, number: str) -> bool:
        """Whether number's last digit is the one that the range's check demands."""
        if self.check == "ean13":
            return ean_fits(number)
        return self.check == "none" or luhn_fits(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One kind of value that an account can hold."""

    id: str
    names: Texts
    scale: int
    redeem_rate: Fraction  # money that one whole unit pays
    points_as: str  # "discount" | "tender"
    max_share: int
    min_redeem: int
    step: int
    earn_base: str
    activates: Span | None
    expires: Span | None
    debt: str
    clawback: str
    restore: str
    stamps: int = 0  # so many are one reward; none: the wallet holds no stamps


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A tier, and how much of the measure holds it."""

    id: str
    floor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """How what an account did becomes a tier; levels rise, the first starts at zero."""

    measure: str  # "spend" | "points" | "visits"
    wallet: str  # whose points are measured
    digits: int  # of the measure: the currency's, the wallet's, none
    window: Span | None  # None with calendar_year False: lifetime
    calendar_year: bool
    demote: str
    counts_current: bool
    levels: tuple[Level, ...]

    def level(self, measure: int) -> str:
        """The tier that so much holds: reaching a level's floor is enough."""
        return next(
            level.id for level in reversed(self.levels) if measure >= level.floor or not level.floor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One promise."""

    id: str
    layer: str
    give: Gift
    when: Conditions = ()  # in the language's order, its limit last
    on: Match = field(default_factory=Match)
    say: Mapping[str, Texts] = field(default_factory=dict)  # audience → texts
    price: tuple[Cost, ...] | None = None  # of a reward, which applies only as asked for

    @property
    def wallet(self) -> str:
        """The wallet that the rule earns for; none for a discount."""
        return self.give.wallet if isinstance(self.give, Earn) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules of one layer of which pick says which count, and base what each works on."""

    rules: tuple[Rule, ...]
    pick: str = "best"
    base: str = "cascade"


class Turn(NamedTuple):
    """When a rule has its turn: turns sort in the order in which a program's rules work."""

    number: int  # of the rule, no two alike: nothing that follows is ever compared
    place: int  # of its group
    rule: Rule
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponIndex:
    """Which rules ask for which coupons, by the names that the program gives them."""

    asking: Mapping[str, Sequence[str]]  # coupon → rules that ask for it anywhere in when
    shut: Mapping[str, Couponed]  # rule → coupons, without one of which it can't match


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How shares of an amount become whole units."""

    points: str = "floor"
    spread: str = "largest-remainder"
    floor: str = "redistribute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One immutable version of a chain's promises."""

    id: str
    version: int
    name: str
    hash: str  # SHA-256 of its text, 64 hex digits
    currency: str
    digits: int  # of the currency
    timezone: str
    starts: dt.date
    rounding: Rounding
    ranges: tuple[CardRange, ...]
    wallets: tuple[Wallet, ...]  # in the file's order, in which they also pay
    tiers: Tiers | None
    classes: tuple[GoodsClass, ...]
    item: tuple[Group, ...]
    receipt: tuple[Group, ...]
    coupon: tuple[Group, ...]
    points: tuple[Group, ...]
    printing: tuple[Group, ...]
    exclusions: Mapping[str, frozenset[str]]  # rule → those that never lower a line with it
    hints_within: int  # millionths of what a rule needs that may be missing to be told; 0: never
    goods: GoodsIndex = field(init=False, repr=False, compare=False)  # of rules
    classed: GoodsIndex = field(init=False, repr=False, compare=False)  # of classes
    asks: Asks = field(init=False, repr=False, compare=False)
    coupons: CouponIndex = field(init=False, repr=False, compare=False)
    turns: Mapping[str, Turn] = field(init=False, repr=False, compare=False)  # in their order

    def __post_init__(self) -> None:
        """Index the rules by their ids, by the goods that they mean, and what they ask."""
        groups = (*self.item, *self.receipt, *self.coupon, *self.points, *self.printing)
        places = [(place, rule) for place, group in enumerate(groups) for rule in group.rules]
        turns = {
            rule.id: Turn(number, place, rule, groups[place])
            for number, (place, rule) in enumerate(places)
        }
        rules = [rule for _, rule in places]
        object.__setattr__(self, "turns", turns)
        coupons = _by_coupon(rules)
        object.__setattr__(self, "coupons", coupons)
        open_to_all = [(it.id, it.on) for it in rules if it.id not in coupons.shut]
        object.__setattr__(self, "goods", goods_index(open_to_all))
        classed = goods_index((it.id, it.match) for it in self.classes)
        object.__setattr__(self, "classed", classed)
        object.__setattr__(self, "asks", asked(rule.when for rule in rules))

    def __hash__(self) -> int:
        """The same for the same text; it lets what is worked out for a program be kept."""
        return hash(self.hash)

    def range_of(self, number: str) -> CardRange | None:
        """The range that holds number; ranges of a program never overlap."""
        return next((found for found in self.ranges if found.holds(number)), None)

    def range_named(self, name: str) -> CardRange | None:
        """The range of that name, as records have it."""
        return next((found for found in self.ranges if found.name == name), None)

    def coupons_of(self, name: str) -> CardRange | None:
        """The coupon cards that conditions call so."""
        return next(
            (it for it in self.ranges if it.kind == COUPON_KIND and it.coupons == name), None
        )

    def wallet(self, name: str) -> Wallet | None:
        """The wallet of that id."""
        return next((wallet for wallet in self.wallets if wallet.id == name), None)

    def coupon_name(self, text: str) -> str:
        """What rules call the coupon that was named so; nothing when none knows it."""
        code = coupon_code(text)
        if code in self.coupons.asking:
            return code
        found = self.range_of(text)
        if found is None or found.kind != COUPON_KIND or not found.check_fits(text):
            return ""
        return found.coupons if found.coupons in self.coupons.asking else ""

    def measures(self, wallet: str) -> bool:
        """Whether points of that wallet lead to a tier."""
        return self.tiers is not None and self.tiers.wallet == wallet

    def rule(self, name: str) -> Rule | None:
        """The rule of that id; none for a discount card's own."""
        turn = self.turns.get(name)
        return None if turn is None else turn.rule


def _by_coupon(rules: Sequence[Rule]) -> CouponIndex:
    asking: defaultdict[str, list[str]] = defaultdict(list)
    shut: dict[str, Couponed] = {}
    for rule in rules:
        parts = [it for it in every_part(rule.when) if isinstance(it, Couponed)]
        for name in dict.fromkeys(name for it in parts for name in it.names):
            asking[name].append(rule.id)
        own = next((it for it in rule.when if isinstance(it, Couponed)), None)
        if own is not None:
            shut[rule.id] = own
    return CouponIndex(asking=dict(asking), shut=shut)
