"""Whatever a shop does all day, in any order: the log holds, and what was answered stays so."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from loyaltyd.domain.account import Account
from loyaltyd.domain.books.returns import Case, Returned, Reversal, goods_returned, sale_cancelled
from loyaltyd.domain.books.sale import Sale, sale_from, sale_postings
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.ledger import DEBT, ISSUED, REDEEMED, fold, postings_of
from loyaltyd.domain.record import Record
from loyaltyd.domain.refusal import Reason
from loyaltyd.store.database import reader
from tests.domain.receipts import CARDS, HEAD
from tests.domain.receipts import rule as earning
from tests.domain.sales import RULES, TIERS, WALLETS
from tests.till.shop import CARD, PLASTIC, Shop, back, bought, line, no, numbered, shop_at

PURSE = earning("purse", "points", 'earn = "purse", percent = "2%"')
ASKING = (  # for what the log says of earlier receipts
    earning("third", "receipt", 'percent_off = "3%"', "when = { every_visit = 3 }")
    + earning("daily", "receipt", 'amount_off = "7.00"', 'limit = { per_card = 1, every = "1d" }')
    + earning(
        "regular",
        "points",
        'earn = "bonus", percent = "1%"',
        'when = { spent = { min = "300.00", within = "10d" } }',
    )
)
TEXT = HEAD + WALLETS.replace("14d", "1d") + TIERS + RULES + PURSE + ASKING + CARDS
NEXT = TEXT.replace("version = 1", "version = 2").replace('percent = "5%"', 'percent = "8%"')
SHOPPERS = (CARD, numbered(2), PLASTIC)
AMBLE = dt.timedelta(days=20)  # a clock may be set back so far, and lots end inside it
REFUSED = {
    "confirm": {Reason.CARD_BLOCKED},
    "cancel": {Reason.RECEIPT_RETURNED, Reason.RECEIPT_CANCELLED},
    "return": {Reason.RETURN_EXCEEDS_SOLD, Reason.RECEIPT_CANCELLED},
}

prices = st.integers(0, 40_000).map(lambda it: f"{it // 100}.{it % 100:02}")
quantities = st.sampled_from(["1", "2", "3", "0.347", "1.5"])
goods = st.builds(
    lambda price, quantity, more: {"price": price, "quantity": quantity, **more},
    prices,
    quantities,
    st.sampled_from([{"category": "dairy/milk"}, {"no_earn": True}, {"no_redeem": True}, {}]),
)
wishes = st.sampled_from(
    [{"bonus": "max"}, {"stars": "max", "bonus": "12"}, {"purse": "3", "bonus": "max"}, {}]
)
baskets = st.builds(
    lambda who, found, redeem: bought(
        "",
        *(line(n, **it, sku=f"sku-{n}") for n, it in enumerate(found, 1)),
        card=who,
        redeem=redeem,
    ),
    st.sampled_from([CARD, *SHOPPERS, None]),
    st.lists(goods, min_size=1, max_size=3),
    wishes,
)


class Day(RuleBasedStateMachine):
    """A till, what it was asked, and what it answered."""

    sent: Bundle[tuple[str, str, dict[str, Any]]] = Bundle("sent")  # call, receipt, body
    quotes: Bundle[dict[str, Any]] = Bundle("quotes")  # bodies with their token

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.opened = shop_at(Path(self.folder.name) / "ledger.db", TEXT)
        self.shop: Shop = self.opened.__enter__()
        self.answers: dict[tuple[str, str], Any] = {}
        self.count = 0
        self.versions = 1

    def teardown(self) -> None:
        try:
            self._all_comes_back()
            anyone_can_run_it_again(self.shop)
        finally:
            self.opened.__exit__(None, None, None)
            self.folder.cleanup()

    @initialize()
    def shoppers_have_points(self) -> None:
        for number, who in enumerate(SHOPPERS):
            first = bought(f"first-{number}", line(1, "900.00"), card=who)
            assert no(self.shop.confirm(first)) is None
        self.shop.clock.move(days=1)

    @rule(target=quotes, wanted=baskets, hours=st.none() | st.integers(-48, 48))
    def quoted(self, wanted: dict[str, Any], hours: int | None) -> Any:
        self.count += 1
        body = {**wanted, "receipt": f"r-{self.count}"}
        if hours is not None:
            at = self.shop.clock.now + dt.timedelta(hours=hours)
            body["at"] = at.isoformat(timespec="seconds")
        answer = self.shop.quote(body)
        if (reason := no(answer)) is not None:
            assert reason in {Reason.CARD_BLOCKED, Reason.AT_OUT_OF_WINDOW}
            return multiple()
        return {**body, "quote": answer["quote"], "expected": answer["totals"]}

    @rule(target=sent, found=consumes(quotes), trusting=st.booleans())
    def confirmed(self, found: dict[str, Any], trusting: bool) -> Any:
        body = {name: it for name, it in found.items() if name != "expected"}
        if not trusting:
            del body["quote"]
        answer = self.shop.confirm(body)
        if (reason := no(answer)) in {Reason.QUOTE_CHANGED, Reason.QUOTE_EXPIRED}:
            answer = self.shop.confirm({**body, "quote": answer.quote["quote"]})
            reason = no(answer)
        elif trusting and reason is None:
            assert answer["totals"] == found["expected"]
        if reason is not None:
            assert reason in {Reason.CARD_BLOCKED, Reason.AT_OUT_OF_WINDOW}
            return multiple()
        self.answers["receipt", body["receipt"]] = answer
        return ("receipt", body["receipt"], body)

    @rule(target=sent, wanted=baskets)
    def sold(self, wanted: dict[str, Any]) -> Any:
        found = self.quoted(wanted, None)
        return self.confirmed(found, True) if isinstance(found, dict) else multiple()

    @rule(target=sent, of=sent, number=st.integers(1, 3), quantity=quantities)
    def given_back(self, of: tuple[str, str, dict[str, Any]], number: int, quantity: str) -> Any:
        self.count += 1
        body = back(f"b-{self.count}", (number, quantity))
        answer = self.shop.give_back(of[1], body)
        if (reason := no(answer)) is not None:
            assert reason in REFUSED["return"] | {Reason.LINE_UNKNOWN}
            return multiple()
        self.answers["return", body["return"]] = answer
        return ("return", of[1], body)

    @rule(of=sent)
    def cancelled(self, of: tuple[str, str, dict[str, Any]]) -> None:
        answer = self.shop.cancel(of[1])
        if (reason := no(answer)) is not None:
            assert reason in REFUSED["cancel"]
            return
        answer.pop("replayed", None)
        assert self.answers.setdefault(("cancel", of[1]), answer) == answer

    @rule(of=sent)
    def sent_again(self, of: tuple[str, str, dict[str, Any]]) -> None:
        before = self.shop.seq()
        call, receipt, body = of
        if call == "receipt":
            answer = self.shop.confirm(body)
            first = self.answers["receipt", receipt]
        else:
            answer = self.shop.give_back(receipt, body)
            first = self.answers["return", body["return"]]
        assert answer == {**first, "replayed": True}
        assert self.shop.seq() == before

    @rule(who=st.sampled_from(SHOPPERS), blocked=st.booleans())
    def switched(self, who: str, blocked: bool) -> None:
        answer = self.shop.block(who) if blocked else self.shop.unblock(who)
        assert no(answer) in {None, Reason.CARD_UNKNOWN}

    @rule(hours=st.integers(-int(AMBLE.total_seconds()) // 3600, 240))
    def clock_set(self, hours: int) -> None:
        self.shop.clock.move(hours=hours)

    @rule(minutes=st.integers(0, 6))
    def time_passes(self, minutes: int) -> None:
        self.shop.clock.move(minutes=minutes)

    @precondition(lambda self: self.versions == 1)
    @rule()
    def program_published(self) -> None:
        self.shop.publish(NEXT)
        self.versions = 2

    @invariant()
    def the_ledger_is_sound(self) -> None:
        self.shop.check()

    @invariant()
    def no_lot_is_below_zero_and_no_debt_above(self) -> None:
        with closing(reader(self.shop.till.ledger.path)) as connection:
            for bucket, amount in connection.execute("SELECT bucket, amount FROM lot").fetchall():
                assert amount < 0 if bucket == DEBT else amount > 0

    @invariant()
    def what_was_issued_is_held_owed_or_redeemed(self) -> None:
        records = self.shop.records()
        held = sum(fold(records).lots.values())
        chain = Counter[str]()
        for posting in (it for record in records for it in postings_of(record)):
            assert posting.amount > 0
            chain[posting.debit] += posting.amount
            chain[posting.credit] -= posting.amount
        assert held == chain[ISSUED] + chain[REDEEMED]

    @invariant()
    def records_are_in_the_order_of_time(self) -> None:
        times = [record.moment.recorded_at for record in self.shop.records()]
        assert times == sorted(times)

    def _all_comes_back(self) -> None:
        """Whatever was returned so far, the rest gives back exactly the rest."""
        for ident in [ident for kind, ident in self.answers if kind == "receipt"]:
            found = self.shop.receipt(ident)
            if found["state"] == "cancelled" or not found["lines"]:
                continue
            left = Counter(quantities_of(self.shop, ident))
            for part in (part for it in found["returns"] for part in it["lines"]):
                left[part["line"]] -= _thousandths(part["quantity"])
            if +left:
                rest = [(number, f"{n // 1000}.{n % 1000:03}") for number, n in (+left).items()]
                assert no(self.shop.give_back(ident, back(f"last-{ident}", *rest))) is None
            _same_amounts(self.shop.receipt(ident))


def quantities_of(shop: Shop, receipt: str) -> dict[int, int]:
    """A receipt's quantities, thousandths by line."""
    record = shop.till.ledger.read(lambda view: view.record("receipt", receipt)).result()
    assert record is not None
    return {it.line: it.quantity for it in sale_from(record).basket.lines}


