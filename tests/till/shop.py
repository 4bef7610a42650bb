"""A till on a real ledger file, whose clock a test turns, called with what till software sends."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from loyaltyd.domain.card import ean_fits
from loyaltyd.domain.record import Record, record_from
from loyaltyd.domain.refusal import Reason, Refusal
from loyaltyd.store.database import reader
from loyaltyd.store.ledger import open_ledger
from loyaltyd.store.verify import verified
from loyaltyd.till import accounts, cards, checkout, days, linking, reservations, returns
from loyaltyd.till.checkout import QuoteChanged
from loyaltyd.till.open_reservations import Reservations
from loyaltyd.till.programs import keep_programs
from loyaltyd.till.requests import (
    BlockRequest,
    CardRequest,
    DayRequest,
    LinkRequest,
    MomentRequest,
    QuoteRequest,
    ReceiptRequest,
    ReplaceRequest,
    Request,
    ReservationRequest,
    ReturnRequest,
    TransferRequest,
)
from loyaltyd.till.till import Till
from tests.domain.receipts import CARDS, DEMO, EARN, HEAD, SATURDAY, wallet
from tools import seed

Answer = TypeVar("Answer")
Body = Mapping[str, Any]

KEY = "ab" * 32
CARD = "2990000000019"
PLASTIC = "2991000000016"
# A program of its own language's defaults: bonuses that pay in full, and 5% of what is paid.
PLAIN = HEAD + wallet() + EARN + CARDS
MILK = {"sku": "4600682000013", "name": "Milk 1 l", "category": "dairy/milk", "price": "89.90"}
APPLES = {"sku": "2100123", "name": "Apples", "category": "fruit/apples", "price": "389.99"}
EXAMPLE: Body = {  # api.md's quote
    "receipt": "msk017-3-000123",
    "cashier": "17",
    "card": CARD,
    "lines": [
        {"line": 1, "quantity": "2", "unit": "pc", **MILK},
        {"line": 2, "quantity": "0.347", "unit": "kg", **APPLES},
    ],
    "redeem": {"bonus": "max"},
}


@dataclass(slots=True)
class Clock:
    """The till's clock, which shows what it was set to."""

    now: dt.datetime = SATURDAY
    elapsed_s: float = 0.0  # of the clock that never jumps

    def monotonic(self) -> float:
        return self.elapsed_s

    def __call__(self) -> dt.datetime:
        return self.now.astimezone(dt.UTC)

    def move(self, **span: float) -> None:
        self.now += dt.timedelta(**span)


@dataclass(slots=True, kw_only=True)
class Shop:
    """The calls of api.md; an answer is what it holds, `no` is the reason of a refusal."""

    till: Till
    clock: Clock

    def quote(self, body: Body) -> Any:
        request = QuoteRequest.model_validate_json(json.dumps(body))
        return answered(checkout.quote_receipt(self.till, request))

    def confirm(self, body: Body) -> Any:
        request = ReceiptRequest.model_validate_json(json.dumps(body))
        return answered(checkout.confirm_receipt(self.till, request))

    def reserve(self, ident: str, body: Body) -> Any:
        request = ReservationRequest.model_validate_json(json.dumps({**body, "reservation": ident}))
        return answered(reservations.reserve(self.till, request))

    def confirm_reserved(self, ident: str) -> Any:
        return answered(reservations.confirm_reservation(self.till, ident, Request()))

    def cancel_reserved(self, ident: str) -> Any:
        return answered(reservations.cancel_reservation(self.till, ident, Request()))

    def receipt(self, receipt: str) -> Any:
        return answered(checkout.read_receipt(self.till, receipt))

    def cancel(self, receipt: str, body: Body | None = None) -> Any:
        request = MomentRequest.model_validate_json(json.dumps(body or {}))
        return answered(returns.cancel_receipt(self.till, receipt, request))

    def give_back(self, receipt: str, body: Body) -> Any:
        request = ReturnRequest.model_validate_json(json.dumps(body))
        return answered(returns.return_goods(self.till, receipt, request))

    def card(self, number: str = CARD) -> Any:
        return answered(cards.read_card(self.till, number))

    def issue(self, body: Body) -> Any:
        request = CardRequest.model_validate_json(json.dumps(body))
        return answered(cards.issue_card(self.till, request))

    def block(self, number: str = CARD) -> Any:
        return answered(cards.block_card(self.till, number, BlockRequest(reason="lost")))

    def unblock(self, number: str = CARD) -> Any:
        return answered(cards.unblock_card(self.till, number, MomentRequest()))

    def replace(self, old: str, new: str) -> Any:
        return answered(linking.replace_card(self.till, old, ReplaceRequest(new=new)))

    def link(self, number: str, **other: str) -> Any:
        request = LinkRequest.model_validate_json(json.dumps(other))
        return answered(linking.link_card(self.till, number, request))

    def merge(self, transfer: str, source: str, target: str) -> Any:
        body = {"transfer": transfer, "from": source, "to": target}
        request = TransferRequest.model_validate_json(json.dumps(body))
        return answered(accounts.merge_accounts(self.till, request))

    def forget(self, number: str = CARD) -> Any:
        return answered(accounts.forget_holder(self.till, number, MomentRequest()))

    def open_day(self, date: str | None = None, at: str | None = None) -> Any:
        return answered(days.open_day(self.till, _day(date, at)))

    def close_day(self, date: str | None = None, at: str | None = None) -> Any:
        return answered(days.close_day(self.till, _day(date, at)))

    def seq(self) -> int:
        """How many records the log has."""
        return self.till.ledger.read(lambda view: view.head()).result().seq

    def publish(self, text: str) -> None:
        """Take up a further version of the program."""
        self.till = replace(self.till, programs=keep_programs(self.till.ledger, text, "next.toml"))

    def records(self) -> list[Record]:
        """The whole log, read from the file's lines."""
        with closing(reader(self.till.ledger.path)) as connection:
            rows = connection.execute("SELECT line FROM record ORDER BY seq").fetchall()
        return [record_from(line, self.till.ledger.stream) for (line,) in rows]

    def check(self) -> None:
        """The chain holds, and the projections are what the lines give."""
        assert verified(self.till.ledger.path).findings == ()


