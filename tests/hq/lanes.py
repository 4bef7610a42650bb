"""Tills with keys and real logs, the files that they would send, and headquarters beside them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import Ack, Batch, BatchReason, Refused, batch_of
from loyaltyd.domain.day import Day, folded_state, totals_of
from loyaltyd.domain.ledger import fold
from loyaltyd.domain.person import People
from loyaltyd.domain.record import Head, Record, Stream, chained, first_hash, record_from
from loyaltyd.hq.ingest import Answer, Headquarters, open_hq
from loyaltyd.hq.taking import genuine
from loyaltyd.hq.trusting import kept_program, trusted_file
from loyaltyd.link.signatures import is_signed, public_hex, signature
from loyaltyd.link.wire import answer_from, batch_bytes, public_line
from tests.domain.receipts import CARDS, HEAD
from tests.domain.sales import RULES, TIERS, WALLETS
from tests.till.shop import CARD, Shop, back, bought, line, no, numbered, shop_at

NOON = dt.datetime(2026, 12, 5, 12, tzinfo=dt.UTC)
TEXT = HEAD + WALLETS.replace("14d", "1d") + TIERS + RULES + CARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A till's stream, the key that signs for it, and all lines of its log."""

    stream: Stream
    key: Ed25519PrivateKey
    lines: Sequence[str] = field(repr=False)

    def head(self, seq: int) -> Head:
        """Where the log ended after the record at seq."""
        found = first_hash(self.stream)
        for each in self.lines[:seq]:
            found = chained(found, each)
        return Head(seq, found)

    def records(self, first: int, last: int) -> list[Record]:
        return [record_from(each, self.stream) for each in self.lines[first - 1 : last]]

    def state(self, seq: int) -> str:
        """The state hash after the record at seq."""
        return folded_state(fold(self.records(1, seq)))

    def batch(self, first: int, last: int, people: People = ()) -> Batch:
        """The batch of records first..last."""
        return batch_of(
            self.stream, self.head(first - 1), self.lines[first - 1 : last], people, NOON
        )

    def day(self, first: int, last: int, number: int = 1) -> Day:
        """What the manifest of a till-day over records first..last says."""
        return Day(
            number=number,
            business_date=NOON.date(),
            state=self.state(last),
            totals=totals_of(self.records(first, last)),
        )

    def signed(self, batch: Batch) -> bytes:
        """The file of a batch, whatever it says."""
        return batch_bytes(batch, lambda message: signature(self.key, message))

    def file(self, first: int, last: int, people: People = ()) -> bytes:
        """The file of the batch of records first..last."""
        return self.signed(self.batch(first, last, people))

    def public(self, folder: Path) -> Path:
        """A till.pub in folder."""
        path = folder / f"{self.stream.till}-{self.stream.key[:8]}.pub"
        path.write_text(public_line(self.stream, self.stream.key), "utf-8")
        return path


def lane_at(folder: Path, till: str = "3", receipts: int = 20) -> Lane:
    """Trade at a real till for so many receipts, with returns, cancels and a blocked card."""
    key = Ed25519PrivateKey.generate()
    folder.mkdir(parents=True, exist_ok=True)
    ledger = folder / f"{till}.db"
    with shop_at(ledger, TEXT, till=till, key=public_hex(key)) as shop:
        for number in range(receipts):
            _trade(shop, number)
        lines = tuple(record.line for record in shop.records())
        return Lane(stream=shop.till.ledger.stream, key=key, lines=lines)


@contextmanager
def hq_at(folder: Path, *lanes: Lane, program: str = "") -> Iterator[Headquarters]:
    """Headquarters in folder, which trusts the tills of these lanes and knows that program."""
    folder.mkdir(parents=True, exist_ok=True)
    hq = open_hq(folder / "hq")
    try:
        for lane in lanes:
            trusted_file(hq, lane.public(folder))
        if program:
            file = folder / "program.toml"
            file.write_text(program, "utf-8")
            kept_program(hq, file)
        yield hq
    finally:
        hq.close()


def said(hq: Headquarters, answer: Answer) -> Ack | Refused:
    """What an answer says, which only headquarters can have signed."""
    found = answer_from(answer.data, public_hex(hq.key), is_signed)
    assert found is not None
    assert (answer.reason is None) == isinstance(found, Ack)
    return found


def acked(hq: Headquarters, data: bytes) -> int:
    """The seq up to which headquarters acknowledges when it is offered a file; it must."""
    answer = said(hq, hq.taken(data))
    assert isinstance(answer, Ack), answer
    return answer.head.seq


def refusal(hq: Headquarters, data: bytes) -> BatchReason:
    """Why headquarters refuses a file; it must."""
    answer = said(hq, hq.taken(data))
    assert isinstance(answer, Refused), answer
    return answer.refusal.reason


def settled(hq: Headquarters) -> Headquarters:
    """Headquarters after it has looked at all that came."""
    while hq.reevaluated():
        pass
    return hq


def spoilt(data: bytes, place: int, bit: int) -> bytes | None:
    """The file with one bit flipped; none when it holds the same all the same.

    zstd has bits that say nothing (RFC 8878, 3.1.1.1.1.3): what is signed is what they pack.
    """
    flipped = bytearray(data)
    flipped[place % len(data)] ^= 1 << bit
    return None if genuine(bytes(flipped)) == genuine(data) else bytes(flipped)


def edited(lane: Lane, place: int, /, **members: object) -> Lane:
    """The lane whose till wrote other members into one record, and chained and signed them."""
    facts = {**json.loads(lane.lines[place - 1]), **members}
    raw = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    lines = (*lane.lines[: place - 1], raw, *lane.lines[place:])
    return Lane(stream=lane.stream, key=lane.key, lines=lines)


def _trade(shop: Shop, number: int) -> None:
    card = (CARD, numbered(2), numbered(3), None)[number % 4]
    receipt, later = f"r-{number}", number % 5
    redeem = {"bonus": "max"} if number % 3 == 2 and card else {}
    goods = [line(n, f"{100 + 7 * number}.90", category="dairy/milk") for n in (1, 2)]
    assert no(shop.confirm(bought(receipt, *goods, card=card, redeem=redeem))) is None
    if later == 3:
        assert no(shop.give_back(receipt, back(f"b-{number}", (1, "1")))) is None
    if later == 4:
        assert no(shop.cancel(receipt)) is None
    if number == 9:
        shop.block(numbered(2))
        shop.unblock(numbered(2))
    shop.clock.move(hours=7)
