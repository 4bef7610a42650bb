"""A till of a world: its real ledger and spool, ended and begun again at any moment."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.person import People
from loyaltyd.domain.record import Head, Stream, first_hash
from loyaltyd.link.signatures import public_hex, signature
from loyaltyd.link.spool import Spool, place_name
from loyaltyd.link.wire import public_line
from loyaltyd.store import database
from loyaltyd.store.database import Connection
from loyaltyd.till.export import Exporter
from loyaltyd.till.sync import Sync
from tests.domain.receipts import SATURDAY
from tests.roundtrip.trade import TEXT, Trade
from tests.till.shop import Shop, shop_at

EVERY = dt.timedelta(seconds=30)
SEQ_MAX = 1 << 40
LEDGER = "ledger.db"


@dataclass(slots=True, kw_only=True)
class Lane:
    """One till, with the key of its own and the one by which it knows headquarters."""

    folder: Path
    name: str
    trade: Trade
    key: Ed25519PrivateKey
    hq_key: str
    monotonic_s: float = 0.0
    opened: ExitStack = field(init=False)
    shop: Shop = field(init=False)
    sync: Sync = field(init=False)
    spool: Spool = field(init=False)
    exporter: Exporter = field(init=False)
    reader: Connection = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.begins()

    def begins(self) -> None:
        """The daemon starts."""
        now = self.shop.clock.now if hasattr(self, "shop") else SATURDAY
        path, public = self.folder / LEDGER, public_hex(self.key)
        opening = shop_at(path, TEXT, now, till=self.name, key=public)
        self.opened = ExitStack()
        self.shop = self.opened.enter_context(opening)
        self.spool = Spool(self.folder / "spool")
        self.sync = Sync(
            ledger=self.shop.till.ledger,
            folder=self.folder / "spool",
            hq_key=self.hq_key,
            sign=self._sign,
            every=EVERY,
        )
        self.reader = database.reader(path)
        self.opened.callback(self.reader.close)  # first of all: the last one copies the log
        self.exporter = Exporter(self.shop.till, self._sign, self.spool.out)

    def ends(self) -> None:
        """The daemon ends, or is gone after a power cut: what is on its disk is all that stays."""
        self.opened.close()

    def restarts(self) -> None:
        """It ends and comes back."""
        self.ends()
        self.begins()

    def ticks(self) -> None:
        """The link's task looks at what there is, as it does every two seconds."""
        self.sync.tick(self.shop.clock(), self.monotonic_s)

    def exports(self) -> None:
        """The night's timer asks for the till-day."""
        self.exporter.written()

    def copies(self) -> list[str]:
        """The till-days beside its ledger."""
        return self.exporter._beside.names()

    def passes(self, seconds: float) -> None:
        """Time passes at the till."""
        self.shop.clock.move(seconds=seconds)
        self.shop.clock.elapsed_s += seconds
        self.monotonic_s += seconds

    @property
    def stream(self) -> Stream:
        """Whose log it is."""
        return self.shop.till.ledger.stream

    @property
    def start(self) -> str:
        """How the names of its files begin."""
        return place_name(self.stream.chain, self.stream.store, self.stream.till)

    @property
    def public(self) -> str:
        """Its till.pub."""
        return public_line(self.stream, self.stream.key)

    def head(self) -> Head:
        """Where its log ends."""
        return self.shop.till.ledger.read(lambda view: view.head()).result()

    def acked(self) -> Head:
        """How far headquarters has its log, by its cursor."""
        row = self.reader.execute("SELECT seq, hash FROM cursor").fetchone()
        return Head(0, first_hash(self.stream)) if row is None else Head(*row)

    def state(self) -> str:
        """The hash over all its balances."""
        return self.shop.till.ledger.read(lambda view: view.state()).result()

    def people(self) -> People:
        """Everybody it knows."""
        return self.shop.till.ledger.read(lambda view: view.people_between(0, SEQ_MAX)).result()

    def heads(self) -> list[Head]:
        """Each record by place and hash, as they stand in its file."""
        rows = self.reader.execute("SELECT seq, hash FROM record ORDER BY seq")
        return [Head(seq, found) for seq, found in rows]

    def _sign(self, message: bytes) -> str:
        return signature(self.key, message)
