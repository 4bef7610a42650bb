"""How spend becomes a tier: [tiers]."""

from typing import Annotated, Literal

from pydantic import Field

from loyaltyd.domain.grammar.values import DAYS, Amount, Name, choice, text
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

    measure: Annotated[Literal["spend"], choice(later=("points", "visits"))] = "spend"
    window: Annotated[str, text(_tier_window, "rolling-12mo", WINDOW)] = "rolling-12mo"
    demote: Literal["month-end", "immediately", "year-end", "never"] = "month-end"
    counts_current: bool = True
    levels: Annotated[tuple[LevelTable, ...], Field(min_length=1, max_length=32)]
