"""What is wrong with well-formed conditions: names, amounts and spans that mean nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loyaltyd.domain.language.gift_faults import amount_faults
from loyaltyd.domain.language.grammar.conditions import (
    BasketTable,
    InnerWhenTable,
    OuterWhenTable,
    PlainWhenTable,
    SpentTable,
    WhenTable,
)
from loyaltyd.domain.money import QUANTITY_DIGITS
from loyaltyd.domain.spans import Span
from loyaltyd.domain.toml import unknown_key
from loyaltyd.domain.toml_lines import Path

_Wrong = tuple[Path, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that conditions may use, and the digits of the currency."""

    tiers: Sequence[str]
    classes: Sequence[str]
    regions: Sequence[str]
    kinds: Sequence[str]  # of the program's cards
    coupons: Sequence[str]  # prefixes of its coupon cards, as "9900*"
    digits: int


def when_faults(path: Path, when: PlainWhenTable, known: Known) -> Iterator[_Wrong]:
    """What is wrong with the table when that stands at path."""
    yield from _names(path, when, known)
    yield from _coupons((*path, "coupon"), when.coupon, known)
    if when.spent is not None:
        yield from _spent((*path, "spent"), when.spent, known)
    if when.basket is not None:
        yield from _basket((*path, "basket"), when.basket, known)
    yield from amount_faults((*path, "min_total"), when.min_total, known.digits)
    for inner, table in _inside(when):
        if not table.model_fields_set:
            yield (*path, *inner), "must hold a condition"
        yield from when_faults((*path, *inner), table, known)


def month_end_faults(path: Path, span: Span) -> Iterator[_Wrong]:
    """The fault of a span that has no window: it counts from a month-end."""
    if span.after_month_end:
        yield path, 'must be a span such as "30d", without a month-end'


def unknown_name(noun: str, name: str, known: Sequence[str]) -> str:
    """What to tell someone who calls something by a name that the program doesn't have."""
    return unknown_key(name, list(known)).replace("unknown key", f'there is no {noun} "{name}"')


def _names(path: Path, when: PlainWhenTable, known: Known) -> Iterator[_Wrong]:
    for place, tier in enumerate(when.tier):
        if tier not in known.tiers:
            yield (*path, "tier", place), unknown_name("tier", tier, known.tiers)
    for place, region in enumerate(when.region):
        if region not in known.regions:
            yield (*path, "region", place), unknown_name("region", region, known.regions)
    for place, kind in enumerate(when.card_kind):
        if kind not in known.kinds:
            yield (*path, "card_kind", place), f'no cards are of the kind "{kind}"'


def _coupons(path: Path, names: Sequence[str], known: Known) -> Iterator[_Wrong]:
    for place, name in enumerate(names):
        if name.endswith("*") and name not in known.coupons:
            yield (*path, place), unknown_name("range of coupon cards", name, known.coupons)


def _spent(path: Path, spent: SpentTable, known: Known) -> Iterator[_Wrong]:
    yield from amount_faults((*path, "min"), spent.min, known.digits)
    if spent.within is not None:
        yield from month_end_faults((*path, "within"), spent.within)


def _basket(path: Path, basket: BasketTable, known: Known) -> Iterator[_Wrong]:
    if basket.of_class is not None and basket.of_class not in known.classes:
        yield (*path, "class"), unknown_name("class", basket.of_class, known.classes)
    yield from amount_faults((*path, "min_weight"), basket.min_weight, QUANTITY_DIGITS)
    yield from amount_faults((*path, "min_amount"), basket.min_amount, known.digits)


def _inside(when: PlainWhenTable) -> Iterator[tuple[Path, PlainWhenTable]]:
    """The tables that when holds, each with its path in there."""
    if not isinstance(when, InnerWhenTable | OuterWhenTable | WhenTable):
        return
    for number, table in enumerate(when.all_of):
        yield ("all", number), table
    for number, table in enumerate(when.any_of):
        yield ("any", number), table
    if when.none_of is not None:
        yield ("not",), when.none_of
