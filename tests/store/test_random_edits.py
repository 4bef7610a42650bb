"""Random edits of a ledger's file: each is found by verify, or it is outside what one file proves.

TAMPER_EDITS=100000 asks for so many edits instead of a thousand.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreError
from loyaltyd.store.verify import verified
from tests.store.made import edited
from tests.till.shop import PLAIN, back, bought, line, numbered, shop_at

EDITS = int(os.environ.get("TAMPER_EDITS", "1000"))
# What verify holds against the lines, by table: the columns that an edit changes.
PROVEN = {
    "stream": ("header", "chain", "store", "till", "epoch", "key"),
    "record": ("hash", "line", "type", "id", "receipt", "account", "business_date"),
    "lot": ("account", "wallet", "bucket", "amount"),
    "counter": ("account", "name", "date", "since", "amount"),
    "card": ("id", "account", "kind", "status"),
    "program": ("hash", "body"),
}
# The window: mutable beside the chain, or known only to who keeps the last hash elsewhere.
OUTSIDE = {"answer", "cursor", "day_file", "day_told", "people_change", "person"}
Change = Callable[[sqlite3.Connection, random.Random], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of receipts, returns, a cancel and cards."""
    path = tmp_path_factory.mktemp("sound") / "ledger.db"
    with shop_at(path, PLAIN) as shop:
        for number in range(12):
            goods = [line(at, f"{20 + number}.50") for at in (1, 2)]
            redeem = {"bonus": "max"} if number > 8 else {}
            card = numbered(number % 4)
            shop.confirm(bought(f"r{number}", *goods, card=card, redeem=redeem))
        shop.give_back("r3", back("b3", (1, "1")))
        shop.cancel("r4")
        shop.block(numbered(1))
        shop.link(numbered(2), card=numbered(9))
        shop.merge("t1", numbered(0), numbered(3))
    assert verified(path).findings == ()
    return path


# Tables without a rowid, by their keys.
KEYED = {"lot": "account, wallet, bucket", "counter": "account, name, date, since", "card": "id"}


def words(*parts: str) -> str:
    """SQL of names that this file holds."""
    return " ".join(parts)


def change_a_value(file: sqlite3.Connection, chance: random.Random) -> None:
    table = chance.choice(sorted(PROVEN))
    column, keys = chance.choice(PROVEN[table]), KEYED.get(table, "rowid")
    rows = file.execute(words("SELECT", keys, ",", column, "FROM", table)).fetchall()
    *key, value = chance.choice(rows)
    where = words("UPDATE", table, "SET", column, "= ? WHERE", matching(keys))
    file.execute(where, (other(value, chance), *key))


def matching(keys: str) -> str:
    return " AND ".join(f"{it} = ?" for it in keys.split(", "))


def other(value: Any, chance: random.Random) -> Any:
    """Another value of the same type."""
    if isinstance(value, int):
        return value + chance.choice((-100, -1, 1, 7, 10_000))
    if value is None:
        return "x"
    if isinstance(value, bytes):
        at = chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :]
    at = chance.randrange(len(value))
    letters = [it for it in "0123456789abcdefxyz" if it != value[at]]
    return value[:at] + chance.choice(letters) + value[at + 1 :]


def delete_a_row(file: sqlite3.Connection, chance: random.Random) -> None:
    table = chance.choice([it for it in PROVEN if it != "program"])
    key = KEYED.get(table, "rowid")
    row = chance.choice(file.execute(words("SELECT", key, "FROM", table)).fetchall())
    file.execute(words("DELETE FROM", table, "WHERE", matching(key)), row)


def swap_two_lines(file: sqlite3.Connection, chance: random.Random) -> None:
    lines = file.execute("SELECT seq, line FROM record").fetchall()
    (one, first), (two, second) = chance.sample(lines, 2)
    file.execute("UPDATE record SET line = ? WHERE seq = ?", (second, one))
    file.execute("UPDATE record SET line = ? WHERE seq = ?", (first, two))


def repeat_a_record(file: sqlite3.Connection, chance: random.Random) -> None:
    count = file.execute("SELECT max(seq) FROM record").fetchone()[0]
    file.execute(
        "INSERT INTO record SELECT ?, hash, line, type, id || 'x', receipt, account, business_date"
        " FROM record WHERE seq = ?",
        (count + 1, chance.randint(1, count)),
    )


