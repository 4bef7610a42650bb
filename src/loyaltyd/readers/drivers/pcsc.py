"""A card reader behind pcscd, through pyscard's lowest level: its monitors end with a pcscd.

One context a slot, for as long as pcscd stands by it; one thread, which may hang in here while a
card or pcscd does not answer.
"""

import importlib
import re
import time
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers import scard_codes as codes
from loyaltyd.readers.port import Sight
from loyaltyd.readers.read import Dialogue, Dialogues, Told, Unread

WAIT_MS = 500  # the contract of a slot
NEWS = r"\\?PnP?\Notification"  # the name under which pcscd tells that readers came or went
NEWS_WAIT_S = 0.05  # after it, so that one that only ever tells news keeps no processor busy
LISTS_MAX = 5  # two readers that come at once are one piece of news: list until nothing changes
# Until another program's exclusive use ends; 1.5 s in all, which is as long as a hand holds still.
SHARING_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8)
STATUS_BYTES = 2  # what an answer has at least
CASE_4_BYTES_MIN = 7  # header, Lc, one byte, Le
NO_PYSCARD = "PC/SC is not installed: pip install 'loyaltyd[pcsc]'"


@dataclass(frozen=True, slots=True)
class PcscDriver:
    """Opens the first card reader, in the order of names, that matches a pattern with * and ?."""

    match: str = "*"

    def open(self) -> "PcscSlot":
        """Ask pcscd for a context; ReaderError says what to install, start or allow."""
        try:
            # Here, not above: a till without such a reader needs no pyscard.
            scard = importlib.import_module("smartcard.scard")
        except ImportError as error:
            raise ReaderError(NO_PYSCARD) from error
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        _check(code)
        return PcscSlot(scard, context, self.match)


@dataclass(frozen=True, slots=True)
class _Card:
    """A card that answers us, by its handle and its protocol."""

    handle: int
    protocol: int


