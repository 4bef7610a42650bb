"""What travels, as bytes: it reads back as it was, and nothing else passes for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import tracemalloc
from dataclasses import replace

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.batch import Ack, Batch, BatchReason, BatchRefusal, Refused, batch_of
from loyaltyd.domain.day import Day, totals_of
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.domain.record import Fact, Head, canonical, record_from
from loyaltyd.link.signatures import is_signed, public_hex, signature
from loyaltyd.link.wire import (
    ANSWER_BYTES_MAX,
    ANSWER_SIGNED,
    BATCH_SIGNED,
    FILE_BYTES_MAX,
    LINES_BYTES_MAX,
    LINES_MAX,
    SignedBatch,
    ack_bytes,
    answer_from,
    batch_bytes,
    batch_from,
    file_hash,
    public_line,
    refusal_bytes,
)
from tests.domain.batches import STREAM, heads, lines

KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"k" * 32), Ed25519PrivateKey.generate()
PUBLIC = public_hex(KEY)
OURS = replace(STREAM, key=PUBLIC)
NOON = dt.datetime(2026, 12, 5, 12, tzinfo=dt.UTC)
ANNA = Person(
    account="a" * 32, name="Анна", birthday=dt.date(1990, 5, 1), phone="+79990000000", consent=NOON
)
PEOPLE = (ANNA, Numbered(card="c" * 32, number="2990000000019"), Person(account="b" * 32))
LINES = lines(5, of=OURS)
BATCH = batch_of(OURS, heads(LINES, OURS)[0], LINES, PEOPLE, NOON)
RECORDS = [record_from(line, OURS) for line in LINES]
DAY = Day(
    number=3,
    business_date=dt.date(2026, 12, 5),
    previous="d" * 64,
    state="e" * 64,
    totals=totals_of(RECORDS),
)
ACK = Ack(stream=OURS, head=heads(LINES, OURS)[-1], at=NOON)


def sign(message: bytes) -> str:
    return signature(KEY, message)


def read(data: bytes) -> SignedBatch:
    found = batch_from(data)
    assert isinstance(found, SignedBatch), found
    return found


def reason(data: bytes) -> BatchReason:
    found = batch_from(data)
    assert isinstance(found, BatchRefusal), found
    return found.reason


def packed(*parts: bytes | str) -> bytes:
    whole = b"".join(it if isinstance(it, bytes) else f"{it}\n".encode() for it in parts)
    return zstandard.compress(whole)


def unpacked(data: bytes) -> list[str]:
    return zstandard.decompress(data).decode().splitlines()


@pytest.mark.parametrize(
    "batch",
    [
        BATCH,
        replace(BATCH, day=DAY),
        replace(BATCH, people=()),
        batch_of(OURS, heads(LINES, OURS)[3], [], (), NOON),  # a sign of life
    ],
)
def test_a_batch_reads_back_as_it_was_and_is_signed_by_its_till(batch: Batch) -> None:
    found = read(batch_bytes(batch, sign))
    assert found.batch == batch
    assert found.is_genuine(is_signed)
    assert not found.is_genuine(lambda _, *rest: is_signed(public_hex(OTHER), *rest))


def test_the_same_batch_gives_the_same_bytes() -> None:
    assert batch_bytes(BATCH, sign) == batch_bytes(BATCH, sign)


def test_the_lines_of_the_log_travel_as_they_are() -> None:
    above = unpacked(batch_bytes(BATCH, sign))
    assert above[0] == OURS.header()
    assert above[1:6] == LINES
    manifest = json.loads(above[-2])
    whole = "".join(f"{line}\n" for line in above[:-2]).encode()
    assert manifest["sha256"] == hashlib.sha256(whole).hexdigest()
    signed = json.loads(above[-1])["signature"]
    KEY.public_key().verify(bytes.fromhex(signed), BATCH_SIGNED + above[-2].encode())


def test_every_flipped_bit_of_a_file_is_noticed() -> None:
    data = batch_bytes(replace(BATCH, day=DAY), sign)
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        found = batch_from(bytes(flipped))
        genuine = isinstance(found, SignedBatch) and found.is_genuine(is_signed)
        # zstd's frame has bits that say nothing of the contents.
        assert not genuine or read(bytes(flipped)).batch == replace(BATCH, day=DAY)


def test_every_altered_character_inside_is_noticed() -> None:
    whole = zstandard.decompress(batch_bytes(BATCH, sign))
    for place in range(len(whole)):
        altered = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        found = batch_from(packed(altered))
        assert isinstance(found, BatchRefusal) or not found.is_genuine(is_signed)


def test_every_cut_of_a_file_is_refused() -> None:
    data = batch_bytes(BATCH, sign)
    whole = zstandard.decompress(data)
    for end in range(len(data)):
        assert reason(data[:end]) is BatchReason.UNREADABLE
    for end in range(0, len(whole) - 1, 7):
        assert reason(packed(whole[:end])) in {BatchReason.UNREADABLE, BatchReason.ALTERED}


def test_what_follows_a_file_is_not_overlooked() -> None:
    data = batch_bytes(BATCH, sign)
    assert reason(data + b"x") is BatchReason.UNREADABLE
    assert reason(data + data) is BatchReason.UNREADABLE


def test_a_line_left_out_or_put_in_is_refused_even_where_the_sum_is_made_again() -> None:
    *above, manifest, closing = unpacked(batch_bytes(BATCH, sign))
    for lines_ in (above[:2] + above[3:], [*above[:2], above[1], *above[2:]]):
        said = json.loads(manifest)
        whole = "".join(f"{line}\n" for line in lines_).encode()
        said["sha256"] = hashlib.sha256(whole).hexdigest()
        assert reason(packed(*lines_, json.dumps(said), closing)) is BatchReason.UNREADABLE


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("value", [-1, "1", 1.0, True, None, 1 << 70, [1]])
def test_a_manifest_that_counts_in_anything_but_numbers_is_refused(end: str, value: object) -> None:
    *above, manifest, closing = unpacked(batch_bytes(BATCH, sign))
    said = json.dumps({**json.loads(manifest), end: value})
    assert reason(packed(*above, said, closing)) is BatchReason.UNREADABLE


def test_a_file_beyond_the_limits_is_refused_before_it_is_unpacked() -> None:
    assert reason(random.Random(1).randbytes(FILE_BYTES_MAX + 1)) is BatchReason.TOO_LARGE
    bomb = zstandard.compress(bytes(LINES_BYTES_MAX + 1))
    assert len(bomb) < FILE_BYTES_MAX
    assert reason(bomb) is BatchReason.TOO_LARGE


def test_a_bomb_that_does_not_say_its_size_is_refused() -> None:
    packer = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    bomb = packer.compress(bytes(LINES_BYTES_MAX + 1)) + packer.flush()
    assert reason(bomb) in {BatchReason.UNREADABLE, BatchReason.TOO_LARGE}


@pytest.mark.parametrize(
    "text",
    [
        b"\n" * LINES_BYTES_MAX,
        b"{}\n[" + b"[]," * (LINES_BYTES_MAX // 4) + b"[]]\n{}\n",
        b"{}\n" * (LINES_BYTES_MAX // 4) + b"[" * (LINES_BYTES_MAX // 5) + b"\n{}\n",
    ],
    ids=["lines", "objects", "both"],
)
def test_a_file_of_a_few_bytes_takes_no_more_memory_than_a_large_one(text: bytes) -> None:
    data = zstandard.compress(text)
    tracemalloc.start()
    try:
        assert reason(data) is BatchReason.UNREADABLE
        assert tracemalloc.get_traced_memory()[1] < 4 * LINES_BYTES_MAX
    finally:
        tracemalloc.stop()


def test_more_lines_than_any_file_can_hold_are_refused() -> None:
    above = "{}\n" * (LINES_MAX + 2)
    manifest = {"v": 1, "type": "manifest", "sha256": hashlib.sha256(above.encode()).hexdigest()}
    text = f"{above}{json.dumps(manifest)}\n{{}}\n"
    assert reason(zstandard.compress(text.encode())) is BatchReason.TOO_LARGE


@given(st.binary(max_size=300))
def test_noise_is_no_batch(noise: bytes) -> None:
    assert reason(noise) is BatchReason.UNREADABLE
    assert reason(packed(noise)) in {BatchReason.UNREADABLE, BatchReason.ALTERED}


@given(st.lists(st.text(max_size=40) | st.just(OURS.header()) | st.just("{}"), max_size=6))
def test_noise_in_lines_is_no_batch(parts: list[str]) -> None:
    assert reason(packed(*parts)) in {BatchReason.UNREADABLE, BatchReason.ALTERED}


def test_nested_without_end_is_no_batch() -> None:
    assert reason(packed("[" * 200_000, "[" * 200_000, "[" * 200_000)) is BatchReason.UNREADABLE


def test_a_refusal_quotes_nothing_of_the_file() -> None:
    *above, manifest, closing = unpacked(batch_bytes(BATCH, sign))
    wrong = manifest.replace('"first":1', '"first":"2990000000019"')
    found = batch_from(packed(*above, wrong, closing))
    assert "2990" not in repr(found)
    assert "2990" not in repr(PEOPLE)
    assert "Анна" not in repr(read(batch_bytes(BATCH, sign)))


def test_an_acknowledgement_reads_back_as_it_was() -> None:
    assert answer_from(ack_bytes(ACK, sign), PUBLIC, is_signed) == ACK


@pytest.mark.parametrize("head", [None, Head(3, b"h" * 32)])
@pytest.mark.parametrize("why", BatchReason)
def test_a_refusal_reads_back_as_it_was(why: BatchReason, head: Head | None) -> None:
    refusal = BatchRefusal(reason=why, detail="records 3 to 7 are missing", head=head)
    refused = Refused(file=file_hash(b"any"), refusal=refusal, at=NOON)
    assert answer_from(refusal_bytes(refused, sign), PUBLIC, is_signed) == refused


def test_an_answer_of_anyone_else_is_none() -> None:
    forged = ack_bytes(ACK, lambda message: signature(OTHER, message))
    assert answer_from(forged, PUBLIC, is_signed) is None
    assert answer_from(forged, public_hex(OTHER), is_signed) == ACK


def test_a_batch_signature_does_not_pass_for_an_answer() -> None:
    line = ack_bytes(ACK, sign).decode().splitlines()[0]
    made = json.dumps({"v": 1, "signature": sign(BATCH_SIGNED + line.encode())})
    assert answer_from(f"{line}\n{made}\n".encode(), PUBLIC, is_signed) is None


def test_every_altered_character_of_an_answer_is_noticed() -> None:
    data = ack_bytes(ACK, sign)
    for place in range(len(data)):
        altered = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert answer_from(altered, PUBLIC, is_signed) is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_noise_is_no_answer(noise: bytes) -> None:
    assert answer_from(noise, PUBLIC, is_signed) is None


def test_an_answer_beyond_the_limit_is_none() -> None:
    refusal = BatchRefusal(reason=BatchReason.GAP, detail="x" * ANSWER_BYTES_MAX)
    long = refusal_bytes(Refused(file="0" * 64, refusal=refusal, at=NOON), sign)
    assert answer_from(long, PUBLIC, is_signed) is None


def test_a_public_line_names_the_key_and_a_tills_place() -> None:
    assert json.loads(public_line(None, PUBLIC)) == {"type": "hq", "v": 1, "key": PUBLIC}
    assert json.loads(public_line(OURS, PUBLIC)) == {
        "type": "till",
        "v": 1,
        "key": PUBLIC,
        "chain": "zelenka",
        "store": "msk-017",
        "till": "3",
    }


@pytest.mark.parametrize(
    ("at", "is_read"),
    [
        ("2026-12-05T12:00:00+03:00", True),
        ("2026-12-05T12:00:00", False),
        ("2026-12-05", False),
        ("noon", False),
    ],
)
def test_an_answer_whose_time_can_not_be_compared_is_none(at: str, is_read: bool) -> None:
    facts = {**json.loads(ack_bytes(ACK, sign).splitlines()[0]), "at": at}
    line = canonical(facts)
    signed: dict[str, Fact] = {
        "signature": sign(ANSWER_SIGNED + line.encode()),
        "type": "signature",
        "v": 1,
    }
    answer = f"{line}\n{canonical(signed)}\n".encode()
    assert (answer_from(answer, PUBLIC, is_signed) is not None) == is_read
