"""The language in which HQ writes a program: its tables, keys and values, and what isn't built yet.

This is the shape of the text alone; what its parts mean to each other is checked in
program_text.py.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from loyaltyd.domain.money import WHOLE_SHARE, rate, share
from loyaltyd.domain.spans import Span, span
from loyaltyd.domain.toml import NotBuilt, Table

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
NAME_SAID = "1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"
AMOUNT = r"[0-9]{1,12}(\.[0-9]{1,6})?"
PLACEHOLDERS = frozenset(("amount", "holder"))
RANGES_MAX = 256  # each is held against each other one
MEDIA: tuple[Literal["barcode", "magstripe", "contactless"], ...] = (
    *("barcode", "magstripe"),
    "contactless",
)  # a UID counts only where a program says so
TEXT_LENGTH_MAX = 200  # a line on the cashier's page, two on a slip


def _text(read: Callable[[str], Any], example: str) -> BeforeValidator:
    def checked(value: object) -> Any:
        if not isinstance(value, str):
            said = f'must be a string such as "{example}"'
            raise ValueError(said)  # noqa: TRY004 - pydantic takes ValueError alone
        return read(value)

    return BeforeValidator(checked)


def _shaped(shape: str, said: str) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if not re.fullmatch(shape, text):
            raise ValueError(f"must be {said}")
        return text

    return checked


def _choice(*, later: tuple[str, ...]) -> BeforeValidator:
    def checked(value: object) -> object:
        if value in later:
            raise NotBuilt(f'"{value}"')
        return value

    return BeforeValidator(checked)


def _pattern(text: str) -> str:
    if "*" in text.removesuffix("/*") or text.endswith("/") or not text.strip("/*"):
        raise ValueError('must be a category such as "dairy/milk", or "dairy/*" for all below it')
    return text


def _window(text: str) -> tuple[dt.time, dt.time]:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", text, re.ASCII)
    if match is None or (match[3] == "24" and match[4] != "00"):
        raise ValueError('must be a time of day such as "09:00-12:00"')
    start, end = dt.time(int(match[1]), int(match[2])), dt.time(int(match[3]) % 24, int(match[4]))
    if start == end and match[3] != "24":
        raise ValueError(f'"{text}" is empty: it ends where it starts')
    return start, end


def _said(text: str) -> str:
    names = re.findall(r"\{([^{}]*)\}", text)
    unknown = [name for name in names if name not in PLACEHOLDERS]
    if unknown or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
        raise ValueError("may name {amount} and {holder} only")
    if not text.strip() or len(text) > TEXT_LENGTH_MAX:
        raise ValueError(f"must have 1 to {TEXT_LENGTH_MAX} characters")
    return text


ZONE, A_ZONE = "[A-Za-z][A-Za-z0-9_+/-]{0,63}", "Europe/Moscow"

Name = Annotated[str, _text(_shaped(NAME, NAME_SAID), "milk-10")]
Amount = Annotated[str, _text(_shaped(AMOUNT, 'an amount such as "100.00"'), "100.00")]
Share = Annotated[int, _text(share, "30%")]
Length = Annotated[Span, _text(span, "14d")]
Category = Annotated[str, _text(_pattern, "dairy/*")]
Hours = Annotated[tuple[dt.time, dt.time], _text(_window, "09:00-12:00")]
Saying = Annotated[str, _text(_said, "{amount} off")]


class RoundingTable(Table):
    """The table [rounding]."""

    discount: Literal["half-up"] = "half-up"
    points: Literal["floor", "half-up"] = "floor"
    spread: Literal["largest-remainder", "first-lines"] = "largest-remainder"
    floor: Literal["redistribute", "lose"] = "redistribute"


class CardsTable(Table):
    """One of [[cards]]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("wallet", "pin"))

    kind: Annotated[Literal["bonus", "discount"], _choice(later=("gift", "stored-value", "coupon"))]
    prefix: Annotated[str, _text(_shaped("[0-9]{1,12}", '1 to 12 digits such as "2990"'), "2990")]
    length: Annotated[int, Field(ge=4, le=19)]
    check: Literal["ean13", "luhn", "none"] = "ean13"
    media: tuple[Literal["barcode", "magstripe", "contactless", "uid"], ...] = MEDIA
    enrol: Literal["first-use", "issued-only"] = "first-use"
    discount: Share | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.prefix) >= self.length:
            raise ValueError("the prefix leaves no digit for the number")
        if self.check == "ean13" and self.length not in {8, 12, 13}:
            raise ValueError('check = "ean13" needs a length of 8, 12 or 13')
        if (self.discount is None) == (self.kind == "discount"):
            raise ValueError("a discount card has a discount, and no other kind has one")
        if self.discount is not None and self.discount > WHOLE_SHARE:
            raise ValueError("a discount is at most 100%")
        if not self.media:
            raise ValueError("media names at least one medium")
        return self


class OfflineTable(Table):
    """The table offline of a wallet."""

    not_built: ClassVar[frozenset[str]] = frozenset(("floor", "max_consecutive", "share"))

    policy: Annotated[Literal["none", "last-known"], _choice(later=("floor", "escrow", "hybrid"))]


