from __future__ import annotations

import stat
from pathlib import Path

import pytest

from loyaltyd.api.tokens import Scope, tokens_in
from tests.cli.commands import told, written_config
from tests.cli.conftest import config_in
from tools.demo import DemoTill
from tools.seed import ANNA


@pytest.fixture
def tokens(tmp_path: Path) -> tuple[Path, Path]:
    """A config that names a token file, and the file, which isn't there yet."""
    return written_config(tmp_path, '[api]\ntokens = "tokens"\n'), tmp_path / "tokens"


def test_a_token_is_printed_once_and_the_file_keeps_its_hash_for_its_owner(
    tokens: tuple[Path, Path],
) -> None:
    config, path = tokens
    token = told("token", "add", "pos", "quote", "commit", "--config", config).output.strip()
    assert token not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (caller,) = tokens_in(path).values()
    assert (caller.name, caller.scopes) == (
        *("pos", frozenset((Scope.STATUS, Scope.QUOTE, Scope.COMMIT))),
    )
    assert list(path.parent.glob(".tokens*")) == []


def test_callers_are_listed_and_revoked_by_name(tokens: tuple[Path, Path]) -> None:
    config, path = tokens
    told("token", "add", "pos", "quote", "--config", config)
    path.write_text(f"# who calls\n{path.read_text()}")
    told("token", "add", "back-office", "manager", "--config", config)
    listed = [
        line.split() for line in told("token", "list", "--config", config).output.splitlines()
    ]
    assert listed == [
        ["name", "scopes"],
        ["pos", "quote,", "status"],
        ["back-office", "manager,", "status"],
    ]
    assert told("token", "revoke", "pos", "--config", config).exit_code == 0
    assert [it.name for it in tokens_in(path).values()] == ["back-office"]
    assert path.read_text().startswith("# who calls\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["add", "pos", "quote"], 1, "has a token already"),
        (["add", "a b", "quote"], 2, "must be 1 to 64"),
        (["add", "new", "everything"], 2, "'everything' is not one of"),
        (["add", "new"], 2, "Missing argument"),
        (["revoke", "nobody"], 1, 'no token of "nobody"'),
        (["revoke", "pos"], 1, "is the last one"),
    ],
)
def test_what_would_leave_the_file_wrong_is_refused(
    tokens: tuple[Path, Path], words: list[str], code: int, said: str
) -> None:
    config, path = tokens
    told("token", "add", "pos", "quote", "--config", config)
    before = path.read_text()
    result = told("token", *words, "--config", config)
    assert (result.exit_code, result.stdout, path.read_text()) == (code, "", before)
    assert said in result.stderr


def test_without_a_token_file_in_the_settings_there_is_nothing_to_list(tmp_path: Path) -> None:
    result = told("token", "list", "--config", written_config(tmp_path))
    assert (result.exit_code, "[api] tokens names no file" in result.stderr) == (78, True)


def test_a_daemon_with_tokens_answers_who_has_one_and_a_page_by_its_address(tmp_path: Path) -> None:
    till = DemoTill(tmp_path / "till", api='tokens = "tokens"')
    config = ("--config", config_in(tmp_path / "till"))
    token = told("token", "add", "it", "quote", "events", *config).output.strip()
    with till:
        refused = told("card", "show", ANNA, *config)
        assert (refused.exit_code, "(token_missing)" in refused.stderr) == (1, True)
        shown = told("card", "show", ANNA, *config, LOYALTYD_TOKEN=token)
        assert shown.output.startswith("2990******019  bonus  active  Anna")
        blocked = told("card", "block", ANNA, *config, LOYALTYD_TOKEN=token)
        assert "(token_scope)" in blocked.stderr
        page = told("page", *config, LOYALTYD_TOKEN=token).output
        assert page.startswith(f"{till.address}/till?code=")
        assert "no tokens" not in told("status", *config, LOYALTYD_TOKEN=token).output
