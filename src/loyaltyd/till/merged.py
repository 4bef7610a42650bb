"""What was recorded of accounts that have become one since, as it is by now."""

from collections.abc import Iterable

from loyaltyd.domain.books.merging import renamed_record
from loyaltyd.domain.books.sale import accounts_of, sale_from
from loyaltyd.domain.record import Record
from loyaltyd.store.transaction import View


def as_held_now(view: View, made: Record, later: Iterable[Record] = ()) -> list[Record]:
    """A receipt or a reservation, and what came of it, each account under the one that has it."""
    now = {it: view.account_now(it) for it in accounts_of(sale_from(made))}
    merged = {old: new for old, new in now.items() if old != new}
    return [renamed_record(it, merged) if merged else it for it in (made, *later)]
