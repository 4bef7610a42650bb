"""What travels, as bytes: batches up, answers down, and the public halves of keys. Pure.

Every file is JSON Lines in UTF-8, each line canonical JSON (RFC 8785) and ended by LF; the last one
signs the one before it, which holds the SHA-256 of all above. A batch is compressed with zstd
(RFC 8878). The same bytes go over HTTP, through a folder and on a stick.

    batch      stream header, records, people, manifest, signature
    ack        headquarters has committed all records up to a seq
    refusal    headquarters did not take a file, and why
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import zstandard

from loyaltyd.domain.batch import Ack, Batch, BatchReason, BatchRefusal, Refused
from loyaltyd.domain.day import Day
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.domain.record import Fact, Head, Stream, canonical

VERSION = 1
FILE_BYTES_MAX = 1 << 20  # compressed; what a courier sends in one go over a shop's line
LINES_BYTES_MAX = 32 << 20  # of what is in it: a thousand receipts of a hundred lines each
LINES_MAX = FILE_BYTES_MAX // 8  # of records and people: ids and numbers compress to no less
SAID_MAX = 1 << 20  # characters of each other line: JSON in memory is thirty times as large
ANSWER_BYTES_MAX = 4096
# Level 9's time, some 60 ms for a thousand receipts of five lines, and 7 % less to send; levels of
# the library that shrink them further take five times as long. 8 MiB while it works.
ZSTD = {
    "window_log": 23,
    "hash_log": 20,
    "chain_log": 20,
    "search_log": 5,
    "min_match": 6,
    "target_length": 16,
    "strategy": zstandard.STRATEGY_BTLAZY2,
}

# What a signature is good for, so that none can be passed off as another's.
BATCH_SIGNED, ANSWER_SIGNED = b"loyaltyd batch 1\n", b"loyaltyd answer 1\n"

MEDIA_TYPE = "application/vnd.loyaltyd.batch+zstd"  # of a batch as an HTTP body
ANSWER_MEDIA_TYPE = "application/vnd.loyaltyd.answer+jsonl"

Sign = Callable[[bytes], str]  # a message's Ed25519 signature, 128 hex digits
IsSigned = Callable[[str, bytes, str], bool]  # public key, message, signature

HASH = 64  # hex digits of a SHA-256, and of an Ed25519 public key


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBatch:
    """A batch that was read whole; whether its till's key signed it is still to be asked."""

    batch: Batch
    message: bytes = field(repr=False)
    signature: str = field(repr=False)

    def is_genuine(self, is_signed: IsSigned) -> bool:
        """Whether the key that the stream's header names has signed it."""
        return is_signed(self.batch.stream.key, self.message, self.signature)


def file_hash(data: bytes) -> str:
    """The name by which answers call a file: the SHA-256 of its bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def batch_bytes(batch: Batch, sign: Sign) -> bytes:
    """Return the file of a batch; the same batch and key give the same bytes."""
    lines = [batch.stream.header(), *batch.lines, *map(_person_line, batch.people)]
    above = "".join(f"{line}\n" for line in lines).encode()
    manifest = canonical(_manifest(batch, hashlib.sha256(above).hexdigest()))
    closing = _closing(sign(BATCH_SIGNED + manifest.encode()))
    whole = above + f"{manifest}\n{closing}\n".encode()
    return _compressor().compress(whole)


def batch_from(data: bytes) -> SignedBatch | BatchRefusal:
    """Read a batch's file; a refusal says what is wrong with it. Nothing of it is believed yet."""
    if len(data) > FILE_BYTES_MAX:
        return _refused(BatchReason.TOO_LARGE, f"has more than {FILE_BYTES_MAX} bytes")
    try:
        text = _decompressed(data)
    except zstandard.ZstdError:
        return _refused(BatchReason.UNREADABLE, "is no whole zstd file")
    if text is None:
        return _refused(BatchReason.TOO_LARGE, f"holds more than {LINES_BYTES_MAX} bytes")
    try:
        return _batch(text)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        # By its class alone: a message may quote what stands in the file.
        return _refused(BatchReason.UNREADABLE, f"is no batch: {type(error).__name__}")


