"""How long open reservations have been held, on a clock that only runs forward."""

import datetime as dt
from collections.abc import Callable, Iterable

TTL = dt.timedelta(minutes=15)  # a shopper goes back for the milk, and a queue is served


class Reservations:
    """When reservations began, in memory alone: which of them are open, the ledger says.

    One that an earlier run of the daemon left counts from this run's start: nobody knows how long
    the till was off, and no wall clock is asked. Called from the ledger's writing thread only.
    """

    def __init__(self, monotonic: Callable[[], float], ttl: dt.timedelta = TTL) -> None:
        self.ttl = ttl
        self._monotonic = monotonic  # seconds
        self._start = monotonic()
        self._began: dict[str, float] = {}

    def begin(self, reservation: str) -> None:
        """It is held from now on."""
        self._began[reservation] = self._monotonic()

    def expired(self, still_open: Iterable[str]) -> list[str]:
        """Those of still_open whose time is over; of all others nothing is remembered."""
        now, ttl_s = self._monotonic(), self.ttl.total_seconds()
        self._began = {it: self._began.get(it, self._start) for it in still_open}
        return [it for it, began in self._began.items() if now - began >= ttl_s]
