"""The engine: 20 lines by 50 rules, and by 1000."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.place import Place
from loyaltyd.domain.program import Program
from loyaltyd.domain.quote import Quote
from loyaltyd.domain.quote import quote as engine_quote
from loyaltyd.till.baskets import basket_from
from loyaltyd.till.checkout import quote_receipt
from loyaltyd.till.program_file import program_of
from loyaltyd.till.requests import QuoteRequest
from tools.bench.measure import Figure, Limit, Size, against, rounds_us
from tools.bench.workload import AT, program, receipt, till_at

BODY = receipt(1)


def quote(size: Size) -> list[Figure]:
    """The engine alone, and a whole quote in this process with its request, ledger and answer."""
    small, large = program_of(program(50), "50 rules"), program_of(program(1000), "1000 rules")
    with tempfile.TemporaryDirectory() as folder, till_at(Path(folder), program(50)) as till:
        loop = asyncio.new_event_loop()
        times = rounds_us(
            {
                "json": lambda: json.loads(BODY),
                "sum": least_sum(basket_of(small)),
                "engine": decision(small),
                "engine of 1000": decision(large),
                "whole": lambda: loop.run_until_complete(
                    quote_receipt(till, QuoteRequest.model_validate_json(BODY))
                ),
            },
            size,
        )
        loop.close()
    parse, least = (
        ("json.loads of the request", times["json"]),
        ("the sum of its lines", times["sum"]),
    )
    engine = "quote, 20 lines x 50 rules"
    return [
        against(f"{engine}, engine", times["engine"], parse),
        against(f"{engine}, engine", times["engine"], least),
        against(
            "quote, 20 lines x 1000 rules, engine",
            times["engine of 1000"],
            ("50 rules", times["engine"]),
            Limit(most=8.5, source="goal 6"),
        ),
        against(f"{engine}, bytes in to answer", times["whole"], parse),
        against(f"{engine}, bytes in to answer", times["whole"], ("engine", times["engine"])),
    ]


def decision(text: Program) -> Callable[[], Quote]:
    """A call that works the receipt out for Anna, gold, with 500.00 bonuses."""
    basket = basket_of(text)
    lot = Lot(wallet="bonus", amount=50000, active_from=AT.date(), expires_at=None)
    card = Card(id="a" * 32, kind="bonus", range="2990/13")
    seen = Seen(card=card, account=Account(id="a" * 32, tier="gold", measure=10**7, lots=(lot,)))
    place = Place(store="", till="", group="", timezone="UTC", business_date=AT.date())

    def decide() -> Quote:
        found = engine_quote(basket, seen, text, place, AT)
        assert isinstance(found, Quote)
        return found

    return decide


def basket_of(text: Program) -> Basket:
    """The bench's receipt as the engine takes it."""
    found = basket_from(QuoteRequest.model_validate_json(BODY), text, "a" * 32)
    assert isinstance(found, Basket)
    return found


def least_sum(basket: Basket) -> Callable[[], int]:
    """A call that does the least of any quote: each line's gross, rounded, and their sum."""

    def sum_up() -> int:
        return sum((line.quantity * line.price + 500) // 1000 for line in basket.lines)

    return sum_up
