"""What the chain promises: [groups.*] and [[rules]]."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from loyaltyd.domain.language.grammar.classes import OnTable
from loyaltyd.domain.language.grammar.conditions import LimitTable, WhenTable
from loyaltyd.domain.language.grammar.gifts import GiveTable
from loyaltyd.domain.language.grammar.values import Name, Saying, choice
from loyaltyd.domain.toml import Table

LAYERS = ("item", "receipt", "coupon", "points")  # in the order in which they run


class GroupTable(Table):
    """One of [groups.*]."""

    pick: Literal["best", "first", "all"] = "best"
    base: Literal["cascade", "original"] = "cascade"
    exclude: tuple[Name, ...] = ()


class RuleTable(Table):
    """One of [[rules]]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("event", "sequence", "referral", "offer"))

    id: Name
    layer: Annotated[
        Literal["item", "receipt", "coupon", "points"], choice(later=("stored value",))
    ]
    group: Name | None = None
    exclude: tuple[Name, ...] = ()
    when: WhenTable = Field(default_factory=WhenTable)
    limit: LimitTable | None = None
    on: OnTable | None = None
    give: GiveTable
    say: dict[Literal["cashier", "customer", "slip"], dict[Literal["ru", "en"], Saying]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _fits_its_layer(self) -> Self:
        if self.id == "card":
            raise ValueError('the id "card" means a discount card\'s own percentage')
        gains = self.give.earn is not None or self.give.coupon is not None
        if (self.layer == "points") != gains:
            raise ValueError("rules that earn or print stand in the layer points, and no others do")
        if self.layer == "coupon" and not self.when.coupon:
            raise ValueError("a rule of the layer coupon says in when which coupon it is for")
        if self.limit is not None and self.limit.per_coupon and not self.when.coupon:
            raise ValueError("per_coupon goes with a coupon in when")
        return self
