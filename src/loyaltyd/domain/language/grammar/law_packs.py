"""What a program takes from a law pack, and what an edition of one says."""

from typing import Annotated

from pydantic import Field

from loyaltyd.domain.language.grammar.classes import MatchTable, TreatmentTable
from loyaltyd.domain.language.grammar.values import Name
from loyaltyd.domain.toml import Table


class LawTable(Table):
    """One of [laws.*]: the edition, and which of the chain's goods its entries mean."""

    edition: Name
    goods: Annotated[dict[Name, MatchTable], Field(min_length=1)]


class EditionTable(Table):
    """An edition of a law pack; no chain writes one."""

    currency: str
    entries: dict[Name, TreatmentTable]
