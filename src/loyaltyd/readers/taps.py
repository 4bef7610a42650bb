"""A slot as the supervisor hears it: one outcome for each card that is put on it, told once.

A card that lies there when the slot is opened, or when it comes back, is present, not presented.
"""

from collections.abc import Callable

from loyaltyd.readers.hearing import Heard, Hearing
from loyaltyd.readers.port import Sight, Slot, SlotDriver
from loyaltyd.readers.read import Dialogues, Read, Removed, Unread

MOVES = 1 << 16  # of which a slot counts the remainder
MOVES_TOLD_MAX = 32  # at once: more than a hand makes in 0.5 s, so what is beyond is a bad contact


def taps(driver: SlotDriver, dialogues: Dialogues) -> Callable[[], Hearing]:
    """Return what opens a slot and talks with its cards; ReaderError when it can't."""
    return lambda: _Taps(driver.open(), dialogues)


class _Taps:
    def __init__(self, slot: Slot, dialogues: Dialogues) -> None:
        self._slot = slot
        self._dialogues = dialogues
        self._last = Sight(missing="not seen yet")

    def hear(self) -> Heard:
        last, seen = self._last, self._slot.sight()
        self._last = seen
        if seen.missing:
            return Heard(reads=self._gone(last), up=False, detail=seen.missing)
        if last.missing:
            return Heard(detail=seen.detail)
        reads = _passed(last, seen)
        if not (seen.present and _moves(last, seen)):
            return Heard(reads=reads, detail=seen.detail)
        told = self._slot.talk(self._dialogues)
        reads.append(told.read)
        return Heard(reads=reads, length=len(seen.atr), detail=seen.detail, card=told.card)

    def close(self) -> list[Read]:
        self._slot.close()
        return self._gone(self._last)

    def _gone(self, last: Sight) -> list[Read]:
        """A card can't be watched any more: for the till it has left."""
        return [Removed()] if last.present else []


def _moves(last: Sight, seen: Sight) -> int:
    """How often a card came or went in between, the fewest that fit a count that is wrong."""
    moves = (seen.moves - last.moves) % MOVES
    if moves % 2 != (last.present != seen.present):
        return int(last.present != seen.present)
    return moves if moves <= MOVES_TOLD_MAX else MOVES_TOLD_MAX + moves % 2


def _passed(last: Sight, seen: Sight) -> list[Read]:
    """What the moves tell, without the card that is there now: those before it left too early."""
    reads: list[Read] = []
    present = last.present
    for _ in range(_moves(last, seen)):
        present = not present
        reads.append(Unread("left") if present else Removed())
    if present and reads:
        reads.pop()
    return reads
