"""The two ways of a spool's files: what goes up, what comes back, and what is never lost."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.errors import LinkError
from loyaltyd.link.carrying import ByFolder, ByLine, Carried, Fate
from loyaltyd.link.client import Client
from loyaltyd.link.spool import ACK, REFUSAL, Spool
from loyaltyd.link.wire import ANSWER_BYTES_MAX, FILE_BYTES_MAX
from tests.link.peers import ACKED, REFUSED, Peer, Recorder, response

PLACE = "zelenka_msk-017_3_"
STREAM, OTHER = f"{PLACE}{'0a' * 8}_", f"{PLACE}{'0b' * 8}_"
AGAIN_S = 300.0


def batch(first: int, last: int, stream: str = STREAM) -> str:
    return f"{stream}{first:012}-{last:012}.batch.jsonl.zst"


FIRST, SECOND, THIRD = batch(1, 2), batch(3, 4), batch(5, 6)
TILL_DAY = f"{STREAM}20261205_000001.day.jsonl.zst"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def acknowledged(*names: str) -> list[Carried]:
    return [Carried(name, Fate.ACKNOWLEDGED) for name in names]


# By line


class Hours:
    """A clock that stands until it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextlib.contextmanager
def line(
    spool: Spool, answer: Callable[[bytes], bytes] | None = None
) -> Iterator[tuple[ByLine, Recorder, Hours]]:
    recorder, clock = Recorder() if answer is None else Recorder(answer), Hours()
    with Peer(recorder) as peer:
        way = ByLine(spool=spool, client=Client(peer.url), again_s=AGAIN_S, monotonic=clock)
        yield way, recorder, clock


def test_files_go_up_in_the_order_of_names_and_answers_come_down_beside(spool: Spool) -> None:
    for name in (THIRD, FIRST, TILL_DAY, SECOND):
        spool.out.put(name, name.encode())
    with line(spool) as (way, recorder, _):
        assert list(way.round()) == acknowledged(FIRST, SECOND, THIRD, TILL_DAY)
    assert recorder.bodies == [it.encode() for it in (FIRST, SECOND, THIRD, TILL_DAY)]
    assert spool.into.names() == sorted(f"{name}{ACK}" for name in (FIRST, SECOND, THIRD, TILL_DAY))
    assert spool.into.read(FIRST + ACK, 100) == ACKED


def test_a_round_deletes_nothing_of_what_goes_up(spool: Spool) -> None:
    spool.out.put(FIRST, b"1")
    with line(spool) as (way, _, _):
        list(way.round())
    assert spool.out.names() == [FIRST]


def test_what_was_answered_is_not_sent_again_while_it_lies_there_until_its_time(
    spool: Spool,
) -> None:
    spool.out.put(FIRST, b"1")
    with line(spool) as (way, recorder, clock):
        list(way.round())
        spool.into.remove(FIRST + ACK)
        clock.now += AGAIN_S - 1
        assert list(way.round()) == []
        clock.now += 1
        assert list(way.round()) == acknowledged(FIRST)
        assert spool.into.names() == [FIRST + ACK]
    assert len(recorder.bodies) == 2


def test_a_file_that_was_made_anew_is_sent_at_once(spool: Spool) -> None:
    spool.out.put(FIRST, b"1")
    with line(spool) as (way, recorder, _):
        list(way.round())
        spool.out.put(FIRST, b"2")
        assert list(way.round()) == acknowledged(FIRST)
    assert recorder.bodies == [b"1", b"2"]


def test_what_has_gone_is_forgotten(spool: Spool) -> None:
    spool.out.put(FIRST, b"1")
    with line(spool) as (way, _, _):
        list(way.round())
        spool.out.remove(FIRST)
        list(way.round())
        assert way._answered == {}


def test_a_refused_file_holds_up_no_other(spool: Spool) -> None:
    for name in (FIRST, SECOND):
        spool.out.put(name, name.encode())
    answers = {FIRST.encode(): response(422, REFUSED), SECOND.encode(): response(200, ACKED)}
    with line(spool, lambda body: answers[body]) as (way, _, _):
        assert list(way.round()) == [Carried(FIRST, Fate.REFUSED), *acknowledged(SECOND)]
    assert spool.into.names() == [FIRST + REFUSAL, SECOND + ACK]
    assert spool.into.read(FIRST + REFUSAL, 100) == REFUSED


def test_after_a_gap_the_rest_of_that_stream_waits_for_another_round(spool: Spool) -> None:
    others = batch(1, 2, OTHER)
    for name in (FIRST, SECOND, THIRD, others):
        spool.out.put(name, name.encode())
    gaps = {FIRST.encode()}

    def answer(body: bytes) -> bytes:
        return response(409, REFUSED) if body in gaps else response(200, ACKED)

    with line(spool, answer) as (way, _, _):
        assert list(way.round()) == [Carried(FIRST, Fate.REFUSED), *acknowledged(others)]
        assert list(way.round()) == acknowledged(SECOND, THIRD)


