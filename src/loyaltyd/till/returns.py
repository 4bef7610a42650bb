"""Goods come back, or a receipt never happened."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.books.returns import (
    Case,
    Returned,
    ReturnedLine,
    Reversal,
    goods_returned,
    reversal_body,
    sale_cancelled,
)
from loyaltyd.domain.books.sale import Sale, sale_from
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.explain import Message, Note
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.ledger import DEBT, REDEEMED, lot_from
from loyaltyd.domain.money import decimal, quantity_text
from loyaltyd.domain.record import Moment, Record
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.answers import (
    CancelAnswer,
    MessagesAnswer,
    ReturnAnswer,
    ReturnLineAnswer,
    ReturnTotalsAnswer,
)
from loyaltyd.till.balances import balance_messages
from loyaltyd.till.baskets import fingerprint, quantity_of
from loyaltyd.till.checkout import answered, replayed
from loyaltyd.till.identify import account_of
from loyaltyd.till.merged import as_held_now
from loyaltyd.till.requests import MomentRequest, ReturnRequest
from loyaltyd.till.telling import amounts, told
from loyaltyd.till.till import Till, next_record
from loyaltyd.till.wallets import wallet_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undoing:
    """A receipt found in the log, and all that undoing it is decided on."""

    receipt: str
    case: Case
    moment: Moment


async def return_goods(till: Till, receipt: str, request: ReturnRequest) -> ReturnAnswer | Refusal:
    """Record a return once, however often the till sends it."""

    def work(tx: Transaction) -> ReturnAnswer | Refusal:
        same = fingerprint(request, till.chain_key, of=receipt)
        prior = answered(tx, "return", request.id, same)
        if prior is not None:
            return cast(ReturnAnswer | Refusal, prior)
        wanted = _wanted(request)
        undoing = _undoing(till, tx, receipt, request)
        if isinstance(wanted, Refusal) or isinstance(undoing, Refusal):
            return wanted if isinstance(wanted, Refusal) else cast(Refusal, undoing)
        reversal = goods_returned(undoing.case, wanted)
        if isinstance(reversal, Refusal):
            return reversal
        record = _appended(tx, "return", request.id, undoing, reversal)
        answer = _return_answer(till, undoing, reversal, record)
        _keep(tx, record, undoing, same, answer)
        return answer

    return await asyncio.wrap_future(till.ledger.write(work))


async def cancel_receipt(
    till: Till, receipt: str, request: MomentRequest
) -> CancelAnswer | Refusal:
    """Record that a receipt never happened; a second time changes nothing."""

    def work(tx: Transaction) -> CancelAnswer | Refusal:
        prior = tx.answer("cancel", receipt)
        if prior is not None:
            return cast(CancelAnswer | Refusal, replayed(prior, prior.request_hash))
        undoing = _undoing(till, tx, receipt, request)
        if isinstance(undoing, Refusal):
            return undoing
        reversal = sale_cancelled(undoing.case)
        if isinstance(reversal, Refusal):
            return reversal
        record = _appended(tx, "cancel", receipt, undoing, reversal)
        case = undoing.case
        answer = CancelAnswer(
            receipt=receipt,
            state="cancelled",
            seq=record.seq,
            recorded_at=record.moment.recorded_at.isoformat(timespec="milliseconds"),
            wallets=wallet_answers(_after(case, reversal), case.program, case.on),
        )
        _keep(tx, record, undoing, fingerprint(request, till.chain_key, of=receipt), answer)
        return answer

    return await asyncio.wrap_future(till.ledger.write(work))


def _wanted(request: ReturnRequest) -> dict[int, int] | Refusal:
    """Thousandths by line; a line that is named twice comes back with both quantities."""
    wanted: dict[int, int] = {}
    for number, line in enumerate(request.lines):
        quantity = quantity_of(line.quantity, f"lines[{number}].quantity")
        if isinstance(quantity, Refusal):
            return quantity
        wanted[line.line] = wanted.get(line.line, 0) + quantity
    return wanted


def _undoing(till: Till, view: View, receipt: str, request: MomentRequest) -> _Undoing | Refusal:
    """Gather the sale, what came back of it so far, and its account as it is now."""
    record = view.record("receipt", receipt)
    if record is None:
        return refused(Reason.RECEIPT_UNKNOWN)
    record, *later = as_held_now(view, record, view.records_of(receipt))
    if any(it.type == "cancel" for it in later):
        return refused(Reason.RECEIPT_CANCELLED)
    moment = till.moment(view, request.at)
    program = till.program_with(record.program.hash)
    if isinstance(moment, Refusal) or program is None:
        return moment if isinstance(moment, Refusal) else refused(Reason.NO_PROGRAM)
    sale = sale_from(record)
    account = sale.seen.account
    case = Case(
        sale=sale,
        earlier=tuple(value_from(Returned, it.body["returned"]) for it in later),
        account=account and _concerned(view, account.id, sale, program, moment),
        program=program,
        on=moment.at.date(),
        coupons=tuple(
            Coupon(id=it.coupon, printed=True, lots=view.lots(it.coupon)) for it in sale.seen.prints
        ),
        beside=tuple(
            replace(it, account=_concerned(view, it.account.id, sale, program, moment))
            for it in sale.seen.beside
        ),
    )
    return _Undoing(receipt=receipt, case=case, moment=moment)


def _concerned(view: View, account: str, sale: Sale, program: Program, moment: Moment) -> Account:
    """The account as it is now, with the lots that undoing the sale can touch.

    Those are the ones that still live, and the sale's own, even when their time is over.
    """
    now = account_of(view, account, program, moment.business_date)
    own = {bucket for it in sale.postings for bucket in (it.debit, it.credit)}
    today = moment.at.date()
    lots = tuple(
        lot
        for lot in now.lots
        if lot.expires_at is None or today < lot.expires_at or lot.bucket in own
    )
    return replace(now, lots=lots)


def _appended(
    tx: Transaction, kind: str, ident: str, undoing: _Undoing, reversal: Reversal
) -> Record:
    body = reversal_body(kind, ident, undoing.case, reversal)
    record = next_record(tx, kind, undoing.moment, undoing.case.program, body)
    tx.append(record)
    return record


def _keep(
    tx: Transaction, record: Record, undoing: _Undoing, same: bytes, answer: Mapping[str, Any]
) -> None:
    account = undoing.case.account
    tx.keep_answer(
        Answer(
            kind=record.type,
            id=str(record.body["id"]),
            account=account.id if account else None,
            request_hash=same,
            body=json.dumps(answer, ensure_ascii=False),
            seq=record.seq,
        )
    )


def _after(case: Case, reversal: Reversal) -> Account | None:
    return moved(case.account, reversal.postings) if case.account else None


def _return_answer(
    till: Till, undoing: _Undoing, reversal: Reversal, record: Record
) -> ReturnAnswer:
    case, returned = undoing.case, reversal.returned
    after = _after(case, reversal)
    slip = [
        told(message, case.program, till.language)
        for message in (*_dead(reversal, case), *balance_messages(after, case.program, case.on))
    ]
    return {
        "return": str(record.body["id"]),
        "receipt": undoing.receipt,
        "seq": record.seq,
        "recorded_at": record.moment.recorded_at.isoformat(timespec="milliseconds"),
        "totals": ReturnTotalsAnswer(
            refund=decimal(returned.refund, case.program.digits),
            restored=amounts(returned.restored, case.program),
            clawed_back=amounts(returned.clawed_back, case.program),
        ),
        "lines": [_line_answer(line, case.program) for line in returned.lines],
        "wallets": wallet_answers(after, case.program, case.on),
        "messages": MessagesAnswer(
            cashier=_debts(after, till, case.program), customer=[], slip=slip
        ),
        "slip": slip,
    }


def _dead(reversal: Reversal, case: Case) -> Iterator[Message]:
    """What the holder should hear of points that came back into a lot whose time is over."""
    for wallet in case.program.wallets:
        arrived = (
            lot_from(wallet.id, it.credit, it.amount)
            for it in reversal.postings
            if it.wallet == wallet.id and it.debit == REDEEMED and it.credit != DEBT
        )
        dead = sum(it.amount for it in arrived if it.expires_at and it.expires_at <= case.on)
        if dead:
            yield Message(audience="slip", note=Note.DEAD, subject=wallet.id, amount=dead)


def _line_answer(line: ReturnedLine, program: Program) -> ReturnLineAnswer:
    return ReturnLineAnswer(
        line=line.line,
        quantity=quantity_text(line.quantity),
        refund=decimal(line.refund, program.digits),
        restored=amounts(line.restored, program),
        clawed_back=amounts(line.clawed_back, program),
    )


def _debts(account: Account | None, till: Till, program: Program) -> list[str]:
    return [
        told(
            Message(audience="cashier", note=Note.DEBT, subject=debt.wallet, amount=debt.amount),
            program,
            till.language,
        )
        for debt in (account.debts if account else ())
    ]
