"""What an overview means to whoever looks at the page."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.batch import BatchReason
from loyaltyd.hq import screen
from loyaltyd.hq.overview import (
    DayView,
    DifferenceView,
    Overview,
    RefusedView,
    TillView,
    UnruledView,
    WalletTotal,
)
from loyaltyd.hq.screen import State

NOON = dt.datetime(2026, 12, 5, 12, tzinfo=dt.UTC)
TILL = TillView(
    chain="zelenka",
    store="msk-017",
    till="3",
    epoch="e" * 16,
    contact_at=NOON,
    seq=1234,
    reevaluated=1234,
)
UNHEARD = TillView(chain="zelenka", store="msk-017", till="4")
EMPTY = Overview(
    at=NOON,
    tills=(TILL,),
    wallets=(),
    days=(),
    days_differing=0,
    differences=(),
    differences_count=0,
    unruled=(),
    unruled_receipts=0,
    refused=(),
    refused_count=0,
)
DAY = DayView(
    till=TILL,
    number=2,
    business_date=dt.date(2026, 12, 4),
    first=11,
    last=1010,
    file="f" * 64,
    verdict="right",
)
UNRULED = UnruledView(
    till=TILL, program="zelenka", version=13, hash="ab" * 32, first=5, last=9, receipts=3
)
DIFFERENCE = DifferenceView(till=TILL, seq=7, what="result.lines", at=NOON)
REFUSED = RefusedView(
    file="c" * 64,
    till=None,
    reason=BatchReason.UNREADABLE,
    detail="the file is no batch",
    size=10,
    times=1,
    at=NOON - dt.timedelta(hours=3),
)
WALLET = WalletTotal(
    chain="zelenka",
    wallet="bonus",
    scale=2,
    issued=1_240_000,
    redeemed=5,
    outstanding=-150,
    expired=0,
    debt=100,
)


@pytest.mark.parametrize(
    ("changed", "state", "said"),
    [
        ({}, State.GOOD, "complete"),
        ({"missing": 1234}, State.GOOD, "complete"),
        ({"missing": 1235}, State.WARN, "waiting for record 1235"),
        ({"missing": 1240}, State.WARN, "waiting for records 1235 to 1240"),
        ({"trouble": BatchReason.GAP, "missing": 1240}, State.WARN, "waiting for records 1235 to"),
        ({"trouble": BatchReason.FORK, "missing": 1240}, State.BAD, "another log (fork)"),
        ({"trouble": BatchReason.ALTERED}, State.BAD, "its last batch was refused: altered"),
        ({"days_missing": 1}, State.WARN, "1 till-day missing"),
        ({"days_missing": 2}, State.WARN, "2 till-days missing"),
        ({"contact_at": NOON - dt.timedelta(minutes=14)}, State.GOOD, "complete"),
        (
            {"contact_at": NOON - dt.timedelta(minutes=15)},
            State.GOOD,
            "complete, silent for 15 min",
        ),
        ({"contact_at": NOON - dt.timedelta(hours=23)}, State.GOOD, "complete, silent for 23 h"),
        ({"contact_at": NOON - dt.timedelta(days=1)}, State.WARN, "silent for 24 h"),
        ({"contact_at": NOON - dt.timedelta(days=9)}, State.WARN, "silent for 9 d"),
        ({"contact_at": NOON + dt.timedelta(days=9)}, State.GOOD, "complete"),
        ({"contact_at": None, "epoch": None}, State.WARN, "trusted, never heard"),
    ],
)
def test_a_till_stands_as_its_worst_says(
    changed: dict[str, object], state: State, said: str
) -> None:
    found = screen.standing(replace(TILL, **changed), NOON)  # type: ignore[arg-type]  # by name
    assert (found.state, found.said[: len(said)]) == (state, said)


def test_a_ledger_that_a_later_one_took_over_from_is_not_missed() -> None:
    old = replace(TILL, epoch="0" * 16, contact_at=NOON - dt.timedelta(days=90))
    rows = screen.till_rows(replace(EMPTY, tills=(old, TILL)))
    assert [it.standing.said for it in rows] == ["complete; a later ledger took over", "complete"]
    assert screen.verdict(replace(EMPTY, tills=(old, TILL))).said == "all 2 ledgers complete"


def test_who_needs_somebody_stands_first() -> None:
    forked = replace(TILL, till="9", trouble=BatchReason.FORK)
    seen = replace(EMPTY, tills=(TILL, UNHEARD, forked))
    assert [it.place for it in screen.till_rows(seen)] == ["msk-017-9", "msk-017-4", "msk-017-3"]
    assert screen.verdict(seen) == screen.Standing(state=State.BAD, said="2 ledgers to look at")


def test_a_chain_is_named_where_there_are_several() -> None:
    other = replace(TILL, chain="vesna")
    rows = screen.till_rows(replace(EMPTY, tills=(TILL, other)))
    assert [it.place for it in rows] == ["zelenka msk-017-3", "vesna msk-017-3"]


@pytest.mark.parametrize(
    ("changed", "state", "said"),
    [
        ({}, State.GOOD, "1 ledger complete"),
        ({"tills": ()}, State.WARN, "no till is trusted yet"),
        ({"days_differing": 1}, State.BAD, "1 till-day not as the records say"),
        ({"differences_count": 2}, State.BAD, "2 receipts come out otherwise"),
        ({"unruled_receipts": 3}, State.WARN, "3 receipts without a program"),
        (
            {"unruled_receipts": 3, "differences_count": 1, "tills": (TILL, UNHEARD)},
            State.BAD,
            "1 ledger to look at, 1 receipt comes out otherwise, 3 receipts without a program",
        ),
        # What is refused may be anybody's noise: a till's own troubles stand with the till.
        ({"refused": (REFUSED,), "refused_count": 1}, State.GOOD, "1 ledger complete"),
    ],
)
def test_the_verdict_is_the_worst_of_all(
    changed: dict[str, object], state: State, said: str
) -> None:
    found = screen.verdict(replace(EMPTY, **changed))  # type: ignore[arg-type]  # by name
    assert (found.state, found.said) == (state, said)


def test_amounts_have_their_decimals_and_say_when_nobody_knows_them() -> None:
    (row,) = screen.wallet_rows(replace(EMPTY, wallets=(WALLET,)))
    assert (row.wallet, row.issued, row.redeemed) == ("bonus", "12,400.00", "0.05")
    assert (row.outstanding, row.debt) == ("-1.50", "1.00")
    (row,) = screen.wallet_rows(replace(EMPTY, wallets=(replace(WALLET, scale=None),)))
    assert (row.wallet, row.issued) == ("bonus, in smallest units", "1,240,000")
    both = (WALLET, replace(WALLET, chain="vesna"))
    rows = screen.wallet_rows(replace(EMPTY, wallets=both))
    assert [it.wallet for it in rows] == ["zelenka bonus", "vesna bonus"]


@pytest.mark.parametrize(
    ("value", "scale", "said"),
    [(0, 2, "0.00"), (-5, 2, "-0.05"), (-123456, 2, "-1,234.56"), (1234567, 0, "1,234,567")],
)
def test_an_amount_reads_as_people_write_it(value: int, scale: int, said: str) -> None:
    assert screen.amount(value, scale) == said


def test_of_the_till_days_the_newest_and_those_that_differ_are_shown() -> None:
    older = replace(DAY, number=1, business_date=dt.date(2026, 12, 3))
    wrong = replace(older, verdict="totals_differ")
    (row,) = screen.day_rows(replace(EMPTY, days=(DAY, older)))
    assert (row.number, row.records, row.standing.said) == (2, "1,000", "right")
    first, second = screen.day_rows(replace(EMPTY, days=(DAY, wrong)))
    assert (first.number, first.standing.state, first.standing.said) == (
        *(1, State.BAD, "totals differ"),
    )
    assert second.number == 2
    (fresh,) = screen.day_rows(replace(EMPTY, days=(replace(DAY, verdict=None),)))
    assert (fresh.standing.state, fresh.standing.said) == (State.GOOD, "to be checked")


def test_differences_come_with_what_waits_for_its_program() -> None:
    waits = replace(EMPTY, unruled=(UNRULED,), unruled_receipts=3)
    seen = replace(waits, differences=(DIFFERENCE,), differences_count=120)
    waiting, differing = screen.difference_rows(seen)
    assert (waiting.records, waiting.standing.state) == ("5 to 9", State.WARN)
    assert "3 receipts is not here: zelenka 13, SHA-256 abababababab…" in waiting.standing.said
    assert (differing.records, differing.standing.said) == ("7", "result.lines")
    assert screen.differences_said(seen) == "120, the newest below; 3 records to run again"
    assert screen.differences_said(EMPTY) == "none"
    behind = replace(waits, tills=(replace(TILL, reevaluated=1233),))
    assert screen.differences_said(behind) == "none; 4 records to run again"


def test_a_refused_file_says_whose_it_is_if_anybodys() -> None:
    ours = replace(REFUSED, till=TILL, times=3)
    seen = replace(EMPTY, refused=(REFUSED, ours), refused_count=2)
    nobodys, tills = screen.refused_rows(seen)
    assert (nobodys.place, nobodys.age, nobodys.at) == (
        *("nobody’s", "3 h ago", "2026-12-05 09:00:00 UTC"),
    )
    assert (tills.place, tills.detail) == ("msk-017-3", "the file is no batch (3 times)")
    assert (screen.refused_said(seen), screen.refused_said(EMPTY)) == ("2", "none")
    assert screen.refused_said(replace(seen, refused_count=900)) == "900, the newest below"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((-60, "just now"), (0, "just now"), (59, "just now"), (60, "1 min ago")),
        *((3599, "59 min ago"), (3600, "1 h ago"), (172_799, "47 h ago"), (172_800, "2 d ago")),
    ],
)
def test_an_age_has_one_unit(seconds: int, said: str) -> None:
    assert screen.age(NOON - dt.timedelta(seconds=seconds), NOON) == said


def test_a_distrusted_till_needs_nobody() -> None:
    for till in (TILL, UNHEARD, replace(TILL, trouble=BatchReason.FORK)):
        found = screen.standing(replace(till, distrusted=True), NOON)
        assert (found.state, found.said) == (State.GOOD, "distrusted: nothing more is taken")


def test_the_page_says_when_running_again_stands_still() -> None:
    found = screen.verdict(replace(EMPTY, stands_still="MemoryError"))
    assert found.state is State.BAD
    assert found.said == "running receipts again stands still: MemoryError"
