"""What till software sends, as JSON: shapes and lengths; the program says what an amount means."""

import datetime as dt
import re
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from loyaltyd.domain.coupon import CODE

CARDS_MAX = 32  # that pay or are loaded on one receipt; a company's gifts are sold in several
PIN_PATTERN = r"^[0-9]{4}$"
LINES_MAX = 1000  # a wholesale receipt; 64 KiB of body hold fewer
COUPONS_MAX = 32
ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$"
# [0-9] and not \d, which holds for the digits of every script.
MONEY_PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,3})?$"
QUANTITY_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,3})?$"
POINTS_PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"
CARD_PATTERN = r"^(\+[0-9]{5,15}|[A-Za-z0-9._-]{1,64})$"  # a phone, a number or a handle
COUPON_PATTERN = f"^{CODE}$"
PHONE_PATTERN = r"^\+[0-9]{5,15}$"
PHONE_OR_NONE_PATTERN = r"^(\+[0-9]{5,15})?$"
WORD_PATTERN = r"^[a-z][a-z_-]{0,31}$"
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}\S*")


def time_text(value: object) -> object:
    """Pass a time of RFC 3339 on: alone, pydantic would take "1764912600" for one too."""
    if isinstance(value, dt.datetime) or (isinstance(value, str) and TIME.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "datetime_parsing", "must be a time such as 2026-12-05T10:20:00+03:00"
    )


def date_text(value: object) -> object:
    """Pass a date on, and no number of seconds."""
    if isinstance(value, dt.date) or (isinstance(value, str) and DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "must be a date such as 1990-05-01")


Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(time_text)]
Date = Annotated[dt.date, Field(strict=False), BeforeValidator(date_text)]

Id = Annotated[str, Field(pattern=ID_PATTERN, examples=["msk017-3-000123"])]
Money = Annotated[str, Field(pattern=MONEY_PATTERN, examples=["129.90"])]
Quantity = Annotated[str, Field(pattern=QUANTITY_PATTERN, examples=["0.347"])]
Decimal = Annotated[str, Field(pattern=QUANTITY_PATTERN, examples=["37.5"])]
Points = Annotated[str, Field(pattern=POINTS_PATTERN, examples=["89.14"])]
Text = Annotated[str, Field(max_length=200)]
CardText = Annotated[
    str,
    Field(
        pattern=CARD_PATTERN,
        description="A card's number, its holder's phone, or the handle of a read: its event's id",
        examples=["2990000000019"],
    ),
]

CouponText = Annotated[
    str,
    Field(
        pattern=COUPON_PATTERN,
        description="A coupon's code, or the number of a coupon card",
        examples=["SPRING10"],
    ),
]


class Request(BaseModel):
    """A body that a call takes; members that it doesn't know are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class LineRequest(Request):
    """One position of the receipt."""

    line: Annotated[int, Field(ge=1, le=1_000_000)]
    sku: Annotated[str, Field(min_length=1, max_length=64)]
    name: Text = ""
    category: Text = ""
    quantity: Quantity
    unit: Annotated[str, Field(max_length=16)] = "pc"
    price: Money
    floor_price: Money | None = None
    vat_rate: Annotated[str, Field(max_length=16)] = ""
    abv: Decimal | None = None
    litres: Decimal | None = None
    no_discount: bool = False
    no_earn: bool = False
    no_redeem: bool = False
    tags: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=32)


class PaymentRequest(Request):
    """How a part of what is payable is paid; a quote may leave the amount open."""

    kind: Annotated[str, Field(min_length=1, max_length=32)]
    amount: Money | None = None


class GiftCardRequest(Request):
    """A card that pays beside the shopper's own."""

    card: CardText = Field(repr=False)
    pin: Annotated[str, Field(pattern=PIN_PATTERN)] | None = Field(default=None, repr=False)
    amount: Points | Literal["max"] = "max"


class LoadRequest(Request):
    """A gift card that is sold, or a card that is topped up."""

    card: CardText = Field(repr=False)
    amount: Money


