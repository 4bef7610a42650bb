"""The token file, and how a page gets in without a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyd.api.guard import COOKIE
from loyaltyd.api.tokens import (
    CODE_S,
    CODES_MAX,
    COOKIE_S,
    OPEN_PAGE,
    PAGE,
    TOKENS_MAX,
    Scope,
    Tokens,
    token_hash,
    tokens_in,
)
from loyaltyd.domain.errors import ConfigError
from tests.api.tills import CARD, LiveTill

POS = f"pos events,commit {token_hash('secret')}"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "tokens"
    path.write_text(text)
    path.chmod(mode)
    return path


class Clock:
    """Seconds that a test moves."""

    now = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_a_token_is_known_by_its_hash_and_has_its_scopes(tmp_path: Path) -> None:
    callers = tokens_in(written(tmp_path, f"# name scopes hash\n\n{POS}  # the till's\n"))
    tokens = Tokens(key=b"k", now_s=Clock(), callers=callers)
    pos = tokens.bearer("secret")
    assert pos is not None
    assert (pos.name, pos.numbers) == ("pos", True)
    assert pos.scopes == {Scope.STATUS, Scope.EVENTS, Scope.COMMIT}
    assert tokens.bearer("Secret") is None
    assert tokens.bearer("") is None
    assert "secret" not in repr(tokens)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        tokens_in(written(tmp_path, POS, mode))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds 0 tokens"),
        ("# nothing\n", "holds 0 tokens"),
        ("pos commit", "tokens:1: must be NAME SCOPES HASH"),
        (POS.replace("commit", "everything"), 'tokens:1: scope "everything" is not one of'),
        (POS.replace("commit", "status"), 'scope "status" is not one of'),
        (POS + "0", "must be NAME SCOPES HASH"),
        (f"\n{POS}\nzwei\n", "tokens:3:"),
        ("x" * 70_000, "not a token file"),
    ],
)
def test_a_file_that_is_no_token_file_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        tokens_in(written(tmp_path, text))


def test_too_many_tokens_are_refused(tmp_path: Path) -> None:
    lines = [f"pos{n} commit {token_hash(str(n))}\n" for n in range(TOKENS_MAX + 1)]
    with pytest.raises(ConfigError, match="holds 65 tokens"):
        tokens_in(written(tmp_path, "".join(lines)))
    assert len(tokens_in(written(tmp_path, "".join(lines[:-1])))) == TOKENS_MAX


def test_a_missing_file_and_one_that_is_not_utf_8_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        tokens_in(tmp_path / "none")
    (tmp_path / "tokens").write_bytes(b"\xff\n")
    (tmp_path / "tokens").chmod(0o600)
    with pytest.raises(ConfigError, match="not UTF-8"):
        tokens_in(tmp_path / "tokens")


def test_a_page_code_opens_once_and_within_its_time() -> None:
    clock = Clock()
    tokens = Tokens(key=b"k", now_s=clock, callers={})
    code, late = tokens.page_code(), tokens.page_code()
    cookie = tokens.page_cookie(code)
    assert cookie is not None
    assert tokens.page(cookie) == PAGE
    assert tokens.page_cookie(code) is None
    assert tokens.page_cookie("") is None
    clock.now += CODE_S
    assert tokens.page_cookie(late) is None


def test_of_many_codes_the_newest_are_kept() -> None:
    tokens = Tokens(key=b"k", now_s=Clock(), callers={})
    codes = [tokens.page_code() for _ in range(CODES_MAX + 1)]
    assert tokens.page_cookie(codes[0]) is None
    assert all(tokens.page_cookie(code) for code in codes[1:])


def test_a_cookie_of_a_till_without_tokens_ends_when_it_gets_some() -> None:
    opened = Tokens(key=b"key", now_s=lambda: 0)
    guarded = Tokens(key=b"key", now_s=lambda: 0, callers={})
    assert opened.page(opened.fresh_cookie()) is not None
    assert guarded.page(opened.fresh_cookie()) is None


def test_a_cookie_ends_survives_a_restart_and_can_not_be_forged() -> None:
    clock = Clock()
    tokens, again = (Tokens(key=b"k", now_s=clock, callers={}) for _ in range(2))
    cookie = tokens.fresh_cookie()
    assert again.page(cookie) == PAGE
    assert Tokens(key=b"other", now_s=clock, callers={}).page(cookie) is None
    until, _, mac = cookie.partition(".")
    for forged in (f"{int(until) + 1}.{mac}", "", ".", until, f"{until}.", f"{until}.\xe9", "x.y"):
        assert tokens.page(forged) is None
    clock.now += COOKIE_S
    assert tokens.page(cookie) is None


def test_on_a_till_without_tokens_a_page_may_do_all_and_sees_masked_numbers() -> None:
    tokens = Tokens(key=b"k", now_s=Clock())
    page = tokens.page(tokens.fresh_cookie())
    assert page == OPEN_PAGE
    assert page.scopes == frozenset(Scope)
    assert not page.numbers


def test_a_browser_without_a_token_gets_in_by_a_code_and_reads_but_records_nothing(
    guarded: LiveTill,
) -> None:
    json_ = {"content-type": "application/json"}
    made = guarded.call("POST", "/v1/pages", {}, {**json_, "authorization": "Bearer pos"})
    assert made.status == 201
    opened = guarded.read(made.json["page"])
    assert opened.status == 200
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert guarded.read(made.json["page"]).status == 403
    page = {**json_, "cookie": cookie.partition(";")[0]}
    assert guarded.read(f"/v1/cards/{CARD}", page).status == 200
    assert guarded.call("POST", "/v1/receipts", {}, page).reason == "token_scope"
