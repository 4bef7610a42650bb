"""When a rule holds, and how often: when and limit."""

import datetime as dt
import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from loyaltyd.domain.birthdays import BirthdayWindow, birthday_window
from loyaltyd.domain.coupon import CODE, CODE_LENGTH_MAX, coupon_code
from loyaltyd.domain.language.grammar.classes import GoodsTable, Word
from loyaltyd.domain.language.grammar.values import (
    NAMING,
    Amount,
    Hours,
    Length,
    Name,
    PlaceName,
    text,
)
from loyaltyd.domain.spans import SPAN_DAYS_MAX
from loyaltyd.domain.toml import Table

VISITS_MAX = 10_000
USES_MAX = 1_000_000
BIRTHDAY = r"-[0-9]{1,3}d\.\.\+[0-9]{1,3}d"

LIMITS = ("per_receipt", "per_account", "per_card", "per_coupon", "per_cashier", "budget")
TIMES_MAX = 1000  # in one receipt, as many as pieces that an offer counts

COUPON = rf"{CODE}|[0-9]{{1,12}}\*"  # a code, or the cards of a prefix


def _one(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _coupon(text: str) -> str:
    if not re.fullmatch(COUPON, text):
        raise ValueError(
            f'must be a code such as "SPRING10", 1 to {CODE_LENGTH_MAX} letters, digits, . _ or -;'
            ' or "9900*" for the coupon cards of a prefix'
        )
    return coupon_code(text)


Kind = Literal["bonus", "discount", "gift", "stored-value"]
TenderKind = Annotated[str, Field(min_length=1, max_length=32)]
CouponName = Annotated[str, text(_coupon, "SPRING10", COUPON)]
OneOrMore = CouponName | tuple[CouponName, ...]


class DatesTable(Table):
    """The table dates: both days belong to it."""

    first: dt.date | None = Field(default=None, alias="from")
    until: dt.date | None = None

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.first is None and self.until is None:
            raise ValueError("must have from, until or both")
        if self.first is not None and self.until is not None and self.until < self.first:
            raise ValueError("until lies before from")
        return self


class SpentTable(Table):
    """The table spent: what the account spent before this receipt."""

    min: Amount
    within: Length | None = None


class BasketTable(GoodsTable):
    """The table basket: goods, and how much of them is there at least."""

    of_class: Name | None = Field(default=None, alias="class")
    min_positions: Annotated[int, Field(ge=1, le=10_000)] | None = None
    min_pieces: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    min_weight: Amount | None = None
    min_amount: Amount | None = None

    @model_validator(mode="after")
    def _says_how_much(self) -> Self:
        least = (self.min_positions, self.min_pieces, self.min_weight, self.min_amount)
        if least == (None,) * len(least):
            raise ValueError("must have one of min_positions, min_pieces, min_weight or min_amount")
        if self.of_class is not None and self.named:
            raise ValueError("names goods by class, or by category, sku and tags, not by both")
        return self


class PlainWhenTable(Table):
    """The conditions that hold no others."""

    # an empty list would mean always: whoever empties one means never
    card_kind: Annotated[tuple[Kind, ...], NAMING] = ()
    tier: Annotated[tuple[Name, ...], NAMING] = ()
    birthday: Annotated[BirthdayWindow | None, text(birthday_window, "-3d..+3d", BIRTHDAY)] = None
    first_purchase: bool | None = None
    every_visit: Annotated[int, Field(ge=1, le=VISITS_MAX)] | None = None
    days_since_visit: Annotated[int, Field(ge=1, le=SPAN_DAYS_MAX)] | None = None
    spent: SpentTable | None = None
    coupon: Annotated[
        tuple[CouponName, ...], NAMING, BeforeValidator(_one, json_schema_input_type=OneOrMore)
    ] = ()
    dates: DatesTable | None = None
    weekday: Annotated[
        tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], NAMING
    ] = ()
    time: Hours | None = None
    store: Annotated[tuple[PlaceName, ...], NAMING] = ()
    region: Annotated[tuple[Name, ...], NAMING] = ()
    group: Annotated[tuple[PlaceName, ...], NAMING] = ()
    tags: Annotated[tuple[Word, ...], NAMING] = ()
    basket: BasketTable | None = None
    tender: Annotated[tuple[TenderKind, ...], NAMING] = ()
    min_total: Amount | None = None


class InnerWhenTable(PlainWhenTable):
    """The conditions and all, any, not of plain ones."""

    all_of: Annotated[tuple[PlainWhenTable, ...], NAMING] = Field(default=(), alias="all")
    any_of: Annotated[tuple[PlainWhenTable, ...], NAMING] = Field(default=(), alias="any")
    none_of: PlainWhenTable | None = Field(default=None, alias="not")


class OuterWhenTable(PlainWhenTable):
    """The conditions and all, any, not of inner ones."""

    all_of: Annotated[tuple[InnerWhenTable, ...], NAMING] = Field(default=(), alias="all")
    any_of: Annotated[tuple[InnerWhenTable, ...], NAMING] = Field(default=(), alias="any")
    none_of: InnerWhenTable | None = Field(default=None, alias="not")


class WhenTable(PlainWhenTable):
    """The table when of a rule: any of all of not says every combination of conditions."""

    all_of: Annotated[tuple[OuterWhenTable, ...], NAMING] = Field(default=(), alias="all")
    any_of: Annotated[tuple[OuterWhenTable, ...], NAMING] = Field(default=(), alias="any")
    none_of: OuterWhenTable | None = Field(default=None, alias="not")


class LimitTable(Table):
    """The table limit of a rule."""

    per_receipt: Annotated[int, Field(ge=1, le=TIMES_MAX)] | None = None
    per_account: Annotated[int, Field(ge=1, le=USES_MAX)] | None = None
    per_card: Annotated[int, Field(ge=1, le=USES_MAX)] | None = None
    per_coupon: Annotated[int, Field(ge=1, le=USES_MAX)] | None = None
    per_cashier: Annotated[int, Field(ge=1, le=USES_MAX)] | None = None
    budget: Amount | None = None
    every: Length | None = None

    @property
    def counts(self) -> bool:
        """Whether earlier receipts count."""
        return any(getattr(self, it) is not None for it in LIMITS[1:])

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if all(getattr(self, it) is None for it in LIMITS):
            raise ValueError(f"must have {', '.join(LIMITS[:-1])} or {LIMITS[-1]}")
        if self.every is not None and not self.counts:
            raise ValueError(
                "every goes with what counts earlier receipts, and per_receipt doesn't"
            )
        return self