class WalletTable(Table):
    """One of [wallets.*]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("stamps",))

    name: dict[Literal["ru", "en"], Saying] = Field(default_factory=dict)
    scale: Annotated[int, Field(ge=0, le=6)]
    redeem_rate: Annotated[Any, _text(rate, "1.00")] = None
    points_as: Literal["discount", "tender"] = "discount"
    max_share: Share | None = None
    min_redeem: Amount | None = None
    step: Amount | None = None
    earn_base: Literal["net-of-points", "net-of-discounts", "gross", "none-if-redeemed"] = (
        "net-of-points"
    )
    activates: Length | None = None
    expires: Length | None = None
    debt: Literal["allow", "clamp", "only-pending"] = "allow"
    clawback: Literal["recompute", "floor-of-refund"] = "recompute"
    restore: Literal["original", "reissue", "none"] = "original"
    offline: OfflineTable = Field(default_factory=lambda: OfflineTable(policy="none"))


class LevelTable(Table):
    """One of the levels of [tiers]."""

    id: Name
    floor: Amount = Field(alias="from")


def _tier_window(text: str) -> str:
    if text in {"calendar-year", "lifetime"}:
        return text
    if text.startswith("rolling-") and not span(text.removeprefix("rolling-")).after_month_end:
        return text
    raise ValueError(
        'must be "rolling-12mo" or another rolling span, "calendar-year" or "lifetime"'
    )


class TiersTable(Table):
    """The table [tiers]."""

    measure: Annotated[Literal["spend"], _choice(later=("points", "visits"))] = "spend"
    window: Annotated[str, _text(_tier_window, "rolling-12mo")] = "rolling-12mo"
    demote: Literal["month-end", "immediately", "year-end", "never"] = "month-end"
    counts_current: bool = True
    levels: Annotated[tuple[LevelTable, ...], Field(min_length=1, max_length=32)]


class MatchTable(Table):
    """The tables match and on: which goods."""

    not_built: ClassVar[frozenset[str]] = frozenset(("tags", "name"))

    category: tuple[Category, ...] = ()
    sku: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = ()

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if not (self.category or self.sku):
            raise ValueError("must name goods by category or sku")
        return self


class FloorTable(Table):
    """One of floor_price or floor_per_abv_litre."""

    since: dt.date = Field(alias="from")
    price: Amount


class ClassTable(Table):
    """One of [classes.*]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("region", "from", "until"))

    match: MatchTable
    earn: bool = True
    discount: bool = True
    redeem: bool = True
    because: str = ""
    floor_price: tuple[FloorTable, ...] = ()
    floor_per_abv_litre: tuple[FloorTable, ...] = ()


class GroupTable(Table):
    """One of [groups.*]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("exclude",))

    pick: Literal["best", "first", "all"] = "best"
    base: Literal["cascade", "original"] = "cascade"


class WhenTable(Table):
    """The table when of a rule."""

    not_built: ClassVar[frozenset[str]] = frozenset(
        (
            *("birthday", "card_kind", "every_visit", "coupon", "days_since_visit"),
            *("first_purchase", "dates", "store", "group", "tags", "basket", "spent", "tender"),
            *("all", "any", "not"),
        )
    )

    # an empty list would mean always: whoever empties one means never
    tier: Annotated[tuple[Name, ...], Field(min_length=1)] = ()
    weekday: Annotated[
        tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(min_length=1)
    ] = ()
    time: Hours | None = None
    min_total: Amount | None = None


class GiveTable(Table):
    """The table give of a rule."""

    not_built: ClassVar[frozenset[str]] = frozenset(
        (
            *("buy", "free", "which", "units", "percent_off_by_total", "cost", "per_unit"),
            *("points", "multiply", "of", "expires", "activates", "fixed_price", "per_amount"),
        )
    )

    percent_off: Share | None = None
    max: Amount | None = None
    amount_off: Amount | None = None
    earn: Name | None = None
    percent: Share | None = None

    @model_validator(mode="after")
    def _gives_one_thing(self) -> Self:
        given = [it for it in (self.percent_off, self.amount_off, self.earn) if it is not None]
        if len(given) != 1:
            raise ValueError("must hold one of percent_off, amount_off, or earn with percent")
        if (self.earn is None) != (self.percent is None):
            raise ValueError("earn and percent go together")
        if self.max is not None and self.percent_off is None:
            raise ValueError("max goes with percent_off")
        if self.percent_off is not None and self.percent_off > WHOLE_SHARE:
            raise ValueError("percent_off is at most 100%")
        return self


class RuleTable(Table):
    """One of [[rules]]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("limit", "exclude"))

    id: Name
    layer: Annotated[
        Literal["item", "receipt", "points"], _choice(later=("coupon", "stored value"))
    ]
    group: Name | None = None
    when: WhenTable = Field(default_factory=WhenTable)
    on: MatchTable | None = None
    give: GiveTable
    say: dict[Literal["cashier", "customer", "slip"], dict[Literal["ru", "en"], Saying]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _fits_its_layer(self) -> Self:
        if self.id == "card":
            raise ValueError('the id "card" means a discount card\'s own percentage')
        if (self.layer == "points") != (self.give.earn is not None):
            raise ValueError("rules that earn stand in the layer points, and no others do")
        return self


class ProgramTable(Table):
    """The whole file."""

    id: Name
    version: Annotated[int, Field(ge=1, le=2**31)]
    name: Annotated[str, Field(max_length=100)] = ""
    currency: Annotated[str, _text(_shaped("[A-Z]{3}", 'three letters such as "RUB"'), "RUB")]
    timezone: Annotated[str, _text(_shaped(ZONE, f"a time zone such as {A_ZONE}"), A_ZONE)] = ""
    starts: dt.date
    rounding: RoundingTable = Field(default_factory=RoundingTable)
    cards: Annotated[tuple[CardsTable, ...], Field(max_length=RANGES_MAX)] = ()
    wallets: dict[Name, WalletTable] = Field(default_factory=dict)
    tiers: TiersTable | None = None
    classes: dict[Name, ClassTable] = Field(default_factory=dict)
    groups: dict[Name, GroupTable] = Field(default_factory=dict)
    rules: tuple[RuleTable, ...] = ()