def test_one_connection_is_made_a_round_and_none_where_nothing_waits(spool: Spool) -> None:
    recorder = Recorder()
    with Peer(recorder) as peer:
        way = ByLine(spool=spool, client=Client(peer.url), again_s=0.0, monotonic=Hours())
        assert list(way.round()) == []
        assert peer.connections == 0
        for name in (FIRST, SECOND, THIRD):
            spool.out.put(name, b"x")
        for rounds in (1, 2):
            assert len(list(way.round())) == 3
            assert peer.connections == rounds


def test_a_line_that_breaks_ends_the_round_and_what_was_answered_stays_answered(
    spool: Spool,
) -> None:
    for name in (FIRST, SECOND, THIRD):
        spool.out.put(name, name.encode())
    up = {FIRST.encode()}

    def answer(body: bytes) -> bytes:
        return response(200, ACKED) if body in up else response(502, b"", "text/html")

    with line(spool, answer) as (way, recorder, _):
        carried = way.round()
        assert next(carried) == Carried(FIRST, Fate.ACKNOWLEDGED)
        with pytest.raises(LinkError, match="answered 502"):
            next(carried)
        up |= {SECOND.encode(), THIRD.encode()}
        assert list(way.round()) == acknowledged(SECOND, THIRD)
    assert recorder.bodies == [it.encode() for it in (FIRST, SECOND, SECOND, THIRD)]


