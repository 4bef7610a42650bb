"""Till-days as the ledger remembers them, and the state that their hash is over."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.day import folded_state
from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.ledger import fold
from loyaltyd.domain.record import Fact, record_from
from loyaltyd.store.days import DayFile
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import Transaction, View
from tests.store.made import ANNA, AT, BORIS, confirming, earned, edited, ledger_at, record

FIRST = DayFile(
    number=1,
    business_date=dt.date(2026, 12, 5),
    first=1,
    last=2,
    head=b"h" * 32,
    file="a" * 64,
    name="a.day.jsonl.zst",
)
SECOND = replace(FIRST, number=2, first=3, last=2, file="b" * 64, name="b.day.jsonl.zst")


def kept(ledger: Ledger, *days: DayFile) -> None:
    for day in days:
        ledger.write(partial(_keep, day=day)).result()


def test_the_newest_is_found_and_each_by_its_bytes(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.read(lambda view: view.last_day()).result() is None
        kept(ledger, FIRST, SECOND)
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.read(lambda view: view.last_day()).result() == SECOND
        assert ledger.read(lambda view: view.day_of("a" * 64)).result() == FIRST
        assert ledger.read(lambda view: view.day_of("c" * 64)).result() is None


@pytest.mark.parametrize(
    "day",
    [
        replace(SECOND, number=3),
        replace(SECOND, number=1),
        replace(SECOND, first=4, last=4),
        replace(SECOND, first=2),
        replace(SECOND, last=1),
        replace(SECOND, head=b""),
    ],
)
def test_only_the_next_one_is_kept(tmp_path: Path, day: DayFile) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        kept(ledger, FIRST)
        with pytest.raises(StoreError):
            kept(ledger, day)
        assert ledger.read(lambda view: view.last_day()).result() == FIRST


def test_no_shell_changes_or_deletes_one(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        kept(ledger, FIRST)
    with edited(tmp_path / "ledger.db", guarded=True) as shell:
        for sql in ("UPDATE day_file SET last = 9", "DELETE FROM day_file"):
            with pytest.raises(Exception, match="facts are only added"):
                shell.execute(sql)


def test_a_till_day_is_told_once_and_stays_so(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        kept(ledger, FIRST, SECOND)
        ledger.write(lambda tx: tx.keep_told(1, AT)).result()
        with pytest.raises(StoreError):
            ledger.write(lambda tx: tx.keep_told(1, AT)).result()
    with ledger_at(tmp_path / "ledger.db") as ledger:
        told = replace(FIRST, is_told=True)
        assert ledger.read(lambda view: view.day(1)).result() == told
        assert ledger.read(lambda view: view.day_of("a" * 64)).result() == told
        assert ledger.read(lambda view: view.day(2)).result() == SECOND
        assert ledger.read(lambda view: view.day(3)).result() is None


def test_a_till_day_that_was_never_made_is_not_told(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        with pytest.raises(StoreError):
            ledger.write(lambda tx: tx.keep_told(1, AT)).result()
        kept(ledger, FIRST)
        assert ledger.read(lambda view: view.day(1)).result() == FIRST


def test_the_state_of_the_tables_is_that_of_the_lines(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        for number in range(6):
            work = confirming(f"r{number}", 100 + number, (BORIS, ANNA)[number % 2])
            ledger.write(work).result()
        lines = ledger.read(lambda view: view.lines(1, 100)).result()
        folded = fold(record_from(line, ledger.stream) for line in lines)
        assert ledger.read_aside(lambda view: view.state()) == folded_state(folded)


NAMES = st.text(st.characters(codec="utf-8"), max_size=4)


@given(names=st.sets(st.tuples(NAMES, NAMES), max_size=8))
def test_tables_and_folds_have_one_order_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory, names: set[tuple[str, str]]
) -> None:
    with ledger_at(tmp_path_factory.mktemp("till") / "ledger.db") as ledger:
        bodies: list[dict[str, Fact]] = [
            {
                "id": f"r{number}",
                "postings": [earned(account, 5, f"lot/{name}/-")],
                "counters": [{"account": account, "name": name, "date": name, "amount": 1}],
                "card": {"id": account + name, "account": account, "kind": name},
            }
            for number, (account, name) in enumerate(names)
        ]
        records = [
            record(ledger.stream, seq, "receipt", body) for seq, body in enumerate(bodies, 1)
        ]
        ledger.write(lambda tx: [tx.append(it) for it in records]).result()
        stored = ledger.read_aside(lambda view: view.state())
    assert stored == folded_state(fold(records))


def test_a_long_look_aside_holds_up_neither_reader_nor_writer(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:

        def look(view: View) -> tuple[int, int]:
            began = view.head().seq
            ledger.write(confirming("meanwhile")).result()
            assert view.head().seq == began  # one state, from the first question on
            return began, ledger.read(lambda it: it.head().seq).result()

        assert ledger.read_aside(look) == (0, 1)


def _keep(tx: Transaction, day: DayFile) -> None:
    tx.keep_day(day)
