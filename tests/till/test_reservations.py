"""Reservations: what a receipt redeems is held, and then spent, given back, or run out."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.refusal import Reason
from loyaltyd.till.requests import ReservationRequest
from loyaltyd.till.reservations import reserve
from tests.domain.receipts import CARDS, EARN, HEAD, rule, wallet
from tests.till.shop import CARD, PLAIN, Shop, back, bought, line, no, numbered, shop_at
from tests.till.test_beside import GIFT, TEXT, paid, sell

SINCE = dt.date(2026, 1, 1)
TTL_S = 900.0
MAX: dict[str, Any] = {"redeem": {"bonus": "max"}}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose shopper has 100.00 bonuses."""
    with shop_at(tmp_path / "ledger.db") as opened:
        assert no(opened.confirm(bought("rich", line(1, "2000.00")))) is None
        yield opened
        opened.check()


@pytest.fixture
def gifts(tmp_path: Path) -> Iterator[Shop]:
    """A shop with a gift card of 500.00."""
    with shop_at(tmp_path / "ledger.db", TEXT) as opened:
        assert no(sell(opened, "sold")) is None
        yield opened
        opened.check()


def holds(shop: Shop, card: str = CARD, name: str = "bonus") -> tuple[str, str]:
    """What a card's wallet has to spend, and what of it is reserved."""
    found = shop.card(card)["wallets"][name]
    return found["available"], found["reserved"]


def made(shop: Shop, ident: str, body: Any) -> Any:
    answer = shop.reserve(ident, body)
    assert no(answer) is None, answer
    return answer


def test_what_a_receipt_redeems_is_held_and_then_spent(shop: Shop) -> None:
    held = made(shop, "h-1", bought("r-1", line(1, "80.00"), **MAX))
    assert (held["reservation"], held["receipt"], held["ttl_s"]) == ("h-1", "r-1", 900)
    assert held["totals"]["payable"] == "0.00"
    wallet_now = held["wallets"]["bonus"]
    assert (wallet_now["available"], wallet_now["reserved"]) == ("20.00", "80.00")
    assert (wallet_now["spent"], wallet_now["after"]) == ("80.00", "20.00")
    assert holds(shop) == ("20.00", "80.00")
    done = shop.confirm_reserved("h-1")
    assert (done["receipt"], done["totals"]) == ("r-1", held["totals"])
    assert done["wallets"]["bonus"]["spent"] == "80.00"
    assert done["messages"]["slip"] == done["slip"] == ["bonus 20.00"]
    assert holds(shop) == ("20.00", "0.00")


def test_a_receipt_that_was_reserved_is_told_as_any_other(shop: Shop) -> None:
    body = bought("r-1", line(1, "300.00"), **MAX)
    quoted = shop.quote(body)
    made(shop, "h-1", body)
    done = shop.confirm_reserved("h-1")
    for member in ("program", "card", "totals", "lines", "messages", "explain"):
        assert done[member] == quoted[member], member
    found = shop.receipt("r-1")
    assert found == {**done, "state": "confirmed", "returns": []}


def test_what_is_held_can_be_spent_by_nobody_else(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "80.00"), **MAX))
    other = made(shop, "h-2", bought("r-2", line(1, "80.00"), **MAX))
    assert other["totals"]["redeemed"] == "20.00"
    quoted = shop.quote(bought("r-3", line(1, "80.00"), **MAX))
    assert (quoted["totals"]["redeemed"], quoted["wallets"]["bonus"]["reserved"]) == (
        *("0.00", "100.00"),
    )
    assert shop.confirm(bought("r-3", line(1, "80.00"), **MAX))["totals"]["redeemed"] == "0.00"
    assert shop.confirm_reserved("h-2")["totals"]["redeemed"] == "20.00"
    assert shop.confirm_reserved("h-1")["totals"]["redeemed"] == "80.00"


def test_two_reservations_that_race_for_one_balance_share_it(shop: Shop) -> None:
    bodies = [{**bought(f"r-{n}", line(1, "70.00"), **MAX), "reservation": f"h-{n}"} for n in "12"]

    async def race() -> list[Any]:
        requests = [ReservationRequest.model_validate(it, strict=False) for it in bodies]
        return await asyncio.gather(*(reserve(shop.till, it) for it in requests))

    redeemed = sorted(it["totals"]["redeemed"] for it in asyncio.run(race()))
    assert redeemed == ["30.00", "70.00"]
    assert holds(shop) == ("0.00", "100.00")