def test_an_answer_that_can_t_be_kept_is_asked_for_again(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    spool.out.put(FIRST, b"1")
    with line(spool) as (way, _, _):
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(LinkError, match="no space left on device"):
            list(way.round())
        monkeypatch.undo()
        assert list(way.round()) == acknowledged(FIRST)


def test_what_no_daemon_has_put_there_is_not_sent(spool: Spool) -> None:
    spool.out.put("README", b"hello")
    spool.out.put(FIRST, b"x" * (FILE_BYTES_MAX + 1))
    spool.out.put(SECOND, b"")
    os.mkfifo(spool.out.folder / THIRD)
    (spool.out.folder / batch(7, 8)).symlink_to("/etc/passwd")
    (spool.out.folder / batch(9, 9)).mkdir()
    with line(spool) as (way, recorder, _):
        assert list(way.round()) == []
    assert recorder.requests == []


# By folder


@pytest.fixture
def stick(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "stick")


@pytest.fixture
def way(spool: Spool, stick: Spool) -> ByFolder:
    return ByFolder(spool=spool, folder=stick, place=PLACE)


def copied(*names: str) -> list[Carried]:
    return [Carried(name, Fate.COPIED) for name in names]


def test_files_are_copied_to_the_folder_once_and_stay_in_the_spool(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    for name in (FIRST, SECOND):
        spool.out.put(name, name.encode())
    assert list(way.round()) == copied(FIRST, SECOND)
    assert list(way.round()) == []
    assert stick.out.read(FIRST, 100) == FIRST.encode()
    assert spool.out.names() == [FIRST, SECOND]


def test_what_is_there_already_is_not_written_again_by_another_courier(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    spool.out.put(FIRST, b"1")
    list(way.round())
    before = stick.out.mark(FIRST)
    assert list(ByFolder(spool=spool, folder=stick, place=PLACE).round()) == []
    assert stick.out.mark(FIRST) == before


def test_what_was_made_anew_or_damaged_or_lost_on_the_stick_is_copied_again(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    spool.out.put(FIRST, b"1")
    list(way.round())
    spool.out.put(FIRST, b"2")
    assert list(way.round()) == copied(FIRST)
    (stick.out.folder / FIRST).write_bytes(b"damaged")
    assert list(way.round()) == copied(FIRST)
    stick.out.remove(FIRST)
    assert list(way.round()) == copied(FIRST)
    assert stick.out.read(FIRST, 100) == b"2"


def test_another_stick_in_its_place_is_filled_too(
    spool: Spool, stick: Spool, way: ByFolder, tmp_path: Path
) -> None:
    spool.out.put(FIRST, b"1")
    list(way.round())
    stick.out.folder.parent.rename(tmp_path / "pulled")
    with pytest.raises(LinkError, match="stick/out: no such file or directory"):
        list(way.round())
    Spool(tmp_path / "stick")
    assert list(way.round()) == copied(FIRST)


def test_an_answer_comes_into_the_spool_and_takes_what_it_acknowledges_off_the_stick(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    for name in (FIRST, SECOND):
        spool.out.put(name, b"1")
    list(way.round())
    stick.into.put(FIRST + ACK, ACKED)
    assert list(way.round()) == acknowledged(FIRST)
    assert spool.into.read(FIRST + ACK, 100) == ACKED
    assert (stick.into.names(), stick.out.names()) == ([], [SECOND])
    assert spool.out.names() == [FIRST, SECOND]  # the daemon's own


def test_a_refused_file_stays_on_the_stick_for_the_day_it_is_trusted(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    spool.out.put(FIRST, b"1")
    list(way.round())
    stick.into.put(FIRST + REFUSAL, REFUSED)
    assert list(way.round()) == [Carried(FIRST, Fate.REFUSED)]
    assert spool.into.read(FIRST + REFUSAL, 100) == REFUSED
    assert (stick.into.names(), stick.out.names()) == ([], [FIRST])


def test_a_file_that_rotted_on_the_stick_and_was_refused_is_copied_again(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    spool.out.put(FIRST, b"one")
    list(way.round())
    state = (stick.out.folder / FIRST).stat()
    (stick.out.folder / FIRST).write_bytes(b"0ne")
    os.utime(stick.out.folder / FIRST, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert list(way.round()) == []  # nothing tells
    stick.into.put(FIRST + REFUSAL, REFUSED)
    assert list(way.round()) == [Carried(FIRST, Fate.REFUSED), *copied(FIRST)]
    assert stick.out.read(FIRST, 100) == b"one"


def test_many_tills_share_a_folder_and_each_takes_its_own_answers(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    neighbour = batch(1, 2, f"zelenka_msk-017_3_4_{'0a' * 8}_")
    for name in (FIRST + ACK, neighbour + ACK, neighbour + REFUSAL):
        stick.into.put(name, ACKED)
    stick.out.put(neighbour, b"theirs")
    (stick.out.folder / f".{neighbour}.0a1b2c3d").write_bytes(b"being written")
    assert list(way.round()) == acknowledged(FIRST)
    assert spool.into.names() == [FIRST + ACK]
    assert stick.into.names() == [neighbour + ACK, neighbour + REFUSAL]
    assert len(list(stick.out.folder.iterdir())) == 2


def test_what_is_no_answer_of_headquarters_stays_where_it_is(
    spool: Spool, stick: Spool, way: ByFolder
) -> None:
    stick.into.put("README", b"hello")
    stick.into.put(FIRST, b"not an answer's name")
    stick.into.put(FIRST + ACK, b"x" * (ANSWER_BYTES_MAX + 1))
    os.mkfifo(stick.into.folder / (SECOND + ACK))
    assert list(way.round()) == []
    assert spool.into.names() == []


def test_an_answer_leaves_the_stick_only_when_it_is_safe(
    spool: Spool, stick: Spool, way: ByFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stick.out.put(FIRST, b"1")
    stick.into.put(FIRST + ACK, ACKED)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LinkError, match="no space left on device"):
        list(way.round())
    assert (stick.out.names(), stick.into.names()) == ([FIRST], [FIRST + ACK])


def test_a_stick_that_was_pulled_in_the_middle_has_no_half_file_under_a_name(
    spool: Spool, stick: Spool, way: ByFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pulled(BaseException):
        pass

    def pull(*_: object) -> None:
        raise Pulled

    spool.out.put(FIRST, b"1")
    monkeypatch.setattr(os, "fsync", pull)
    with pytest.raises(Pulled):
        list(way.round())
    monkeypatch.undo()
    assert stick.out.names() == []
    assert list(way.round()) == copied(FIRST)
    assert [path.name for path in stick.out.folder.iterdir()] == [FIRST]


def test_a_folder_that_is_not_laid_out_is_left_as_it_is(spool: Spool, tmp_path: Path) -> None:
    """A mount point without its stick is an empty folder too."""
    (tmp_path / "mnt").mkdir()
    spool.out.put(FIRST, b"1")
    way = ByFolder(spool=spool, folder=Spool(tmp_path / "mnt", make=False), place=PLACE)
    with pytest.raises(LinkError, match="no such file or directory"):
        list(way.round())
    assert list((tmp_path / "mnt").iterdir()) == []


def test_by_line_and_by_stick_at_once_is_fine(spool: Spool, stick: Spool, way: ByFolder) -> None:
    spool.out.put(FIRST, b"1")
    with line(spool) as (up, _, _):
        list(way.round())
        list(up.round())
        stick.into.put(FIRST + ACK, ACKED)
        assert list(way.round()) == acknowledged(FIRST)
    assert spool.into.names() == [FIRST + ACK]
