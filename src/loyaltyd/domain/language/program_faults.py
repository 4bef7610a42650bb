"""What is wrong with a program of well-formed keys: what its parts mean to each other."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from loyaltyd.domain.card import COUPON_KIND
from loyaltyd.domain.language.earning_faults import earning_faults, never_usable
from loyaltyd.domain.language.exclusions import exclusion_faults
from loyaltyd.domain.language.gift_faults import amount_faults, discount_faults
from loyaltyd.domain.language.grammar.cards import CardsTable
from loyaltyd.domain.language.grammar.classes import ClassTable, FloorTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.language.grammar.values import forms_fault
from loyaltyd.domain.language.grammar.wallets import WalletTable
from loyaltyd.domain.language.law_packs.editions import classes_of, law_faults
from loyaltyd.domain.language.limit_faults import limit_faults
from loyaltyd.domain.language.print_faults import print_faults
from loyaltyd.domain.language.reward_faults import cost_faults, stamps_faults
from loyaltyd.domain.language.when_faults import Known, unknown_name, when_faults
from loyaltyd.domain.money import QUANTITY_DIGITS, WHOLE_SHARE, minor_digits, units
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]


def faults_of(table: ProgramTable) -> Iterator[_Wrong]:
    """Each fault as the path of its key, and the sentence that says what is allowed."""
    digits = minor_digits(table.currency)
    yield from _cards(table.cards)
    yield from _money_wallets(table, digits)
    for name, wallet in table.wallets.items():
        yield from _wallet(("wallets", name), wallet)
    yield from _tiers(table)
    for name, goods in table.classes.items():
        yield from _class(("classes", name), goods, table)
    yield from law_faults(table)
    if table.hints.within > WHOLE_SHARE:
        yield ("hints", "within"), "is at most 100%"
    yield from _rules(table, digits)
    yield from stamps_faults(table)
    yield from exclusion_faults(table)


def _cards(cards: Sequence[CardsTable]) -> Iterator[_Wrong]:
    for number, later in enumerate(cards):
        for earlier, other in enumerate(cards[:number]):
            prefixes = sorted((later.prefix, other.prefix), key=len)
            if later.length == other.length and prefixes[1].startswith(prefixes[0]):
                said = f"overlaps cards[{earlier + 1}]: a number would be of both"
                yield ("cards", number, "prefix"), said


def _money_wallets(table: ProgramTable, digits: int) -> Iterator[_Wrong]:
    """What a card's wallet must be, since it is loaded with money: money, and given back."""
    for number, cards in enumerate(table.cards):
        path: Path = ("cards", number, "wallet")
        if cards.wallet is None:
            continue
        wallet = table.wallets.get(cards.wallet)
        if wallet is None:
            yield path, unknown_name("wallet", cards.wallet, list(table.wallets))
        elif (wallet.redeem_rate, wallet.scale) != (1, digits):
            yield path, f'holds money: it needs redeem_rate = "1.00" and scale = {digits}'
        elif wallet.restore == "none":
            yield path, 'holds money, which a return gives back: not restore = "none"'
        elif wallet.activates is not None:
            yield path, "holds money that was paid: it is usable at once, without activates"


def _wallet(path: Path, wallet: WalletTable) -> Iterator[_Wrong]:
    for key in ("min_redeem", "step"):
        yield from amount_faults((*path, key), getattr(wallet, key), wallet.scale)
    if wallet.step is not None and not units_or_zero(wallet.step, wallet.scale):
        yield (*path, "step"), "must be above zero"
    if wallet.max_share is not None and wallet.max_share > WHOLE_SHARE:
        yield (*path, "max_share"), "is at most 100%"
    if wallet.redeem_rate is None:
        for key in ("max_share", "min_redeem", "step"):
            if getattr(wallet, key) is not None:
                yield (*path, key), "needs a redeem_rate: this wallet pays nothing"
    yield from _dates(path, wallet)


def _dates(path: Path, wallet: WalletTable) -> Iterator[_Wrong]:
    if wallet.activates is not None and wallet.activates.after_month_end:
        yield (*path, "activates"), 'must be a span such as "14d", without a month-end'
    if never_usable(wallet.activates, wallet.expires):
        yield (*path, "expires"), "is not later than activates: nothing could ever be spent"


def measure_digits(table: ProgramTable) -> int:
    """The decimals of what [tiers] measures: of its wallet's points, of money, none of visits."""
    tiers = table.tiers
    if tiers is not None and tiers.wallet in table.wallets:
        return table.wallets[tiers.wallet].scale
    visits = tiers is not None and tiers.measure == "visits"
    return 0 if visits else minor_digits(table.currency)