def move_points(file: sqlite3.Connection, chance: random.Random) -> None:
    """From one lot to another: the sums stay."""
    lots = file.execute("SELECT account, wallet, bucket FROM lot WHERE amount > 0").fetchall()
    for sign, place in zip((-1, 1), chance.sample(lots, 2), strict=True):
        file.execute(
            "UPDATE lot SET amount = amount + ? WHERE account = ? AND wallet = ? AND bucket = ?",
            (sign, *place),
        )


def drop_a_guard(file: sqlite3.Connection, chance: random.Random) -> None:
    names = file.execute("SELECT type, name FROM sqlite_schema WHERE sql NOT NULL").fetchall()
    kinds = [
        (kind, name)
        for kind, name in names
        if kind in {"trigger", "index"} and "_migrations" not in name  # sqlite-utils' own
    ]
    file.execute("DROP {} {}".format(*chance.choice(kinds)))


CHANGES: tuple[Change, ...] = (
    change_a_value,
    delete_a_row,
    swap_two_lines,
    repeat_a_record,
    move_points,
    drop_a_guard,
)


def is_found(path: Path) -> bool:
    try:
        return bool(verified(path).findings)
    except StoreError:  # not even a ledger any more
        return True


def test_every_edit_of_what_the_lines_prove_is_found(sound: Path, tmp_path: Path) -> None:
    chance, path, made = random.Random(EDITS), tmp_path / "ledger.db", Counter[str]()
    while made.total() < EDITS // 2:
        shutil.copy(sound, path)
        change = chance.choice(CHANGES)
        state = chance.getstate()
        guarded = change is drop_a_guard
        try:
            with edited(path, guarded=guarded) as file:
                change(file, chance)
        except sqlite3.Error:  # the file's own rules refuse it
            continue
        assert is_found(path), (change.__name__, state)
        made[change.__name__] += 1
    assert set(made) == {it.__name__ for it in CHANGES}


def test_every_bit_of_the_file_is_proven_or_says_nothing_or_is_outside(
    sound: Path, tmp_path: Path
) -> None:
    """A byte anywhere: found, or every proven row is as it was."""
    chance, path = random.Random(EDITS + 1), tmp_path / "ledger.db"
    whole, before = sound.read_bytes(), proven(sound)
    outcomes = Counter[str]()
    for _ in range(EDITS // 2):
        place = chance.randrange(len(whole))
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << chance.randrange(8)
        path.write_bytes(spoilt)
        if is_found(path):
            outcomes["found"] += 1
        else:
            outcomes["harmless"] += 1
            assert proven(path) == before, place
    assert outcomes["found"] > outcomes.total() // 3


def proven(path: Path) -> dict[str, list[Any]]:
    """All rows of the proven columns."""
    with closing(sqlite3.connect(str(path))) as file:
        return {
            table: sorted(file.execute(words("SELECT", ",".join(columns), "FROM", table)), key=str)
            for table, columns in PROVEN.items()
        }


def test_each_table_is_proven_or_named_outside(sound: Path) -> None:
    with closing(sqlite3.connect(str(sound))) as file:
        names = {
            name
            for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if not name.startswith(("sqlite_", "_sqlite"))
        }
    assert names == {*PROVEN, *OUTSIDE}


def test_a_tail_cut_with_its_balances_is_the_window_and_the_last_hash_closes_it(
    sound: Path, tmp_path: Path
) -> None:
    """One file can't tell what it never had: who keeps its last hash elsewhere can."""
    head = verified(sound).head
    path = tmp_path / "ledger.db"
    with shop_at(path, PLAIN) as shop:
        shop.confirm(bought("r0", line(1, "20.50"), line(2, "20.50"), card=numbered(0)))
    report = verified(path)  # as an older copy of it would be
    assert report.findings == ()
    assert report.head != head


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("lot.bucket", "CAST(x'C3' AS TEXT)", "UTF-8"),
        ("stream.chain", "CAST(x'C3' AS TEXT)", "UTF-8"),
        ("record.line", "CAST(x'7BC3' AS TEXT)", "UTF-8"),
        ("program.starts", "'2026-01- 1'", "starts on no day"),
        ("counter.date", "'soon'", "soon"),
    ],
)
def test_a_value_that_no_function_can_read_is_a_finding(
    sound: Path, tmp_path: Path, column: str, value: str, told: str
) -> None:
    path = tmp_path / "ledger.db"
    shutil.copy(sound, path)
    table, _, name = column.partition(".")
    with edited(path) as file:
        file.execute(words("UPDATE", table, "SET", name, "=", value))
    try:
        found = [it.what for it in verified(path).findings]
    except StoreError as error:
        found = [str(error)]
    assert any(told in it for it in found), found
