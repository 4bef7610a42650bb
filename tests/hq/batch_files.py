"""A till's batches as files, signed by a key that a headquarters in a folder trusts."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import Batch, batch_of
from loyaltyd.domain.record import Stream
from loyaltyd.hq.ingest import open_hq
from loyaltyd.hq.store import trust
from loyaltyd.hq.store.trust import Trusted
from loyaltyd.link.signatures import public_hex, signature
from loyaltyd.link.wire import batch_bytes
from tests.domain.batches import STREAM, heads, lines

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
OURS = replace(STREAM, key=public_hex(KEY))
NOON = dt.datetime(2026, 12, 5, 12, tzinfo=dt.UTC)
LINES = lines(9, of=OURS)
HEADS = heads(LINES, OURS)


def sign(message: bytes) -> str:
    return signature(KEY, message)


def batch(first: int, last: int) -> Batch:
    """Records first..last of the till that is trusted."""
    return batch_of(OURS, HEADS[first - 1], LINES[first - 1 : last], (), NOON)


def file(first: int, last: int) -> bytes:
    """The file of records first..last."""
    return batch_bytes(batch(first, last), sign)


def trusting(folder: Path, stream: Stream = OURS) -> Path:
    """Make a headquarters in folder that trusts the stream's till."""
    known = Trusted(key=stream.key, chain=stream.chain, store=stream.store, till=stream.till)
    with closing(open_hq(folder)) as hq:
        hq.books.write(lambda tx: trust.keep(tx, known, NOON))
    return folder