class PcscSlot:
    """One reader under a context of its own; which one, may change whenever it is put back."""

    def __init__(self, scard: ModuleType, context: int, match: str) -> None:
        self._scard: Any = scard
        self._context = context
        self._match = match
        self._reader = ""
        self._state = codes.STATE_UNAWARE  # as pcscd told it last
        self._news = codes.STATE_UNAWARE
        self._seen = Sight()
        self._fault = ""  # of the last card, in a sentence

    def sight(self) -> Sight:
        """Watch the reader, or look for one that matches while there is none."""
        if not self._reader and not self._found():
            self._wait_for_news()
            return self._missing()
        code, states = self._watched(self._reader, self._state)
        if code == codes.TIMEOUT and not self._state >> 16:
            # libpcsclite takes no count for one to compare: a first swap goes unseen by it.
            code, states = self._watched(self._reader, codes.STATE_UNAWARE)
        if code == codes.TIMEOUT:
            return self._said()
        if code in codes.READER_GONE or (not code and states[0][1] & codes.STATE_UNKNOWN):
            self._reader = ""
            return self._missing()
        _check(code)
        _, event, atr = states[0]
        self._state = event & ~codes.STATE_CHANGED
        if event & codes.STATE_UNAVAILABLE:
            # Listed, and pcscd can't talk with it: watched on, for to find it anew would never end.
            return Sight(missing=f"{self._reader} does not answer pcscd: plug it in anew")
        present = bool(event & codes.STATE_PRESENT)
        self._seen = replace(self._seen, present=present, moves=event >> 16, atr=bytes(atr))
        return self._said()

    def talk(self, dialogues: Dialogues) -> Told:
        """Hold the dialogue, anew when another program keeps or resets the card in the middle."""
        waits = iter(SHARING_WAITS_S)
        retries = 1
        while True:
            outcome = self._attempt(dialogues)
            if isinstance(outcome, Told):
                self._fault = ""
                return outcome
            if outcome == codes.SHARING_VIOLATION and (wait_s := next(waits, None)):
                time.sleep(wait_s)
            elif outcome in codes.AGAIN and retries:
                retries -= 1
            else:
                return self._failed(outcome)

    def close(self) -> None:
        """Give the context back; a broken one only on this side."""
        self._scard.SCardReleaseContext(self._context)

    def _missing(self) -> Sight:
        return Sight(missing=f"no card reader matches {self._match}: is it plugged in?")

    def _said(self) -> Sight:
        detail = "; ".join(filter(None, (self._seen.detail, self._fault)))
        return replace(self._seen, detail=detail)

    def _found(self) -> bool:
        """Take the first reader that matches, in the order of names."""
        names = self._listed()
        if names:
            self._reader = names[0]
            self._state, self._fault = codes.STATE_UNAWARE, ""
            others = f"; {len(names)} readers match, the first is used" if len(names) > 1 else ""
            self._seen = Sight(detail=f"{names[0]}{others}")
        return bool(names)

    def _listed(self) -> list[str]:
        names: list[str] | None = None
        for _ in range(LISTS_MAX):
            code, listed = self._scard.SCardListReaders(self._context, [])
            if _code(code) not in codes.READER_GONE:
                _check(code)
            before, names = names, sorted(name for name in listed if _fits(name, self._match))
            if names == before:
                break
        return names or []

    def _wait_for_news(self) -> None:
        code, states = self._watched(NEWS, self._news)
        if code == codes.TIMEOUT:
            return
        if code not in codes.READER_GONE:
            _check(code)
            self._news = states[0][1] & ~codes.STATE_CHANGED  # newer ones count the readers in it
        time.sleep(NEWS_WAIT_S)

    def _watched(self, name: str, state: int) -> tuple[int, list[tuple[str, int, list[int]]]]:
        code, states = self._scard.SCardGetStatusChange(self._context, WAIT_MS, [(name, state)])
        return _code(code), states

    def _attempt(self, dialogues: Dialogues) -> Told | int:
        """Return what the card told, or the code with which pcscd ended it."""
        scard = self._scard
        code, handle, protocol = scard.SCardConnect(
            self._context,
            self._reader,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if code:
            return _code(code)
        outcome: Told | int = 0
        try:
            # Nobody else's command comes between ours: an open sector would be shut.
            code = _code(scard.SCardBeginTransaction(handle)) or self._moved()
            outcome = code or self._carried(_Card(handle, protocol), dialogues(self._seen.atr))
            scard.SCardEndTransaction(handle, scard.SCARD_LEAVE_CARD)
        finally:
            is_told = isinstance(outcome, Told)
            scard.SCardDisconnect(
                handle, scard.SCARD_LEAVE_CARD if is_told else scard.SCARD_RESET_CARD
            )
        return outcome

    def _moved(self) -> int:
        """Return a code if the card is another one than we saw: it will be seen, and told then."""
        code, states = self._watched(self._reader, codes.STATE_UNAWARE)
        if code:
            return code
        _, event, atr = states[0]
        if event >> 16 != self._seen.moves:
            return codes.REMOVED_CARD
        # One that was mute when it came, at the edge of the field, tells its ATR when we connect.
        self._seen = replace(self._seen, atr=bytes(atr))
        return 0

    def _carried(self, card: _Card, dialogue: Dialogue) -> Told | int:
        scard = self._scard
        is_t0 = card.protocol == scard.SCARD_PROTOCOL_T0
        header = scard.SCARD_PCI_T0 if is_t0 else scard.SCARD_PCI_T1
        try:
            command = next(dialogue)
            while True:
                sent = _as_t0(command) if is_t0 else command
                code, answer = scard.SCardTransmit(card.handle, header, list(sent))
                if code:
                    return _code(code)
                if len(answer) < STATUS_BYTES:  # some drivers' way to say that it is gone
                    return codes.NOT_TRANSACTED
                command = dialogue.send(bytes(answer))
        except StopIteration as end:
            told: Told = end.value
            return codes.NOT_TRANSACTED if told.read == Unread("left") else told

    def _failed(self, code: int) -> Told:
        """What a code says of the card; a pcscd or reader that is gone shows at the next sight."""
        if code in codes.LEFT:
            return Told(Unread("left"))
        self._fault = codes.NOTES.get(code, f"the card can't be read: 0x{code:08X}")
        return Told(Unread("taken" if code == codes.SHARING_VIOLATION else "mute"))


def _as_t0(command: bytes) -> bytes:
    """Return command as T=0 sends it: what has data has no Le (ISO/IEC 7816-3, section 12.2)."""
    has_both = len(command) >= CASE_4_BYTES_MIN and len(command) == 5 + command[4] + 1
    return command[:-1] if has_both else command


def _fits(name: str, match: str) -> bool:
    """Whether a reader's name has that pattern; brackets are brackets, as names have them."""
    pattern = re.escape(match).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, name, re.DOTALL) is not None


def _code(code: int) -> int:
    return code & 0xFFFFFFFF  # by platform, pyscard gives them with or without a sign


def _check(code: int) -> None:
    if code:
        unsigned = _code(code)
        raise ReaderError(codes.NOTES.get(unsigned, f"pcscd answers 0x{unsigned:08X}"))
