"""Fills the demo's ledger before its first start: a year of a few shoppers, up to today.

    python tools/seed.py [CONFIG]

It rings everything up through the till's own calls, with a clock that stands in the past. A ledger
that has records is left as it is. Till and headquarters get to know each other: keys are made and
trusted, and headquarters has the programs that receipts name.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from loyaltyd import config
from loyaltyd.domain.errors import LoyaltyError
from loyaltyd.domain.record import Stream
from loyaltyd.domain.refusal import Refusal
from loyaltyd.hq.ingest import open_hq
from loyaltyd.hq.trusting import kept_program, trusted_file
from loyaltyd.link.signatures import chain_key, public_hex, till_key
from loyaltyd.link.wire import public_line
from loyaltyd.store.ledger import Ledger, open_ledger
from loyaltyd.till.cards import block_card, issue_card
from loyaltyd.till.checkout import QuoteChanged, confirm_receipt
from loyaltyd.till.open_reservations import Reservations
from loyaltyd.till.programs import keep_programs
from loyaltyd.till.requests import BlockRequest, CardRequest, ReceiptRequest
from loyaltyd.till.till import Till

CONFIG = Path(__file__).parents[1] / "config" / "demo.toml"

ANNA = "2990000000019"  # silver; what api.md's example finds on her card
BORIS = "2990000000026"  # gold
NOBODY = "2990000000033"  # a card that no till has seen: its first receipt opens the account
VIKTOR = "2990000000040"  # blocked
PLASTIC = "2991000000016"  # a discount card

YEARS_BACK = 2  # the program before today's began so long ago
# What rules leave alone: the amounts below are what is earned on, whatever the program grants.
GOODS = {"quantity": "1", "unit": "pc", "no_discount": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What happened at noon so many days ago."""

    days_ago: int
    act: Callable[[Till], Awaitable[object]]


def seed(settings: config.Settings, now: dt.datetime) -> bool:
    """Record the shoppers' year as it ends at now; False when the ledger has records already."""
    ledger = _ledger(settings)
    try:
        if ledger.read(lambda view: view.head()).result().seq:
            return False
        _record(till_of(settings, ledger, now), now)
        return True
    finally:
        ledger.close()


def introduce(settings: config.Settings) -> None:
    """Let headquarters, beside its public key, trust the till of settings and know its programs."""
    assert settings.link is not None, "the till has a link"
    ledger = _ledger(settings)
    try:
        programs = ledger.read(lambda view: view.programs()).result()
    finally:
        ledger.close()
    folder = settings.link.hq_key.parent
    with closing(open_hq(folder)) as hq:
        trusted_file(hq, _written(folder.parent / "till.pub", _identity(settings)))
        for it in programs:
            file = folder.parent / "programs" / f"{it.id}-{it.version}.toml"
            kept_program(hq, _written(file, it.body))


def till_of(settings: config.Settings, ledger: Ledger, now: dt.datetime) -> Till:
    """Return the till of these settings as it works at now, with its program's earlier version."""
    file = settings.program.path
    text = file.read_text("utf-8")
    keep_programs(ledger, earlier(text, now), f"{file}, the version before")
    programs = keep_programs(ledger, text, str(file))
    return Till(
        ledger=ledger,
        group=settings.till.group or "",
        timezone=settings.till.timezone or programs[-1].timezone or "UTC",
        language=settings.till.language,
        chain_key=chain_key(settings.chain_key, make=settings.keys.chain is None),
        token_key=b"",  # no quote leaves this process
        at_window=settings.api.at_window,
        clock=lambda: now,
        programs=programs,
        reservations=Reservations(lambda: 0.0),  # time stands still
    )


def earlier(program: str, now: dt.datetime) -> str:
    """Return a program's text as its version before, which began YEARS_BACK before now."""
    version = re.search(r"^version = (\d+)", program, re.MULTILINE)
    assert version, "a program has a version"
    started = now.date().replace(year=now.year - YEARS_BACK, day=1)
    older = program.replace(version[0], f"version = {int(version[1]) - 1}", 1)
    return re.sub(r"^starts = \S+", f"starts = {started}", older, count=1, flags=re.MULTILINE)


