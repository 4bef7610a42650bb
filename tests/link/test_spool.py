"""The spool: whole files under their names, and no file of a stranger that holds anyone up."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.batch import batch_of
from loyaltyd.domain.errors import LinkError
from loyaltyd.link import spool
from loyaltyd.link.spool import ACK, REFUSAL, Box, Spool, answered, file_name, named, place_name
from tests.domain.batches import heads, lines
from tests.link.test_wire import DAY, NOON, OURS

BATCH = batch_of(OURS, heads(lines(5, of=OURS), OURS)[2], lines(5, of=OURS)[2:], (), NOON)
NAME = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}", fullmatch=True)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Spool(tmp_path / "spool").out


def hidden(box: Box) -> list[str]:
    return [path.name for path in box.folder.iterdir() if path.name.startswith(".")]


def test_a_file_is_there_whole_and_alone(box: Box) -> None:
    box.put("a", b"one")
    box.put("a", b"two")
    box.put("b", b"")
    assert box.names() == ["a", "b"]
    assert box.read("a", 100) == b"two"
    assert box.read("b", 100) == b""
    assert hidden(box) == []


def test_both_folders_are_made_for_the_group_and_what_is_put_there_too(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        made = Spool(tmp_path / "deep" / "spool")
        made.out.put("a", b"")
    finally:
        os.umask(before)
    for folder in (made.out.folder, made.into.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o2770
    assert stat.S_IMODE((made.out.folder / "a").stat().st_mode) == 0o660


def test_a_folder_that_is_there_keeps_its_modes(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o3771)
    Spool(tmp_path)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o3771


def test_who_only_visits_makes_no_folders(tmp_path: Path) -> None:
    visited = Spool(tmp_path / "not mounted", make=False)
    for use in (visited.out.names, visited.out.marks, visited.out.tidy):
        with pytest.raises(LinkError, match=r"not mounted/out: no such file or directory"):
            use()
    with pytest.raises(LinkError, match="not mounted/out: "):
        visited.out.put("a", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_put_anew_has_another_mark_and_one_left_alone_has_not(box: Box) -> None:
    box.put("a", b"one")
    first = box.marks()
    assert box.marks() == first == {"a": box.mark("a")}
    box.put("a", b"one")
    assert box.marks() != first
    box.remove("a")
    box.remove("a")
    assert box.marks() == {}
    assert box.mark("a") is None


def test_no_more_is_read_than_asked_for(box: Box) -> None:
    box.put("a", b"x" * 100)
    assert box.read("a", 10) == b"x" * 11
    assert box.read("missing", 10) is None


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("make", [fifo, link, bound, Path.mkdir])
def test_what_is_no_plain_file_is_none_and_nobody_waits_for_it(
    box: Box, make: Callable[[Path], None]
) -> None:
    make(box.folder / "a")
    assert box.read("a", 100) is None


def test_a_file_that_may_not_be_read_is_said_to_be(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root reads all: the call is made to fail."""
    real = os.open

    def fail(path: str, flags: int, **options: int) -> int:
        if path == "a":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, flags, **options)

    box.put("a", b"")
    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(LinkError, match=r"out/a: permission denied"):
        box.read("a", 100)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.ENODEV])
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_what_can_t_be_put_leaves_nothing_behind(
    box: Box, error: int, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put("a", b"before")
    monkeypatch.setattr(os, step, failing(error))
    with pytest.raises(LinkError, match=f"out: {os.strerror(error).lower()}"):
        box.put("a", b"after")
    monkeypatch.undo()
    # Its name was taken already when the folder can't be synced: then it is there, whole.
    assert box.read("a", 100) == b"before"
    assert hidden(box) == []


@pytest.mark.parametrize("error", [errno.EPERM, errno.EINVAL, errno.ENOTSUP])
@pytest.mark.parametrize("step", ["fchmod", "fsync"])
def test_a_file_system_without_modes_or_folder_syncs_will_do(
    box: Box, error: int, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, step)

    def fail(descriptor: int, *arguments: object) -> None:
        if step == "fchmod" or stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(error, os.strerror(error))
        real(descriptor, *arguments)

    monkeypatch.setattr(os, step, fail)
    box.put("a", b"there")
    assert box.read("a", 100) == b"there"


def failing(error: int) -> Callable[..., None]:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(error, os.strerror(error))

    return fail


def test_a_link_in_the_place_of_a_folder_leads_nowhere(box: Box, tmp_path: Path) -> None:
    other = Box(tmp_path / "other")
    other.make()
    other.put("a", b"theirs")
    other.put(".a.0a1b2c3d", b"theirs")
    box.folder.rename(tmp_path / "was")
    box.folder.symlink_to(other.folder)
    uses: list[Callable[[], object]] = [
        box.names,
        box.marks,
        box.tidy,
        lambda: box.remove("a"),
        lambda: box.put("b", b""),
        lambda: box.read("a", 100),
        lambda: box.mark("a"),
    ]
    for use in uses:
        with pytest.raises(LinkError, match=r"out: not a directory"):
            use()
    assert sorted(it.name for it in other.folder.iterdir()) == [".a.0a1b2c3d", "a"]


def test_drafts_are_no_files_and_are_tidied_by_who_writes_there(box: Box) -> None:
    ours, token = file_name(BATCH), "0a1b2c3d"
    drafts = (f".{ours}.{token}", f".4_{ours}.{token}", f".other.{token}")
    strangers = (".Trash-1000", f".{ours}.swp", f".{ours}")
    for name in ("x_1", *drafts, *strangers):
        (box.folder / name).write_bytes(b"half")
    assert box.names() == ["x_1"]
    box.tidy(place_name(OURS.chain, OURS.store, OURS.till))
    assert sorted(hidden(box)) == sorted([*drafts[1:], *strangers])
    box.tidy()
    assert sorted(hidden(box)) == sorted(strangers)


def test_a_writer_that_is_killed_leaves_what_tidying_knows(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(os, "fsync", kill)
    with pytest.raises(Killed):
        box.put("x_1.batch.jsonl.zst", b"half")
    assert len(hidden(box)) == 1
    box.tidy()
    assert hidden(box) == []


def test_no_more_names_are_looked_at_than_a_till_can_have(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "NAMES_MAX", 3)
    for name in "edcba":
        box.put(name, b"")
    (box.folder / ".hidden").write_bytes(b"")
    assert box.names() == ["a", "b", "c"]


def test_a_batch_is_called_by_its_records_and_a_till_day_by_its_number() -> None:
    batch, day = file_name(BATCH), file_name(replace(BATCH, day=DAY))
    assert batch.endswith("_000000000003-000000000005.batch.jsonl.zst")
    assert day.endswith("_20261205_000003.day.jsonl.zst")
    place = place_name(OURS.chain, OURS.store, OURS.till)
    for name, holds in ((batch, "records 3 to 5"), (day, "till-day 3")):
        said = named(name)
        assert said is not None
        assert (said.place, said.stream, said.holds) == (place, f"{place}{OURS.epoch}_", holds)


@given(chain=NAME, store=NAME, till=NAME)
def test_a_name_tells_its_till_whatever_characters_names_have(
    chain: str, store: str, till: str
) -> None:
    place = place_name(chain, store, till)
    said = named(f"{place}{'0a' * 8}_000000000001-000000000002.batch.jsonl.zst")
    assert said is not None
    assert said.place == place


def test_the_files_of_a_till_are_not_those_of_one_whose_name_goes_on() -> None:
    said = named("chain_store_3_4_0123456789abcdef_000000000001-000000000002.batch.jsonl.zst")
    assert said is not None
    assert said.place == "chain_store_3_4_"


@pytest.mark.parametrize(
    "name", ["", "README", "x.batch.jsonl.zst", "../../etc/passwd", file_name(BATCH) + ".tmp"]
)
def test_any_other_name_says_nothing(name: str) -> None:
    assert named(name) is None


def test_an_answer_is_named_after_the_file_it_is_for() -> None:
    assert answered(f"x{ACK}") == answered(f"x{REFUSAL}") == "x"
    assert answered("x") is None
