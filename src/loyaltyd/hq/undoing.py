"""Run a return or a cancel again, from its line and what the log says of its receipt. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.returns import (
    Case,
    Returned,
    Reversal,
    goods_returned,
    reversal_body,
    sale_cancelled,
)
from loyaltyd.domain.books.sale import sale_from
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.record import Record
from loyaltyd.domain.refusal import Reason, Refusal
from loyaltyd.hq.rerunning import POISON, RECEIPT

CANCEL, RETURN = "cancel", "return"
UNDOING = frozenset((CANCEL, RETURN))
ID_MAX = 256  # characters of a receipt's id; the longest that a till takes has 64
TOLD_MAX = 1000  # records of one receipt; a till would have to give it back a thousand times


def receipt_told(record: Record) -> str | None:
    """The id of the receipt that record makes or undoes; none when it is about something else."""
    name = {RECEIPT: "id", CANCEL: "receipt", RETURN: "receipt"}.get(record.type, "")
    found = record.body.get(name)
    return found if isinstance(found, str) and len(found) <= ID_MAX else None


def undoing_difference(record: Record, told: Sequence[Record], program: Program) -> str:
    """What of a return or a cancel isn't what the log leads to; "" for nothing.

    told: the records of its stream before it that tell of its receipt, in order, with accounts
    under the ones that they were merged into before record.
    """
    try:
        return ", ".join(_differing(record, told, program))
    except POISON as error:
        # By its class alone: a message may quote what stands in the line.
        return f"can't be run: {type(error).__name__}"


def _differing(record: Record, told: Sequence[Record], program: Program) -> Iterator[str]:
    sold = next((it for it in told if it.type == RECEIPT), None)
    if sold is None:
        yield "its receipt isn't in this log before it"
        return
    if len(told) > TOLD_MAX:
        yield f"its receipt was undone more than {TOLD_MAX} times"
        return
    if record.program != sold.program:
        yield "program"
        return
    reversal, case = _run_again(record, sold, told, program)
    if isinstance(reversal, Refusal):
        yield f"refused as {reversal.reason}"
        return
    yield from _seen_otherwise(case)
    expected = reversal_body(record.type, str(record.body["id"]), case, reversal)
    names = sorted(expected.keys() | record.body.keys() & {"counters", "postings", "seen"})
    yield from (name for name in names if expected.get(name) != record.body.get(name))
    if not record.body.keys() <= expected.keys() | set(names):
        yield f"members beyond a {record.type}'s"


def _seen_otherwise(case: Case) -> Iterator[str]:
    """Accounts that aren't those of the sale."""
    seen = case.sale.seen
    if (case.account and case.account.id) != (seen.account and seen.account.id):
        yield "seen"
    if [it.account.id for it in case.beside] != [it.account.id for it in seen.beside]:
        yield "seen beside"
    if [it.id for it in case.coupons] != [it.coupon for it in seen.prints]:
        yield "seen coupons"


def _run_again(
    record: Record, sold: Record, told: Sequence[Record], program: Program
) -> tuple[Reversal | Refusal, Case]:
    later = [it for it in told if it.type in UNDOING]
    seen = value_from(Seen, record.body.get("seen", {}))
    case = Case(
        sale=sale_from(sold),
        earlier=tuple(value_from(Returned, it.body["returned"]) for it in later),
        account=seen.account,
        coupons=seen.coupons,
        beside=seen.beside,
        program=program,
        on=record.moment.at.date(),
    )
    if any(it.type == CANCEL for it in later):
        return Refusal(reason=Reason.RECEIPT_CANCELLED), case
    if record.type == CANCEL:
        return sale_cancelled(case), case
    return goods_returned(case, _wanted(record)), case


def _wanted(record: Record) -> Mapping[int, int]:
    """What came back, line → thousandths, by what the record says was given for it."""
    returned: Any = value_from(Returned, record.body["returned"])
    wanted = {line.line: line.quantity for line in returned.lines}
    if not wanted or min(wanted.values()) <= 0:
        raise ValueError("nothing came back")
    return wanted