def deeds() -> list[Deed]:
    """Return what happened, the oldest first."""
    return [
        _issued(341, ANNA, "Anna"),
        # 2118.00 earned, and spent before anything else is active: she starts from nothing.
        _sold(340, ANNA, "Refrigerator", "42360.00"),
        _sold(339, ANNA, "Gift basket", "800.00"),
        _spent(326, ANNA, "Washing machine", "7060.00"),
        _issued(210, BORIS, "Boris"),
        _sold(200, BORIS, "Garden furniture", "65000.00"),
        _sold(187, ANNA, "Bicycle", "4200.00"),
        _issued(120, VIKTOR, "Viktor"),
        _sold(119, VIKTOR, "Kettle", "1990.00"),
        _sold(90, PLASTIC, "Coffee beans", "890.00"),
        _blocked(10, VIKTOR),
        _sold(4, ANNA, "Books", "240.00"),
    ]


def main() -> None:
    """Seed the ledger of the config that the command line names."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else CONFIG
    try:
        settings = config.load(path, environment={}, overrides={})
        seeded = seed(settings, dt.datetime.now(dt.UTC))
        if settings.link is not None:
            introduce(settings)
    except LoyaltyError as error:
        sys.exit(str(error))
    if seeded:
        print(f"{settings.ledger.path}: the year of Anna and a few others")


def _ledger(settings: config.Settings) -> Ledger:
    place, key = settings.till, public_hex(till_key(settings.till_key))
    return open_ledger(
        settings.ledger.path, chain=place.chain, store=place.store, till=place.till, key=key
    )


def _identity(settings: config.Settings) -> str:
    place, key = settings.till, public_hex(till_key(settings.till_key))
    stream = Stream(chain=place.chain, store=place.store, till=place.till, epoch="", key=key)
    return public_line(stream, key)


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def _record(till: Till, now: dt.datetime) -> None:
    here = now.astimezone(ZoneInfo(till.timezone))
    noon = here.replace(hour=12, minute=0, second=0, microsecond=0)
    for deed in deeds():
        then = noon - dt.timedelta(days=deed.days_ago)
        asyncio.run(_done(deed, till, then))


async def _done(deed: Deed, till: Till, at: dt.datetime) -> None:
    outcome = await deed.act(replace(till, clock=lambda: at))
    if isinstance(outcome, Refusal | QuoteChanged):
        raise SystemExit(f"{deed.days_ago} days ago the till refused: {outcome.reason}")


def _issued(days_ago: int, card: str, name: str) -> Deed:
    request = CardRequest.model_validate({"card": card, "holder": {"name": name}})
    return Deed(days_ago=days_ago, act=lambda till: issue_card(till, request))


def _blocked(days_ago: int, card: str) -> Deed:
    return Deed(
        days_ago=days_ago, act=lambda till: block_card(till, card, BlockRequest(reason="lost"))
    )


def _sold(days_ago: int, card: str, name: str, price: str) -> Deed:
    return _rung_up(days_ago, card, {"name": name, "price": price})


def _spent(days_ago: int, card: str, name: str, price: str) -> Deed:
    """All that may be paid with bonuses is; the rest earns nothing and counts for no tier."""
    line = {"name": name, "price": price, "no_earn": True}
    return _rung_up(days_ago, card, line, redeem={"bonus": "max"})


def _rung_up(
    days_ago: int, card: str, line: dict[str, object], redeem: dict[str, str] | None = None
) -> Deed:
    body = {
        "receipt": f"seed-{days_ago:03}",
        "card": card,
        "lines": [{"line": 1, "sku": f"demo-{days_ago}", **GOODS, **line}],
        "redeem": redeem or {},
    }
    # As the API reads it: strict models take a JSON array for a tuple.
    request = ReceiptRequest.model_validate_json(json.dumps(body))
    return Deed(days_ago=days_ago, act=lambda till: confirm_receipt(till, request))


if __name__ == "__main__":
    main()
