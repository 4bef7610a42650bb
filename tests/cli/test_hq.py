from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.link.spool import Spool, file_name
from loyaltyd.link.wire import public_line
from tests.cli.commands import told
from tests.hq.lanes import TEXT, Lane, lane_at


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"), receipts=4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hq"


def put(folder: Path, lane: Lane, first: int, last: int) -> Path:
    batch = lane.batch(first, last)
    Spool(folder).out.put(file_name(batch), lane.signed(batch))
    return folder


def test_a_sticks_way_from_the_till_to_the_books(lane: Lane, tmp_path: Path, folder: Path) -> None:
    stick = put(tmp_path / "stick", lane, 1, 4)
    result = told("hq", "import", "--folder", folder, stick)
    assert (result.exit_code, result.output.split()[0]) == (1, "till_unknown")
    result = told("hq", "trust", "--folder", folder, lane.public(tmp_path))
    assert result.output == f"OK  zelenka msk-017-3  key {lane.stream.key}\n"
    result = told("hq", "import", "--folder", folder, stick)
    assert (result.exit_code, result.output.split()[0]) == (0, "OK")
    result = told("hq", "status", "--folder", folder)
    assert result.exit_code == 1, result.output
    program = tmp_path / "program.toml"
    program.write_text(TEXT, "utf-8")
    for known in ("", "  known already"):
        result = told("hq", "program", "--folder", folder, program)
        assert result.exit_code == 0
        assert result.output.endswith(f"{known}\n")
    told("hq", "import", "--folder", folder, stick)  # it runs what waits
    result = told("hq", "status", "--folder", folder)
    assert result.exit_code == 0, result.output
    assert "complete" in result.output
    assert lane.stream.epoch in result.output


def test_no_name_on_a_stick_or_in_a_line_moves_a_terminals_cursor(
    lane: Lane, tmp_path: Path, folder: Path
) -> None:
    stick = put(tmp_path / "stick", lane, 1, 4)
    (stick / "out" / "\x1b[2J.batch.jsonl.zst").write_bytes(b"anybody's")
    odd = tmp_path / "odd.pub"
    odd.write_text(public_line(replace(lane.stream, till="\x1b[2J"), lane.stream.key), "utf-8")
    for command, file in (("import", stick), ("trust", odd)):
        result = told("hq", command, "--folder", folder, file)
        assert "[2J" in result.output
        assert "\x1b" not in result.output


def test_pub_prints_the_line_that_tills_want(folder: Path) -> None:
    result = told("hq", "pub", "--folder", folder)
    assert (result.exit_code, result.output) == (0, (folder / "hq.pub").read_text())
    assert json.loads(result.output)["type"] == "hq"


def test_a_folder_without_headquarters_is_told(folder: Path) -> None:
    result = told("hq", "status", "--folder", folder)
    assert (result.exit_code, "no headquarters here" in result.stderr) == (78, True)
    assert not folder.exists()


def test_a_till_never_heard_is_told(lane: Lane, tmp_path: Path, folder: Path) -> None:
    told("hq", "trust", "--folder", folder, lane.public(tmp_path))
    result = told("hq", "status", "--folder", folder)
    assert (result.exit_code, "never heard" in result.output) == (1, True)


def test_a_gap_is_told_with_the_records_that_are_missing(
    lane: Lane, tmp_path: Path, folder: Path
) -> None:
    told("hq", "trust", "--folder", folder, lane.public(tmp_path))
    told("hq", "import", "--folder", folder, put(tmp_path / "stick", lane, 3, 4))
    result = told("hq", "status", "--folder", folder)
    assert (result.exit_code, "waiting for records 1 to 2" in result.output) == (1, True)


def test_a_wrong_file_ends_with_the_code_of_settings(
    lane: Lane, tmp_path: Path, folder: Path
) -> None:
    wrong = tmp_path / "wrong.pub"
    wrong.write_text(public_line(None, lane.stream.key), "utf-8")
    result = told("hq", "trust", "--folder", folder, wrong)
    assert (result.exit_code, result.stdout) == (78, "")
    taken = replace(lane, stream=replace(lane.stream, till="9")).public(tmp_path)
    told("hq", "trust", "--folder", folder, lane.public(tmp_path))
    assert told("hq", "trust", "--folder", folder, taken).exit_code == 78


def test_a_key_is_distrusted_by_its_digits_and_by_its_file(
    lane: Lane, tmp_path: Path, folder: Path
) -> None:
    told("hq", "trust", "--folder", folder, lane.public(tmp_path))
    for named in (lane.stream.key, lane.public(tmp_path)):
        result = told("hq", "distrust", "--folder", folder, named)
        assert result.output == f"OK  zelenka msk-017-3  distrusted  key {lane.stream.key}\n"
    stick = put(tmp_path / "stick", lane, 1, 4)
    result = told("hq", "import", "--folder", folder, stick)
    assert (result.exit_code, result.output.split()[0]) == (1, "till_unknown")
    assert "distrusted" in told("hq", "status", "--folder", folder).output
    assert told("hq", "distrust", "--folder", folder, "f" * 64).exit_code == 78
