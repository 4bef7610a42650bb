"""How a read becomes a card: [[cards]]."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from loyaltyd.domain.card import COUPON_KIND, DISCOUNT, MONEY_KINDS, PRINTED
from loyaltyd.domain.language.grammar.values import Name, Share, shaped, text
from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.toml import Table

RANGES_MAX = 256  # each is held against each other one
MEDIA: tuple[Literal["barcode", "magstripe", "contactless"], ...] = (
    *("barcode", "magstripe"),
    "contactless",
)  # a UID counts only where a program says so


class CardsTable(Table):
    """One of [[cards]]."""

    kind: Literal["bonus", "discount", "gift", "stored-value", "coupon"]
    prefix: Annotated[str, text(shaped("[0-9]{1,12}", '1 to 12 digits such as "2990"'), "2990")]
    length: Annotated[int, Field(ge=4, le=19)]
    check: Literal["ean13", "luhn", "none"] = "ean13"
    media: tuple[Literal["barcode", "magstripe", "contactless", "uid"], ...] = MEDIA
    enrol: Literal["first-use", "issued-only", "printed"] = "first-use"
    discount: Share | None = None
    wallet: Name | None = None
    pin: bool = False

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

    @model_validator(mode="after")
    def _holds_money(self) -> Self:
        if self.kind in MONEY_KINDS and self.wallet is None:
            raise ValueError(f"a {self.kind} card has a wallet, which holds its money")
        if self.kind in {DISCOUNT, COUPON_KIND} and self.wallet is not None:
            raise ValueError(f"a {self.kind} card has no wallet")
        if self.enrol == PRINTED and self.kind != COUPON_KIND:
            raise ValueError('enrol = "printed" is for coupons: receipts print their numbers')
        if self.pin and self.kind not in MONEY_KINDS:
            raise ValueError(f"pin goes with cards of the kind {' or '.join(MONEY_KINDS)}")
        return self
