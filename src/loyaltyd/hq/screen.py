"""The words of headquarters' page: what an overview means to whoever looks at it. Pure."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.money import decimal
from loyaltyd.hq.overview import DayView, Overview, RefusedView, TillView, UnruledView, WalletTotal

QUIET = dt.timedelta(minutes=15)  # three of a till's signs of life; later it is silent
LOST = dt.timedelta(days=1)  # a shop is shut at night, and not for longer
SHORT = ((dt.timedelta(hours=1), "min", 60), (dt.timedelta(days=2), "h", 3600))
DAY_S = 86_400
HASH_SHOWN = 12  # hex digits: enough to tell files apart
RIGHT = "right"  # the verdict on a till-day that its records bear out


class State(IntEnum):
    """How much somebody is needed; what is worst stands first."""

    GOOD = 0
    WARN = 1
    BAD = 2

    @property
    def style(self) -> str:
        """The name by which the style sheet colours it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How something stands, and what is to be said of it."""

    state: State
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TillRow:
    """A line of the table of tills."""

    place: str
    epoch: str
    contact: str
    contact_at: str
    records: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRow:
    """A line of the table of balances, amounts with their decimals."""

    wallet: str
    issued: str
    redeemed: str
    expired: str
    outstanding: str
    debt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A line of the table of till-days."""

    place: str
    date: dt.date
    number: int
    records: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """Receipts that come out otherwise, or can't be run yet."""

    place: str
    records: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A file that lies aside."""

    at: str
    age: str
    place: str
    reason: str
    detail: str
    file: str


def standing(till: TillView, at: dt.datetime, *, latest: bool = True) -> Standing:
    """How a till stands; latest: no other ledger of the same till was heard after this one."""
    if till.distrusted:
        return Standing(state=State.GOOD, said="distrusted: nothing more is taken")
    if till.contact_at is None:
        return Standing(state=State.WARN, said="trusted, never heard")
    if till.trouble is BatchReason.FORK:
        return Standing(state=State.BAD, said="another log (fork): two ledgers sign as this till")
    if till.missing > till.seq:
        waits = _span("record", "records", till.seq + 1, till.missing)
        return Standing(state=State.WARN, said=f"waiting for {waits}")
    if till.trouble is not None:
        return Standing(state=State.BAD, said=f"its last batch was refused: {till.trouble}")
    if not latest:
        return Standing(state=State.GOOD, said="complete; a later ledger took over")
    if till.days_missing:
        return Standing(state=State.WARN, said=f"{_count(till.days_missing, 'till-day')} missing")
    return _silence(at - till.contact_at)


def verdict(seen: Overview) -> Standing:
    """The one sentence above all: what somebody has to look at, or that nobody has to."""
    tills = [it.standing for it in till_rows(seen)]
    troubles = list(_troubles(seen, tills))
    if troubles:
        worst = max(it.state for it in troubles)
        return Standing(state=worst, said=", ".join(it.said for it in troubles))
    if not tills:
        return Standing(state=State.WARN, said="no till is trusted yet")
    said = f"all {len(tills):,} ledgers" if len(tills) > 1 else "1 ledger"
    return Standing(state=State.GOOD, said=f"{said} complete")


def till_rows(seen: Overview) -> list[TillRow]:
    """The tills, those first that somebody should look at."""
    last: dict[tuple[str, str, str], dt.datetime | None] = {}
    for it in seen.tills:
        if it.contact_at is not None:
            last[it.place] = max(it.contact_at, last.get(it.place) or it.contact_at)
    rows = [
        TillRow(
            place=_place(it, seen),
            epoch=it.epoch or "",
            contact=age(it.contact_at, seen.at),
            contact_at=_moment(it.contact_at),
            records=f"{it.seq:,}",
            standing=standing(it, seen.at, latest=it.contact_at == last.get(it.place)),
        )
        for it in seen.tills
    ]
    return sorted(rows, key=lambda it: -it.standing.state)


def wallet_rows(seen: Overview) -> list[WalletRow]:
    """The balances of each wallet of each chain."""
    return [_wallet(it, seen) for it in seen.wallets]


def day_rows(seen: Overview) -> list[DayRow]:
    """The newest till-day of each till, and those that aren't right."""
    rows = [
        DayRow(
            place=_place(it.till, seen),
            date=it.business_date,
            number=it.number,
            records=f"{it.last - it.first + 1:,}",
            standing=_day_standing(it),
        )
        for it in _days(seen.days)
    ]
    return sorted(rows, key=lambda it: -it.standing.state)


def difference_rows(seen: Overview) -> list[DifferenceRow]:
    """What comes out otherwise when it is run again, and what waits for its program."""
    waiting = [
        DifferenceRow(
            place=_place(it.till, seen),
            records=_span("", "", it.first, it.last).strip(),
            standing=Standing(state=State.WARN, said=_waits(it)),
        )
        for it in seen.unruled
    ]
    return waiting + [
        DifferenceRow(
            place=_place(it.till, seen),
            records=str(it.seq),
            standing=Standing(state=State.BAD, said=it.what),
        )
        for it in seen.differences
    ]


