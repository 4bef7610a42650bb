"""A till's daemon, its couriers, a stick and headquarters: real processes that meet misfortune."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from loyaltyd.link.spool import BATCH, DAY, Spool
from loyaltyd.link.wire import FILE_BYTES_MAX, file_hash
from loyaltyd.store import database
from loyaltyd.store.verify import verified
from tests.cli.commands import told
from tests.courier.courier_process import Courier, until
from tests.daemon.daemon_process import ANNA, BORIS, Answer, Caller, Daemon, Lane, basket, made_lane
from tests.hq.invariants import faults, held
from tests.hq.lanes import spoilt
from tests.roundtrip.hq_serve import HqServe, Office, office_at

RECEIPTS, PORTIONS = 500, 10
LIVES = 8 if os.environ.get("CI") == "true" else 5
FILES_A_LIFE = 3  # at most, before a courier is killed
BAD = {"unreadable", "altered", "signature_invalid", "chain_broken", "record_invalid", "too_large"}

Files = Mapping[str, bytes]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return office_at(tmp_path / "hq")


@pytest.fixture
def lane(tmp_path: Path, office: Office) -> Iterator[Lane]:
    """A till whose daemon runs; headquarters trusts it, knows its program, and is away."""
    made = made_lane(tmp_path / "lane")
    (made.folder / "hq.pub").write_text(told("hq", "pub", "--folder", office.folder).stdout)
    with made.config.open("a") as config:
        config.write(f'[link]\nfolder = "spool"\nhq_key = "hq.pub"\nurl = "{office.url}"\n')
        config.write('every = "1s"\n')
    with Daemon(made).answering() as daemon:
        public = made.folder / "till.pub"
        public.write_text(told("identity", "--config", made.config).stdout)
        for words in (("trust", public), ("program", made.folder / "program.toml")):
            command, file = words
            assert told("hq", command, "--folder", office.folder, file).exit_code == 0
        yield made
        assert daemon.stop() == 0


def test_500_receipts_of_a_till_that_was_cut_off_are_at_headquarters_once_and_in_order(
    lane: Lane, office: Office, tmp_path: Path
) -> None:
    chance, bad = random.Random(), dict[str, bytes]()
    with Caller(lane.port) as till:
        files = sold_while_cut_off(lane, till)
        bad |= imported(office, tmp_path, files, chance)
        for life in range(LIVES):
            with HqServe(office) as hq, Courier(lane.config) as courier:
                until_some_are_carried(courier, lambda: is_drained(lane, till), chance)
                (hq if life % 3 == 2 else courier).process.kill()
                bad |= imported(office, tmp_path, files, chance)
        with HqServe(office) as hq, Courier(lane.config):
            until(lambda: is_drained(lane, till), "all that waits is acknowledged")
            assert hq.stop() == 0
    assert told("hq", "import", "--folder", office.folder, *days_of(tmp_path, files)).exit_code == 0
    check_books(office, lane)
    check_aside(office, bad)


def sold_while_cut_off(lane: Lane, till: Caller) -> list[Files]:
    """Sell all receipts; the files of each portion, from which somebody takes the batches away.

    So there are many files of the same records: batches that overlap, and till-days that don't.
    """
    files, out = list[Files](), Spool(lane.folder / "spool").out
    for portion in range(PORTIONS):
        for number in range(RECEIPTS // PORTIONS):
            card = (ANNA, BORIS)[number % 2]
            status, answer = till.tell("/v1/receipts", basket(f"r-{portion}-{number}", card))
            assert status == 201, answer
        assert told("export", "--config", lane.config).exit_code == 0
        until(lambda: any(it.endswith(BATCH) for it in out.names()), "a batch")
        files.append({name: out.read(name, FILE_BYTES_MAX) or b"" for name in out.names()})
        for name in files[-1]:
            if name.endswith(BATCH):
                out.remove(name)
    assert sum(name.endswith(DAY) for name in out.names()) == PORTIONS
    return files


def imported(office: Office, folder: Path, files: list[Files], chance: random.Random) -> Files:
    """Bring files by hand, in any order, one of them twice, one with a flipped bit: the bad one.

    None of the later portions: something must be left for couriers.
    """
    early = {name: data for portion in files[: PORTIONS // 3] for name, data in portion.items()}
    names = chance.sample(sorted(early), len(early) // 2)
    early["flipped"] = flipped(early[names[0]], chance)
    paths = [written(folder, name, early[name]) for name in ("flipped", *names, names[-1])]
    result = told("hq", "import", "--folder", office.folder, *paths)
    assert result.exit_code == 1
    reasons = [it.split("  ")[0] for it in result.stdout.splitlines() if it.endswith("flipped")]
    assert set(reasons) <= BAD
    return {file_hash(early["flipped"]): early["flipped"]}


def flipped(data: bytes, chance: random.Random) -> bytes:
    """The file with another bit; not one of the few in zstd's frame that say nothing."""
    while True:
        if (found := spoilt(data, chance.randrange(len(data)), chance.randrange(8))) is not None:
            return found


def days_of(folder: Path, files: list[Files]) -> list[Path]:
    """All till-days, which come once more."""
    days = {name: it for found in files for name, it in found.items() if name.endswith(DAY)}
    return [written(folder, name, data) for name, data in days.items()]


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def until_some_are_carried(
    courier: Courier, is_over: Callable[[], bool], chance: random.Random
) -> None:
    """Wait until some files are answered, of which the daemon need not know yet."""
    enough = courier.events().count("acknowledged") + chance.randint(1, FILES_A_LIFE)
    until(lambda: courier.events().count("acknowledged") >= enough or is_over(), "a few files")


def is_drained(lane: Lane, till: Caller) -> bool:
    link: Answer = till.ask("/v1/status")[1]["link"]
    return not link["waiting"] and not Spool(lane.folder / "spool").out.names()


def check_books(office: Office, lane: Lane) -> None:
    """Headquarters has the till's records once and in order, its totals and its state."""
    report = verified(lane.ledger)
    assert report.findings == ()
    with closing(database.reader(lane.ledger)) as ledger:
        lines = [line for (line,) in ledger.execute("SELECT line FROM record ORDER BY seq")]
    assert sum('"type":"receipt"' in line for line in lines) == RECEIPTS
    assert held(office.folder, report.stream) == report.head
    assert faults(office.folder, {report.stream: lines}) == []
    with closing(database.reader(office.folder / "hq.db")) as books:
        days = books.execute("SELECT number, verdict FROM day ORDER BY number").fetchall()
        assert books.execute("SELECT * FROM difference").fetchall() == []
    assert days == [(number, "right") for number in range(1, PORTIONS + 1)]


def check_aside(office: Office, bad: Files) -> None:
    """Each bad file was refused with a reason, and lies aside whole."""
    with closing(database.reader(office.folder / "hq.db")) as books:
        reasons: dict[str, str] = dict(iter(books.execute("SELECT file, reason FROM refused")))
    for file, data in bad.items():
        assert reasons[file] in BAD
        assert (office.folder / "aside" / file).read_bytes() == data
