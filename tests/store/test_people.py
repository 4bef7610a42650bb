"""Persons and card numbers: kept beside the records, never in them."""

import dataclasses
import datetime as dt
from operator import methodcaller
from pathlib import Path

import pytest

from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.person import Numbered, People, Person
from loyaltyd.store import people
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import Transaction
from tests.store.made import ANNA, AT, BORIS, confirm, confirming, edited, ledger_at

NUMBER = "2990000000019"
HOLDER = Person(
    account=ANNA, name="Anna", birthday=dt.date(1990, 5, 1), phone="+79990000000", consent=AT
)


def enrolled(tx: Transaction) -> None:
    confirm(tx, "r1")
    tx.keep_card_number(ANNA, NUMBER)
    tx.keep_person(HOLDER)


def test_a_holder_and_a_number_are_read_back_after_a_restart(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(enrolled).result()
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.read(lambda view: view.person(ANNA)).result() == HOLDER
        assert ledger.read(lambda view: view.card_number(ANNA)).result() == NUMBER
        assert ledger.read(lambda view: view.person(BORIS)).result() is None
        assert ledger.read(lambda view: view.card_number(BORIS)).result() is None


def test_a_holder_may_change_and_may_say_nothing(tmp_path: Path) -> None:
    married = dataclasses.replace(HOLDER, name="Anna B.")
    silent = Person(account=ANNA)
    with ledger_at(tmp_path / "ledger.db") as ledger:
        for holder in (HOLDER, married, silent):
            ledger.write(methodcaller("keep_person", holder)).result()
            assert ledger.read(lambda view: view.person(ANNA)).result() == holder


def test_a_number_without_an_opened_card_is_refused_with_all_that_came_with_it(
    tmp_path: Path,
) -> None:
    def work(tx: Transaction) -> None:
        tx.keep_person(HOLDER)
        tx.keep_card_number(BORIS, NUMBER)

    with ledger_at(tmp_path / "ledger.db") as ledger:
        with pytest.raises(StoreError, match="no record has opened the card") as caught:
            ledger.write(work).result()
        assert NUMBER not in str(caught.value)
        assert ledger.read(lambda view: view.person(ANNA)).result() is None


def test_a_later_record_of_the_card_leaves_its_number(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(enrolled).result()
        ledger.write(confirming("r2")).result()
        assert ledger.read(lambda view: view.card_number(ANNA)).result() == NUMBER


def test_nothing_personal_stands_in_a_line_or_a_repr(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(enrolled).result()
    with edited(tmp_path / "ledger.db") as file:
        lines = str(file.execute("SELECT * FROM record").fetchall())
    for text in (lines, repr(HOLDER)):
        assert all(word not in text for word in (NUMBER, "Anna", "1990", "+7999"))


def between(ledger: Ledger, first: int, last: int) -> People:
    return ledger.read(lambda view: view.people_between(first, last)).result()


def test_people_travel_beside_the_record_that_they_came_with(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r0")).result()
        ledger.write(enrolled).result()
        ledger.write(confirming("r2")).result()
        assert between(ledger, 2, 2) == (HOLDER, Numbered(card=ANNA, number=NUMBER))
        assert between(ledger, 1, 1) == between(ledger, 3, 9) == ()


def test_a_holder_who_changes_without_a_record_travels_with_the_next_one(tmp_path: Path) -> None:
    married = dataclasses.replace(HOLDER, name="Anna B.")
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(enrolled).result()
        ledger.write(methodcaller("keep_person", married)).result()
        assert between(ledger, 1, 1) == (Numbered(card=ANNA, number=NUMBER),)
        assert between(ledger, 2, 2) == (married,)
        ledger.write(confirming("r2")).result()
        assert between(ledger, 2, 2) == (married,)


def test_whoever_changes_without_a_record_finds_a_seat_beside_one_that_is_not_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "SEATS", 3)
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r0")).result()
        holders = [Person(account=f"{number:032}") for number in range(7)]
        for holder in holders:
            ledger.write(methodcaller("keep_person", holder)).result()
        assert between(ledger, 2, 2) == tuple(holders[:3])
        assert between(ledger, 3, 3) == tuple(holders[3:6])
        ledger.write(enrolled).result()  # record 2, and its own people with it
        assert len(between(ledger, 2, 2)) == 5
        assert between(ledger, 4, 4) == tuple(holders[6:])
