"""How what an account did becomes a tier: [tiers]."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from loyaltyd.domain.language.grammar.values import DAYS, Amount, Name, text
from loyaltyd.domain.spans import span
from loyaltyd.domain.toml import Table

WINDOW = f"rolling-{DAYS}|calendar-year|lifetime"


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

    measure: Literal["spend", "points", "visits"] = "spend"
    wallet: Name | None = None  # whose points are measured
    window: Annotated[str, text(_tier_window, "rolling-12mo", WINDOW)] = "rolling-12mo"
    demote: Literal["month-end", "immediately", "year-end", "never"] = "month-end"
    counts_current: bool = True
    levels: Annotated[tuple[LevelTable, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _names_what_it_measures(self) -> Self:
        if (self.measure == "points") != (self.wallet is not None):
            raise ValueError('a wallet goes with measure = "points", and that with a wallet')
        return self
