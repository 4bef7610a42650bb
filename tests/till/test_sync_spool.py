"""A spool that others may write to, that fills up, or that is gone; and a ledger that is full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.errors import StoreError, StoreFull
from loyaltyd.link.spool import ACK, Box
from loyaltyd.store.transaction import Transaction
from tests.till.linked import Linked, linked_at


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Linked]:
    """A till with one file of one record."""
    with linked_at(tmp_path) as linked:
        linked.sell()
        linked.tick()
        assert linked.spans() == [(1, 1)]
        yield linked


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    """A link to an answer that is genuine."""
    path.symlink_to("elsewhere")


def folder(path: Path) -> None:
    path.mkdir()


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("made", [pipe, link, endless])
def test_what_is_no_plain_file_is_not_opened_and_goes_away(
    till: Linked, made: Callable[[Path], None]
) -> None:
    answer = till.acknowledge(1)
    for name in till.into.names():
        till.into.remove(name)
    (till.into.folder.parent / "elsewhere").write_bytes(answer)
    made(till.into.folder / f"a{ACK}")
    state = till.tick()
    assert (till.cursor, state.strange, till.into.names()) == (0, 1, [])


def test_a_courier_that_puts_a_link_for_in_empties_no_other_folder(
    till: Linked, tmp_path: Path
) -> None:
    till.sell(3)
    till.tick(60.0)
    before = sorted(tmp_path.iterdir())
    (till.spool / "in").rename(till.spool / "was")
    (till.spool / "in").symlink_to(tmp_path)
    assert "in: not a directory" in till.tick().trouble
    assert sorted(tmp_path.iterdir()) == before
    till.sell(1)


def test_a_folder_among_the_answers_is_a_trouble_and_holds_nothing_up(till: Linked) -> None:
    folder(till.into.folder / f"0{ACK}")
    till.acknowledge(1)
    till.sell()
    state = till.tick(30)
    assert "is a directory" in state.trouble
    assert (till.cursor, till.spans()) == (1, [(2, 2)])
    (till.into.folder / f"0{ACK}").rmdir()
    assert till.tick().trouble == ""


def test_of_ten_thousand_answers_a_look_takes_some_and_the_rest_later(till: Linked) -> None:
    for number in range(250):
        (till.into.folder / f"{number:05}").write_bytes(b"noise")
    assert [till.tick().strange for _ in range(4)] == [100, 200, 250, 250]


@pytest.mark.parametrize(
    "name",
    [
        "readme.txt",
        "zelenka_msk-017_4_{epoch}_000000000002-000000000003.batch.jsonl.zst",
        "zelenka_msk-017_3_{epoch}_000000000002-999999999999.batch.jsonl.zst",
        "zelenka_msk-017_3_{epoch}_000000000001-000000000002.batch.jsonl",
        "zelenka_msk-017_3_0123456789abcdef_000000000001-000000000002.batch.jsonl.zst",
        ".zelenka_msk-017_3_{epoch}_000000000002-000000000002.batch.jsonl.zst",
    ],
)
def test_a_strange_name_in_out_hides_no_record(till: Linked, name: str) -> None:
    till.sell()
    till.acknowledge(1)
    (till.out.folder / name.format(epoch=till.ledger.stream.epoch)).write_bytes(b"")
    till.tick(4000)
    wanted = f"_{till.ledger.stream.epoch}_000000000002-000000000002.batch.jsonl.zst"
    assert any(it.endswith(wanted) for it in till.out.names())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_spool_is_a_trouble_that_heals_by_itself(tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "spool").symlink_to(small_disk)
    with linked_at(tmp_path) as till:
        ballast = small_disk / "ballast"
        till.tick()
        _fill(ballast)
        till.sell()
        state = till.tick(30)
        assert "no space left on device" in state.trouble
        assert state.waiting == 1
        assert [name for name in till.out.names() if "1-000000000001" in name] == []
        ballast.unlink()
        assert till.tick(29).trouble == ""  # each try costs as much as a file
        assert till.spans() == [(1, 0)]
        till.tick(1)
        assert till.spans() == [(1, 1)]


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 1024)
        except OSError:
            return


def test_a_spool_that_can_not_be_made_is_a_trouble_and_the_till_sells_on(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where a folder should be")
    with linked_at(tmp_path) as till:
        till.sell()
        state = till.tick()
        assert "not a directory" in state.trouble or "file exists" in state.trouble
        assert state.waiting == 1
        (tmp_path / "spool").unlink()
        assert till.tick(30).trouble == ""
        assert till.spans() == [(1, 1)]


def test_a_cursor_that_a_full_disk_did_not_take_moves_at_the_next_look(
    till: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("the disk is full")

    till.acknowledge(1)
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "keep_acked", full)
        state = till.tick()
    assert state.trouble == "the disk is full"
    assert (till.cursor, till.spans(), len(till.into.names())) == (0, [(1, 1)], 1)
    assert till.tick().trouble == ""
    assert (till.cursor, till.spans(), till.into.names()) == (1, [], [])


@pytest.mark.parametrize("removals", [0, 1])
def test_a_till_killed_after_its_cursor_moved_ends_at_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removals: int
) -> None:
    """Before any file went away, and between the file of records and the answer to it."""

    def killed(box: Box, name: str) -> None:
        if len(gone) == removals:
            raise KeyboardInterrupt
        gone.append(name)
        remove(box, name)

    gone: list[str] = []
    remove = Box.remove
    with linked_at(tmp_path) as till:
        till.sell(2)
        till.tick()
        till.acknowledge(2, file=till.out.names()[0])
        monkeypatch.setattr(Box, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            till.tick()
        monkeypatch.undo()
        assert till.cursor == 2
    with linked_at(tmp_path) as till:
        state = till.tick()
        assert (till.cursor, till.into.names(), state.waiting) == (2, [], 0)
        assert till.spans() in ([], [(3, 2)])


def test_a_look_after_the_ledger_was_closed_is_an_error_and_no_hang(till: Linked) -> None:
    till.ledger.close()
    with pytest.raises(StoreError, match="closed"):
        till.tick()