def test_what_is_cancelled_goes_back_into_the_lots_that_gave_it(tmp_path: Path) -> None:
    text = HEAD + wallet('expires = "30d"') + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        shop.confirm(bought("r-1", line(1, "1000.00")))
        shop.clock.move(days=2)
        shop.confirm(bought("r-2", line(1, "1000.00")))
        before = shop.card()["wallets"]
        assert [it["amount"] for it in before["bonus"]["expiring"]] == ["50.00", "50.00"]
        held = made(shop, "h-1", bought("r-3", line(1, "70.00"), **MAX))
        assert [it["amount"] for it in held["wallets"]["bonus"]["expiring"]] == ["30.00"]
        answer = shop.cancel_reserved("h-1")
        assert (answer["reservation"], answer["state"]) == ("h-1", "cancelled")
        assert answer["wallets"] == before == shop.card()["wallets"]
        shop.check()


def test_a_reservation_runs_out_by_time_that_passes_and_not_by_the_clock(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "80.00"), **MAX))
    shop.clock.move(days=400)
    shop.confirm(bought("r-2", line(1, "1.00"), card=None))
    assert holds(shop) == ("20.00", "80.00")
    shop.clock.move(days=-400)
    shop.clock.elapsed_s += TTL_S - 1
    shop.confirm(bought("r-3", line(1, "1.00"), card=None))
    assert holds(shop) == ("20.00", "80.00")
    shop.clock.elapsed_s += 1
    assert shop.confirm(bought("r-4", line(1, "100.00"), **MAX))["totals"]["redeemed"] == "100.00"
    assert no(shop.confirm_reserved("h-1")) is Reason.RESERVATION_EXPIRED
    assert no(shop.cancel_reserved("h-1")) is Reason.RESERVATION_EXPIRED
    assert no(shop.receipt("r-1")) is Reason.RECEIPT_UNKNOWN


def test_a_confirm_that_comes_too_late_is_refused_though_nobody_came_between(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "80.00"), **MAX))
    shop.clock.elapsed_s += TTL_S
    assert no(shop.confirm_reserved("h-1")) is Reason.RESERVATION_EXPIRED
    assert holds(shop) == ("100.00", "0.00")


def test_a_daemon_that_comes_back_holds_what_is_open_for_a_whole_term_more(tmp_path: Path) -> None:
    body = bought("r-2", line(1, "80.00"), **MAX)
    with shop_at(tmp_path / "ledger.db") as shop:
        shop.confirm(bought("r-1", line(1, "2000.00")))
        made(shop, "h-1", body)
        shop.clock.elapsed_s += TTL_S - 1
    with shop_at(tmp_path / "ledger.db") as shop:
        shop.clock.elapsed_s += TTL_S - 1
        shop.confirm(bought("r-3", line(1, "1.00"), card=None))
        assert holds(shop) == ("20.00", "80.00")
        shop.clock.elapsed_s += 1
        assert no(shop.confirm_reserved("h-1")) is Reason.RESERVATION_EXPIRED
        assert holds(shop) == ("100.00", "0.00")
    with shop_at(tmp_path / "ledger.db") as shop:
        made(shop, "h-2", bought("r-4", line(1, "80.00"), **MAX))
    with shop_at(tmp_path / "ledger.db") as shop:
        assert shop.confirm_reserved("h-2")["totals"]["redeemed"] == "80.00"
        assert holds(shop) == ("20.00", "0.00")
        shop.check()


def test_the_same_again_is_answered_as_at_first(shop: Shop) -> None:
    body = bought("r-1", line(1, "80.00"), **MAX)
    first = made(shop, "h-1", body)
    assert shop.reserve("h-1", body) == {**first, "replayed": True}
    done = shop.confirm_reserved("h-1")
    assert shop.confirm_reserved("h-1") == {**done, "replayed": True}
    made(shop, "h-2", bought("r-2", line(1, "5.00")))
    gone = shop.cancel_reserved("h-2")
    assert shop.cancel_reserved("h-2") == {**gone, "replayed": True}
    assert shop.seq() == 5


def test_an_id_that_is_taken_is_refused_for_anything_else(shop: Shop) -> None:
    body = bought("r-1", line(1, "80.00"), **MAX)
    made(shop, "h-1", body)
    other = bought("r-1", line(1, "81.00"), **MAX)
    assert no(shop.reserve("h-1", other)) is Reason.ID_REUSED
    assert no(shop.reserve("h-1", {**body, "receipt": "r-2"})) is Reason.ID_REUSED
    shop.confirm_reserved("h-1")
    assert no(shop.confirm(body)) is Reason.ID_REUSED
    assert no(shop.reserve("h-2", body)) is Reason.ID_REUSED


def test_of_two_reservations_for_one_receipt_one_is_confirmed(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "30.00"), **MAX))
    made(shop, "h-2", bought("r-1", line(1, "40.00"), **MAX))
    assert no(shop.confirm_reserved("h-2")) is None
    assert no(shop.confirm_reserved("h-1")) is Reason.ID_REUSED
    assert holds(shop) == ("30.00", "30.00")
    assert no(shop.cancel_reserved("h-1")) is None
    assert holds(shop) == ("60.00", "0.00")


