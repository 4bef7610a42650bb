"""Quote, confirm, replay, read back: api.md's example, and what an id is worth."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.refusal import Reason
from loyaltyd.till.checkout import confirm_receipt
from loyaltyd.till.requests import ReceiptRequest
from tests.domain.receipts import CARDS, DEMO, EARN, HEAD, MOSCOW, SATURDAY, rule, wallet
from tests.till.shop import (
    CARD,
    EXAMPLE,
    PLAIN,
    PLASTIC,
    Shop,
    back,
    bought,
    in_bonuses,
    line,
    no,
    numbered,
    seeded_shop_at,
    shop_at,
)

EXAMPLE_LINES = [
    {
        "line": 1,
        "gross": "179.80",
        "discount": "17.98",
        "redeemed": "48.54",
        "net": "113.28",
        "earned": {"bonus": "5.66"},
        "effects": [{"rule": "milk-10", "layer": "item", "amount": "17.98"}],
    },
    {
        "line": 2,
        "gross": "135.33",
        "discount": "0.00",
        "redeemed": "40.60",
        "net": "94.73",
        "earned": {"bonus": "4.74"},
        "effects": [],
    },
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[Shop]:
    """Anna's shop on the morning of api.md's example."""
    with seeded_shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


def bonus(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer["wallets"]["bonus"]
    return found


def rich(shop: Shop, points: str = "100.00", card: str = CARD) -> None:
    """Let the card have so many bonuses: a twentieth of what it buys."""
    price = f"{int(points.replace('.', '')) * 20 // 100}.00"
    assert no(shop.confirm(bought(f"rich-{card}", line(1, price), card=card))) is None


def test_the_example_of_the_contract_gives_its_numbers(anna: Shop) -> None:
    answer = in_bonuses(anna.quote(EXAMPLE))
    assert answer["expires_at"] == "2026-12-05T10:35:00+03:00"
    assert answer["program"] == {"id": "zelenka", "version": 12}
    assert answer["card"] == {
        "number": "2990******019",
        "kind": "bonus",
        "status": "active",
        "holder": "Anna",
        "tier": "silver",
    }
    assert answer["totals"] == {
        "gross": "315.13",
        "discount": "17.98",
        "redeemed": "89.14",
        "tendered": "0.00",
        "payable": "208.01",
        "earned": {"bonus": "10.40"},
    }
    assert answer["lines"] == EXAMPLE_LINES
    assert bonus(answer) == {
        "available": "250.00",
        "pending": "12.00",
        "reserved": "0.00",
        "debt": "0.00",
        "redeemable": "89.14",
        "spent": "89.14",
        "after": "160.86",
        "expiring": [{"amount": "40.00", "on": "2026-12-31"}],
    }
    assert answer["messages"] == {
        "cashier": ["Greet Anna"],
        "customer": ["Weekend milk: 17.98 off", "You earn 10.40"],
        "slip": ["Bonuses 160.86, and 22.40 more soon"],
    }
    step = next(why for why in answer["explain"] if why["rule"] == "step-scale")
    assert step["because"] == "needs a total of 1000.00, has 297.15"
    assert not step["applied"]


def test_the_example_confirmed_and_one_milk_back_give_the_contracts_numbers(anna: Shop) -> None:
    token = anna.quote(EXAMPLE)["quote"]
    paid = [{"kind": "cash", "amount": "208.01"}]
    done = anna.confirm({**EXAMPLE, "quote": token, "payments": paid})
    assert (bonus(done)["available"], bonus(done)["pending"]) == ("160.86", "22.40")
    assert bonus(done)["spent"] == "89.14"
    assert done["slip"] == done["messages"]["slip"] == ["Bonuses 160.86, and 22.40 more soon"]
    milk = anna.give_back("msk017-3-000123", back("msk017-1-R000009", (1, "1")))
    assert in_bonuses(milk)["totals"] == {
        "refund": "56.64",
        "restored": {"bonus": "24.27"},
        "clawed_back": {"bonus": "2.84"},
    }
    assert (bonus(milk)["available"], bonus(milk)["pending"]) == ("185.13", "19.56")


def test_a_quote_changes_nothing_and_claims_no_id(shop: Shop) -> None:
    shop.quote(bought("r-1", line(1, "10.00")))
    assert shop.seq() == 0
    assert shop.card()["status"] == "new"
    assert shop.confirm(bought("r-1", line(1, "20.00")))["seq"] == 1


def test_a_receipt_sent_again_is_answered_as_at_first(shop: Shop) -> None:
    body = bought("r-1", line(1, "100.00"), payments=[{"kind": "cash", "amount": "100.00"}])
    first = shop.confirm(body)
    again = shop.confirm(body)
    assert again.pop("replayed") is True
    assert again == first
    assert shop.seq() == 1


@pytest.mark.parametrize(
    "other",
    [
        bought("r-1", line(1, "100.01")),
        bought("r-1", line(1, "100.00", "2")),
        bought("r-1", line(1, "100.00"), card=numbered(2)),
        bought("r-1", line(1, "100.00"), card=None),
        bought("r-1", line(1, "100.00"), redeem={"bonus": "max"}),
        bought("r-1", line(1, "100.00"), at="2026-12-05T10:00:00+03:00"),
        bought("r-1", line(1, "100.00"), split=True),
        bought("r-1", line(1, "100.00", no_earn=True)),
        bought("r-1", line(1, "100.00"), line(2, "1.00")),
    ],
)
def test_an_id_with_another_body_is_refused(shop: Shop, other: dict[str, Any]) -> None:
    shop.confirm(bought("r-1", line(1, "100.00")))
    assert no(shop.confirm(other)) is Reason.ID_REUSED
    assert shop.seq() == 1


def test_a_body_is_the_same_when_it_parses_to_the_same(shop: Shop) -> None:
    rich(shop)
    at = "2026-12-05T10:30:00+03:00"
    lines = [line(1, "100.00", "2", abv="5", unit="pc")]
    first = shop.confirm(bought("r-1", *lines, redeem={"bonus": "1.5"}, at=at))
    assert no(first) is None
    lines = [line(1, "0100.00", "2.000", abv="5.0")]
    at = "2026-12-05T07:30:00Z"
    again = shop.confirm(bought("r-1", *lines, redeem={"bonus": "1.50"}, at=at, quote="gone"))
    assert again == {**first, "replayed": True}


def test_a_refusal_stores_nothing_and_leaves_its_id_free(shop: Shop) -> None:
    wrong = bought("r-1", line(1, "10.00"), payments=[{"kind": "cash", "amount": "9.00"}])
    assert no(shop.confirm(wrong)) is Reason.PAYMENTS_MISMATCH
    assert shop.seq() == 0
    assert no(shop.receipt("r-1")) is Reason.RECEIPT_UNKNOWN
    assert shop.card()["status"] == "new"
    assert shop.confirm(bought("r-1", line(1, "10.00")))["seq"] == 1


def test_a_replay_needs_no_window_no_card_and_no_program(shop: Shop) -> None:
    body = bought("r-1", line(1, "100.00"), at="2026-12-05T10:00:00+03:00")
    first = shop.confirm(body)
    shop.block()
    shop.publish(PLAIN.replace("version = 1", "version = 2").replace("5%", "50%"))
    shop.clock.move(days=400)
    assert shop.confirm(body) == {**first, "replayed": True}


def test_answers_outlive_the_daemon(tmp_path: Path) -> None:
    body = bought("r-1", line(1, "100.00"))
    with shop_at(tmp_path / "ledger.db") as shop:
        first, token = shop.confirm(body), shop.quote(bought("r-2", line(1, "7.00")))["quote"]
    with shop_at(tmp_path / "ledger.db") as shop:
        assert shop.confirm(body) == {**first, "replayed": True}
        assert no(shop.confirm(bought("r-2", line(1, "7.00"), quote=token))) is None


def test_a_first_use_opens_the_account_at_confirm(shop: Shop) -> None:
    body = bought("r-1", line(1, "80.00"))
    assert shop.quote(body)["card"]["status"] == "new"
    assert shop.confirm(body)["card"]["status"] == "active"
    assert shop.card()["status"] == "active"
    ident = shop.till.ledger.read(lambda view: view.record("receipt", "r-1")).result()
    assert ident is not None
    member = ident.body["card"]
    assert isinstance(member, dict)
    number = shop.till.ledger.read(lambda view: view.card_number(str(member["id"]))).result()
    assert number == CARD
    assert CARD not in ident.line


def test_a_card_that_has_to_be_issued_is_no_good_before(tmp_path: Path) -> None:
    text = PLAIN.replace('prefix = "2990"', 'prefix = "2990"\nenrol = "issued-only"')
    with shop_at(tmp_path / "ledger.db", text) as shop:
        body = bought("r-1", line(1, "80.00"))
        assert no(shop.quote(body)) is Reason.CARD_NOT_ISSUED
        assert no(shop.confirm(body)) is Reason.CARD_NOT_ISSUED
        shop.issue({"card": CARD})
        assert no(shop.confirm(body)) is None


def test_a_discount_card_gives_its_percentage_earns_nothing_and_says_that_it_cannot_pay(
    shop: Shop,
) -> None:
    body = bought("r-1", line(1, "100.00"), card=PLASTIC, redeem={"bonus": "max"})
    done = shop.confirm(body)
    assert done["totals"]["discount"] == "5.00"
    assert done["totals"]["redeemed"] == done["totals"]["earned"]["bonus"] == "0.00"
    assert done["lines"][0]["effects"] == [{"rule": "card", "layer": "receipt", "amount": "5.00"}]
    assert done["messages"]["cashier"] == ["bonus: nothing can be spent on this receipt"]


@pytest.mark.parametrize("wish", ["max", "5.00"])
def test_redeeming_without_a_card_tells_the_cashier_that_nothing_is_spent(
    shop: Shop, wish: str
) -> None:
    done = shop.confirm(bought("r-1", line(1, "100.00"), card=None, redeem={"bonus": wish}))
    assert done["card"] is None
    assert done["totals"]["payable"] == "100.00"
    assert done["messages"]["cashier"] == ["bonus: nothing can be spent on this receipt"]


def test_a_wish_above_the_limit_is_cut_and_said_at_confirm_too(shop: Shop) -> None:
    rich(shop)
    done = shop.confirm(bought("r-1", line(1, "500.00"), redeem={"bonus": "120.00"}))
    assert done["totals"]["redeemed"] == "100.00"
    assert done["messages"]["cashier"] == ["bonus: 100.00 can be spent, not 120.00"]


def test_payments_are_of_what_is_payable_after_the_wish_was_cut(shop: Shop) -> None:
    rich(shop)
    body = bought("r-1", line(1, "500.00"), redeem={"bonus": "120.00"})
    short = {**body, "payments": [{"kind": "cash", "amount": "380.00"}]}
    assert no(shop.confirm(short)) is Reason.PAYMENTS_MISMATCH
    right = {**body, "payments": [{"kind": "cash", "amount": "400.00"}]}
    assert no(shop.confirm(right)) is None


def test_a_receipt_is_read_back_as_it_was_answered(shop: Shop) -> None:
    done = shop.confirm(bought("r-1", line(1, "10.00", "2")))
    assert shop.receipt("r-1") == {**done, "state": "confirmed", "returns": []}
    part = shop.give_back("r-1", back("b-1", (1, "1")))
    assert shop.receipt("r-1") == {**done, "state": "partially_returned", "returns": [part]}
    rest = shop.give_back("r-1", back("b-2", (1, "1")))
    assert shop.receipt("r-1") == {**done, "state": "returned", "returns": [part, rest]}


def test_debt_is_paid_by_what_is_earned_next_and_nothing_is_spent_meanwhile(shop: Shop) -> None:
    rich(shop)
    shop.confirm(bought("r-1", line(1, "100.00"), redeem={"bonus": "max"}))
    owing = shop.cancel(f"rich-{CARD}")
    assert bonus(owing)["debt"] == "100.00"
    blocked = shop.confirm(bought("r-2", line(1, "1000.00"), redeem={"bonus": "max"}))
    assert (blocked["totals"]["redeemed"], bonus(blocked)["debt"]) == ("0.00", "50.00")
    assert blocked["messages"]["cashier"][-1] == "bonus: 50.00 owed, taken from the next points"
    freed = shop.confirm(bought("r-3", line(1, "1200.00")))
    assert (bonus(freed)["debt"], bonus(freed)["available"]) == ("0.00", "10.00")


@pytest.mark.parametrize(
    ("currency", "price", "gross", "earned"),
    [
        ("JPY", "1250", "3750", "187"),
        ("KWD", "1.250", "3.750", "0.187"),
        ("RUB", "12.50", "37.50", "1.87"),
    ],
)
def test_money_has_the_decimals_of_its_currency(
    tmp_path: Path, currency: str, price: str, gross: str, earned: str
) -> None:
    scale = len(earned.partition(".")[2])
    points = f'[wallets.bonus]\nscale = {scale}\nredeem_rate = "1"\n'
    text = HEAD.replace("RUB", currency) + points + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        done = shop.confirm(bought("r-1", line(1, price, "3")))
        assert (done["totals"]["gross"], done["totals"]["earned"]) == (gross, {"bonus": earned})
        answer = shop.give_back("r-1", back("b-1", (1, "3")))
        assert answer["totals"] == {
            "refund": gross,
            "restored": {"bonus": "0." + "0" * scale if scale else "0"},
            "clawed_back": {"bonus": earned},
        }
        shop.check()


SEVERAL = (
    HEAD
    + wallet('max_share = "50%"')
    + '[wallets.stars]\nscale = 0\nredeem_rate = "0.25"\n'
    + '[wallets.purse]\nscale = 2\nredeem_rate = "2.00"\npoints_as = "tender"\n'
    + EARN
    + rule("stars", "points", 'earn = "stars", percent = "10%"')
    + rule("purse", "points", 'earn = "purse", percent = "10%"')
    + CARDS
)


def test_several_wallets_pay_in_their_order_each_at_its_rate(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", SEVERAL) as shop:
        shop.confirm(bought("r-0", line(1, "100.00")))  # 5.00 bonuses, 10 stars, 10.00 in the purse
        wishes = {"purse": "max", "stars": "7", "bonus": "max"}
        done = shop.confirm(bought("r-1", line(1, "40.00"), line(2, "0.01"), redeem=wishes))
        spent = {name: it["spent"] for name, it in done["wallets"].items()}
        assert spent == {"bonus": "5.00", "stars": "7", "purse": "10.00"}
        assert done["totals"]["redeemed"] == "26.75"  # 5.00 + 1.75 + 20.00
        assert done["totals"]["tendered"] == "20.00"
        # of 40.01 - 6.75 = 33.26, the tender too
        assert done["totals"]["earned"] == {"bonus": "1.66", "stars": "3", "purse": "3.32"}
        answer = shop.give_back("r-1", back("b-1", (1, "1"), (2, "1")))
        assert answer["totals"]["refund"] == done["totals"]["payable"]
        assert answer["totals"]["restored"] == spent
        assert answer["totals"]["clawed_back"] == done["totals"]["earned"]
        shop.check()


def test_no_program_means_no_receipt(tmp_path: Path) -> None:
    early = dt.datetime(2025, 12, 31, 23, 59, tzinfo=MOSCOW)
    with shop_at(tmp_path / "ledger.db", now=early) as shop:
        assert no(shop.quote(bought("r-1", line(1, "1.00")))) is Reason.NO_PROGRAM
        shop.clock.move(minutes=1)
        assert no(shop.confirm(bought("r-1", line(1, "1.00")))) is None


def test_the_demo_program_takes_what_the_example_took(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", DEMO.read_text("utf-8"), SATURDAY) as shop:
        done = shop.confirm({**EXAMPLE, "card": numbered(77)})
        assert done["totals"]["payable"] == "315.13"  # tier start: no weekend milk, no bonuses
        assert done["messages"]["cashier"] == ["Bonuses: nothing can be spent on this receipt"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (bought("r-1", *(line(n, "99999999999.99") for n in (1, 2))), Reason.AMOUNT_TOO_LARGE),
        (bought("r-1", line(1, "1.00"), redeem={"gold": "max"}), Reason.WALLET_UNKNOWN),
        (bought("r-1", line(1, "999999999999.99")), Reason.REQUEST_INVALID),
    ],
)
def test_what_no_till_can_mean_is_refused_and_stores_nothing(
    shop: Shop, body: dict[str, Any], reason: Reason
) -> None:
    assert no(shop.quote(body)) is no(shop.confirm(body)) is reason
    assert shop.seq() == 0


def test_one_receipt_sent_many_times_at_once_is_recorded_once(shop: Shop) -> None:
    request = ReceiptRequest.model_validate_json(json.dumps(bought("r-1", line(1, "1.00"))))

    async def at_once() -> list[Any]:
        return await asyncio.gather(*(confirm_receipt(shop.till, request) for _ in range(20)))

    first, *others = asyncio.run(at_once())
    assert others == [{**first, "replayed": True}] * 19
    assert shop.seq() == 1
