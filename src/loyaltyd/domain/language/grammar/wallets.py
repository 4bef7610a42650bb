"""What an account can hold: [wallets.*]."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from loyaltyd.domain.language.grammar.values import (
    RATE,
    Amount,
    Length,
    Name,
    Saying,
    Share,
    choice,
    text,
)
from loyaltyd.domain.money import rate
from loyaltyd.domain.toml import Table

STAMPS_MAX = 10_000  # for one reward


class OfflineTable(Table):
    """The table offline of a wallet."""

    not_built: ClassVar[frozenset[str]] = frozenset(("floor", "max_consecutive", "share"))

    policy: Annotated[Literal["none", "last-known"], choice(later=("floor", "escrow", "hybrid"))]


class StampsTable(Table):
    """The table stamps of a wallet."""

    every: Annotated[int, Field(ge=1, le=STAMPS_MAX)]
    reward: Name


class WalletTable(Table):
    """One of [wallets.*]."""

    name: dict[Literal["ru", "en"], Saying] = Field(default_factory=dict)
    scale: Annotated[int, Field(ge=0, le=6)]
    redeem_rate: Annotated[Any, text(rate, "1.00", RATE)] = None
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
    stamps: StampsTable | None = None
    offline: OfflineTable = Field(default_factory=lambda: OfflineTable(policy="none"))
