"""Run a receipt again from its line alone: what differs from what its till wrote. Pure.

A reservation is run as the receipt that it is made for.
"""

from collections.abc import Iterator
from dataclasses import replace

from loyaltyd.domain.books.merging import MERGE, merge_body, merging_from
from loyaltyd.domain.books.reservations import confirmed_body, reserve_body
from loyaltyd.domain.books.sale import Sale, accounts_of, receipt_body, sale_from, sale_postings
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.ledger import TYPES
from loyaltyd.domain.record import Fact, Record, Stream, record_from
from loyaltyd.domain.reservation import RESERVE, Reservation, held

RECEIPT = "receipt"

# What a line that no till of ours wrote can make of the functions that read it; and what nobody
# thought of, for one record must not keep those after it from being run.
POISON = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError),
    *(RuntimeError, MemoryError, BufferError, OSError, EOFError),
)


def difference(record: Record, program: Program) -> str:
    """What of a receipt isn't what its line and program lead to; "" for nothing."""
    try:
        return ", ".join(_differing(record, program))
    except POISON as error:
        # By its class alone: a message may quote what stands in the line.
        return f"can't be run: {type(error).__name__}"


def unexplained(record: Record) -> str:
    """What a record moves that is about no receipt, which no till's does; "" for nothing.

    But for two accounts that become one: their record says what it was decided on.
    """
    try:
        if record.type == MERGE:
            return ", ".join(_merged_otherwise(record))
        moves = record.body.get("postings") or record.body.get("counters")
        return "postings" if moves and record.type in TYPES else ""
    except POISON as error:
        return f"can't be read: {type(error).__name__}"


def read(line: str, stream: Stream) -> Record | None:
    """The record in a line; none when it can't be read, though it was when it came."""
    try:
        return record_from(line, stream)
    except POISON:
        return None


def accounts_told(record: Record) -> frozenset[str]:
    """The accounts that a receipt's line says it saw; none when it can't be read."""
    try:
        return accounts_of(sale_from(record))
    except POISON:
        return frozenset()


def is_as_written(record: Record, line: str) -> bool:
    """Whether a till would write record as that line, byte for byte."""
    try:
        return record.line == line
    except POISON:
        return False


def _merged_otherwise(record: Record) -> Iterator[str]:
    merging = merging_from(record.body)
    expected = merge_body(str(record.body["id"]), merging, record.moment.at.date())
    for name in sorted(expected.keys() | record.body.keys()):
        if expected.get(name) != record.body.get(name):
            yield name


def _differing(record: Record, program: Program) -> Iterator[str]:
    sale = sale_from(record)
    if not _is_of(record, sale):
        yield "place"
    if (record.program.id, record.program.version) != (program.id, program.version):
        yield "program"
    answer = quote(sale.basket, sale.seen, program, sale.place, sale.at)
    if not isinstance(answer, Quote):
        yield f"refused as {answer.reason}"
        return
    expected = _expected(record, replace(sale, result=answer.result), program)
    for name in sorted(expected):
        if expected[name] != record.body.get(name):
            yield name
    if not record.body.keys() <= expected.keys():
        yield "members beyond a receipt's"


def _expected(record: Record, sale: Sale, program: Program) -> dict[str, Fact]:
    """The members that lead from what sale says that it saw."""
    postings = sale_postings(sale.result, sale.seen, program, sale.at)
    sale = replace(sale, postings=postings)
    if record.type == RESERVE:
        return reserve_body(str(record.body["id"]), sale)
    if "reservation" not in record.body:
        return receipt_body(sale.basket, sale.seen, sale.place, sale.result, postings)
    reservation = value_from(Reservation, record.body["reservation"])
    owing = reservation.owing(sale.seen)
    paying = sale_postings(sale.result, owing, program, sale.at)
    return confirmed_body(replace(sale, postings=paying), reservation, held(postings))


def _is_of(record: Record, sale: Sale) -> bool:
    stream, place = record.stream, sale.place
    there = (place.store, place.till, place.business_date)
    return there == (stream.store, stream.till, record.moment.business_date)