def anyone_can_run_it_again(shop: Shop) -> None:
    """Each record follows from its own line, those before it of its receipt, and the program."""
    sales: dict[str, Sale] = {}
    earlier: dict[str, tuple[Returned, ...]] = {}
    for record in shop.records():
        program = shop.till.program_with(record.program.hash)
        assert program is not None
        if record.type == "receipt":
            sale = sale_from(record)
            answer = quote(sale.basket, sale.seen, program, sale.place, sale.at)
            assert isinstance(answer, Quote)
            assert answer.result == sale.result
            assert sale_postings(answer.result, sale.seen, program, sale.at) == sale.postings
            sales[str(record.body["id"])] = sale
        elif record.type in {"return", "cancel"}:
            receipt = str(record.body["receipt"])
            before = earlier.get(receipt, ())
            case = Case(
                sale=sales[receipt],
                earlier=before,
                account=_seen(record),
                program=program,
                on=record.moment.at.date(),
            )
            outcome = _undone(case, record)
            assert isinstance(outcome, Reversal)
            assert outcome.returned == value_from(Returned, record.body["returned"])
            assert outcome.postings == postings_of(record)
            earlier[receipt] = (*before, outcome.returned)


def _undone(case: Case, record: Record) -> object:
    if record.type == "cancel":
        return sale_cancelled(case)
    returned = value_from(Returned, record.body["returned"])
    return goods_returned(case, {it.line: it.quantity for it in returned.lines})


def _seen(record: Record) -> Account | None:
    seen = record.body.get("seen")
    return value_from(Account, seen["account"]) if isinstance(seen, dict) else None


def _same_amounts(found: Any) -> None:
    assert found["state"] == "returned"
    totals = [it["totals"] for it in found["returns"]]
    assert sum(_cents(it["refund"]) for it in totals) == _cents(found["totals"]["payable"])
    for name, held in found["wallets"].items():
        restored = sum(_cents(it["restored"][name]) for it in totals)
        taken = sum(_cents(it["clawed_back"][name]) for it in totals)
        assert restored == _cents(held["spent"])
        assert taken == _cents(found["totals"]["earned"][name])


def _cents(text: str) -> int:
    return int(text.replace(".", ""))


def _thousandths(text: str) -> int:
    whole, _, decimals = text.partition(".")
    return int(whole) * 1000 + int(decimals.ljust(3, "0"))


TestDay = Day.TestCase
TestDay.settings = settings(
    max_examples=100,  # of so many steps: some twenty seconds
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
