"""What the benches work on: a receipt of 20 lines, programs of so many rules, a till."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyaltyd.domain.refusal import Refusal
from loyaltyd.store.ledger import open_ledger
from loyaltyd.till.checkout import QuoteChanged, confirm_receipt
from loyaltyd.till.open_reservations import Reservations
from loyaltyd.till.programs import keep_programs
from loyaltyd.till.requests import ReceiptRequest
from loyaltyd.till.till import Till
from tests.daemon.daemon_process import ANNA, PROGRAM, STARTS

LINES, CATEGORIES = 20, 60
AT = dt.datetime(2026, 12, 5, 7, 30, tzinfo=dt.UTC)

ITEM_RULE = """
[[rules]]
id = "item-{n}"
layer = "item"
group = "item"
{when}on = {{ {on} }}
give = {{ percent_off = "{percent}%", max = "300.00" }}
"""
RECEIPT_GROUP = '\n[groups.receipt]\npick = "best"\n'
RECEIPT_RULE = """
[[rules]]
id = "receipt-{n}"
layer = "receipt"
group = "receipt"
when = {{ min_total = "{least}.00" }}
give = {{ amount_off = "{amount}.00" }}
"""
COUPON_RULE = """
[[rules]]
id = "coupon"
layer = "coupon"
when = {{ coupon = {codes} }}
give = {{ percent_off = "5%" }}
"""


def receipt(number: int) -> bytes:
    """A request of 20 lines in 20 categories, about 2.4 KB of JSON, that pays with bonuses too."""
    lines = [
        {
            "line": n,
            "sku": f"46006820000{n:02}",
            "name": f"Goods number {n}",
            "category": f"goods/c{n}",
            "quantity": "2" if n % 3 else "0.347",
            "unit": "pc" if n % 3 else "kg",
            "price": f"{50 + 7 * n}.90",
        }
        for n in range(1, LINES + 1)
    ]
    body = {"receipt": f"b-{number:09}", "card": ANNA, "lines": lines, "redeem": {"bonus": "max"}}
    return json.dumps(body).encode()


def program(rules: int, strange: int = 0) -> str:
    """The demo's program with rules to make up the number, each twentieth on the receipt.

    strange: how many rules more there are, for goods that no receipt here has.
    """
    before, points = PROGRAM.replace(STARTS, "starts = 2020-01-01").split("# ── Earning", 1)
    count = rules - PROGRAM.count("[[rules]]")
    more = [_receipt_rule(n) if n % 20 == 0 else _item_rule(n) for n in range(count)]
    more += [_item_rule(n, f"strange/c{n % CATEGORIES}") for n in range(count, count + strange)]
    return f"{before}{RECEIPT_GROUP}{''.join(more)}\n# ── Earning{points}"


def with_coupons(text: str, codes: int) -> str:
    """The program with a rule for so many coupons."""
    before, points = text.split("# ── Earning", 1)
    rule = COUPON_RULE.format(codes=json.dumps([coupon(n) for n in range(codes)]))
    return f"{before}{rule}\n# ── Earning{points}"


def coupon(number: int) -> str:
    """The code of a coupon."""
    return f"SPRING-{number:06}"


@contextmanager
def till_at(folder: Path, text: str, key: str = "ab" * 32) -> Iterator[Till]:
    """A till of that program on a ledger in folder, at a moment that stands still."""
    ledger = open_ledger(folder / "ledger.db", chain="zelenka", store="msk-017", till="3", key=key)
    try:
        yield Till(
            ledger=ledger,
            group="",
            timezone="Europe/Moscow",
            language="en",
            chain_key=bytes(32),
            token_key=bytes(32),
            at_window=dt.timedelta(days=3),
            clock=lambda: AT,
            programs=keep_programs(ledger, text, "program.toml"),
            reservations=Reservations(lambda: 0.0),
        )
    finally:
        ledger.close()


async def confirmed(till: Till, number: int) -> None:
    """Confirm one receipt in this process."""
    outcome = await confirm_receipt(till, ReceiptRequest.model_validate_json(receipt(number)))
    assert not isinstance(outcome, Refusal | QuoteChanged), outcome


def confirm_many(till: Till, numbers: range) -> None:
    """Confirm a receipt of each number."""

    async def all_of_them() -> None:
        for number in numbers:
            await confirmed(till, number)

    asyncio.run(all_of_them())


def _item_rule(n: int, category: str = "") -> str:
    when = ('when = { tier = ["gold"] }\n', 'when = { weekday = ["sat", "sun"] }\n', "")[n % 3]
    on = (
        f'sku = ["46006820000{n % LINES:02}"]'
        if n % 4 == 0 and not category
        else f'category = ["{category or f"goods/c{n % CATEGORIES}"}"]'
    )
    return ITEM_RULE.format(n=n, when=when, on=on, percent=5 + n % 10)


def _receipt_rule(n: int) -> str:
    return RECEIPT_RULE.format(n=n, least=500 + 100 * n, amount=10 + n % 7)
