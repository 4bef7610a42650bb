"""Till-days: every record is in one file, every number stands for one file, whatever happens."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loyaltyd.domain.day import folded_state
from loyaltyd.domain.errors import LinkError
from loyaltyd.domain.ledger import fold
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.link.signatures import is_signed
from loyaltyd.link.spool import Box
from loyaltyd.link.wire import SignedBatch, batch_from
from loyaltyd.store.ledger import Ledger
from loyaltyd.till import export, outbox
from tests.till.nights import PUBLIC, Nights, a_week, nights_at, saturday, sunday, text_of
from tests.till.shop import CARD, bought, line, numbered
from tools.day_reader import check


def read(file: bytes) -> SignedBatch:
    found = batch_from(file)
    assert isinstance(found, SignedBatch), found
    return found


def sell(nights: Nights, *receipts: str) -> None:
    for receipt in receipts:
        nights.shop.confirm(bought(receipt, line(2, "10.00")))


def manifest(file: bytes) -> Any:
    return json.loads(text_of(file).splitlines()[-2])


def test_each_record_of_a_week_is_in_one_file_and_the_files_are_a_chain(tmp_path: Path) -> None:
    files = a_week(tmp_path)
    batches = [read(file).batch for file in files]
    days = [batch.day for batch in batches if batch.day]
    assert [day.number for day in days] == [1, 2, 3, 4, 5]
    assert [it.business_date.day for it in days] == [5, 6, 7, 8, 8]
    assert [(it.first, it.last) for it in batches] == [(1, 3), (4, 9), (10, 9), (10, 15), (16, 16)]
    assert [day.previous for day in days][1:] == [
        hashlib.sha256(file).hexdigest() for file in files[:-1]
    ]
    with nights_at(tmp_path) as nights:
        records = nights.shop.records()
    assert [line for batch in batches for line in batch.lines] == [it.line for it in records]
    assert check(PUBLIC, files) == 16
    for batch, day in zip(batches, days, strict=True):
        assert day.state == folded_state(fold(records[: batch.last]))
    assert all(read(file).is_genuine(is_signed) for file in files)


def test_what_was_rung_up_late_is_told_under_its_own_date(tmp_path: Path) -> None:
    day = read(a_week(tmp_path)[-1]).batch.day
    assert day is not None
    assert day.business_date == dt.date(2026, 12, 8)
    assert [it.business_date for it in day.totals.dates] == ["2026-12-07"]


def test_people_travel_in_the_file_of_their_records(tmp_path: Path) -> None:
    first, second, third, *_ = (read(file).batch.people for file in a_week(tmp_path))
    assert [it.name for it in first if isinstance(it, Person)] == ["Анна"]
    assert [it.number for it in first if isinstance(it, Numbered)] == [CARD, numbered(7)]
    assert [it.name for it in second if isinstance(it, Person)] == ["Boris"]
    assert third == ()


def test_a_second_export_writes_what_came_since_or_nothing(tmp_path: Path) -> None:
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        assert [it.number for it in nights.export()] == [1]
        assert nights.export() == ()
        sell(nights, "late")
        (supplement,) = nights.export()
        assert (supplement.number, supplement.first, supplement.last) == (2, 4, 4)
        assert nights.export() == ()
        nights.sleep()
        (empty,) = nights.export()
        assert (empty.number, empty.first, empty.last) == (3, 5, 4)
        assert nights.export() == ()
        assert len(nights.out.names()) == 3


def test_a_till_that_has_sold_nothing_says_so_in_a_file(tmp_path: Path) -> None:
    with nights_at(tmp_path) as nights:
        (day,) = nights.export()
        assert (day.number, day.first, day.last) == (1, 1, 0)
        assert check(PUBLIC, nights.files()) == 0


def test_a_day_that_one_file_can_not_take_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "RECORDS_MAX", 3)
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        sunday(nights.shop)
        made = nights.exported()
        assert [(it.first, it.last) for it in made.files] == [(1, 3), (4, 6), (7, 9)]
        assert not made.more
        assert ["state" in manifest(file)["day"] for file in nights.files()] == [False, False, True]
        assert check(PUBLIC, nights.files()) == 9


def test_a_file_that_would_be_too_large_is_halved_until_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nights_at(tmp_path) as nights:
        sell(nights, *(f"r{n}" for n in range(8)))
        monkeypatch.setattr(export, "FILE_BYTES_MAX", 1100)
        made = nights.export()
        assert len(made) > 1
        assert all(len(file) <= 1100 for file in nights.files())
        assert check(PUBLIC, nights.files()) == 8


def test_a_files_lines_are_bounded_by_their_bytes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LINES_MAX", 5000)
    monkeypatch.setattr(outbox, "CHUNK", 2)
    with nights_at(tmp_path) as nights:
        sell(nights, *(f"r{n}" for n in range(8)))
        lines = [it.line for it in nights.shop.records()]
        made = nights.export()
        assert len(made) > 1
        for day in made:
            assert sum(map(len, lines[day.first - 1 : day.last])) <= 5000
        assert check(PUBLIC, nights.files()) == 8


def test_one_call_writes_so_many_files_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "RECORDS_MAX", 1)
    monkeypatch.setattr(export, "FILES_MAX", 3)
    with nights_at(tmp_path) as nights:
        sell(nights, *(f"r{n}" for n in range(5)))
        first, second = nights.exported(), nights.exported()
        assert [len(it.files) for it in (first, second)] == [3, 2]
        assert (first.more, second.more) == (True, False)


def test_a_till_without_a_link_keeps_its_files_beside_its_ledger(tmp_path: Path) -> None:
    with nights_at(tmp_path, link=False) as nights:
        saturday(nights.shop)
        (day,) = nights.export()
        assert nights.exported().folder == tmp_path / "days"
        assert [it.name for it in (tmp_path / "days").iterdir()] == [day.name]
        assert (tmp_path / "days").stat().st_mode & 0o777 == 0o700
        assert check(PUBLIC, nights.files()) == 3


def test_a_linked_till_keeps_a_copy_of_what_nobody_has_answered(tmp_path: Path) -> None:
    files = a_week(tmp_path)
    copies = sorted((tmp_path / "days").iterdir(), key=lambda it: it.name.rpartition("_")[2])
    assert [it.read_bytes() for it in copies] == files
    assert (tmp_path / "days").stat().st_mode & 0o777 == 0o700


def test_what_a_killed_export_left_half_done_goes_at_the_next(tmp_path: Path) -> None:
    with nights_at(tmp_path) as nights:
        nights.export()
        draft = tmp_path / "days" / f".{nights.out.names()[0]}.staged.0a1b2c3d"
        draft.write_bytes(b"half")
        nights.export()
        assert not draft.exists()


def test_a_folder_that_is_not_there_costs_no_number_and_no_file(tmp_path: Path) -> None:
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        nights.out.folder.rmdir()
        for _ in range(2):
            with pytest.raises(LinkError, match="spool"):
                nights.export()
        nights.out.folder.mkdir()
        assert nights.export() == ()  # it was made, and only now put there
        assert check(PUBLIC, nights.files()) == 3


def test_two_exports_at_once_write_one_file(tmp_path: Path) -> None:
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        threads = [threading.Thread(target=nights.export) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(nights.files()) == 1


class Cut(BaseException):
    """The power goes."""


STEPS = ((Box, "put"), (Ledger, "write"), (Box, "rename"), (Box, "put"))


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(len(STEPS)))
def test_wherever_the_power_goes_a_number_stands_for_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, done: bool
) -> None:
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        with monkeypatch.context() as cut:
            _cut(cut, step, done=done)
            with pytest.raises(Cut):
                nights.export()
        left = nights.files()  # what a courier may have carried away by now
    with nights_at(tmp_path) as nights:
        nights.sleep()
        sell(nights, "later")
        nights.export()
        assert nights.files()[: len(left)] == left
        assert check(PUBLIC, nights.files()) == 4
        assert Box(tmp_path / "days").names() == nights.out.names()


DEEDS = st.lists(
    st.sampled_from(["sell", "export", "sleep", "restart", *(f"cut {n}" for n in range(8))]),
    max_size=14,
)


@settings(max_examples=40)
@given(deeds=DEEDS)
@example(deeds=["sleep", "cut 3", "restart", "cut 7"])  # a clock set back to before till-day 1
def test_whatever_happens_each_record_is_in_one_file_and_no_file_changes(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[str]
) -> None:
    folder, taken = tmp_path_factory.mktemp("till"), list[bytes]()
    deeds = [*deeds, "restart", "sell", "export"]
    while deeds:
        with nights_at(folder) as nights:
            while deeds and (deed := deeds.pop(0)) != "restart":
                _do(nights, deed)
                files = nights.files()
                assert files[: len(taken)] == taken
                taken = files
            lines = [it.line for it in nights.shop.records()]
    assert [line for file in taken for line in read(file).batch.lines] == lines
    assert check(PUBLIC, taken) == len(lines)


def _do(nights: Nights, deed: str) -> None:
    if deed == "sell":
        sell(nights, f"r{nights.shop.seq()}")
    elif deed == "sleep":
        nights.sleep()
    elif deed == "export":
        nights.export()
    else:
        step = int(deed.removeprefix("cut "))
        with pytest.MonkeyPatch.context() as cut, contextlib.suppress(Cut):
            _cut(cut, step // 2, done=bool(step % 2))
            nights.export()


def _cut(monkeypatch: pytest.MonkeyPatch, step: int, *, done: bool) -> None:
    """Let the power go before or after that step of writing one file."""
    owner, name = STEPS[step]
    real = getattr(owner, name)
    skip = STEPS[:step].count(STEPS[step])
    calls = iter(range(100))

    def cutting(*args: Any) -> Any:
        if next(calls) != skip:
            return real(*args)
        if done:
            outcome = real(*args)
            if owner is Ledger:
                outcome.result()
        raise Cut

    monkeypatch.setattr(owner, name, cutting)
