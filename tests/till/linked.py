"""A till's link on a real ledger and spool, and headquarters' key to answer with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import Ack, Batch, BatchReason, BatchRefusal, Refused
from loyaltyd.domain.record import Head
from loyaltyd.link.signatures import is_signed, public_hex, signature
from loyaltyd.link.spool import ACK, REFUSAL, Box, Spool
from loyaltyd.link.wire import (
    FILE_BYTES_MAX,
    SignedBatch,
    ack_bytes,
    batch_from,
    file_hash,
    refusal_bytes,
)
from loyaltyd.store.ledger import Ledger, open_ledger
from loyaltyd.till.sync import LinkState, Sync
from tests.store.made import AT, confirm

TILL, HQ, STRANGER = (
    Ed25519PrivateKey.from_private_bytes(seed * 32) for seed in (b"t", b"h", b"s")
)
EVERY = dt.timedelta(seconds=30)


@dataclass(slots=True, kw_only=True)
class Linked:
    """A till with a link; its clock shows what a test set."""

    ledger: Ledger
    spool: Path
    sync: Sync
    now: dt.datetime = AT
    monotonic_s: float = 1000.0

    @property
    def out(self) -> Box:
        return Spool(self.spool).out

    @property
    def into(self) -> Box:
        return Spool(self.spool).into

    @property
    def cursor(self) -> int:
        return self.ledger.read(lambda view: view.acked().head.seq).result()

    def sell(self, count: int = 1, prefix: str = "r") -> None:
        """Confirm so many receipts, all in one transaction."""
        began = self.ledger.read(lambda view: view.head().seq).result()
        self.ledger.write(
            lambda tx: [confirm(tx, f"{prefix}{began + n}") for n in range(1, count + 1)]
        ).result()

    def tick(self, after_s: float = 2.0) -> LinkState:
        """Let time pass and look at the spool."""
        self.now += dt.timedelta(seconds=after_s)
        self.monotonic_s += after_s
        return self.sync.tick(self.now, self.monotonic_s)

    def spans(self) -> list[tuple[int, int]]:
        """The records in each file of `out/`, which the till has signed, in the order of names."""
        return [(each.first, each.last) for each in self.batches()]

    def batches(self) -> list[Batch]:
        """What the files of `out/` hold."""
        return [batch_in(self.out, name) for name in self.out.names()]

    def head(self, seq: int) -> Head:
        """The till's own head at seq."""
        found = self.ledger.read(lambda view: view.hash_at(seq)).result()
        assert found is not None
        return Head(seq, found)

    def acknowledge(self, seq: int, *, file: str = "", at: dt.datetime | None = None) -> bytes:
        """Headquarters has all up to seq; file is the name in `out/` that it answers."""
        data = self.out.read(file, FILE_BYTES_MAX) if file else None
        named = "" if data is None else file_hash(data)
        ack = Ack(stream=self.ledger.stream, head=self.head(seq), at=at or self.now, file=named)
        answer = ack_bytes(ack, lambda message: signature(HQ, message))
        self.into.put((file or f"any-{seq}") + ACK, answer)
        return answer

    def refuse(
        self,
        file: str,
        reason: BatchReason,
        head: Head | None = None,
        at: dt.datetime | None = None,
    ) -> bytes:
        """Headquarters does not take the file of that name, as it lies in `out/`."""
        data = self.out.read(file, FILE_BYTES_MAX)
        assert data is not None
        refusal = BatchRefusal(reason=reason, detail="as a test wants it", head=head)
        refused = Refused(file=file_hash(data), refusal=refusal, at=at or self.now)
        answer = refusal_bytes(refused, lambda message: signature(HQ, message))
        self.into.put(file + REFUSAL, answer)
        return answer


@contextmanager
def linked_at(folder: Path, *, every: dt.timedelta = EVERY) -> Iterator[Linked]:
    """Open a till with a link in folder, or open it again."""
    ledger = open_ledger(
        folder / "ledger.db", chain="zelenka", store="msk-017", till="3", key=public_hex(TILL)
    )
    try:
        sync = Sync(
            ledger=ledger,
            folder=folder / "spool",
            hq_key=public_hex(HQ),
            sign=lambda message: signature(TILL, message),
            every=every,
        )
        yield Linked(ledger=ledger, spool=folder / "spool", sync=sync)
    finally:
        ledger.close()


def batch_in(box: Box, name: str) -> Batch:
    """The batch in a file, which is whole and signed by the till."""
    data = box.read(name, FILE_BYTES_MAX)
    assert data is not None
    found = batch_from(data)
    assert isinstance(found, SignedBatch), found
    assert found.is_genuine(is_signed)
    return found.batch
