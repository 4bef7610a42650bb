"""Cards with a chip, on an antenna or in a slot: what to ask them, and the number they tell.

A chip card is first asked for a directory of payment applications; one that has it is a bank card,
and is asked nothing more. A UID is a number only where nothing else is, and only if it stays.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from loyaltyd.readers.chips import bank, classic, files, ndef, type2, uid
from loyaltyd.readers.chips.atr import NAMES, Family, family, is_contactless
from loyaltyd.readers.chips.number import number_in, plain
from loyaltyd.readers.guard import Own, is_payment
from loyaltyd.readers.read import CardRead, Dialogue, PaymentCard, Read, Told, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Contactless:
    """Says what to ask a card; own says which numbers are the program's, the rest where to look."""

    own: Own = field(repr=False)
    sector: classic.Sector | None = None
    file: files.CardFile | None = None

    def dialogue(self, atr: bytes) -> Dialogue:
        """Ask the card with that answer to reset for its number."""
        kind = family(atr)
        is_bank = kind == "chip" and (yield from bank.has_directory())
        if is_bank is not False:
            return Told(PaymentCard() if is_bank else Unread("left"))
        ident = b""
        if is_contactless(atr):
            response = yield from uid.uid()
            ident = response.data[: uid.UID_BYTES_MAX] if response.is_good else b""
        texts = yield from self._texts(kind)
        read = Unread("left") if texts is None else self._read(texts, ident)
        if isinstance(read, PaymentCard):
            return Told(read)
        return Told(read, f"{NAMES[kind]}, {uid.shown(ident)}" if ident else NAMES[kind])

    def _texts(self, kind: Family) -> Generator[bytes, bytes, list[str] | None]:
        """Return the texts that stand where one may look on such a card, None if it has left."""
        if kind == "type2":
            message = yield from type2.message()
            return None if message is None else ndef.texts(message)
        data: bytes | None = b""
        if kind == "classic" and self.sector is not None:
            data = yield from classic.contents(self.sector)
        if kind == "chip" and self.file is not None:
            data = yield from files.contents(self.file)
        return None if data is None else [plain(data), *ndef.texts(ndef.area(data).message)]

    def _read(self, texts: list[str], ident: bytes) -> Read:
        if any(is_payment(text, self.own) for text in texts):
            return PaymentCard()
        for text in texts:
            number = number_in(text, self.own)
            if number is not None:
                return self._guarded(CardRead(number, "contactless"))
        return self._unnumbered(ident)

    def _unnumbered(self, ident: bytes) -> Read:
        """What a card is without a number on it: its UID, if that stays and is no one else's."""
        if not ident or uid.trust(ident) == "weak":
            return Unread("no-number")
        if uid.trust(ident) == "random":
            return Unread("random")
        return self._guarded(CardRead(uid.digits(ident), "uid"))

    def _guarded(self, read: CardRead) -> Read:
        return PaymentCard() if is_payment(read.number, self.own) else read