def test_what_is_over_says_how_and_what_never_was_is_unknown(shop: Shop) -> None:
    assert no(shop.confirm_reserved("h-1")) is Reason.RESERVATION_UNKNOWN
    assert no(shop.cancel_reserved("h-1")) is Reason.RESERVATION_UNKNOWN
    made(shop, "h-1", bought("r-1", line(1, "5.00")))
    shop.cancel_reserved("h-1")
    assert no(shop.confirm_reserved("h-1")) is Reason.RESERVATION_CANCELLED
    made(shop, "h-2", bought("r-1", line(1, "5.00")))
    shop.confirm_reserved("h-2")
    assert no(shop.cancel_reserved("h-2")) is Reason.RESERVATION_CONFIRMED


def test_a_refusal_holds_nothing_and_leaves_its_id_free(shop: Shop) -> None:
    wrong = bought("r-1", line(1, "80.00"), payments=[{"kind": "cash", "amount": "79.00"}], **MAX)
    assert no(shop.reserve("h-1", wrong)) is Reason.PAYMENTS_MISMATCH
    shop.block()
    assert no(shop.reserve("h-1", bought("r-1", line(1, "80.00"), **MAX))) is Reason.CARD_BLOCKED
    shop.unblock()
    assert holds(shop) == ("100.00", "0.00")
    made(shop, "h-1", bought("r-1", line(1, "80.00")))


def test_the_receipt_is_the_one_that_was_reserved_whatever_changes(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "300.00"), **MAX))
    shop.publish(PLAIN.replace("version = 1", "version = 2").replace("5%", "50%"))
    shop.block()
    shop.clock.move(days=1)
    done = shop.confirm_reserved("h-1")
    assert (done["program"]["version"], done["totals"]["earned"]["bonus"]) == (1, "10.00")
    last = shop.records()[-1]
    assert last.moment.at.isoformat() == "2026-12-05T10:30:00+03:00"
    assert last.moment.recorded_at.isoformat() == "2026-12-06T10:30:00+03:00"
    assert last.moment.business_date.isoformat() == "2026-12-05"


def test_a_claw_back_that_comes_meanwhile_takes_nothing_of_what_is_held(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "80.00"), **MAX))
    shop.give_back("rich", back("b-1", (1, "1")))
    found = shop.card()["wallets"]["bonus"]
    assert (found["available"], found["reserved"], found["debt"]) == ("0.00", "80.00", "80.00")
    done = shop.confirm_reserved("h-1")
    assert done["totals"]["redeemed"] == "80.00"
    assert done["wallets"]["bonus"]["debt"] == "80.00"


def test_what_the_receipt_earns_pays_the_debt_that_came_meanwhile(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "280.00"), redeem={"bonus": "80.00"}))
    shop.give_back("rich", back("b-1", (1, "1")))
    found = shop.confirm_reserved("h-1")["wallets"]["bonus"]
    assert (found["available"], found["debt"]) == ("0.00", "70.00")
    made(shop, "h-2", bought("r-2", line(1, "200.00")))
    shop.confirm(bought("r-3", line(1, "1400.00")))
    found = shop.confirm_reserved("h-2")["wallets"]["bonus"]
    assert (found["available"], found["debt"]) == ("10.00", "0.00")


def test_a_receipt_that_was_reserved_comes_back_as_any_other(shop: Shop) -> None:
    made(shop, "h-1", bought("r-1", line(1, "50.00", "2"), redeem={"bonus": "80.00"}))
    shop.confirm_reserved("h-1")
    one = shop.give_back("r-1", back("b-1", (1, "1")))
    assert (one["totals"]["refund"], one["totals"]["restored"]["bonus"]) == ("10.00", "40.00")
    made(shop, "h-2", bought("r-2", line(1, "50.00"), **MAX))
    shop.confirm_reserved("h-2")
    shop.cancel("r-2")
    assert holds(shop) == ("60.50", "0.00")


def test_a_first_use_opens_its_account_and_nothing_is_held_for_it(shop: Shop) -> None:
    fresh = numbered(2)
    held = made(shop, "h-1", bought("r-1", line(1, "100.00"), card=fresh, **MAX))
    assert held["card"]["status"] == "active"
    done = shop.confirm_reserved("h-1")
    assert done["card"]["number"] == f"2990******{fresh[-3:]}"
    assert done["wallets"]["bonus"]["available"] == "5.00"


def test_a_shopper_without_a_card_may_reserve_too(shop: Shop) -> None:
    held = made(shop, "h-1", bought("r-1", line(1, "100.00"), card=None))
    assert (held["card"], held["wallets"]["bonus"]["reserved"]) == (None, "0.00")
    assert shop.confirm_reserved("h-1")["card"] is None


