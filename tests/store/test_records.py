"""Records and their projections: what is written is read back, sums are those of the fold."""

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyaltyd.domain.account import Debt
from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.ledger import DEBT, CardState, CounterKey, Lot, Posting, fold
from loyaltyd.domain.record import Fact, Head, Record, chained, first_hash
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.records import indexed
from loyaltyd.store.transaction import Transaction
from loyaltyd.store.verify import verified
from tests.store.made import ANNA, AT, BORIS, LOT, confirming, ledger_at, receipt_body, record

BUCKETS = (LOT, "lot/2026-12-20/-", "lot/2026-12-01/2026-12-31", DEBT, "issued", "redeemed")


def appended(ledger: Ledger, kind: str, body: dict[str, Fact], day: int = 5) -> Record:
    def work(tx: Transaction) -> Record:
        made = record(tx.stream, tx.head().seq + 1, kind, body, day)
        tx.append(made)
        return made

    return ledger.write(work).result()


def test_an_empty_log_ends_at_the_hash_of_its_header(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.read(lambda view: view.head()).result() == Head(0, first_hash(ledger.stream))
        assert ledger.read(lambda view: view.last_moment()).result() is None


def test_a_record_is_read_back_as_it_was_and_moves_the_head(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        made = appended(ledger, "receipt", receipt_body("r1"))
        view = ledger.read(lambda v: (v.record("receipt", "r1"), v.head(), v.last_moment()))
        assert view.result() == (
            made,
            Head(1, chained(first_hash(ledger.stream), made.line)),
            AT,
        )
        assert ledger.read(lambda v: v.record("return", "r1")).result() is None


def test_a_receipt_s_returns_and_cancel_come_in_the_order_of_the_log(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        appended(ledger, "receipt", receipt_body("r1"))
        appended(ledger, "receipt", receipt_body("r2"))
        later = appended(ledger, "return", {"id": "b", "receipt": "r1"})
        appended(ledger, "return", {"id": "c", "receipt": "r2"})
        last = appended(ledger, "cancel", {"receipt": "r1"})
        assert ledger.read(lambda view: view.records_of("r1")).result() == [later, last]
        assert ledger.read(lambda view: view.records_of("r9")).result() == []


def test_an_unknown_type_is_kept_as_it_is(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        made = appended(ledger, "novelty", {"id": "n1", "receipt": "r1", "deep": {"x": ["1"]}})
        assert ledger.read(lambda view: view.record("novelty", "n1")).result() == made
        assert ledger.read(lambda view: view.records_of("r1")).result() == []


@pytest.mark.parametrize(
    ("kind", "body", "keys"),
    [
        ("receipt", receipt_body("r1"), ("r1", None, ANNA)),
        ("receipt", {"id": "r1", "seen": {}}, ("r1", None, None)),
        ("return", {"id": "b", "receipt": "r1"}, ("b", "r1", None)),
        ("card", {"card": {"id": "x", "account": BORIS, "kind": "bonus"}}, (None, None, BORIS)),
        ("day", {}, (None, None, None)),
        ("novelty", {"id": 7, "seen": "odd", "card": []}, (None, None, None)),
    ],
)
def test_the_log_is_indexed_by_id_receipt_and_account(
    tmp_path: Path, kind: str, body: dict[str, Fact], keys: tuple[str | None, ...]
) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        found = indexed(record(ledger.stream, 1, kind, body))
    assert (found.id, found.receipt, found.account) == keys


def test_one_id_of_one_type_is_recorded_once(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        appended(ledger, "receipt", receipt_body("r1"))
        appended(ledger, "return", {"id": "r1", "receipt": "r1"})
        with pytest.raises(StoreError, match="each once and in order"):
            appended(ledger, "receipt", receipt_body("r1"))
        assert ledger.read(lambda view: view.head().seq).result() == 2


def test_lots_debts_and_counters_are_read_by_account(tmp_path: Path) -> None:
    owed = Posting(account=ANNA, wallet="bonus", debit=DEBT, credit="redeemed", amount=300)
    with ledger_at(tmp_path / "ledger.db") as ledger:
        appended(ledger, "receipt", receipt_body("r1", 1040))
        appended(ledger, "receipt", receipt_body("r2", 60))
        appended(ledger, "adjust", {"postings": [owed.facts()]})
        appended(ledger, "receipt", receipt_body("r3", 5, BORIS), day=6)
        lot = Lot(
            wallet="bonus",
            active_from=dt.date(2026, 12, 19),
            expires_at=dt.date(2027, 12, 5),
            amount=1100,
        )
        key = CounterKey(account=ANNA, name="visits", date="2026-12-05", since="2026-12-05")
        first = dt.date(2026, 12, 5)
        assert ledger.read(lambda view: view.lots(ANNA)).result() == (lot,)
        assert ledger.read(lambda view: view.debts(ANNA)).result() == (
            Debt(wallet="bonus", amount=300),
        )
        assert ledger.read(lambda view: view.debts(BORIS)).result() == ()
        assert ledger.read(lambda view: view.counters(ANNA, first)).result() == Counter({key: 2})
        later = first + dt.timedelta(days=1)
        assert ledger.read(lambda view: view.counters(ANNA, later)).result() == Counter()
        (known,) = ledger.read(lambda view: view.counters(BORIS, first)).result()
        assert (known.date, known.since) == ("2026-12-05", "2026-12-06")


def test_a_counter_is_added_up_for_days_as_they_were_known(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        appended(ledger, "receipt", receipt_body("r1", 1040))
        appended(ledger, "receipt", receipt_body("r2", 60))
        appended(ledger, "receipt", receipt_body("r3", 5, BORIS), day=6)

        def visits(account: str, first: int, last: int) -> tuple[int, dt.date | None]:
            days = (dt.date(2026, 12, first), dt.date(2026, 12, last))
            return ledger.read(lambda view: view.tally(account, "visits", *days)).result()

        day = dt.date(2026, 12, 5)
        assert visits(ANNA, 1, 31) == visits(ANNA, 5, 5) == (2, day)
        assert visits(ANNA, 6, 31) == visits(ANNA, 1, 4) == (0, None)
        assert visits(BORIS, 1, 5) == (0, None)  # it counts for the 5th, and was known on the 6th
        assert visits(BORIS, 1, 6) == (1, day)


def test_a_bucket_and_a_counter_back_at_zero_leave_no_row(tmp_path: Path) -> None:
    back = Posting(account=ANNA, wallet="bonus", debit=LOT, credit="issued", amount=1040)
    gone: Fact = {"account": ANNA, "name": "visits", "date": "2026-12-05", "amount": -1}
    with ledger_at(tmp_path / "ledger.db") as ledger:
        appended(ledger, "receipt", receipt_body("r1", 1040))
        body: dict[str, Fact] = {"receipt": "r1", "postings": [back.facts()], "counters": [gone]}
        appended(ledger, "cancel", body)
        assert ledger.read(lambda view: view.lots(ANNA)).result() == ()
        assert ledger.read(lambda view: view.counters(ANNA, dt.date.min)).result() == Counter()
    assert verified(tmp_path / "ledger.db").findings == ()


def test_a_card_record_rules_and_first_use_says_nothing_of_a_known_card(tmp_path: Path) -> None:
    blocked: dict[str, Fact] = {
        "id": ANNA,
        "account": BORIS,
        "kind": "bonus",
        "status": "blocked",
    }
    with ledger_at(tmp_path / "ledger.db") as ledger:
        appended(ledger, "receipt", receipt_body("r1"))
        opened = ledger.read(lambda view: view.card(ANNA)).result()
        assert opened == CardState(id=ANNA, account=ANNA, kind="bonus", status="active")
        appended(ledger, "card", {"card": blocked})
        appended(ledger, "receipt", receipt_body("r2"))
        ruled = ledger.read(lambda view: view.card(ANNA)).result()
        assert ruled == CardState(id=ANNA, account=BORIS, kind="bonus", status="blocked")
        assert ledger.read(lambda view: view.card(BORIS)).result() is None


def test_a_record_out_of_turn_or_of_another_stream_is_a_bug(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "a.db") as ledger, ledger_at(tmp_path / "b.db") as other:
        stranger = other.stream
        with pytest.raises(AssertionError, match="record 2 after 0"):
            ledger.write(lambda tx: tx.append(record(tx.stream, 2, "day", {}))).result()
        with pytest.raises(AssertionError, match="another stream"):
            ledger.write(lambda tx: tx.append(record(stranger, 1, "day", {}))).result()
        assert ledger.write(confirming("r1")).result() == 1


accounts = st.sampled_from([ANNA, BORIS])
postings = st.builds(
    lambda account, debit, credit, amount: Posting(
        account=account, wallet="bonus", debit=debit, credit=credit, amount=amount
    ).facts(),
    *(accounts, st.sampled_from(BUCKETS), st.sampled_from(BUCKETS), st.integers(1, 3)),
)
counts = st.fixed_dictionaries(
    {
        "account": accounts,
        "name": st.sampled_from(["spend", "visits"]),
        "date": st.sampled_from(["2026-12-04", "2026-12-05"]),
        "amount": st.integers(-2, 2),
    }
)
cards = st.fixed_dictionaries(
    {"id": st.sampled_from(["x", "y"]), "account": accounts, "kind": st.just("bonus")},
    optional={"status": st.sampled_from(["active", "blocked"])},
)
bodies = st.fixed_dictionaries(
    {"postings": st.lists(postings, max_size=4), "counters": st.lists(counts, max_size=3)},
    optional={"card": cards, "receipt": st.sampled_from(["r1", "r2"])},
)
kinds = st.sampled_from(["receipt", "return", "cancel", "card", "adjust", "novelty"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(facts=st.lists(st.tuples(kinds, bodies, st.integers(1, 28)), max_size=12))
def test_the_projections_are_the_fold_of_the_lines(
    tmp_path_factory: pytest.TempPathFactory, facts: list[tuple[str, dict[str, Fact], int]]
) -> None:
    path = tmp_path_factory.mktemp("fold") / "ledger.db"
    with ledger_at(path) as ledger:
        records = [appended(ledger, kind, body, day) for kind, body, day in facts]
        folded = fold(records)
        held = ledger.read(
            lambda view: (
                {(a, lot.bucket): lot.amount for a in (ANNA, BORIS) for lot in view.lots(a)},
                {a: debt.amount for a in (ANNA, BORIS) for debt in view.debts(a)},
                [view.counters(account, dt.date.min) for account in (ANNA, BORIS)],
                {name: card for name in ("x", "y") if (card := view.card(name))},
            )
        ).result()
    lots, debts, counters, states = held
    sums = {(a, b): n for (a, _, b), n in folded.lots.items() if n}
    assert lots == {key: n for key, n in sums.items() if key[1] != DEBT}
    assert debts == {key[0]: -n for key, n in sums.items() if key[1] == DEBT and n < 0}
    assert counters[0] + counters[1] == +folded.counters
    assert -counters[0] + -counters[1] == -folded.counters
    assert states == folded.cards
    assert verified(path).findings == ()