def _tiers(table: ProgramTable) -> Iterator[_Wrong]:
    if table.tiers is None:
        return
    if table.tiers.wallet is not None and table.tiers.wallet not in table.wallets:
        said = unknown_name("wallet", table.tiers.wallet, list(table.wallets))
        yield ("tiers", "wallet"), said
        return  # its decimals are not known
    digits = measure_digits(table)
    before = -1
    seen: set[str] = set()
    for number, level in enumerate(table.tiers.levels):
        path: Path = ("tiers", "levels", number, "from")
        wrong = list(amount_faults(path, level.floor, digits))
        yield from wrong
        floor = before + 1 if wrong else units(level.floor, digits)
        if number == 0 and floor != 0:
            yield path, 'the first level starts from "0"'
        elif floor <= before:
            yield path, "levels rise: this one does not start above the one before"
        if level.id in seen:
            yield ("tiers", "levels", number, "id"), "another level has this id"
        before = floor
        seen.add(level.id)


def _class(path: Path, goods: ClassTable, table: ProgramTable) -> Iterator[_Wrong]:
    digits = minor_digits(table.currency)
    yield from _floors((*path, "floor_price"), goods.floor_price, digits)
    yield from _floors((*path, "floor_per_litres"), goods.floor_per_litres, digits)
    yield from _floors((*path, "floor_per_abv_litre"), goods.floor_per_abv_litre, digits)
    for number, floor in enumerate(goods.floor_per_litres):
        litres: Path = (*path, "floor_per_litres", number, "litres")
        yield from amount_faults(litres, floor.litres, QUANTITY_DIGITS)
        if not Fraction(floor.litres):
            yield litres, "must be above zero"
    for number, region in enumerate(goods.region):
        if region not in table.regions:
            said = unknown_name("region", region, list(table.regions))
            yield (*path, "region", number), said


def _floors(path: Path, floors: Sequence[FloorTable], digits: int) -> Iterator[_Wrong]:
    for number, floor in enumerate(floors):
        yield from amount_faults((*path, number, "price"), floor.price, digits)
        if number and floor.since <= floors[number - 1].since:
            yield (*path, number, "from"), "dates rise: this one is not after the one before"


def _rules(table: ProgramTable, digits: int) -> Iterator[_Wrong]:
    seen: set[str] = set()
    layers: dict[str, str] = {}
    known = Known(
        tiers=[level.id for level in table.tiers.levels] if table.tiers else [],
        classes=list(classes_of(table)),
        regions=list(table.regions),
        kinds=[cards.kind for cards in table.cards],
        coupons=[f"{it.prefix}*" for it in table.cards if it.kind == COUPON_KIND],
        digits=digits,
    )
    for number, rule in enumerate(table.rules):
        path: Path = ("rules", number)
        if rule.id in seen:
            yield (*path, "id"), "another rule has this id"
        seen.add(rule.id)
        if rule.group is not None and layers.setdefault(rule.group, rule.layer) != rule.layer:
            yield (*path, "group"), f"the group has rules in the layer {layers[rule.group]} already"
        yield from _names(path, rule, table, known.classes)
        yield from _says(path, rule)
        yield from when_faults((*path, "when"), rule.when, known)
        yield from limit_faults((*path, "limit"), rule, table)
        yield from discount_faults((*path, "give"), rule, table)
        yield from cost_faults((*path, "give", "cost"), rule, table)
        yield from earning_faults((*path, "give"), number, table)
        yield from print_faults((*path, "give"), rule, table)


def _names(
    path: Path, rule: RuleTable, table: ProgramTable, classes: Sequence[str]
) -> Iterator[_Wrong]:
    """What the rule calls by a name that the program doesn't have."""
    if rule.group is not None and rule.group not in table.groups:
        yield (*path, "group"), unknown_name("group", rule.group, list(table.groups))
    goods = rule.on.of_class if rule.on else None
    if goods is not None and goods not in classes:
        yield (*path, "on", "class"), unknown_name("class", goods, classes)


def _says(path: Path, rule: RuleTable) -> Iterator[_Wrong]:
    for audience, texts in rule.say.items():
        if not texts:
            yield (*path, "say", audience), "must have a text in ru, en or both"
        for language, text in texts.items():
            fault = forms_fault(text, language)
            if fault:
                yield (*path, "say", audience, language), fault


def units_or_zero(text: str, digits: int) -> int:
    """The amount, or zero when it can't be read: its own fault is told elsewhere."""
    return 0 if any(amount_faults((), text, digits)) else units(text, digits)
