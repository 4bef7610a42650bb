"""One fact of a till's log: a line of canonical JSON, and the chain of hashes over the lines.

This module alone defines both. The ledger stores a record's line as it is made here; the wire and
the nightly files carry those bytes, HQ hashes them, and nobody encodes them again.

A line is RFC 8785 JSON of strings, integers, lists and objects: no fraction, no null, no true or
false. Every line has these members, and those of its type beside them:

    v type chain store till epoch seq at recorded_at offset clock business_date
    program{id version hash}
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

VERSION = 1

Fact: TypeAlias = "str | int | list[Fact] | dict[str, Fact]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The log of one ledger file: whose it is, where it stands, and which of that till's."""

    chain: str
    store: str
    till: str
    epoch: str  # 16 hex digits, random, new with each new file
    key: str  # the till's public Ed25519 key, 64 hex digits

    def header(self) -> str:
        """The line whose SHA-256 is hash(0)."""
        return canonical(
            {
                "v": VERSION,
                "type": "stream",
                "chain": self.chain,
                "store": self.store,
                "till": self.till,
                "epoch": self.epoch,
                "key": self.key,
            }
        )


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends: the last record's seq and hash, or 0 and the hash of the header."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRef:
    """Which program decided: its id, its version, and the SHA-256 of its text (64 hex digits)."""

    id: str
    version: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a fact happened and when it was written, as the till knew it.

    Both times carry the till's local offset; clock is "synced", "holdover" or "untrusted".
    """

    at: dt.datetime
    recorded_at: dt.datetime
    clock: str
    business_date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One immutable fact: what every line has, and the members of its own type in body."""

    seq: int
    type: str
    stream: Stream
    moment: Moment
    program: ProgramRef
    body: Mapping[str, Fact] = field(repr=False)

    @property
    def line(self) -> str:
        """The bytes of the record, as text without a line end."""
        moment = self.moment
        offset = moment.at.utcoffset() or dt.timedelta()
        return canonical(
            {
                **self.body,
                "v": VERSION,
                "type": self.type,
                "chain": self.stream.chain,
                "store": self.stream.store,
                "till": self.stream.till,
                "epoch": self.stream.epoch,
                "seq": self.seq,
                "at": moment.at.isoformat(timespec="seconds"),
                "recorded_at": moment.recorded_at.isoformat(timespec="milliseconds"),
                "offset": int(offset.total_seconds()) // 60,
                "clock": moment.clock,
                "business_date": moment.business_date.isoformat(),
                "program": {
                    "id": self.program.id,
                    "version": self.program.version,
                    "hash": self.program.hash,
                },
            }
        )


NAMES = frozenset((str,))
PLAIN = frozenset((str, int))
COMMON = frozenset(
    (
        *("v", "type", "chain", "store", "till", "epoch", "seq", "at", "recorded_at"),
        *("offset", "clock", "business_date", "program"),
    )
)


def record_from(line: str, stream: Stream) -> Record:
    """Read a stored line of stream; ValueError when it is no line of it.

    A type that this version doesn't know is kept as it is.
    """
    facts = from_json(line, allow_inf_nan=False)  # twice json's pace; no half of a surrogate pair
    if not isinstance(facts, dict) or not facts.keys() >= COMMON:
        raise ValueError("not a record: members are missing")
    return record_of(facts, stream)


def record_of(facts: dict[str, Any], stream: Stream) -> Record:
    """Return the record whose line says facts; ValueError when it is none of stream."""
    identity = (facts["chain"], facts["store"], facts["till"], facts["epoch"])
    if identity != (stream.chain, stream.store, stream.till, stream.epoch):
        raise ValueError("the record belongs to another stream")
    try:
        return _record(facts, stream)
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a record: {error}") from error


def canonical(value: Fact) -> str:
    """Return value as RFC 8785 JSON; TypeError unless of strings, integers, lists and objects.

    Names are sorted by code point: RFC 8785's order for all names of one Unicode plane.
    """
    return to_json(_sorted(value)).decode()


def first_hash(stream: Stream) -> bytes:
    """hash(0): SHA-256 of the stream's header line."""
    return hashlib.sha256(stream.header().encode()).digest()


def chained(previous: bytes, line: str) -> bytes:
    """hash(n) = SHA-256(hash(n-1) ‖ line(n)), 32 bytes."""
    return hashlib.sha256(previous + line.encode()).digest()


def _record(facts: dict[str, Any], stream: Stream) -> Record:
    program = facts["program"]
    return Record(
        seq=facts["seq"],
        type=facts["type"],
        stream=stream,
        moment=Moment(
            at=dt.datetime.fromisoformat(facts["at"]),
            recorded_at=dt.datetime.fromisoformat(facts["recorded_at"]),
            clock=facts["clock"],
            business_date=dt.date.fromisoformat(facts["business_date"]),
        ),
        program=ProgramRef(id=program["id"], version=program["version"], hash=program["hash"]),
        body={name: fact for name, fact in facts.items() if name not in COMMON},
    )


def _sorted(value: object) -> object:
    """Value with the members of each object by name; TypeError unless all of it are facts."""
    if isinstance(value, dict):
        if not NAMES.issuperset(map(type, value)):
            raise TypeError("a name in a record must be a string")
        # A receipt has a thousand strings and integers: only what holds others is worth a call.
        return {
            name: member if type(member) in PLAIN else _sorted(member)
            for name, member in sorted(value.items())
        }
    if isinstance(value, list):
        return [member if type(member) in PLAIN else _sorted(member) for member in value]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a record holds strings and integers, not {type(value).__name__}")
    return value
