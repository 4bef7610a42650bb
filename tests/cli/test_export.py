"""`loyaltyd export` on a real daemon: what it prints, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.link.signatures import public_hex, till_key
from tests.api.tills import LiveTill, basket, live, made, made_guarded
from tests.cli.commands import told
from tools.day_reader import check


@pytest.fixture
def till(tmp_path: Path) -> Iterator[LiveTill]:
    with live(made(tmp_path)) as running:
        yield running


def export(till: LiveTill, *words: str | Path) -> list[str]:
    """The lines that the command prints."""
    config = till.folder / "loyaltyd.toml"
    address = f"api.listen={till.host}"
    result = told("export", "--config", config, "--set", address, *words)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_line_for_each_file_and_one_when_nothing_is_new(till: LiveTill) -> None:
    till.post("/v1/receipts", basket("r1"))
    (first,) = export(till)
    name, *words = first.split()
    assert words[:5] == ["records", "1", "to", "1", "sha256"]
    file = till.folder / "days" / name
    assert check(public_hex(till_key(till.folder / "till.key")), [file.read_bytes()]) == 1
    assert export(till) == ["nothing is new since today's last file"]


def test_a_day_without_records_says_so(till: LiveTill) -> None:
    assert "  no records  " in export(till)[0]


def test_a_stick_gets_what_it_does_not_have_also_of_earlier_nights(
    till: LiveTill, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    till.post("/v1/receipts", basket("r1"))
    export(till)
    till.post("/v1/receipts", basket("r2"))
    lines = export(till, "--to", stick)
    days = sorted(it.name for it in (till.folder / "days").iterdir())
    assert lines[1:] == [f"copied to {stick}: {name}" for name in days]
    assert len(days) == 2
    assert sorted(it.name for it in stick.iterdir()) == days
    assert export(till, "--to", stick) == ["nothing is new since today's last file"]


def test_a_folder_that_can_not_be_written_is_a_refusal(till: LiveTill) -> None:
    (till.folder / "days").write_text("no folder")
    words = ("--config", till.folder / "loyaltyd.toml", "--set", f"api.listen={till.host}")
    result = told("export", *words)
    assert result.exit_code == 1
    assert "folder_unavailable" in result.output


def test_no_daemon_is_exit_3(tmp_path: Path) -> None:
    result = told("export", "--config", made(tmp_path), "--set", "api.listen=127.0.0.1:1")
    assert result.exit_code == 3


def test_where_callers_need_tokens_one_for_exports_is_enough_and_no_other_does(
    tmp_path: Path,
) -> None:
    with live(made_guarded(tmp_path)) as till:
        words = ("--config", till.folder / "loyaltyd.toml", "--set", f"api.listen={till.host}")
        assert told("export", *words, LOYALTYD_TOKEN="night").exit_code == 0
        refused = told("export", *words, LOYALTYD_TOKEN="pos")
        assert (refused.exit_code, "token_scope" in refused.output) == (1, True)