def ack_bytes(ack: Ack, sign: Sign) -> bytes:
    """Return the file with which headquarters acknowledges."""
    facts: dict[str, Fact] = {"type": "ack", "file": ack.file}
    return _answer(facts | _stream_facts(ack.stream) | _head_facts(ack.head), ack, sign)


def refusal_bytes(refused: Refused, sign: Sign) -> bytes:
    """Return the file with which headquarters refuses another file."""
    refusal = refused.refusal
    facts: dict[str, Fact] = {"type": "refusal", "file": refused.file}
    facts |= {"reason": str(refusal.reason), "detail": refusal.detail}
    if refusal.head is not None:
        facts |= _head_facts(refusal.head)
    return _answer(facts, refused, sign)


def answer_from(data: bytes, key: str, is_signed: IsSigned) -> Ack | Refused | None:
    """Read headquarters' answer; None when it is none, or isn't signed by key."""
    try:
        line, closing = data.decode().removesuffix("\n").split("\n")
        facts, signed = json.loads(line), _signature(closing)
        if len(data) > ANSWER_BYTES_MAX or facts["v"] != VERSION:
            return None
        if not is_signed(key, ANSWER_SIGNED + line.encode(), signed):
            return None
        at = _time(facts["at"])
        if facts["type"] == "ack":
            file = _hex(facts["file"]) if facts["file"] else ""
            return Ack(stream=_stream(facts), head=_head(facts), at=at, file=file)
        return Refused(file=_hex(facts["file"]), refusal=_refusal(facts), at=at)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def public_line(stream: Stream | None, key: str) -> str:
    """Return the file that makes a key known: a till's with its place, or headquarters' own."""
    facts: dict[str, Fact] = {"type": "hq", "v": VERSION, "key": key}
    if stream is not None:
        facts |= {"type": "till", "chain": stream.chain, "store": stream.store, "till": stream.till}
    return canonical(facts) + "\n"


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(**ZSTD, write_content_size=True)
    )


def _decompressed(data: bytes) -> bytes | None:
    """What data holds, None when it is more than LINES_BYTES_MAX; ZstdError when it is cut."""
    size = zstandard.frame_content_size(data)
    if size > LINES_BYTES_MAX:
        return None
    return zstandard.ZstdDecompressor().decompress(
        data, max_output_size=LINES_BYTES_MAX, allow_extra_data=False
    )


def _batch(text: bytes) -> SignedBatch | BatchRefusal:
    # Cut before it is decoded: a letter may take four bytes then, and anybody may send it.
    above, manifest, closing = _ends(text)
    said = _object(manifest)
    if said["v"] != VERSION or said["type"] != "manifest":
        raise ValueError("a manifest of another version")
    if hashlib.sha256(memoryview(text)[: len(above) + 1]).hexdigest() != said["sha256"]:
        return _refused(BatchReason.ALTERED, "its lines are not those of its manifest")
    if above.count(b"\n") > LINES_MAX:
        return _refused(BatchReason.TOO_LARGE, f"holds more than {LINES_MAX} lines")
    header, *rest = (line.decode() for line in above.split(b"\n"))
    stream = _stream(_object(header))
    if stream.header() != header:
        raise ValueError("a stream's header with other members")
    count = _count(said["last"]) - _count(said["first"]) + 1
    if not 0 <= count == len(rest) - _count(said["people"]):
        raise ValueError("another number of lines than the manifest says")
    batch = Batch(
        stream=stream,
        first=said["first"],
        lines=tuple(rest[:count]),
        previous=bytes.fromhex(_hex(said["previous"])),
        head=bytes.fromhex(_hex(said["head"])),
        created_at=_time(said["created_at"]),
        people=tuple(_people(islice(rest, count, None))),
        day=value_from(Day, said["day"]) if "day" in said else None,
    )
    message = BATCH_SIGNED + manifest.encode()
    return SignedBatch(batch=batch, message=message, signature=_signature(closing))


