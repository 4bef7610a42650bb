"""Till-days outlive the spool: until headquarters has that very file, each is put back there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from loyaltyd.domain.batch import BatchReason, BatchRefusal, Refused
from loyaltyd.link.signatures import signature
from loyaltyd.link.spool import DAY, REFUSAL, Box
from loyaltyd.link.wire import FILE_BYTES_MAX, file_hash, refusal_bytes
from loyaltyd.store.days import DayFile
from loyaltyd.till import day_copies
from tests.roundtrip.fuse import Fuse, wired
from tests.till.nights import nights_at, saturday, sunday
from tests.till.road import Road, road_at

TOUCHES_MAX = 12  # of the disk in one look


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    """A till with one till-day of three records, which nobody has carried yet."""
    with road_at(tmp_path) as found:
        saturday(found.nights.shop)
        found.nights.export()
        found.tick()
        yield found


def copies(road: Road) -> Box:
    return Box(road.nights.shop.till.ledger.path.parent / "days")


def bytes_of(road: Road) -> dict[str, bytes]:
    """The till-days in `out/`."""
    return {name: (road.spool.out.folder / name).read_bytes() for name in road.days()}


def day(road: Road, number: int = 1) -> DayFile:
    found = road.nights.shop.till.ledger.read(lambda view: view.day(number)).result()
    assert found is not None
    return found


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def flipped(path: Path) -> None:
    """As long as before."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])


def grown(path: Path) -> None:
    path.write_bytes(bytes(FILE_BYTES_MAX + 1))


def a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


SPOILT = [Path.unlink, emptied, cut, flipped, grown, a_link, a_pipe]


@pytest.mark.parametrize("spoil", SPOILT)
def test_what_was_spoilt_in_the_spool_is_there_again_as_it_was_made(
    road: Road, spoil: Callable[[Path], None]
) -> None:
    made = bytes_of(road)
    (name,) = made
    spoil(road.spool.out.folder / name)
    assert road.tick().trouble == ""
    assert bytes_of(road) == made
    road.carry()
    assert road.tick().files == 0
    assert road.verdicts() == [(1, "right")]


def test_an_emptied_till_day_does_not_keep_the_link_down(road: Road) -> None:
    road.carry()
    (name,) = road.days()
    emptied(road.spool.out.folder / name)
    road.tick()
    road.carry()
    for _ in range(5):
        state = road.tick()
    assert (state.up, state.waiting) == (True, 0)


def test_a_till_day_is_put_back_after_a_restart_without_an_export(tmp_path: Path) -> None:
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        nights.export()
        (made,) = nights.files()
        nights.out.remove(nights.out.names()[0])
    with road_at(tmp_path) as road:
        road.tick()
        assert list(bytes_of(road).values()) == [made]


def test_the_copy_goes_with_the_answer_and_nothing_comes_back(road: Road) -> None:
    road.carry(DAY)
    road.tick()
    assert (copies(road).names(), road.spool.out.names()) == ([], [])
    assert day(road).is_told
    road.tick()
    assert road.spool.out.names() == []


@pytest.mark.parametrize("spoil", SPOILT)
def test_an_answer_counts_also_when_its_file_is_no_more(
    road: Road, spoil: Callable[[Path], None]
) -> None:
    (name,) = road.days()
    road.carry(DAY)
    spoil(road.spool.out.folder / name)
    road.tick()
    assert day(road).is_told
    assert (copies(road).names(), road.days()) == ([], [])


def test_the_answer_to_a_batch_of_the_same_records_leaves_the_copy(road: Road) -> None:
    road.carry(".batch.jsonl.zst")
    assert road.tick().acked == 3
    assert not day(road).is_told
    assert copies(road).names() == road.days() != []


@pytest.mark.parametrize("reason", [BatchReason.ALTERED, BatchReason.FORK, BatchReason.TOO_LARGE])
def test_a_refusal_leaves_copy_and_file(road: Road, reason: BatchReason) -> None:
    made = bytes_of(road)
    ((name, data),) = made.items()
    refusal = BatchRefusal(reason=reason, detail="as a test wants it")
    refused = Refused(file=file_hash(data), refusal=refusal, at=road.nights.shop.clock())
    road.spool.into.put(name + REFUSAL, refusal_bytes(refused, partial(signature, road.hq.key)))
    mark = road.spool.out.mark(name)
    assert road.tick().trouble.startswith(reason)
    assert bytes_of(road) == made
    assert copies(road).names() == [name]
    assert road.spool.out.mark(name) == mark  # a new file would be carried without a pause