def differences_said(seen: Overview) -> str:
    """How many receipts differ, and how many wait to be run."""
    said = "none" if not seen.differences_count else f"{seen.differences_count:,}"
    if seen.differences_count > len(seen.differences):
        said += ", the newest below"
    waiting = to_run(seen)
    return f"{said}; {_count(waiting, 'record')} to run again" if waiting else said


def to_run(seen: Overview) -> int:
    """How many records were not looked at yet, or wait for their program."""
    behind = sum(it.seq - it.reevaluated for it in seen.tills)
    return behind + seen.unruled_receipts


def refused_said(seen: Overview) -> str:
    """How many files lie aside."""
    said = f"{seen.refused_count:,}" if seen.refused_count else "none"
    return f"{said}, the newest below" if seen.refused_count > len(seen.refused) else said


def refused_rows(seen: Overview) -> list[RefusedRow]:
    """The files that lie aside, the last one first."""
    return [
        RefusedRow(
            at=_moment(it.at),
            age=age(it.at, seen.at),
            place="nobody’s" if it.till is None else _place(it.till, seen),
            reason=str(it.reason),
            detail=_detail(it),
            file=it.file,
        )
        for it in seen.refused
    ]


def age(then: dt.datetime | None, at: dt.datetime) -> str:
    """How long ago that was, in one unit; a clock that was set back makes nothing older."""
    if then is None:
        return "never"
    gone = at - then
    return "just now" if gone < dt.timedelta(minutes=1) else f"{_length(gone)} ago"


def amount(value: int, scale: int | None) -> str:
    """Whole units with their decimals and the thousands apart: 12,400.00."""
    whole, dot, decimals = decimal(value, scale or 0).partition(".")
    return f"{int(whole):,}{dot}{decimals}" if whole != "-0" else f"-0{dot}{decimals}"


def _troubles(seen: Overview, tills: Iterable[Standing]) -> Iterator[Standing]:
    if astray := [it for it in tills if it.state is not State.GOOD]:
        said = f"{_count(len(astray), 'ledger')} to look at"
        yield Standing(state=max(it.state for it in astray), said=said)
    if seen.days_differing:
        said = _count(seen.days_differing, "till-day")
        yield Standing(state=State.BAD, said=f"{said} not as the records say")
    if seen.differences_count:
        said = _count(seen.differences_count, "receipt")
        verb = "comes" if seen.differences_count == 1 else "come"
        yield Standing(state=State.BAD, said=f"{said} {verb} out otherwise")
    if seen.unruled_receipts:
        said = f"{_count(seen.unruled_receipts, 'receipt')} without a program"
        yield Standing(state=State.WARN, said=said)
    if seen.stands_still:
        said = f"running receipts again stands still: {seen.stands_still}"
        yield Standing(state=State.BAD, said=said)


def _silence(silent: dt.timedelta) -> Standing:
    """How a till stands of which nothing is amiss but that it may be silent."""
    if silent >= LOST:
        return Standing(state=State.WARN, said=f"silent for {_length(silent)}")
    said = "complete" if silent < QUIET else f"complete, silent for {_length(silent)}"
    return Standing(state=State.GOOD, said=said)


def _wallet(it: WalletTotal, seen: Overview) -> WalletRow:
    chains = {each.chain for each in seen.wallets}
    name = it.wallet if len(chains) == 1 else f"{it.chain} {it.wallet}"
    return WalletRow(
        wallet=name if it.scale is not None else f"{name}, in smallest units",
        issued=amount(it.issued, it.scale),
        redeemed=amount(it.redeemed, it.scale),
        expired=amount(it.expired, it.scale),
        outstanding=amount(it.outstanding, it.scale),
        debt=amount(it.debt, it.scale),
    )


def _days(found: Iterable[DayView]) -> Iterator[DayView]:
    shown = set()
    for it in found:  # the newest of each till come first
        stream = (*it.till.place, it.till.epoch)
        if stream not in shown or it.verdict not in {None, RIGHT}:
            yield it
        shown.add(stream)


def _day_standing(it: DayView) -> Standing:
    if it.verdict is None:
        return Standing(state=State.GOOD, said="to be checked")
    if it.verdict == RIGHT:
        return Standing(state=State.GOOD, said="right")
    return Standing(state=State.BAD, said=it.verdict.replace("_", " "))


def _waits(it: UnruledView) -> str:
    said = f"the program of {_count(it.receipts, 'receipt')} is not here"
    return f"{said}: {it.program} {it.version}, SHA-256 {it.hash[:HASH_SHOWN]}…"


def _detail(it: RefusedView) -> str:
    return it.detail if it.times == 1 else f"{it.detail} ({it.times} times)"


def _place(till: TillView, seen: Overview) -> str:
    own = f"{till.store}-{till.till}"
    return own if len({it.chain for it in seen.tills}) == 1 else f"{till.chain} {own}"


def _moment(at: dt.datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _length(span: dt.timedelta) -> str:
    seconds = int(span.total_seconds())
    for until, unit, unit_s in SHORT:
        if span < until:
            return f"{seconds // unit_s} {unit}"
    return f"{seconds // DAY_S} d"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _span(one: str, several: str, first: int, last: int) -> str:
    return f"{one} {first}" if first == last else f"{several} {first} to {last}"
