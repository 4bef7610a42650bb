"""How often a PIN may be tried: four digits would be guessed in an hour otherwise."""

import datetime as dt
import threading

from loyaltyd.domain.refusal import Reason, Refusal, refused

TRIES_MAX = 3  # as bank cards allow (ISO 9564-1)
LOCKED = dt.timedelta(minutes=15)  # 4 digits by 3 tries each quarter of an hour: five weeks
CARDS_MAX = 10_000  # that are remembered; the oldest is forgotten first


class PinTries:
    """Wrong PINs by card, in memory alone: a refusal stores nothing. For several threads."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, dt.datetime]] = {}  # card id → how often, last when
        self._lock = threading.Lock()

    def refusal(self, card: str, *, fits: bool, now: dt.datetime) -> Refusal | None:
        """Whether a PIN that was given for card is taken; a card that is locked takes none."""
        with self._lock:
            count, last = self._wrong.pop(card, (0, now))
            if now - last >= LOCKED:
                count = 0
            if count >= TRIES_MAX:
                self._wrong[card] = (count, last)
                left = (last + LOCKED - now) // dt.timedelta(minutes=1) + 1
                return refused(Reason.PIN_LOCKED, minutes=str(left))
            if fits:
                return None
            self._wrong[card] = (count + 1, now)
            if len(self._wrong) > CARDS_MAX:
                del self._wrong[next(iter(self._wrong))]
            return refused(Reason.PIN_WRONG)
