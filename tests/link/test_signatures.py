"""Keys: made once, whole, for their owner alone; anything else is refused with a sentence."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ConfigError
from loyaltyd.link.signatures import KEY_BYTES, chain_key, derived, hq_public, public_hex, till_key
from loyaltyd.link.wire import public_line


def test_a_till_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "till.key"
    first, second = till_key(path), till_key(path)
    assert public_hex(first) == public_hex(second)
    assert len(public_hex(first)) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["till.key"]
    assert public_hex(till_key(tmp_path / "other.key")) != public_hex(first)


def test_what_is_signed_verifies(tmp_path: Path) -> None:
    key = till_key(tmp_path / "till.key")
    key.public_key().verify(key.sign(b"batch"), b"batch")


def test_a_purpose_has_its_own_bytes_that_a_restart_keeps(tmp_path: Path) -> None:
    first, again = till_key(tmp_path / "till.key"), till_key(tmp_path / "till.key")
    assert derived(first, "quote token") == derived(again, "quote token")
    assert derived(first, "quote token") != derived(first, "page cookie")
    assert len(derived(first, "quote token")) == 32


def test_a_chain_key_is_drawn_by_a_till_that_is_its_own_chain(tmp_path: Path) -> None:
    path = tmp_path / "chain.key"
    assert chain_key(path, make=True) == chain_key(path, make=False) == path.read_bytes()


def test_a_chain_key_that_was_promised_and_is_missing_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"chain.key: the key can't be read: No such file"):
        chain_key(tmp_path / "chain.key", make=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("length", [0, KEY_BYTES - 1, KEY_BYTES + 1, 1000])
def test_a_key_of_another_length_is_refused_and_left_alone(tmp_path: Path, length: int) -> None:
    path = tmp_path / "till.key"
    path.write_bytes(b"k" * length)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=f"holds {length} bytes, and a key has 32"):
        till_key(path)
    assert path.stat().st_size == length


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "till.key"
    till_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        till_key(path)


def test_a_key_that_can_not_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="the key can't be"):
        till_key(tmp_path / "file" / "till.key")
    with pytest.raises(ConfigError, match="must be a file"):
        till_key(tmp_path)


def test_headquarters_key_is_read_from_the_line_that_it_prints(tmp_path: Path) -> None:
    public = public_hex(till_key(tmp_path / "hq.key"))
    path = tmp_path / "hq.pub"
    for line in (public_line(None, public), public_line(None, public).strip() + "\r\n"):
        path.write_text(line)
        assert hq_public(path) == public


@pytest.mark.parametrize(
    "line",
    [
        "",
        "noise",
        "[]",
        "[" * 100_000,
        '{"type":"till","v":1,"key":"KEY"}',
        '{"type":"hq","v":2,"key":"KEY"}',
        '{"type":"hq","v":1,"key":"00"}',
        '{"type":"hq","v":1,"key":1}',
        '{"type":"hq","v":1}',
    ],
)
def test_no_other_line_is_headquarters_key(tmp_path: Path, line: str) -> None:
    public = public_hex(till_key(tmp_path / "hq.key"))
    path = tmp_path / "hq.pub"
    path.write_text(line.replace("KEY", public))
    with pytest.raises(ConfigError, match=r"hq\.pub: is not headquarters' key"):
        hq_public(path)


def test_a_pipe_is_no_key_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hq.pub")
    for path in (tmp_path / "hq.pub", tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError, match="the key can't be read: there is no such file"):
            hq_public(path)
