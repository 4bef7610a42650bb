"""The ledger as a whole: who may open it, and what is left after each way to fail."""

import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import ConfigError, StoreDamaged, StoreError, StoreFull
from loyaltyd.store.database import PAGE_BYTES
from loyaltyd.store.ledger import WAL_PAGES_MAX, Ledger, open_ledger
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.store.verify import verified
from tests.store.made import ANNA, KEY, confirm, confirming, edited, ledger_at, record


def head_seq(ledger: Ledger) -> int:
    return ledger.read(lambda view: view.head().seq).result()


def test_a_new_ledger_begins_a_stream_of_its_own_epoch(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "a.db") as one, ledger_at(tmp_path / "b.db") as two:
        assert (one.stream.chain, one.stream.store, one.stream.till) == ("zelenka", "msk-017", "3")
        assert one.stream.key == KEY
        assert len(one.stream.epoch) == 16
        assert one.stream.epoch != two.stream.epoch


def test_the_same_stream_goes_on_after_a_restart(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        stream = ledger.stream
        ledger.write(confirming("r1")).result()
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.stream == stream
        assert ledger.write(confirming("r2")).result() == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("chain", "other"), ("store", "spb-001"), ("till", "4"), ("key", "cd" * 32)],
)
def test_a_ledger_of_another_till_is_refused_with_both_names(
    tmp_path: Path, name: str, value: str
) -> None:
    owner = {"chain": "zelenka", "store": "msk-017", "till": "3", "key": KEY}
    open_ledger(tmp_path / "ledger.db", **owner).close()
    with pytest.raises(ConfigError, match=f"is of {name} {owner[name]}, .* say {name} {value}"):
        open_ledger(tmp_path / "ledger.db", **{**owner, name: value})


def test_a_second_daemon_on_the_file_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        with pytest.raises(StoreError, match="another loyaltyd is running on this ledger"):
            open_ledger(tmp_path / "ledger.db", chain="zelenka", store="s", till="3", key=KEY)
        assert ledger.write(confirming("r1")).result() == 1


def test_a_refused_start_lets_go_of_the_file(tmp_path: Path) -> None:
    open_ledger(tmp_path / "ledger.db", chain="c", store="s", till="3", key=KEY).close()
    for _ in range(2):
        with pytest.raises(ConfigError, match="is of chain c"), ledger_at(tmp_path / "ledger.db"):
            pass
    open_ledger(tmp_path / "ledger.db", chain="c", store="s", till="3", key=KEY).close()


def test_somebody_else_s_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    with edited(tmp_path / "ledger.db") as file:
        file.execute("CREATE TABLE shopping (item)")
    with pytest.raises(ConfigError, match="not a ledger"), ledger_at(tmp_path / "ledger.db"):
        pass
    with edited(tmp_path / "ledger.db") as file:
        assert file.execute("SELECT name FROM sqlite_schema").fetchall() == [("shopping",)]


def test_a_file_of_noise_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"noise" * 1000)
    with pytest.raises(StoreDamaged, match="not a database"), ledger_at(tmp_path / "ledger.db"):
        pass


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE record SET line = replace(line, '1040', '9040') WHERE seq = 1", 1),
        ("UPDATE record SET line = replace(line, '1040', '9040') WHERE seq = 3", 3),
        ("DELETE FROM record WHERE seq = 2", 3),
    ],
)
def test_a_broken_chain_is_found_at_start(tmp_path: Path, change: str, seq: int) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        for receipt in ("r1", "r2", "r3"):
            ledger.write(confirming(receipt)).result()
    with edited(tmp_path / "ledger.db") as file:
        file.execute(change)
    with (
        pytest.raises(StoreDamaged, match=f"chain is broken at record {seq}"),
        ledger_at(tmp_path / "ledger.db"),
    ):
        pass


