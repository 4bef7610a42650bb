"""The engine: 20 lines by 50 rules, by more, and beside its peers."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.engine.quote import quote as engine_quote
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.place import Place
from loyaltyd.till.baskets import basket_from
from loyaltyd.till.checkout import quote_receipt
from loyaltyd.till.program_file import program_of
from loyaltyd.till.requests import QuoteRequest
from tools.bench.measure import Figure, Limit, Size, against, rounds_us
from tools.bench.peers import peers, percentages, promises
from tools.bench.workload import AT, coupon, program, receipt, till_at, with_coupons

BODY = receipt(1)
ENGINE = "quote, 20 lines x 50 rules"
GOAL_5 = {"zen decision table": 8.0, "zen expression": 4.0, "json-logic": 50.0}
PEERS = (*GOAL_5, "zen table sorted by hand")
Times = dict[str, list[float]]


def quote(size: Size) -> list[Figure]:
    """The engine alone and beside its peers, and a whole quote: request, ledger and answer."""
    small = program_of(program(50), "50 rules")
    them = promises(50)
    basket = replace(basket_of(small), redeem=())
    others = peers(them, basket.lines)
    same = decision(program_of(percentages(them), "50 percentages"), basket)
    payable = same().result.payable
    wrong = {name: pay() for name, pay in others.items() if pay() != payable}
    assert not wrong, f"not {payable}: {wrong}"
    with tempfile.TemporaryDirectory() as folder, till_at(Path(folder), program(50)) as till:
        loop = asyncio.new_event_loop()
        calls = {
            "json": lambda: json.loads(BODY),
            "sum": least_sum(basket_of(small)),
            "engine": decision(small),
            "percentages": same,
            "whole": lambda: loop.run_until_complete(
                quote_receipt(till, QuoteRequest.model_validate_json(BODY))
            ),
        }
        times = rounds_us({**calls, **_larger(), **others}, size, of_round=min)
        loop.close()
    return [*_of_fifty(times), *_of_more(times), *_beside_peers(times)]


def _larger() -> dict[str, Callable[[], Quote]]:
    return {
        "1000": decision(program_of(program(1000), "1000 rules")),
        "10000": decision(program_of(program(50, strange=9950), "10000 rules")),
        "coupon": _with_coupon(1),
        "100000 coupons": _with_coupon(100_000),
    }


def _with_coupon(codes: int) -> Callable[[], Quote]:
    """The receipt with the last of so many coupons that a rule beside the 50 is for."""
    text = program_of(with_coupons(program(50), codes), f"{codes} coupons")
    named = Coupon(id="c" * 32, name=coupon(codes - 1))
    return decision(text, replace(basket_of(text), coupons=(named.id,)), (named,))


def _of_fifty(times: Times) -> list[Figure]:
    parse = ("json.loads of the request", times["json"])
    least = ("the sum of its lines", times["sum"])
    whole = "quote, 20 lines x 50 rules, bytes in to answer"
    return [
        against(f"{ENGINE}, engine", times["engine"], parse),
        against(f"{ENGINE}, engine", times["engine"], least),
        against(whole, times["whole"], parse),
        against(whole, times["whole"], ("engine", times["engine"])),
    ]


def _of_more(times: Times) -> list[Figure]:
    fifty = ("50 rules", times["engine"])
    of_many = "10000 rules of which 50 can match"
    return [
        against("1000 rules, engine", times["1000"], fifty, Limit(most=8.5, source="goal 6")),
        against(of_many, times["10000"], fifty, Limit(most=1.5)),
        against(
            "a coupon of 100000",
            times["100000 coupons"],
            ("a coupon of 1", times["coupon"]),
            Limit(most=1.5),
        ),
    ]


def _beside_peers(times: Times) -> list[Figure]:
    """How much longer each takes for its percentages alone than the engine for everything."""
    everything = ("engine, everything", times["engine"])
    alike = ("engine, the same percentages", times["percentages"])
    found = []
    for name in PEERS:
        limit = Limit(least=GOAL_5[name], source="goal 5") if name in GOAL_5 else None
        what = f"{name}, 50 percentages"
        found += [
            against(what, times[name], everything, limit),
            against(what, times[name], alike),
        ]
    return found


def decision(
    text: Program, basket: Basket | None = None, coupons: tuple[Coupon, ...] = ()
) -> Callable[[], Quote]:
    """A call that works basket, or the receipt, out for Anna, gold, with 500.00 bonuses."""
    rung_up = basket or basket_of(text)
    lot = Lot(wallet="bonus", amount=50000, active_from=AT.date(), expires_at=None)
    card = Card(id="a" * 32, kind="bonus", range="2990/13")
    account = Account(id="a" * 32, tier="gold", measure=10**7, lots=(lot,))
    seen = Seen(card=card, account=account, coupons=coupons)
    place = Place(store="", till="", group="", timezone="UTC", business_date=AT.date())

    def decide() -> Quote:
        found = engine_quote(rung_up, seen, text, place, AT)
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