def test_a_bit_that_flips_unseen_is_found_when_headquarters_refuses_it(road: Road) -> None:
    made = bytes_of(road)
    ((name, data),) = made.items()
    path = road.spool.out.folder / name
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    with path.open("r+b") as file:
        file.seek(len(data) - 1)
        file.write(bytes([data[-1] ^ 255]))
    os.utime(path, ns=times)
    road.tick()
    assert bytes_of(road) != made  # nothing of its name, size and time tells
    road.carry(DAY)
    road.tick()
    assert bytes_of(road) == made


def test_what_was_answered_and_comes_back_is_removed(road: Road) -> None:
    ((name, data),) = bytes_of(road).items()
    road.carry(DAY)
    road.tick()
    for there in (data, b"another", b""):
        road.spool.out.put(name, there)
        copies(road).put(name, there)
        assert road.tick().files == 0
        assert (copies(road).names(), road.days()) == ([], [])


def test_a_till_day_that_this_ledger_never_made_is_left_alone(road: Road) -> None:
    (name,) = road.days()
    others = [
        name.replace("000001.day", "000002.day"),
        name.replace("20261205", "20261204"),
        name.replace("0123456789abcdef", "fedcba9876543210"),
    ]
    for other in others:
        road.spool.out.put(other, b"of another copy of the ledger")
    road.tick()
    assert set(others) <= set(road.days())


def test_a_spoilt_copy_takes_nothing_right_away(road: Road) -> None:
    made = bytes_of(road)
    (name,) = made
    copies(road).put(name, b"spoilt")
    road.tick()
    assert bytes_of(road) == made


def test_where_both_are_spoilt_nothing_false_is_carried(road: Road) -> None:
    (name,) = road.days()
    copies(road).put(name, b"spoilt")
    road.spool.out.put(name, b"spoilt too")
    assert road.tick().trouble == ""
    assert road.days() == []


def test_a_folder_in_the_place_of_one_holds_up_no_other(road: Road) -> None:
    road.nights.sleep()
    road.nights.export()
    made = bytes_of(road)
    first, second = sorted(made)
    for name in made:
        road.spool.out.remove(name)
    (road.spool.out.folder / first).mkdir()
    assert "is a directory" in road.tick().trouble
    assert road.spool.out.read(second, FILE_BYTES_MAX) == made[second]
    (road.spool.out.folder / first).rmdir()
    assert road.tick().trouble == ""
    assert bytes_of(road) == made


def test_a_look_reads_a_till_day_only_when_something_has_changed(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(box: Box, name: str, limit: int) -> bytes | None:
        seen.append(name)
        return read(box, name, limit)

    seen: list[str] = []
    read = Box.read
    monkeypatch.setattr(Box, "read", told)
    for _ in range(5):
        road.tick()
    assert seen == []


def test_so_many_are_looked_into_at_a_time(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        road.nights.sleep()
        road.nights.export()
    made = bytes_of(road)
    for name in made:
        road.spool.out.remove(name)
    monkeypatch.setattr(day_copies, "AT_ONCE", 2)
    assert [(road.tick(), len(road.days()))[1] for _ in range(4)] == [2, 4, 5, 5]
    assert bytes_of(road) == made


def test_what_a_till_wrote_before_it_had_a_link_goes_up_with_it(tmp_path: Path) -> None:
    with nights_at(tmp_path, link=False) as nights:
        for trade in (saturday, sunday):
            trade(nights.shop)
            nights.export()
            nights.sleep()
        made = nights.files()
    with road_at(tmp_path) as road:
        road.tick()
        assert list(bytes_of(road).values()) == made
        road.carry()
        road.tick()
        assert road.verdicts() == [(1, "right"), (2, "right")]
        assert copies(road).names() == []


@pytest.mark.parametrize("touches", range(TOUCHES_MAX))
def test_wherever_the_power_goes_a_till_day_that_was_taken_comes_back_and_is_answered_once(
    tmp_path: Path, touches: int
) -> None:
    """It goes twice: while the till-day is put back, and while its answer is followed."""
    with nights_at(tmp_path) as nights:
        saturday(nights.shop)
        nights.export()
        (made,) = nights.files()
        nights.out.remove(nights.out.names()[0])
    with road_at(tmp_path) as road, wired(Fuse()) as fuse:
        fuse.survived(road.tick, touches)
    with road_at(tmp_path) as road:
        road.tick()
        assert list(bytes_of(road).values()) == [made]
        road.carry()
        with wired(Fuse()) as fuse:
            fuse.survived(road.tick, touches)
    with road_at(tmp_path) as road:
        road.tick()
        assert (road.days(), copies(road).names(), day(road).is_told) == ([], [], True)
        assert road.verdicts() == [(1, "right")]
