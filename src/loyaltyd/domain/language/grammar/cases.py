"""The cases beside a program: [[cases]], receipts and what they have to come to."""

import datetime as dt
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from loyaltyd.domain.basket import NO_DISCOUNT, NO_EARN, NO_REDEEM
from loyaltyd.domain.coupon import CODE
from loyaltyd.domain.language.grammar.values import NAMING, Amount, Name, PlaceName, shaped, text
from loyaltyd.domain.toml import Table

CASES_MAX = 10_000
LINES_MAX = 1000  # as many as a till may send
COUPONS_MAX = 32
COUNT_MAX = 1_000_000
A_TIME = "2026-12-05T10:30:00"
Text = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]


def _local_time(value: object) -> object:
    if not isinstance(value, dt.datetime) or value.tzinfo is not None:
        said = f"must be the till's local time such as {A_TIME}, without quotes and offset"
        raise ValueError(said)
    return value


def _verdict(value: object) -> object:
    if isinstance(value, bool | str):
        return value
    raise ValueError('must be true, false or what the rule gives such as "17.98"')


Code = Annotated[str, text(shaped(CODE, 'a code such as "SPRING10"'), "SPRING10")]
LocalTime = Annotated[dt.datetime, BeforeValidator(_local_time)]
Verdict = Annotated[Any, BeforeValidator(_verdict)]


class CaseLineTable(Table):
    """One of the lines of a case; they are numbered from 1."""

    sku: Annotated[str, Field(min_length=1, max_length=64)] = "goods"
    name: Text = ""
    category: Text = ""
    quantity: Amount = "1"
    unit: Annotated[str, Field(max_length=16)] = "pc"
    price: Amount
    floor_price: Amount | None = None
    abv: Amount | None = None
    litres: Amount | None = None
    no_discount: bool = False
    no_earn: bool = False
    no_redeem: bool = False
    tags: tuple[Text, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags as a basket has them."""
        flags = (NO_DISCOUNT, NO_EARN, NO_REDEEM)
        return tuple(flag for flag in flags if getattr(self, flag))


class CaseCardTable(Table):
    """The table card: who stands at the till, and what the ledger knows of them."""

    kind: Annotated[str, Field(max_length=32)] = "bonus"
    range: Annotated[str, Field(max_length=64)] | None = None
    tier: Name | None = None
    balance: dict[Name, Amount] = Field(default_factory=dict)
    debt: dict[Name, Amount] = Field(default_factory=dict)
    measured: Amount | None = None
    spent: Amount = "0"
    spent_within: dict[str, Amount] = Field(default_factory=dict)
    visits: Count = 0
    last_visit: dt.date | None = None
    birthday: dt.date | None = None
    uses: dict[Name, Count] = Field(default_factory=dict)


class CasePaymentTable(Table):
    """One of the payments of a case."""

    kind: Annotated[str, Field(min_length=1, max_length=32)]
    amount: Amount


class ExpectedLineTable(Table):
    """One of the lines of expect; what is left out is not looked at."""

    line: Annotated[int, Field(ge=1, le=LINES_MAX)]
    gross: Amount | None = None
    discount: Amount | None = None
    redeemed: Amount | None = None
    net: Amount | None = None
    earned: dict[Name, Amount] = Field(default_factory=dict)


class ExpectTable(Table):
    """The table expect; what is left out is not looked at."""

    gross: Amount | None = None
    discount: Amount | None = None
    redeemed: Amount | None = None
    tendered: Amount | None = None
    payable: Amount | None = None
    earned: dict[Name, Amount] = Field(default_factory=dict)
    spent: dict[Name, Amount] = Field(default_factory=dict)
    rules: dict[Name, Verdict] = Field(default_factory=dict)
    lines: tuple[ExpectedLineTable, ...] = ()
    refused: Annotated[str, Field(max_length=32)] | None = None

    @model_validator(mode="after")
    def _expects_one_thing(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must expect something, such as payable")
        if self.refused is not None and len(self.model_fields_set) > 1:
            raise ValueError("a receipt that is refused comes to nothing else")
        return self


class CaseTable(Table):
    """One of [[cases]]."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    at: LocalTime
    store: PlaceName | None = None
    group: PlaceName | None = None
    card: CaseCardTable | None = None
    cashier: Annotated[str, Field(max_length=64)] = ""
    lines: Annotated[tuple[CaseLineTable, ...], Field(max_length=LINES_MAX), NAMING]
    redeem: dict[Name, Annotated[str, Field(max_length=32)]] = Field(default_factory=dict)
    coupons: Annotated[tuple[Code, ...], Field(max_length=COUPONS_MAX)] = ()
    rewards: dict[Name, Annotated[int, Field(ge=1, le=COUNT_MAX)]] = Field(default_factory=dict)
    coupon_uses: dict[Name, Count] = Field(default_factory=dict)
    payments: tuple[CasePaymentTable, ...] = ()
    expect: ExpectTable | None = None


class CasesTable(Table):
    """The whole file."""

    cases: Annotated[tuple[CaseTable, ...], Field(max_length=CASES_MAX), NAMING]
