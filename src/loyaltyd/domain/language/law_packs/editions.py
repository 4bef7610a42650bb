"""The editions there are, and the classes that a program takes from them."""

from collections.abc import Iterator, Mapping
from functools import cache

from loyaltyd.domain.language.grammar.classes import MatchTable, TreatmentTable
from loyaltyd.domain.language.grammar.law_packs import EditionTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.law_packs import ru_2026
from loyaltyd.domain.language.when_faults import unknown_name
from loyaltyd.domain.toml import parsed
from loyaltyd.domain.toml_lines import Path

EDITIONS: Mapping[str, Mapping[str, str]] = {"ru": {"2026": ru_2026.TEXT}}  # law → edition → text

Goods = tuple[MatchTable, TreatmentTable]


def classes_of(table: ProgramTable) -> Mapping[str, Goods]:
    """The program's own classes, then those of its laws: ru.vodka is the entry vodka of ru."""
    found: dict[str, Goods] = {name: (it.match, it) for name, it in table.classes.items()}
    for law, taken in table.laws.items():
        known = edition(law, taken.edition)
        entries = known.entries if known else {}
        for name, match in taken.goods.items():
            if name in entries:
                found.setdefault(f"{law}.{name}", (match, entries[name]))
    return found


@cache
def edition(law: str, name: str) -> EditionTable | None:
    """What an edition says; none when there is none of that name."""
    text = EDITIONS.get(law, {}).get(name)
    if text is None:
        return None
    found = parsed(text, EditionTable)
    assert isinstance(found, EditionTable), found
    return found


def law_faults(table: ProgramTable) -> Iterator[tuple[Path, str]]:
    """What [laws] names that isn't there, or doesn't go with the program."""
    for law, taken in table.laws.items():
        path: Path = ("laws", law)
        if law not in EDITIONS:
            yield path, unknown_name("law pack", law, list(EDITIONS))
            continue
        known = edition(law, taken.edition)
        if known is None:
            said = unknown_name("edition", taken.edition, list(EDITIONS[law]))
            yield (*path, "edition"), said
            continue
        if known.currency != table.currency:
            yield path, f"is a law in {known.currency}: the program is in {table.currency}"
        for name in taken.goods:
            if name not in known.entries:
                said = unknown_name("entry", name, list(known.entries))
                yield (*path, "goods", name), said
            if f"{law}.{name}" in table.classes:
                yield ("classes", f"{law}.{name}"), "is a class that [laws] has already"
