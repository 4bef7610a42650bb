"""The receipts of a ledger under another program than their own.

Who came, with which balances and tier, is as each receipt saw it: what the program would have given
earlier doesn't change what later receipts can pay. What its rules ask beyond that (visits, spend,
tiers of other levels) is added up from the ledger's own records, birthdays are as it knows them
now, and a limit counts the uses that this program makes of it.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_core import from_json

from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.books.sale import (
    GIVEN,
    RETURNED,
    SPEND,
    USED,
    VISITS,
    counted,
    measured_by,
    use_counters,
    used_by,
)
from loyaltyd.domain.books.standing import standing
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.asks import Asks
from loyaltyd.domain.engine.explain import Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.past import Past
from loyaltyd.domain.person import Person
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.domain.trying.backtest import (
    Backtest,
    Worth,
    given_now,
    given_then,
    needs_trace,
    worths,
)
from loyaltyd.store.records import Entry
from loyaltyd.store.transaction import View
from loyaltyd.till.coupons import coupon_seen
from loyaltyd.till.past import Holder, past_of, with_shared
from loyaltyd.till.recount import Recount, points_counted

NO_COUNTS = Recount(())
ENTRIES_A_STEP = 1000  # a few MiB; between two steps a running daemon may cut its log
RECEIPT, RETURN = "receipt", "return"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The business dates whose receipts are tried, both included."""

    first: dt.date = dt.date.min
    last: dt.date = dt.date.max


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of it; what is counted beside the sums is in none of them."""

    worth: Worth
    sums: Backtest = field(default_factory=Backtest)
    cancelled: int = 0
    unreadable: int = 0
    unlike: int = 0  # receipts that their own program works out otherwise than they are recorded
    unattributed: int = 0  # receipts whose own program the ledger doesn't have
    first: str = ""  # business dates, of what was tried
    last: str = ""
    wallets_gone: tuple[str, ...] = ()  # that earlier programs had
    unjudged: tuple[str, ...] = ()  # rules that ask for coupons that earlier programs didn't know


@dataclass(frozen=True, slots=True)
class _Own:
    """A program that receipts were recorded under."""

    program: Program
    worth: Worth


def backtest(view: View, program: Program, days: Days, progress: Progress) -> Report:
    """Try the receipts of a ledger with program; ConfigError when they can't be compared."""
    programs = [program_from(it.body) for it in view.programs()]
    earlier = [it for it in programs if isinstance(it, Program)]
    _check(program, earlier)
    trial = _Trial(view, program, earlier)
    head, seq = view.head().seq, 0
    cancelled = view.cancelled()
    while seq < head:
        for entry in view.entries(seq + 1, ENTRIES_A_STEP):
            seq = entry.seq
            if entry.type != RECEIPT or entry.id not in cancelled:
                trial.take(entry, days)
            elif days.first.isoformat() <= entry.business_date <= days.last.isoformat():
                trial.report.cancelled += 1
        progress(min(seq, head), head)
    return trial.report


