"""What becomes of a reservation, by what the log says of it: it is over only once. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from loyaltyd.domain.books.reservations import release_body
from loyaltyd.domain.record import Record
from loyaltyd.domain.reservation import CANCELLED, EXPIRED, RELEASE, RESERVATION, RESERVE
from loyaltyd.hq.rerunning import POISON, RECEIPT

NAME_MAX = 256  # characters; the longest that a till writes has 76
REPEATED = ("basket", "seen", "place", "result")  # by the receipt, as they were reserved


def reservation_told(record: Record) -> str | None:
    """The account of the reservation that record makes or ends; none when it is about no such."""
    member: Any = record.body.get("id") if record.type in {RESERVE, RELEASE} else None
    if record.type == RECEIPT:
        member = record.body.get("reservation")
        member = member.get("id") if isinstance(member, dict) else None
    found = isinstance(member, str) and len(member) + len(RESERVATION) <= NAME_MAX
    return f"{RESERVATION}{member}" if found else None


def reserving_difference(record: Record, told: Sequence[Record]) -> str:
    """What of a record about a reservation the log doesn't lead to; "" for nothing.

    told: the records of its stream before it that tell of its reservation, in order.
    """
    try:
        return ", ".join(_differing(record, told))
    except POISON as error:
        # By its class alone: a message may quote what stands in the line.
        return f"can't be run: {type(error).__name__}"


def _differing(record: Record, told: Sequence[Record]) -> Iterator[str]:
    made = next((it for it in told if it.type == RESERVE), None)
    if record.type == RESERVE:
        if made is not None:
            yield "its reservation was made before"
        return
    if made is None:
        yield "its reservation isn't in this log before it"
        return
    if len(told) > 1:
        yield "its reservation was over before"
    if record.type == RELEASE:
        yield from _released_otherwise(record, made)
    else:
        yield from _sold_otherwise(record, made)


def _released_otherwise(record: Record, made: Record) -> Iterator[str]:
    because = str(record.body["because"])
    if because not in {CANCELLED, EXPIRED}:
        yield "because"
    if record.program != made.program:
        yield "program"
    expected = release_body(made, because)
    names = sorted(expected.keys() | record.body.keys())
    yield from (name for name in names if expected.get(name) != record.body.get(name))


def _sold_otherwise(record: Record, made: Record) -> Iterator[str]:
    """What of a receipt isn't as reserved; coupons get their numbers when it is confirmed."""
    body: dict[str, Any] = dict(record.body)
    seen = {name: it for name, it in body["seen"].items() if name != "prints"}
    for name in REPEATED:
        if (seen if name == "seen" else body[name]) != made.body[name]:
            yield f"{name} as reserved"
    if (record.moment.at, record.program) != (made.moment.at, made.program):
        yield "moment and program as reserved"
