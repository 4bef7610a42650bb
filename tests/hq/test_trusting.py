"""Which tills are believed, by their public lines, and which programs are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.record import Stream
from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.keys import hq_key, hq_line
from loyaltyd.hq.trusting import distrusted, kept_program, trusted_file
from loyaltyd.link.signatures import public_hex
from loyaltyd.link.wire import public_line
from tests.hq.lanes import TEXT, acked, hq_at, lane_at, refusal

KEY = public_hex(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STREAM = Stream(chain="zelenka", store="msk-017", till="3", epoch="0" * 16, key=KEY)
LINE = public_line(STREAM, KEY)


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Headquarters]:
    with hq_at(tmp_path) as opened:
        yield opened


def file(folder: Path, text: str | bytes) -> Path:
    path = folder / "some.pub"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_till_is_trusted_by_its_line_and_shown_before_it_is_heard(
    hq: Headquarters, tmp_path: Path
) -> None:
    for _ in range(2):
        known = trusted_file(hq, file(tmp_path, LINE))
        assert (known.key, known.chain, known.store, known.till) == (KEY, "zelenka", "msk-017", "3")
    (till,) = hq.overview(hq.clock()).tills
    assert (till.place, till.epoch) == (("zelenka", "msk-017", "3"), None)


def test_a_key_is_one_tills_for_good(hq: Headquarters, tmp_path: Path) -> None:
    trusted_file(hq, file(tmp_path, LINE))
    with pytest.raises(ConfigError, match="trusted for zelenka msk-017-3, and a key is one till's"):
        trusted_file(hq, file(tmp_path, public_line(replace(STREAM, till="4"), KEY)))
    assert [it.till for it in hq.overview(hq.clock()).tills] == ["3"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 5000,
        public_line(None, KEY),  # headquarters' own line
        LINE.replace('"v":1', '"v":2'),
        LINE.replace(KEY, KEY[:-1]),
        LINE.replace(KEY, KEY.upper()),
        LINE.replace(KEY, "g" * 64),
        LINE.replace('"till":"3"', '"till":3'),
        LINE.replace('"till":"3"', '"till":""'),
        LINE.replace('"till":"3"', f'"till":"{"x" * 65}"'),
        LINE.replace('"chain":"zelenka",', ""),
    ],
    ids=range(14),
)
def test_what_is_no_tills_line_is_refused_by_name(
    hq: Headquarters, tmp_path: Path, data: str | bytes
) -> None:
    path = file(tmp_path, data)
    with pytest.raises(ConfigError, match=f"{path}: is no till's public line"):
        trusted_file(hq, path)
    assert hq.overview(hq.clock()).tills == ()


def test_a_file_that_is_not_there_is_told(hq: Headquarters, tmp_path: Path) -> None:
    for call in (trusted_file, kept_program):
        with pytest.raises(ConfigError, match="can't be read: no such file"):
            call(hq, tmp_path / "none")


def test_a_program_is_kept_once_under_the_hash_of_its_text(
    hq: Headquarters, tmp_path: Path
) -> None:
    found, new = kept_program(hq, file(tmp_path, TEXT))
    assert (found.id, found.version, new) == ("test", 1, True)
    assert kept_program(hq, file(tmp_path, TEXT))[1] is False
    assert kept_program(hq, file(tmp_path, TEXT + "# the same version, another text\n"))[1] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [(b"\xff", "is not UTF-8"), (b"id = ", "is not TOML"), (b'id = "x"', "is missing")],
)
def test_what_is_no_program_is_refused_with_its_faults(
    hq: Headquarters, tmp_path: Path, text: bytes, said: str
) -> None:
    path = file(tmp_path, text)
    with pytest.raises(ConfigError) as told:
        kept_program(hq, path)
    assert str(told.value).startswith(str(path))
    assert said in str(told.value)


def test_headquarters_keeps_its_key_and_tells_its_public_half(tmp_path: Path) -> None:
    folder = tmp_path / "hq"
    key = hq_key(folder)
    assert (folder / "hq.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    line = (folder / "hq.pub").read_text("utf-8")
    assert line == hq_line(key)
    assert json.loads(line) == {"type": "hq", "v": 1, "key": public_hex(key)}
    (folder / "hq.pub").write_text("lost")
    assert public_hex(hq_key(folder)) == public_hex(key)
    assert (folder / "hq.pub").read_text("utf-8") == line


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    open_hq(tmp_path / "hq").close()
    (tmp_path / "hq" / "hq.key").chmod(0o644)
    with pytest.raises(ConfigError, match="only its owner may read"):
        open_hq(tmp_path / "hq")


def test_what_a_distrusted_key_signs_is_refused_and_what_was_taken_stays(tmp_path: Path) -> None:
    lane = lane_at(tmp_path / "till", receipts=4)
    with hq_at(tmp_path, lane) as hq:
        assert acked(hq, lane.file(1, 3)) == 3
        for named in (str(lane.public(tmp_path)), lane.stream.key):
            assert distrusted(hq, named).till == "3"
        assert refusal(hq, lane.file(4, 5)) is BatchReason.TILL_UNKNOWN
        assert refusal(hq, lane.file(1, 3)) is BatchReason.TILL_UNKNOWN
        (till,) = hq.overview(hq.clock()).tills
        assert (till.seq, till.trouble, till.distrusted) == (3, None, True)
        trusted_file(hq, lane.public(tmp_path))
        assert acked(hq, lane.file(4, 5)) == 5
        assert not hq.overview(hq.clock()).tills[0].distrusted


def test_a_till_that_is_distrusted_before_it_is_heard_is_shown(
    hq: Headquarters, tmp_path: Path
) -> None:
    trusted_file(hq, file(tmp_path, LINE))
    distrusted(hq, KEY)
    (till,) = hq.overview(hq.clock()).tills
    assert (till.contact_at, till.distrusted) == (None, True)


def test_a_key_that_nobody_trusted_can_not_be_distrusted(hq: Headquarters, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nobody has trusted that key"):
        distrusted(hq, KEY)
    with pytest.raises(ConfigError, match="can't be read"):
        distrusted(hq, str(tmp_path / "nothing"))


def test_a_distrusted_key_is_still_one_tills(hq: Headquarters, tmp_path: Path) -> None:
    trusted_file(hq, file(tmp_path, LINE))
    distrusted(hq, KEY)
    with pytest.raises(ConfigError, match="a key is one till's"):
        trusted_file(hq, file(tmp_path, public_line(replace(STREAM, till="4"), KEY)))
    assert hq.overview(hq.clock()).tills[0].distrusted
