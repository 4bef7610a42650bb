"""Open and close the shop's trading day."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any

from loyaltyd.domain.business_day import CLOSED, DAY, OPENED, Mark
from loyaltyd.domain.day import PostingTotal, Totals, totals_of
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.domain.ledger import ISSUED, LOADED, REDEEMED
from loyaltyd.domain.money import decimal
from loyaltyd.domain.record import Moment, Record, record_from
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.answers import DayAnswer, DayTotalsAnswer, DayWalletAnswer
from loyaltyd.till.requests import DayRequest
from loyaltyd.till.till import Till, next_record

READ_AT_ONCE = 1000  # records


async def open_day(till: Till, request: DayRequest) -> DayAnswer | Refusal:
    """Open a trading day, today's when it isn't named; once more changes nothing."""

    def work(tx: Transaction) -> DayAnswer | Refusal:
        ruled = _ruled(till, tx, request)
        if isinstance(ruled, Refusal):
            return ruled
        moment, program = ruled
        date = request.business_date or moment.business_date
        opened, closed = (tx.last_day_mark(event) for event in (OPENED, CLOSED))
        if opened is not None and _date(opened) == date and not _has_closed(closed, date):
            return {**_answer(opened, program), "replayed": True}
        if opened is not None and not _has_closed(closed, _date(opened)):
            return refused(Reason.DAY_OPEN, date=_date(opened).isoformat())
        if _has_closed(closed, date):
            return refused(Reason.DAY_CLOSED, date=date.isoformat())
        return _marked(tx, OPENED, date, moment, program)

    return await asyncio.wrap_future(till.ledger.write(work))


async def close_day(till: Till, request: DayRequest) -> DayAnswer | Refusal:
    """Close the trading day that is open, or today's; once more changes nothing."""

    def work(tx: Transaction) -> DayAnswer | Refusal:
        ruled = _ruled(till, tx, request)
        if isinstance(ruled, Refusal):
            return ruled
        moment, program = ruled
        opened, closed = (tx.last_day_mark(event) for event in (OPENED, CLOSED))
        is_open = opened is not None and not _has_closed(closed, _date(opened))
        due = _date(opened) if opened is not None and is_open else moment.business_date
        date = request.business_date or due
        if closed is not None and (
            request.business_date == _date(closed)
            or (request.business_date is None and not is_open and closed.seq == tx.head().seq)
        ):  # or a second press on the button would close tomorrow
            return {**_answer(closed, program), "replayed": True}
        if is_open and date != due:
            return refused(Reason.DAY_OPEN, date=due.isoformat())
        if _has_closed(closed, date):
            return refused(Reason.DAY_CLOSED, date=date.isoformat())
        return _marked(tx, CLOSED, date, moment, program)

    return await asyncio.wrap_future(till.ledger.write(work))


def _ruled(till: Till, view: View, request: DayRequest) -> tuple[Moment, Program] | Refusal:
    """When it happens, and the program whose decimals its totals have."""
    moment = till.moment(view, request.at)
    if isinstance(moment, Refusal):
        return moment
    date = request.business_date
    if date is not None and abs(date - moment.at.date()) > DAY:
        why = "must be today, the day before or the day after"
        return refused(Reason.REQUEST_INVALID, member="business_date", why=why)
    program = till.program_on(moment.business_date)
    return program if isinstance(program, Refusal) else (moment, program)


def _date(mark: Record) -> dt.date:
    day: Any = mark.body["day"]
    return dt.date.fromisoformat(day["date"])


def _has_closed(closed: Record | None, date: dt.date) -> bool:
    """Whether that date is over: a later one can't be closed before it."""
    return closed is not None and date <= _date(closed)


def _marked(
    tx: Transaction, event: str, date: dt.date, moment: Moment, program: Program
) -> DayAnswer:
    mark = Mark(date=date, event=event, at=moment.at)
    body: dict[str, Any] = {"id": mark.ident, "day": {"date": date.isoformat(), "event": event}}
    if event == CLOSED:
        body["totals"] = facts_of(_totals(tx, date))
    record = next_record(tx, "day", moment, program, body)
    tx.append(record)
    return _answer(record, program)


def _totals(view: View, date: dt.date) -> Totals:
    """What was recorded since the last close, late receipts of earlier dates too."""
    closed = view.last_day_mark(CLOSED)
    first = closed.seq + 1 if closed else _first_since(view, date)
    records = []
    while lines := view.lines(first, READ_AT_ONCE):
        records += [record_from(line, view.stream) for line in lines]
        first += len(lines)
    return totals_of(records)


def _first_since(view: View, date: dt.date) -> int:
    """The first record that was written on that date or later: nobody has closed a day before."""
    low, high = 1, view.head().seq + 1
    while low < high:
        middle = (low + high) // 2
        written = view.moment_at(middle)
        if written is not None and written.date() < date:
            low = middle + 1
        else:
            high = middle
    return low


def _answer(record: Record, program: Program) -> DayAnswer:
    day: Any = record.body["day"]
    answer = DayAnswer(
        business_date=day["date"],
        state=day["event"],
        seq=record.seq,
        recorded_at=record.moment.recorded_at.isoformat(timespec="milliseconds"),
    )
    if "totals" in record.body:
        answer["totals"] = _totals_answer(value_from(Totals, record.body["totals"]), program)
    return answer


def _totals_answer(totals: Totals, program: Program) -> DayTotalsAnswer:
    def count(kind: str) -> int:
        return sum(it.count for it in totals.dates if it.type == kind)

    def money(amounts: list[int]) -> str:
        return decimal(sum(amounts), program.digits)

    # A reservation tells its amounts too, and isn't sold before its receipt.
    sold = [it for it in totals.dates if it.type == "receipt"]
    return DayTotalsAnswer(
        receipts=count("receipt"),
        returns=count("return"),
        cancels=count("cancel"),
        gross=money([it.gross for it in sold]),
        discount=money([it.discount for it in sold]),
        redeemed=money([it.redeemed for it in sold]),
        refund=money([it.refund for it in totals.dates]),
        wallets={wallet.id: _wallet_answer(totals, wallet) for wallet in program.wallets},
    )


def _wallet_answer(totals: Totals, wallet: Wallet) -> DayWalletAnswer:
    own = [it for it in totals.postings if it.wallet == wallet.id]

    def between(source: str, target: str) -> str:
        """From one side to the other; "" is any bucket of the holders."""
        return decimal(sum(it.amount for it in own if _is(it, source, target)), wallet.scale)

    return DayWalletAnswer(
        earned=between(ISSUED, ""),
        spent=between("", REDEEMED),
        restored=between(REDEEMED, ""),
        clawed_back=between("", ISSUED),
        loaded=between(LOADED, ""),
    )


def _is(total: PostingTotal, source: str, target: str) -> bool:
    sides: Mapping[str, str] = {source: total.debit, target: total.credit}
    return all(not wanted or wanted == found for wanted, found in sides.items())
