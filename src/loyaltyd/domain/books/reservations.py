"""The records of a reservation: what it sets aside, and what gives that back.

A receipt that confirms one is a release and a receipt in one record: what was set aside goes back
and is spent at once, so that a return finds the lots that paid as on any other receipt.
"""

from collections.abc import Sequence
from typing import Any

from loyaltyd.domain.books.sale import Sale, counted, receipt_body, uncounted, use_counters
from loyaltyd.domain.facts import facts_of
from loyaltyd.domain.ledger import Posting, postings_of
from loyaltyd.domain.record import Fact, Record
from loyaltyd.domain.reservation import OPEN, RESERVATION, Reservation, freed, held


def reserve_body(ident: str, sale: Sale) -> dict[str, Fact]:
    """The members of a reservation's record; sale is the receipt that it is made for.

    Uses of limited rules are held like value: whoever comes meanwhile may not use them up.
    """
    body = receipt_body(sale.basket, sale.seen, sale.place, sale.result, held(sale.postings))
    day = sale.place.business_date
    counters = [counted(account, name, day, n) for account, name, n in _counts(ident, sale)]
    return {**body, "id": ident, "counters": list[Fact](counters)}


def release_body(reserve: Record, because: str) -> dict[str, Fact]:
    """The members of a record that gives back all that reserve's record holds."""
    body: dict[str, Any] = dict(reserve.body)
    day = reserve.moment.business_date
    counters = [uncounted(it["account"], it["name"], day, it["amount"]) for it in body["counters"]]
    return {
        "id": body["id"],
        "because": because,
        "postings": [posting.facts() for posting in freed(postings_of(reserve))],
        "counters": list[Fact](counters),
    }


def confirmed_body(
    sale: Sale, reservation: Reservation, set_aside: Sequence[Posting]
) -> dict[str, Fact]:
    """The members of a receipt's record that confirms a reservation, which holds set_aside."""
    postings = (*freed(set_aside), *sale.postings)
    body: dict[str, Any] = receipt_body(sale.basket, sale.seen, sale.place, sale.result, postings)
    given_back = [
        uncounted(account, name, sale.place.business_date, n)
        for account, name, n in _counts(reservation.id, sale)
    ]
    counters = [*body.get("counters", ()), *given_back]
    return {**body, "counters": counters, "reservation": facts_of(reservation)}


def _counts(ident: str, sale: Sale) -> list[tuple[str, str, int]]:
    """What is counted while the reservation is open, by account and name."""
    return [*use_counters(sale.result, sale.seen), (f"{RESERVATION}{ident}", OPEN, 1)]
