"""How a read becomes a card: [[cards]]."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from loyaltyd.domain.grammar.values import Share, choice, shaped, text
from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.toml import Table

RANGES_MAX = 256  # each is held against each other one
MEDIA: tuple[Literal["barcode", "magstripe", "contactless"], ...] = (
    *("barcode", "magstripe"),
    "contactless",
)  # a UID counts only where a program says so


class CardsTable(Table):
    """One of [[cards]]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("wallet", "pin"))

    kind: Annotated[Literal["bonus", "discount"], choice(later=("gift", "stored-value", "coupon"))]
    prefix: Annotated[str, text(shaped("[0-9]{1,12}", '1 to 12 digits such as "2990"'), "2990")]
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