def test_a_start_that_was_cut_before_the_schema_begins_again(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.write(confirming("r1")).result() == 1
    assert verified(tmp_path / "ledger.db").findings == ()


def test_an_existing_ledger_opens_without_the_migrations(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path):
        pass
    script = (
        "import sys; from pathlib import Path; from loyaltyd.store.ledger import open_ledger\n"
        f"open_ledger(Path({str(path)!r}), chain='zelenka', store='msk-017', till='3',"
        f" key={KEY!r}).close()\n"
        "print('sqlite_utils' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"False\n"


def out_of_turn(tx: Transaction) -> None:
    confirm(tx, "r2")
    tx.append(record(tx.stream, 9, "day", {}))


def twice(tx: Transaction) -> None:
    confirm(tx, "r2")
    confirm(tx, "r1")


def unreadable(tx: Transaction) -> None:
    confirm(tx, "r2")
    tx.append(record(tx.stream, 3, "day", {"postings": [{"account": ANNA}]}))


def not_a_fact(tx: Transaction) -> None:
    confirm(tx, "r2")
    confirm(tx, "r3", amount=2**63)


@pytest.mark.parametrize(
    ("work", "error"),
    [
        (out_of_turn, AssertionError),
        (twice, StoreError),
        (unreadable, KeyError),
        (not_a_fact, OverflowError),
    ],
)
def test_any_failure_rolls_all_of_the_work_back(
    tmp_path: Path, work: Callable[[Transaction], None], error: type[Exception]
) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
        with pytest.raises(error):
            ledger.write(work).result()
        assert head_seq(ledger) == 1
        assert ledger.read(lambda view: view.answer("receipt", "r2")).result() is None
        assert ledger.write(confirming("r2")).result() == 2
    assert verified(tmp_path / "ledger.db").findings == ()


def test_a_full_disk_records_nothing_and_heals(tmp_path: Path) -> None:
    def large(tx: Transaction) -> None:
        confirm(tx, "r2")
        tx.append(record(tx.stream, 3, "novelty", {"text": "x" * 2_000_000}))

    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
        (pages,) = ledger._writer.execute("PRAGMA page_count").fetchone() or (0,)
        ledger._writer.execute(f"PRAGMA max_page_count = {pages + 4}")
        for _ in range(3):
            with pytest.raises(StoreFull, match="SQLITE_FULL"):
                ledger.write(large).result()
            assert head_seq(ledger) == 1
        assert ledger.damage is None
        ledger._writer.execute("PRAGMA max_page_count = 1000000")
        ledger.write(large).result()
        assert head_seq(ledger) == 3
    assert verified(tmp_path / "ledger.db").findings == ()


def test_a_disk_turned_read_only_records_nothing_and_heals(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger._writer.execute("PRAGMA query_only = 1")
        with pytest.raises(StoreFull, match="SQLITE_READONLY"):
            ledger.write(confirming("r1")).result()
        ledger._writer.execute("PRAGMA query_only = 0")
        assert ledger.write(confirming("r1")).result() == 1


def test_a_disk_that_fails_stops_the_ledger_and_keeps_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # the write fails, nobody is killed
    with ledger_at(path) as ledger:
        ledger.write(confirming("r1")).result()
        room = (tmp_path / "ledger.db-wal").stat().st_size + 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(StoreDamaged, match=r"COMMIT \(SQLITE_IOERR"):
                ledger.write(confirming("r2")).result()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert isinstance(ledger.damage, StoreDamaged)
        for refused in (
            lambda: ledger.write(confirming("r3")),
            lambda: ledger.read(lambda view: view.head()),
            ledger.checkpoint,
        ):
            with pytest.raises(StoreDamaged, match="given up"):
                refused().result()
    assert verified(path).findings == ()
    with ledger_at(path) as ledger:
        assert ledger.read(lambda view: view.answer("receipt", "r1")).result() is not None


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal"])
def test_a_file_deleted_while_it_is_open_is_never_promised_to(tmp_path: Path, name: str) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
        (tmp_path / name).unlink()
        with pytest.raises(StoreDamaged, match="moved or deleted"):
            ledger.write(confirming("r2")).result()
        assert ledger.damage is not None


def test_a_shell_that_holds_the_write_lock_is_waited_for_and_then_said(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger._writer.execute("PRAGMA busy_timeout = 1")
        with edited(tmp_path / "ledger.db", guarded=True) as shell:
            shell.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="SQLITE_BUSY"):
                ledger.write(confirming("r1")).result()
            shell.execute("ROLLBACK")
        assert ledger.write(confirming("r1")).result() == 1


def test_a_reader_sees_one_state_while_the_writer_goes_on(tmp_path: Path) -> None:
    began, go_on = threading.Event(), threading.Event()

    with ledger_at(tmp_path / "ledger.db") as ledger:

        def reads(view: View) -> tuple[int, int]:
            first = view.head().seq
            began.set()
            go_on.wait(timeout=60)
            return first, view.head().seq

        seen = ledger.read(reads)
        began.wait(timeout=60)
        ledger.write(confirming("r1")).result()
        go_on.set()
        assert seen.result() == (0, 0)
        assert head_seq(ledger) == 1


def test_what_is_written_outside_its_transaction_is_a_bug(tmp_path: Path) -> None:
    kept: list[Transaction] = []
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(kept.append).result()
        with pytest.raises(AssertionError, match="half a receipt"):
            confirm(kept[0], "r1")
        assert head_seq(ledger) == 0


def test_a_closed_ledger_says_so_after_it_has_finished_what_it_was_given(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        written = [ledger.write(confirming(f"r{n}")) for n in range(20)]
    assert [future.result() for future in written] == list(range(1, 21))
    for refused in (lambda: ledger.write(lambda tx: tx.head()), ledger.checkpoint):
        with pytest.raises(StoreError, match="the ledger is closed"):
            refused()
    ledger.close()
    assert not (tmp_path / "ledger.db-wal").exists()


def test_the_write_ahead_log_is_bounded_without_an_idle_moment(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path) as ledger:
        small = path.stat().st_size
        for number in range(600):
            ledger.write(confirming(f"r{number}")).result()
        ledger.write(lambda tx: tx.head()).result()
        assert path.stat().st_size > small
        assert (tmp_path / "ledger.db-wal").stat().st_size < 2 * WAL_PAGES_MAX * PAGE_BYTES


def test_a_checkpoint_copies_the_log_and_a_reader_only_delays_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path) as ledger:
        ledger.checkpoint().result()
        shell = sqlite3.connect(str(path), isolation_level=None)
        shell.execute("BEGIN")
        shell.execute("SELECT count(*) FROM record").fetchone()
        ledger.write(confirming("r1")).result()
        assert ledger.checkpoint().result() > 0
        shell.close()
        assert ledger.checkpoint().result() == 0
