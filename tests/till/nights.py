"""A shop whose till writes its till-days, and a week of it that is the same in every run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.link.signatures import public_hex, signature
from loyaltyd.link.spool import Box, Spool
from loyaltyd.store.days import DayFile
from loyaltyd.till.export import Exported, Exporter
from tests.domain.receipts import CARDS, EARN, HEAD, SATURDAY, rule, wallet
from tests.till.shop import CARD, Shop, back, bought, line, numbered, shop_at

TILL_KEY = Ed25519PrivateKey.from_private_bytes(b"nightly file of a test's own till"[:32])
PUBLIC = public_hex(TILL_KEY)
EPOCH = "0123456789abcdef"
TENTH = rule("tenth-off", "item", 'percent_off = "10%"', 'on = { sku = ["sku-1"] }')
PROGRAM = HEAD + wallet('max_share = "30%"') + TENTH + EARN + CARDS

sign = partial(signature, TILL_KEY)


@dataclass(slots=True, kw_only=True)
class Nights:
    """A shop, and the folder that its till-days go into."""

    shop: Shop
    exporter: Exporter
    out: Box

    def export(self) -> tuple[DayFile, ...]:
        """The files that one call writes."""
        return self.exported().files

    def exported(self) -> Exported:
        return self.exporter.written()

    def files(self) -> list[bytes]:
        """All files there, by number: each of one length, names sort as their dates and numbers."""
        names = sorted(self.out.names(), key=lambda name: name.rpartition("_")[2])
        return [(self.out.folder / name).read_bytes() for name in names]

    def sleep(self) -> None:
        self.shop.clock.move(days=1)


@contextmanager
def nights_at(folder: Path, *, link: bool = True) -> Iterator[Nights]:
    """Open the shop, or open it again; out is the spool's, or of a till without a link its own."""
    out = Spool(folder / "spool").out if link else Box(folder / "days")
    with ExitStack() as opened:
        with patch("loyaltyd.store.ledger.secrets.token_hex", return_value=EPOCH):
            at = shop_at(folder / "ledger.db", PROGRAM, SATURDAY, key=PUBLIC)
            shop = opened.enter_context(at)
        yield Nights(shop=shop, exporter=Exporter(shop.till, sign, out if link else None), out=out)


def saturday(shop: Shop) -> None:
    """Two shoppers: one with a name, one whose card the first receipt opens."""
    shop.issue({"card": CARD, "holder": {"name": "Анна", "phone": "+79990000000"}})
    shop.confirm(bought("r1", line(1, "100.00", "2"), line(2, "50.00")))
    shop.confirm(bought("r2", line(2, "60.00"), card=numbered(7)))


def sunday(shop: Shop) -> None:
    """A card is issued, points are spent, goods come back, a receipt never was, a card is lost."""
    shop.issue({"card": numbered(9), "holder": {"name": "Boris", "birthday": "1990-05-01"}})
    shop.confirm(bought("r3", line(1, "30.00"), redeem={"bonus": "max"}))
    shop.give_back("r1", back("b1", (1, "1")))
    shop.confirm(bought("r4", line(2, "10.00"), card=None))
    shop.cancel("r4")
    shop.block(numbered(7))


def reserved(shop: Shop) -> None:
    """What three receipts redeem is set aside: for one spent, for one given back, for one kept."""
    for name in ("1", "2", "3"):
        goods = line(2, "1.00")
        body = bought(f"h{name}-receipt", goods, redeem={"bonus": "max"})
        made = shop.reserve(f"h{name}", body)
        assert made["wallets"]["bonus"]["reserved"] == "0.30"
        if name != "3":
            (shop.confirm_reserved if name == "1" else shop.cancel_reserved)(f"h{name}")


def a_week(folder: Path) -> list[bytes]:
    """The files of four nights: two days of trade, one without, one with a supplement."""
    with nights_at(folder) as nights:
        for trade in (saturday, sunday, lambda _: None):
            trade(nights.shop)
            nights.export()
            nights.sleep()
        nights.shop.confirm(bought("r5", line(2, "70.00")))
        reserved(nights.shop)
        nights.export()
        nights.shop.clock.move(minutes=5)
        late = nights.shop.clock.now - dt.timedelta(days=1)
        nights.shop.confirm(bought("r6", line(2, "80.00"), at=late.isoformat()))
        nights.export()
        return nights.files()


def text_of(file: bytes) -> str:
    """The lines of a file."""
    return zstandard.ZstdDecompressor().decompress(file).decode()