@contextmanager
def shop_at(
    path: Path, text: str = PLAIN, now: dt.datetime = SATURDAY, *, till: str = "3", key: str = KEY
) -> Iterator[Shop]:
    """Open a shop, or open it again; path is its ledger."""
    ledger = open_ledger(path, chain="zelenka", store="msk-017", till=till, key=key)
    clock = Clock(now)
    try:
        lane = Till(
            ledger=ledger,
            group="main-hall",
            timezone="Europe/Moscow",
            language="en",
            chain_key=b"chain" * 8,
            token_key=b"token" * 8,
            at_window=dt.timedelta(days=3),
            clock=clock,
            programs=keep_programs(ledger, text, "program.toml"),
            reservations=Reservations(clock.monotonic),
        )
        yield Shop(till=lane, clock=clock)
    finally:
        ledger.close()


@contextmanager
def seeded_shop_at(path: Path) -> Iterator[Shop]:
    """The shop of the demo's shoppers, whose year ends on the Saturday of api.md's example."""
    text = DEMO.read_text("utf-8")
    with shop_at(path, seed.earlier(text, SATURDAY)) as shop:
        shop.publish(text)
        for deed in seed.deeds():
            then = SATURDAY.replace(hour=12, minute=0) - dt.timedelta(days=deed.days_ago)
            asyncio.run(_awaited(deed, replace(shop.till, clock=Clock(then))))
        yield shop


def answered(asked: Coroutine[Any, Any, Answer]) -> Answer:
    return asyncio.run(asked)


def in_bonuses(answer: Any) -> Any:
    """The answer without the demo's other wallets, in which nothing of its example moves."""
    if isinstance(answer, list):
        return [in_bonuses(it) for it in answer]
    if not isinstance(answer, dict):
        return answer
    kept = {name: in_bonuses(it) for name, it in answer.items()}
    for name in kept.keys() & {"earned", "restored", "clawed_back", "wallets"}:
        others = {key: it for key, it in kept[name].items() if key != "bonus"}
        assert all(not any(map(float, _amounts(it))) for it in others.values()), others
        kept[name] = {"bonus": kept[name]["bonus"]}
    return kept


def no(answer: object) -> Reason | None:
    """Why there is no answer, if there is none."""
    return answer.reason if isinstance(answer, Refusal | QuoteChanged) else None


def line(number: int, price: str, quantity: str = "1", **more: object) -> dict[str, Any]:
    return {"line": number, "sku": f"sku-{number}", "quantity": quantity, "price": price, **more}


def bought(receipt: str, *lines: Body, card: str | None = CARD, **more: object) -> dict[str, Any]:
    """A receipt's body."""
    return {"receipt": receipt, "lines": list(lines)} | ({"card": card} if card else {}) | more


def back(ident: str, *parts: tuple[int, str], **more: object) -> dict[str, Any]:
    """A return's body: lines and their quantities."""
    return {"return": ident, "lines": [{"line": n, "quantity": it} for n, it in parts], **more}


def numbered(count: int, prefix: str = "2990") -> str:
    """The card of that count, with its check digit."""
    start = f"{prefix}{count:08}"
    return next(start + digit for digit in "0123456789" if ean_fits(start + digit))


def _amounts(value: Any) -> list[str]:
    """The amounts of a wallet's answer, or the one that stands for it."""
    if isinstance(value, dict):
        return [it for key, it in value.items() if isinstance(it, str) and key != "every"]
    return [value]


def _day(date: str | None, at: str | None) -> DayRequest:
    body = {"business_date": date, "at": at}
    return DayRequest.model_validate_json(json.dumps({k: v for k, v in body.items() if v}))


async def _awaited(deed: seed.Deed, till: Till) -> None:
    outcome = await deed.act(till)
    assert no(outcome) is None, outcome