class QuoteRequest(Request):
    """A basket and a card."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["lines"]}, {"required": ["loads"]}]}
    )

    receipt: Id
    cashier: Annotated[str, Field(max_length=64)] = ""
    card: CardText | None = Field(default=None, repr=False)
    lines: tuple[LineRequest, ...] = Field(default=(), max_length=LINES_MAX)
    redeem: dict[Annotated[str, Field(max_length=64)], Points | Literal["max"]] = Field(
        default_factory=dict, max_length=32
    )
    coupons: tuple[CouponText, ...] = Field(default=(), max_length=COUPONS_MAX, repr=False)
    rewards: dict[Annotated[str, Field(max_length=64)], Quantity] = Field(
        default_factory=dict, max_length=32
    )
    gift_cards: tuple[GiftCardRequest, ...] = Field(default=(), max_length=CARDS_MAX)
    loads: tuple[LoadRequest, ...] = Field(default=(), max_length=CARDS_MAX)
    payments: tuple[PaymentRequest, ...] = Field(default=(), max_length=32)
    split: bool = False
    explain: bool = False  # of a quote: each rule's conditions too
    at: Time | None = None

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not (self.lines or self.loads):
            raise PydanticCustomError("basket_empty", "must have lines, or loads")
        return self


class ReceiptRequest(QuoteRequest):
    """The quote's body, and its token when the amounts must not change."""

    quote: Annotated[str, Field(max_length=1024)] | None = None


class ReservationRequest(QuoteRequest):
    """The quote's body, and the id under which what it redeems is held."""

    reservation: Id


class MomentRequest(Request):
    """Nothing but, perhaps, the time when it happened."""

    at: Time | None = None


class ReturnLineRequest(Request):
    """So much of one line of the receipt comes back."""

    line: Annotated[int, Field(ge=1, le=1_000_000)]
    quantity: Quantity


class ReturnRequest(MomentRequest):
    """Goods come back."""

    id: Id = Field(alias="return")
    lines: tuple[ReturnLineRequest, ...] = Field(min_length=1, max_length=LINES_MAX)


class HolderRequest(Request):
    """Who a card belongs to; all of it is personal and none of it enters a record."""

    name: Annotated[str, Field(max_length=100, repr=False)] = ""
    birthday: Date | None = Field(default=None, repr=False)
    phone: Annotated[str, Field(max_length=32, pattern=PHONE_OR_NONE_PATTERN, repr=False)] = ""


class CardRequest(MomentRequest):
    """Issue or enrol a card."""

    card: CardText = Field(repr=False)
    kind: Annotated[str, Field(max_length=32)] | None = None
    holder: HolderRequest = Field(default_factory=HolderRequest)
    owner: CardText | None = Field(default=None, repr=False)  # whose account may use a coupon


class BlockRequest(MomentRequest):
    """Why a card is blocked."""

    reason: Annotated[  # a word, not a sentence: it enters a record, and no name may
        str, Field(pattern=WORD_PATTERN, examples=["lost"])
    ]


class ReplaceRequest(MomentRequest):
    """Which card takes the place of another."""

    new: CardText = Field(repr=False)


class LinkRequest(MomentRequest):
    """By what else an account may be known: a phone, or one more card."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["phone"]}, {"required": ["card"]}]}
    )

    phone: Annotated[str, Field(pattern=PHONE_PATTERN)] | None = Field(default=None, repr=False)
    card: CardText | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.phone is None) == (self.card is None):
            raise PydanticCustomError("link_of_one", "must have either phone or card")
        return self


class TransferRequest(MomentRequest):
    """Whose account is closed, and whose holds all of it then."""

    id: Id = Field(alias="transfer")
    source: CardText = Field(alias="from", repr=False)
    target: CardText = Field(alias="to", repr=False)


class DayRequest(MomentRequest):
    """Which trading day is opened or closed; without it the one that is due."""

    business_date: Date | None = None
