"""Keeps locale/*/LC_MESSAGES in step with messages.py: adds what is new, drops what is gone.

Compiles it too. A text without a translation is named, and makes the exit code 1: edit the .po,
then run this again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from loyaltyd.messages import DOMAIN, LANGUAGES, LOCALE, every_text

LINE_LENGTH_MAX = 100
HEADER = (
    "# Edit the translations, then run tools/catalogue.py: it keeps the keys and compiles the .mo."
)


def main() -> int:
    untranslated: list[str] = []
    for language in LANGUAGES[1:]:  # the first is the language of the keys
        po = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        catalogue = updated(po, language)
        po.parent.mkdir(parents=True, exist_ok=True)
        po.write_bytes(as_po(catalogue))
        po.with_suffix(".mo").write_bytes(as_mo(catalogue))
        untranslated += [f"{po}: {entry.id!r}" for entry in catalogue if not _whole(entry.string)]
    print(*untranslated, sep="\n", end="\n" if untranslated else "")
    return 1 if untranslated else 0


class PlainCatalogue(Catalog):
    """A catalogue without dates and tool versions: the same texts give the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Plural-Forms", self.plural_forms),
        ]

    @mime_headers.setter
    def mime_headers(self, headers: list[tuple[str, str]]) -> None:
        """Babel sets them; the locale already says all that is kept."""


def updated(po: Path, language: str) -> Catalog:
    """The translations of po for exactly the texts that can be said, in their order."""
    known = read_po(BytesIO(po.read_bytes()), locale=language) if po.exists() else Catalog()
    fresh = PlainCatalogue(locale=language, domain=DOMAIN, header_comment=HEADER, fuzzy=False)
    for text in every_text():
        entry = known.get(text if isinstance(text, str) else text[0])
        fresh.add(text, entry.string if entry else None)
    return fresh


def as_po(catalogue: Catalog) -> bytes:
    """The catalogue as people edit it."""
    out = BytesIO()
    write_po(out, catalogue, width=LINE_LENGTH_MAX)
    return out.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _whole(translated: str | Sequence[str] | None) -> bool:
    return bool(translated) and all(translated or ())  # of a counted text each form


if __name__ == "__main__":
    sys.exit(main())
