"""What rules ask of an account's earlier receipts, gathered from the ledger.

What no rule asks is not looked up, and does not get into a record. Of a holder's birthday only this
much leaves the table of people: which of the program's windows are open today.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Protocol

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.sale import GIVEN, RETURNED, SPEND, VISITS, budget_account, used_by
from loyaltyd.domain.engine.asks import Asks
from loyaltyd.domain.engine.limits import Limit
from loyaltyd.domain.past import NO_PAST, Past, Spending, Uses
from loyaltyd.domain.person import Person
from loyaltyd.domain.spans import Span

NO_ASKS = Asks()
AHEAD_MAX = dt.timedelta(days=366)  # as far as `[api] at_window` may date a receipt before others


class Tallies(Protocol):
    """Who can say what an account's counters add up to: a ledger, or whoever reads one again."""

    def tally(
        self, account: str, name: str, first: dt.date, last: dt.date
    ) -> tuple[int, dt.date | None]:
        """What a counter adds up to for those days, and the last day that added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose past is asked for: an account, the card that it came with, and who holds it."""

    account: str
    card: str
    person: Person | None


def past_of(view: Tallies, holder: Holder, asks: Asks, on: dt.date) -> Past:
    """The holder's past before a receipt of the business date on.

    Visits and uses that are recorded count even when they are of later days: a receipt that is sent
    late would otherwise be a first purchase again, and use a limit again.
    """
    if asks == NO_ASKS:
        return NO_PAST
    visits, last_visit = 0, None
    if asks.visits or asks.last_visit:
        days = (dt.date.min, on + AHEAD_MAX)
        visits, last_visit = view.tally(holder.account, VISITS, *days)
    birthday = holder.person.birthday if holder.person else None
    uses = (_uses(view, holder, limit, on) for limit in asks.limits)
    return Past(
        visits=visits if asks.visits else 0,
        last_visit=last_visit if asks.last_visit else None,
        spent=tuple(_spending(view, holder, within, on) for within in asks.spent),
        uses=tuple(it for it in uses if it.account or it.card),
        birthdays=tuple(str(it) for it in asks.birthdays if birthday and it.opened(birthday, on)),
    )


def with_shared(seen: Seen, view: Tallies, asks: Asks, on: dt.date) -> Seen:
    """Add what the cashier's earlier receipts and everybody's come to, where rules limit them."""
    if not asks.shared:
        return seen
    found = {it.rule: it for it in seen.past.uses}
    for limit in asks.shared:
        days = (_first_counting(limit, None, on), _last_counting(limit, on))
        cashier = seen.cashier if limit.per_cashier else ""
        uses = replace(
            found.get(limit.rule, Uses(rule=limit.rule)),
            cashier=_used(view, cashier, used_by(limit.rule), days) if cashier else 0,
            given=_used(view, budget_account(limit.rule), GIVEN, days) if limit.budget else 0,
        )
        if uses != Uses(rule=limit.rule):
            found[limit.rule] = uses
    return replace(seen, past=replace(seen.past, uses=tuple(found.values())))


def coupon_uses(view: Tallies, coupon: str, limit: Limit, on: dt.date) -> int:
    """How often a coupon was used for the limit's rule, as far as that counts on that day."""
    days = (_first_counting(limit, None, on), _last_counting(limit, on))
    return _used(view, coupon, used_by(limit.rule), days)


def _spending(view: Tallies, holder: Holder, within: Span | None, on: dt.date) -> Spending:
    first = dt.date.min if within is None else within.before(on)
    amount = sum(view.tally(holder.account, name, first, on)[0] for name in (SPEND, RETURNED))
    return Spending(within="" if within is None else str(within), amount=amount)


def _uses(view: Tallies, holder: Holder, limit: Limit, on: dt.date) -> Uses:
    days = (_first_counting(limit, holder.person, on), _last_counting(limit, on))
    by_account, by_card = used_by(limit.rule), used_by(limit.rule, holder.card)
    return Uses(
        rule=limit.rule,
        account=_used(view, holder.account, by_account, days) if limit.per_account else 0,
        card=_used(view, holder.account, by_card, days) if limit.per_card else 0,
    )


def _used(view: Tallies, account: str, counter: str, days: tuple[dt.date, dt.date]) -> int:
    amount, _ = view.tally(account, counter, *days)
    return max(0, amount)


def _first_counting(limit: Limit, person: Person | None, on: dt.date) -> dt.date:
    """The earliest day whose uses still count towards the limit.

    A rule for birthdays starts anew with each: whoever came late last year may come early this one.
    """
    if limit.every is None:
        return dt.date.min
    first = limit.every.before(on) + dt.timedelta(days=1)
    birthday = person.birthday if person else None
    opened = limit.birthday.opened(birthday, on) if limit.birthday and birthday else None
    return max(first, opened) if opened else first


def _last_counting(limit: Limit, on: dt.date) -> dt.date:
    """The latest day whose uses, made before this receipt came, count towards the limit."""
    return dt.date.max if limit.every is None else limit.every.after(on) - dt.timedelta(days=1)
