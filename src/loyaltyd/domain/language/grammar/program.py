"""The whole file."""

import datetime as dt
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from loyaltyd.domain.language.grammar.cards import RANGES_MAX, CardsTable
from loyaltyd.domain.language.grammar.classes import ClassTable
from loyaltyd.domain.language.grammar.law_packs import LawTable
from loyaltyd.domain.language.grammar.rules import GroupTable, RuleTable
from loyaltyd.domain.language.grammar.tiers import TiersTable
from loyaltyd.domain.language.grammar.values import NAMING, Name, Share, StorePattern, shaped, text
from loyaltyd.domain.language.grammar.wallets import WalletTable
from loyaltyd.domain.toml import Table

ZONE, A_ZONE = "[A-Za-z][A-Za-z0-9_+/-]{0,63}", "Europe/Moscow"


class RoundingTable(Table):
    """The table [rounding]."""

    discount: Literal["half-up"] = "half-up"
    points: Literal["floor", "half-up"] = "floor"
    spread: Literal["largest-remainder", "first-lines"] = "largest-remainder"
    floor: Literal["redistribute", "lose"] = "redistribute"


class HintsTable(Table):
    """The table [hints]."""

    within: Share = 200_000  # 20%


class ProgramTable(Table):
    """The whole file."""

    not_built: ClassVar[frozenset[str]] = frozenset(("coalition",))

    id: Name
    version: Annotated[int, Field(ge=1, le=2**31)]
    name: Annotated[str, Field(max_length=100)] = ""
    currency: Annotated[str, text(shaped("[A-Z]{3}", 'three letters such as "RUB"'), "RUB")]
    timezone: Annotated[str, text(shaped(ZONE, f"a time zone such as {A_ZONE}"), A_ZONE)] = ""
    starts: dt.date
    rounding: RoundingTable = Field(default_factory=RoundingTable)
    cards: Annotated[tuple[CardsTable, ...], Field(max_length=RANGES_MAX)] = ()
    wallets: dict[Name, WalletTable] = Field(default_factory=dict)
    tiers: TiersTable | None = None
    regions: dict[Name, Annotated[tuple[StorePattern, ...], NAMING]] = Field(default_factory=dict)
    laws: dict[Name, LawTable] = Field(default_factory=dict)
    classes: dict[Name, ClassTable] = Field(default_factory=dict)
    groups: dict[Name, GroupTable] = Field(default_factory=dict)
    hints: HintsTable = Field(default_factory=HintsTable)
    rules: tuple[RuleTable, ...] = ()