def _ends(text: bytes) -> tuple[bytes, str, str]:
    """What stands above a file's last two lines, without the line end, and these."""
    above, manifest, closing, end = text.rsplit(b"\n", 3)
    if end:
        raise ValueError("a line without its end")
    return above, manifest.decode(), closing.decode()


def _object(line: str) -> dict[str, Any]:
    if len(line) > SAID_MAX:
        raise ValueError("more than such a line can say")
    facts = json.loads(line)
    if not isinstance(facts, dict):
        raise TypeError("no object")
    return facts


def _manifest(batch: Batch, sha256: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "v": VERSION,
        "type": "manifest",
        "first": batch.first,
        "last": batch.last,
        "previous": batch.previous.hex(),
        "head": batch.head.hex(),
        "people": len(batch.people),
        "created_at": batch.created_at.isoformat(timespec="milliseconds"),
        "sha256": sha256,
    }
    return facts if batch.day is None else facts | {"day": facts_of(batch.day)}


def _answer(facts: dict[str, Fact], told: Ack | Refused, sign: Sign) -> bytes:
    at = told.at.isoformat(timespec="milliseconds")
    line = canonical({"v": VERSION, "at": at, **facts})
    closing = _closing(sign(ANSWER_SIGNED + line.encode()))
    return f"{line}\n{closing}\n".encode()


def _closing(signature: str) -> str:
    return canonical({"v": VERSION, "type": "signature", "signature": signature})


def _signature(closing: str) -> str:
    """The signature that a closing line holds; nothing else may stand there, it is not signed."""
    signature = str(_object(closing)["signature"])
    if closing != _closing(signature):
        raise ValueError("a closing line with other members")
    return signature


def _person_line(person: Person | Numbered) -> str:
    kind = "person" if isinstance(person, Person) else "number"
    return canonical({"v": VERSION, "type": kind, **facts_of(person)})


def _people(lines: Iterator[str]) -> Iterator[Person | Numbered]:
    kinds: dict[str, type[Person | Numbered]] = {"person": Person, "number": Numbered}
    for line in lines:
        facts = _object(line)
        del facts["v"]
        yield value_from(kinds[facts.pop("type")], facts)


def _stream_facts(stream: Stream) -> dict[str, Fact]:
    facts: dict[str, Fact] = json.loads(stream.header())
    return {name: facts[name] for name in ("chain", "store", "till", "epoch", "key")}


def _stream(facts: dict[str, Any]) -> Stream:
    names = ("chain", "store", "till", "epoch", "key")
    texts = [facts[name] for name in names]
    if not all(isinstance(text, str) and len(text) <= HASH for text in texts):
        raise ValueError("a stream is named by texts")
    _hex(facts["key"])
    return Stream(**dict(zip(names, texts, strict=True)))


def _head_facts(head: Head) -> dict[str, Fact]:
    return {"seq": head.seq, "hash": head.hash.hex()}


def _head(facts: dict[str, Any]) -> Head:
    return Head(_count(facts["seq"]), bytes.fromhex(_hex(facts["hash"])))


def _refusal(facts: dict[str, Any]) -> BatchRefusal:
    return BatchRefusal(
        reason=BatchReason(facts["reason"]),
        detail=str(facts["detail"]),
        head=_head(facts) if "seq" in facts else None,
    )


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise ValueError("not a count")
    return value


def _time(value: str) -> dt.datetime:
    at = dt.datetime.fromisoformat(value)
    if at.utcoffset() is None:
        raise ValueError("a time that can't be compared with others")
    return at


def _hex(value: object) -> str:
    if not isinstance(value, str) or len(value) != HASH or value.strip("0123456789abcdef"):
        raise ValueError("not 64 hex digits")
    return value


def _refused(reason: BatchReason, detail: str) -> BatchRefusal:
    return BatchRefusal(reason=reason, detail=f"the file {detail}")