def test_a_gift_cards_money_is_held_and_paid(gifts: Shop) -> None:
    body = bought("r-1", line(1, "180.00"), card=None, **paid(gifts))
    held = made(gifts, "h-1", body)
    assert held["gift_cards"][0]["after"] == "320.00"
    assert holds(gifts, GIFT, "gift") == ("320.00", "180.00")
    other = gifts.confirm(bought("r-2", line(1, "400.00"), card=None, **paid(gifts)))
    assert other["totals"]["redeemed"] == "320.00"
    done = gifts.confirm_reserved("h-1")
    assert done["gift_cards"] == [{**held["gift_cards"][0], "after": "0.00"}]
    assert holds(gifts, GIFT, "gift") == ("0.00", "0.00")
    gifts.cancel("r-1")
    assert holds(gifts, GIFT, "gift") == ("180.00", "0.00")


def test_a_load_comes_with_the_receipt_and_not_before(gifts: Shop) -> None:
    body = {"receipt": "r-1", "loads": [{"card": CARD, "amount": "50.00"}]}
    assert made(gifts, "h-1", body)["loads"][0]["after"] == "50.00"
    assert holds(gifts, CARD, "purse") == ("0.00", "0.00")
    assert gifts.confirm_reserved("h-1")["loads"][0]["after"] == "50.00"
    assert holds(gifts, CARD, "purse") == ("50.00", "0.00")


SPRING = rule(
    "spring10",
    "coupon",
    'percent_off = "10%"',
    'when = { coupon = "SPRING10" }\nlimit = { per_coupon = 1 }',
)


def test_a_coupons_only_use_is_held_like_value(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", HEAD + SPRING + CARDS) as shop:

        def off(answer: Any) -> str:
            return str(answer["totals"]["discount"])

        def with_coupon(receipt: str) -> Any:
            return bought(receipt, line(1, "100.00"), card=None, coupons=["SPRING10"])

        assert off(made(shop, "h-1", with_coupon("r-1"))) == "10.00"
        assert off(shop.confirm(with_coupon("r-2"))) == "0.00"
        shop.cancel_reserved("h-1")
        assert off(made(shop, "h-2", with_coupon("r-3"))) == "10.00"
        assert off(shop.confirm_reserved("h-2")) == "10.00"
        assert off(shop.confirm(with_coupon("r-4"))) == "0.00"
        shop.cancel("r-3")
        assert off(shop.confirm(with_coupon("r-5"))) == "10.00"
        shop.check()


def test_a_visit_and_a_spend_count_when_the_receipt_is_confirmed(shop: Shop) -> None:
    def counters() -> list[int]:
        account = str(shop.records()[0].body["card"]["account"])  # type: ignore[index,call-overload]  # a receipt's card
        found = shop.till.ledger.read(lambda view: view.counters(account, SINCE)).result()
        return sorted(found.values())

    before = counters()
    made(shop, "h-1", bought("r-1", line(1, "100.00")))
    assert counters() == before
    shop.confirm_reserved("h-1")
    assert counters() == [2, 210000]


def test_what_is_held_of_a_closed_account_is_the_others_by_then(shop: Shop) -> None:
    other = numbered(2)
    shop.confirm(bought("other", line(1, "200.00"), card=other))
    made(shop, "h-1", bought("r-1", line(1, "60.00"), **MAX))
    made(shop, "h-2", bought("r-2", line(1, "15.00"), **MAX))
    made(shop, "h-3", bought("r-3", line(1, "5.00"), **MAX))
    assert no(shop.merge("t-1", CARD, other)) is None
    assert holds(shop) == holds(shop, other) == ("30.00", "80.00")
    assert shop.confirm_reserved("h-1")["wallets"]["bonus"]["reserved"] == "20.00"
    assert shop.cancel_reserved("h-2")["wallets"]["bonus"]["available"] == "45.00"
    shop.clock.elapsed_s += TTL_S
    assert no(shop.confirm_reserved("h-3")) is Reason.RESERVATION_EXPIRED
    assert holds(shop) == holds(shop, other) == ("50.00", "0.00")
    shop.cancel("r-1")
    assert holds(shop, other) == ("110.00", "0.00")


def test_a_holder_who_is_forgotten_meanwhile_is_not_named_by_the_receipt(shop: Shop) -> None:
    shop.issue({"card": CARD, "holder": {"name": "Anna"}})
    body = bought("r-1", line(1, "80.00"), **MAX)
    assert made(shop, "h-1", body)["card"]["holder"] == "Anna"
    shop.forget()
    done = shop.confirm_reserved("h-1")
    assert (done["card"]["number"], done["card"]["holder"]) == ("", "")
    assert done["totals"]["redeemed"] == "80.00"