class _Trial:
    """Goes over a log in its order."""

    def __init__(self, view: View, program: Program, earlier: list[Program]) -> None:
        self._view, self._program = view, program
        worth, *others = worths([program, *earlier])
        own = zip(earlier, others, strict=True)
        self._own = {it.hash: _Own(it, its_worth) for it, its_worth in own}
        self._nameless = replace(worth, sole={}, rules={})
        self._missing = _missing(program, earlier)
        self._restands = program.tiers is not None and any(
            it.tiers != program.tiers for it in earlier
        )
        self._measured = measured_by(program.tiers) if self._restands else frozenset[str]()
        names = _names(self._missing, program.asks.limited) | self._measured
        self._counts = Recount(names) if names else None
        self._people: dict[str, Person | None] = {}
        self._worth = worth
        known = {it.id for it in program.wallets}
        gone = {it.id for other in earlier for it in other.wallets} - known
        self.report = Report(
            worth=worth, wallets_gone=tuple(sorted(gone)), unjudged=_unjudged(program, earlier)
        )

    def take(self, entry: Entry, days: Days) -> None:
        """Try a receipt of those days; of another record remember what later receipts may ask."""
        inside = days.first.isoformat() <= entry.business_date <= days.last.isoformat()
        tried = inside and entry.type == RECEIPT
        if not tried and (self._counts is None or entry.type not in {RECEIPT, RETURN}):
            return
        try:
            facts = from_json(entry.line)
            used = self._tried(facts) if tried else None
            if self._counts is not None:
                self._remember(facts, entry.business_date, used)
        except (ValueError, TypeError, LookupError, AttributeError):
            self.report.unreadable += 1
            return
        if tried:
            self.report.first = min(self.report.first or entry.business_date, entry.business_date)
            self.report.last = max(self.report.last, entry.business_date)

    def _tried(self, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Try a receipt, and return the uses that the program makes of its limits."""
        basket = value_from(Basket, facts["basket"])
        seen = value_from(Seen, facts["seen"])
        place = value_from(Place, facts["place"])
        at = dt.datetime.fromisoformat(facts["at"])
        own = self._own.get(facts["program"]["hash"])
        trace = None
        if own is None:
            self.report.unattributed += 1
        elif needs_trace(own.worth):
            trace = self._trace(facts, quote(basket, seen, own.program, place, at))
        worth = self._nameless if own is None else own.worth
        then = given_then(facts["result"], worth, trace)
        seen = self._shared(self._seen(seen, place.business_date), basket, place)
        answer = self._answer(basket, seen, place, at)
        now = answer if isinstance(answer, Refusal) else given_now(answer, self._worth)
        self.report.sums.add(then, now, seen.account.id if seen.account else "")
        if isinstance(answer, Refusal):
            return []
        counts = use_counters(answer.result, seen)
        return [counted(account, name, place.business_date, n) for account, name, n in counts]

    def _answer(self, basket: Basket, seen: Seen, place: Place, at: dt.datetime) -> Quote | Refusal:
        if seen.card is not None and self._program.range_named(seen.card.range) is None:
            return refused(Reason.CARD_UNKNOWN)
        beside = tuple(replace(it, wallet=self._wallet_of(it.card)) for it in seen.beside)
        if not all(it.wallet for it in beside):
            return refused(Reason.CARD_UNKNOWN)
        return quote(basket, replace(seen, beside=beside), self._program, place, at)

    def _wallet_of(self, card: Card) -> str:
        """The wallet that the card pays from and is loaded into; nothing where it has none."""
        kept = self._program.range_named(card.range)
        return kept.wallet if kept else ""

    def _trace(self, facts: Mapping[str, Any], answer: Quote | Refusal) -> tuple[Why, ...] | None:
        if isinstance(answer, Refusal):
            self.report.unlike += 1
            return None
        earned = {it.wallet: it.amount for it in answer.result.earned}
        recorded = {it["wallet"]: it["amount"] for it in facts["result"].get("earned", ())}
        self.report.unlike += earned != recorded
        return answer.trace

    def _seen(self, seen: Seen, on: dt.date) -> Seen:
        """Who came, with what the program asks beyond what their receipt holds."""
        if seen.coupons:
            seen = replace(seen, coupons=tuple(self._coupon(it, on) for it in seen.coupons))
        if self._counts is None and not self._missing.birthdays:
            return seen
        if seen.account is None or seen.card is None:
            return seen
        person = self._person(seen.account.id)
        holder = Holder(account=seen.account.id, card=seen.card.id, person=person)
        counts = self._counts or NO_COUNTS
        past = _completed(seen.past, past_of(counts, holder, self._missing, on), self._missing)
        account = self._standing(seen.account, counts, on) if self._restands else seen.account
        return replace(seen, account=account, past=past)

    def _shared(self, seen: Seen, basket: Basket, place: Place) -> Seen:
        """With what the cashier and everybody used of this program's limits so far."""
        cashier = f"{place.store}/{basket.cashier}" if basket.cashier else ""
        counts = self._counts or NO_COUNTS
        seen = replace(seen, cashier=cashier)
        return with_shared(seen, counts, self._program.asks, place.business_date)

    def _coupon(self, coupon: Coupon, on: dt.date) -> Coupon:
        known = coupon.name in self._program.coupons.asking
        plain = replace(coupon, name=coupon.name if known else "", uses=())
        return coupon_seen(self._counts or NO_COUNTS, plain, self._program, on)

    def _standing(self, account: Account, counts: Recount, on: dt.date) -> Account:
        days = counts.days(account.id, self._measured)
        now = standing(days, self._program.tiers, on)
        return replace(account, tier=now.tier, measure=now.measure)

    def _person(self, account: str) -> Person | None:
        if not self._missing.birthdays and not any(it.birthday for it in self._missing.limits):
            return None
        if account not in self._people:
            self._people[account] = self._view.person(account)
        return self._people[account]

    def _remember(
        self, facts: Mapping[str, Any], on: str, uses: list[dict[str, Any]] | None
    ) -> None:
        """Add what a record counted; a receipt that was tried counts the uses of this program."""
        assert self._counts is not None
        recorded = facts.get("counters", ())
        if uses is not None:
            recorded = [it for it in recorded if not it["name"].startswith((USED, GIVEN))]
            self._counts.add(uses, on)
        self._counts.add(recorded, on)
        tiers = self._program.tiers
        if self._restands and tiers is not None and tiers.wallet:
            self._counts.add(points_counted(facts, tiers.wallet), on)


def _check(program: Program, earlier: Iterable[Program]) -> None:
    for other in earlier:
        if other.currency != program.currency:
            raise ConfigError(f"the ledger's receipts are in {other.currency}")
        for wallet in program.wallets:
            found = other.wallet(wallet.id)
            if found is not None and found.scale != wallet.scale:
                said = f"has scale {found.scale} in version {other.version} of the ledger"
                raise ConfigError(f'wallet "{wallet.id}" {said}: balances can\'t be compared')


def _unjudged(program: Program, earlier: Iterable[Program]) -> tuple[str, ...]:
    """The rules for coupons of which receipts don't say that they were named."""
    asking = program.coupons.asking
    strange = {name for it in earlier for name in asking if name not in it.coupons.asking}
    return tuple(sorted({rule for name in strange for rule in asking[name]}))


def _missing(program: Program, earlier: list[Program]) -> Asks:
    """What program asks that receipts don't all hold; uses of limits they never do."""
    asks = program.asks
    asked = [it.asks for it in earlier]
    spent = set.intersection(*(set(it.spent) for it in asked)) if asked else set()
    birthdays = set.intersection(*(set(it.birthdays) for it in asked)) if asked else set()
    return Asks(
        visits=asks.visits and not (asked and all(it.visits for it in asked)),
        last_visit=asks.last_visit and not (asked and all(it.last_visit for it in asked)),
        spent=tuple(it for it in asks.spent if it not in spent),
        birthdays=tuple(it for it in asks.birthdays if it not in birthdays),
        limits=asks.limits,
    )


def _names(missing: Asks, limited: Iterable[str]) -> frozenset[str]:
    """The counters that are added up."""
    names = {VISITS} if missing.visits or missing.last_visit else set()
    if missing.spent:
        names |= {SPEND, RETURNED}
    return frozenset(names) | {name for rule in limited for name in (used_by(rule), GIVEN)}


def _completed(held: Past, found: Past, missing: Asks) -> Past:
    """What a receipt holds, and what was found where it holds nothing."""
    windows = {"" if it is None else str(it) for it in missing.spent}
    known = [it for it in held.birthdays if it not in {str(it) for it in missing.birthdays}]
    return replace(
        held,
        visits=found.visits if missing.visits else held.visits,
        last_visit=found.last_visit if missing.last_visit else held.last_visit,
        spent=(*found.spent, *(it for it in held.spent if it.within not in windows)),
        uses=found.uses,
        birthdays=(*found.birthdays, *known),
    )
