"""What came of a backtest, as people and programs are told it: decimal strings, and sentences."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import decimal
from loyaltyd.domain.record import Stream
from loyaltyd.domain.trying.backtest import Side
from loyaltyd.domain.trying.cases import rules_of
from loyaltyd.till.backtest import Report


def backtest_answer(report: Report, program: Program, stream: Stream) -> dict[str, Any]:
    """The report as one object; then: as recorded, now: under the program that was tried."""
    sums = report.sums
    gains = sums.accounts.values()
    return {
        "till": {"chain": stream.chain, "store": stream.store, "till": stream.till},
        "program": {"id": program.id, "version": program.version},
        "from": report.first,
        "until": report.last,
        "receipts": sums.receipts,
        "cancelled": report.cancelled,
        "refused": dict(sorted(sums.refused.items())),
        "unreadable": report.unreadable,
        "unjudged": list(report.unjudged),
        "totals": _totals(report, program),
        "winners": {
            "receipts": _split(sums.receipts, sums.more, sums.less),
            "accounts": _split(
                len(sums.accounts), sum(it > 0 for it in gains), sum(it < 0 for it in gains)
            ),
        },
        "rules": [_rule_answer(rule, report, program) for rule in _rules(report, program)],
        "notes": list(_notes(report)),
    }


def _totals(report: Report, program: Program) -> dict[str, Any]:
    then, now, digits = report.sums.then, report.sums.now, program.digits
    parts = report.worth.parts
    amounts = {
        "gross": (then.gross, now.gross),
        "discount": (then.discount, now.discount),
        "redeemed": (then.redeemed, now.redeemed),
        "payable": (_payable(then), _payable(now)),
        "cost": (then.worth // parts, now.worth // parts),
    }
    scales = {it.id: it.scale for it in program.wallets}
    earned = {
        wallet: _pair(then.earned[wallet], now.earned[wallet], scales.get(wallet, 0))
        for wallet in (*scales, *(it for it in report.wallets_gone if then.earned[it]))
    }
    return {name: _pair(*pair, digits) for name, pair in amounts.items()} | {"earned": earned}


def _payable(side: Side) -> int:
    return side.gross - side.discount - side.redeemed


def _pair(then: int, now: int, digits: int) -> dict[str, str]:
    return {
        "then": decimal(then, digits),
        "now": decimal(now, digits),
        "difference": decimal(now - then, digits),
    }


def _rules(report: Report, program: Program) -> Iterable[str]:
    """The rules that were applied on either side, and the program's that never were."""
    applied = (*report.sums.then.applied, *report.sums.now.applied)
    return dict.fromkeys((*(it.id for it in rules_of(program)), *sorted(applied)))


def _rule_answer(rule: str, report: Report, program: Program) -> dict[str, Any]:
    sums, parts, digits = report.sums, report.worth.parts, program.digits
    costs = [side.rules[rule] // parts for side in (sums.then, sums.now)]
    sides = [
        {"applied": side.applied[rule], "cost": decimal(cost, digits)}
        for side, cost in zip((sums.then, sums.now), costs, strict=True)
    ]
    return {
        "rule": rule,
        "then": sides[0],
        "now": sides[1],
        "difference": decimal(costs[1] - costs[0], digits),
        "winners": sums.rules_more[rule],
        "losers": sums.rules_less[rule],
    }


def _split(count: int, more: int, less: int) -> Mapping[str, int]:
    return {"more": more, "less": less, "same": count - more - less}


def _notes(report: Report) -> Iterator[str]:
    """What a reader has to know of the numbers, and what is in none of them."""
    for reason, count in sorted(report.sums.refused.items()):
        yield f"refused under this program, and in no sum: {count} ({reason})"
    for count, what in (
        (report.cancelled, "cancelled, and in no sum"),
        (report.unreadable, "can't be read, and in no sum"),
        (report.unlike, "earned otherwise than their own program says today"),
        (report.unattributed, "of programs that the ledger doesn't have: no rule has their points"),
    ):
        if count:
            yield f"{what}: {count}"
    for wallet in report.wallets_gone:
        yield f"the program has no wallet {wallet}: what is on it pays nothing"
    if report.unjudged:
        yield (
            "ask for coupons that receipts of earlier programs don't name, and are as if none was:"
            f" {', '.join(report.unjudged)}"
        )
    yield "balances and tiers are those that the receipts were recorded with"
