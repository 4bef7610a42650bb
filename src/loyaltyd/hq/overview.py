"""All that headquarters' page tells: how each till stands, what is owed, and what isn't right."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import DEBT, ISSUED, LOT, NEVER, REDEEMED, RESERVED
from loyaltyd.hq.store import balances, days, differences, programs, refused, streams, trust
from loyaltyd.hq.store.days import KeptDay
from loyaltyd.hq.store.differences import Difference, Unruled
from loyaltyd.hq.store.refused import RefusedFile
from loyaltyd.hq.store.streams import Contact
from loyaltyd.store.database import Connection

ROWS_MAX = 100  # of a list; the newest say where to look
DAYS_OF_A_TILL = 7
PROGRAMS_KEPT = 256  # read once: the page asks every few seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class TillView:
    """One stream, or a till that was trusted and never heard: epoch and contact_at are none then.

    contact_at: when its newest batch was made; missing: records lack up to there, 0 for none;
    days_missing: so many till-days never came; trouble: why its last batch was refused;
    reevaluated: receipts were run again up to there; distrusted: its key may sign no more.
    """

    chain: str
    store: str
    till: str
    epoch: str | None = None
    contact_at: dt.datetime | None = None
    seq: int = 0
    missing: int = 0
    days_missing: int = 0
    trouble: BatchReason | None = None
    reevaluated: int = 0
    distrusted: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        """Chain, store, till."""
        return (self.chain, self.store, self.till)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTotal:
    """What all accounts of a chain hold in a wallet, in its scale (none: no program is known).

    issued - redeemed = outstanding + expired - debt; outstanding is spendable now or later.
    """

    chain: str
    wallet: str
    scale: int | None
    issued: int
    redeemed: int
    outstanding: int
    expired: int
    debt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """A till-day; verdict is none until it was compared, then "right" or a BatchReason."""

    till: TillView
    number: int
    business_date: dt.date
    first: int
    last: int
    file: str
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceView:
    """The record at seq isn't what the log leads to: what names how."""

    till: TillView
    seq: int
    what: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnruledView:
    """Receipts first..last, so many with what undid them, wait for the program that they name."""

    till: TillView
    program: str
    version: int
    hash: str
    first: int
    last: int
    receipts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedView:
    """A refused file, which lies aside under its hash; till is none when nobody is proven by it."""

    file: str
    till: TillView | None
    reason: BatchReason
    detail: str
    size: int
    times: int
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Headquarters at one moment; lists hold the newest ROWS_MAX of what their counts count.

    stands_still: why nothing is run again just now, "" when nothing hinders it.
    """

    at: dt.datetime
    tills: tuple[TillView, ...]
    wallets: tuple[WalletTotal, ...]
    days: tuple[DayView, ...]
    days_differing: int
    differences: tuple[DifferenceView, ...]
    differences_count: int
    unruled: tuple[UnruledView, ...]
    unruled_receipts: int
    refused: tuple[RefusedView, ...]
    refused_count: int
    stands_still: str = ""


def overview(view: Connection, now: dt.datetime) -> Overview:
    """Gather it all from one state of the books; now's own date decides what has expired."""
    tills = _tills(view)
    return Overview(
        at=now,
        tills=(*tills.values(), *_unheard(view)),
        wallets=tuple(_wallets(balances.totals(view), _scales(view), now.date())),
        days=tuple(_day(it, tills) for it in days.last_days(view, DAYS_OF_A_TILL)),
        days_differing=days.differing(view),
        differences=tuple(_difference(it, tills) for it in differences.newest(view, ROWS_MAX)),
        differences_count=differences.count(view),
        unruled=tuple(_unruled(it, tills) for it in differences.unruled(view, ROWS_MAX)),
        unruled_receipts=differences.unruled_receipts(view),
        refused=tuple(_refused(it, tills) for it in refused.newest(view, ROWS_MAX)),
        refused_count=refused.count(view),
    )


def _tills(view: Connection) -> dict[int, TillView]:
    lacking = days.numbers_missing(view)
    return {
        number: replace(_till(contact), days_missing=lacking.get(number, 0))
        for number, contact in streams.contacts(view).items()
    }


def _till(contact: Contact) -> TillView:
    stream = contact.stream
    return TillView(
        chain=stream.chain,
        store=stream.store,
        till=stream.till,
        epoch=stream.epoch,
        contact_at=contact.at,
        seq=contact.head,
        missing=contact.missing,
        trouble=contact.trouble,
        reevaluated=contact.reevaluated,
        distrusted=contact.distrusted,
    )


def _unheard(view: Connection) -> Iterator[TillView]:
    for it in trust.unheard(view):
        yield TillView(chain=it.chain, store=it.store, till=it.till, distrusted=it.distrusted)


def _wallets(
    totals: Mapping[tuple[str, str, str], int], scales: Mapping[str, int], on: dt.date
) -> Iterator[WalletTotal]:
    for (chain, wallet), places in groupby(totals, key=itemgetter(0, 1)):
        held = {place[2]: totals[place] for place in places}
        expired = sum(amount for bucket, amount in held.items() if _is_expired(bucket, on))
        lots = sum(n for bucket, n in held.items() if bucket.startswith((LOT, RESERVED)))
        yield WalletTotal(
            chain=chain,
            wallet=wallet,
            scale=scales.get(wallet),
            issued=-held.get(ISSUED, 0),
            redeemed=held.get(REDEEMED, 0),
            outstanding=lots - expired,
            expired=expired,
            debt=-held.get(DEBT, 0),
        )


def _is_expired(bucket: str, on: dt.date) -> bool:
    kind, _, dates = bucket.partition("/")
    ends = dates.partition("/")[2]
    return kind == "lot" and ends != NEVER and ends <= on.isoformat()


def _scales(view: Connection) -> dict[str, int]:
    """The decimals of each wallet, by the newest program; a wallet keeps them for life."""
    return {
        wallet: scale
        for it in programs.programs(view)
        for wallet, scale in _scales_in(it.body).items()
    }


@lru_cache(maxsize=PROGRAMS_KEPT)
def _scales_in(text: str) -> Mapping[str, int]:
    program = program_from(text)
    wallets = program.wallets if isinstance(program, Program) else ()
    return {wallet.id: wallet.scale for wallet in wallets}


def _day(it: KeptDay, tills: Mapping[int, TillView]) -> DayView:
    return DayView(
        till=tills[it.stream],
        number=it.day.number,
        business_date=it.day.business_date,
        first=it.first,
        last=it.last,
        file=it.file,
        verdict=it.verdict,
    )


def _difference(it: Difference, tills: Mapping[int, TillView]) -> DifferenceView:
    return DifferenceView(till=tills[it.stream], seq=it.seq, what=it.what, at=it.at)


def _unruled(it: Unruled, tills: Mapping[int, TillView]) -> UnruledView:
    return UnruledView(
        till=tills[it.stream],
        program=it.program.id,
        version=it.program.version,
        hash=it.program.hash,
        first=it.first,
        last=it.last,
        receipts=it.receipts,
    )


def _refused(it: RefusedFile, tills: Mapping[int, TillView]) -> RefusedView:
    return RefusedView(
        file=it.file,
        till=None if it.stream is None else tills[it.stream],
        reason=it.reason,
        detail=it.detail,
        size=it.size,
        times=it.times,
        at=it.at,
    )
