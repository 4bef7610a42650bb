"""When a rule holds: when."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from loyaltyd.domain.grammar.values import Amount, Hours, Name
from loyaltyd.domain.toml import Table


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
