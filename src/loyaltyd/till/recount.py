"""What accounts had done before each receipt of a log, added up while the log is read again."""

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from typing import Any

from loyaltyd.domain.books.sale import CLAWED_BACK, EARNED, RETURNED, SPEND
from loyaltyd.domain.books.standing import Counted

Days = tuple[str, str]  # the day that is counted for, and since when it is known


class Recount:
    """Counters of accounts, of some names only: memory grows with accounts and their days.

    A name of a rule's uses stands for those by each card too.
    """

    def __init__(self, names: Container[str]) -> None:
        self._names = names
        self._sums: dict[tuple[str, str], dict[Days, int]] = {}
        self._days: dict[Days, Days] = {}  # one of each, however many accounts came on that day

    def add(self, counters: Iterable[Mapping[str, Any]], known: str) -> None:
        """Add what a record of the business date known changes."""
        for fact in counters:
            name = fact["name"]
            if name in self._names or name.rpartition("/")[0] in self._names:
                days = (fact["date"], fact.get("since", known))
                sums = self._sums.setdefault((fact["account"], name), {})
                key = self._days.setdefault(days, days)
                sums[key] = sums.get(key, 0) + fact["amount"]

    def tally(
        self, account: str, name: str, first: dt.date, last: dt.date
    ) -> tuple[int, dt.date | None]:
        """What a counter adds up to for those days, and the last day that added."""
        start, end = first.isoformat(), last.isoformat()
        known = [
            (day, amount)
            for (day, since), amount in self._sums.get((account, name), {}).items()
            if start <= day <= end and since <= end
        ]
        latest = max((day for day, amount in known if amount > 0), default="")
        total = sum(amount for _, amount in known)
        return total, dt.date.fromisoformat(latest) if latest else None

    def days(self, account: str, names: Iterable[str]) -> list[Counted]:
        """What the account's days say of its tier."""
        return [
            Counted(
                date=dt.date.fromisoformat(day), since=dt.date.fromisoformat(since), amount=amount
            )
            for name in sorted(names)
            for (day, since), amount in self._sums.get((account, name), {}).items()
        ]


def points_counted(facts: Mapping[str, Any], wallet: str) -> list[dict[str, Any]]:
    """What a record counts of a wallet's points towards a tier, had its program measured them.

    A receipt's are those that it earned, a return's those that it took back.
    """
    gained, lost = EARNED + wallet, CLAWED_BACK + wallet
    counters = facts.get("counters", ())
    if any(it["name"] in {gained, lost} for it in counters):
        return []
    spend = next((it for it in counters if it["name"] in {SPEND, RETURNED}), None)
    if spend is None:
        return []
    if spend["name"] == SPEND:
        amount = _amount(facts["result"].get("earned", ()), wallet)
        return [{**spend, "name": gained, "amount": amount}]
    amount = _amount(facts["returned"].get("clawed_back", ()), wallet)
    return [{**spend, "name": lost, "amount": -amount}]


def _amount(points: Iterable[Mapping[str, Any]], wallet: str) -> int:
    return sum(it["amount"] for it in points if it["wallet"] == wallet)
