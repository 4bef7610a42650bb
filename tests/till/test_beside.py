"""Gift cards and loads at a till: sold, spent, refunded, with a PIN, and in the record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.card import card_pin, luhn_fits
from loyaltyd.domain.ledger import REDEEMED, cards_said, postings_of
from loyaltyd.domain.refusal import Reason
from loyaltyd.hq.rerunning import difference
from loyaltyd.hq.undoing import receipt_told, undoing_difference
from loyaltyd.till.pins import LOCKED
from tests.domain.mechanics.test_gift_cards import MONEY
from tests.domain.receipts import CARDS, EARN, HEAD, rub, rule, wallet
from tests.till.shop import CARD, PLASTIC, Shop, back, bought, line, no, shop_at

TEXT = HEAD + wallet() + EARN + CARDS.replace(
    'kind = "bonus"', 'kind = "bonus"\nwallet = "purse"'
) + MONEY  # fmt: skip


def numbered(prefix: str, count: int) -> str:
    start = f"{prefix}{count:011}"
    return next(start + it for it in "0123456789" if luhn_fits(start + it))


GIFT, OTHER, PURSE = numbered("7700", 1), numbered("7700", 2), numbered("7800", 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", TEXT) as opened:
        yield opened
        opened.check()


def pin(shop: Shop, number: str = GIFT) -> str:
    return card_pin(shop.till.chain_key, "gift", number)


def paid(shop: Shop, number: str = GIFT, amount: str = "max") -> Any:
    return {"gift_cards": [{"card": number, "pin": pin(shop, number), "amount": amount}]}


def loaded(number: str, amount: str = "500.00") -> dict[str, Any]:
    return {"loads": [{"card": number, "amount": amount}]}


def sell(shop: Shop, receipt: str, number: str = GIFT, amount: str = "500.00") -> Any:
    return shop.confirm({"receipt": receipt, **loaded(number, amount)})


def differences(shop: Shop) -> Iterator[str]:
    """What of each record isn't what headquarters comes to."""
    program, records = shop.till.programs[0], shop.records()
    for record in records:
        if record.type == "receipt":
            yield difference(record, program)
        else:
            before = [it for it in records if it.seq < record.seq]
            told = [it for it in before if receipt_told(it) == receipt_told(record)]
            yield undoing_difference(record, told, program)


def test_a_gift_card_is_sold_and_spent_in_parts(shop: Shop) -> None:
    assert no(shop.confirm(bought("r-0", line(1, "80.00"), card=None, **paid(shop)))) is (
        Reason.CARD_NOT_ISSUED
    )
    sale = sell(shop, "r-1")
    assert (sale["totals"]["loads"], sale["totals"]["payable"]) == ("500.00", "500.00")
    (load,) = sale["loads"]
    assert load.pop("card") == f"7700*********{GIFT[-3:]}"
    assert load == {"wallet": "gift", "amount": "500.00", "after": "500.00"}
    first = shop.confirm(bought("r-2", line(1, "180.00"), card=None, **paid(shop)))
    assert first["gift_cards"][0]["after"] == "320.00"
    assert "gift: 320.00 left on the card" in first["slip"]
    last = shop.confirm(bought("r-3", line(1, "400.00"), card=None, **paid(shop)))
    totals = last["totals"]
    assert (totals["redeemed"], totals["tendered"], totals["payable"]) == (
        *("320.00", "320.00", "80.00"),
    )
    assert last["gift_cards"][0]["after"] == "0.00"
    empty = shop.confirm(bought("r-4", line(1, "1.00"), card=None, **paid(shop)))
    assert empty["messages"]["cashier"] == ["gift: nothing can be spent on this receipt"]


def test_the_answer_adds_up_with_loads(shop: Shop) -> None:
    sell(shop, "r-1", amount="30.00")
    body = bought("r-2", line(1, "100.00"), **paid(shop), **loaded(CARD, "50.00"))
    totals = shop.quote(body)["totals"]
    assert (totals["gross"], totals["redeemed"], totals["loads"]) == ("100.00", "30.00", "50.00")
    assert totals["payable"] == "120.00"
    done = shop.confirm({**body, "payments": [{"kind": "cash", "amount": "120.00"}]})
    assert no(done) is None
    assert shop.card()["wallets"]["purse"]["available"] == "50.00"


def test_a_return_goes_back_onto_the_card_and_a_cancel_too(shop: Shop) -> None:
    sell(shop, "r-1")
    shop.confirm(bought("r-2", line(1, "100.00", "3"), card=None, **paid(shop)))
    answer = shop.give_back("r-2", back("b-1", (1, "1")))
    assert (answer["totals"]["refund"], answer["totals"]["restored"]["gift"]) == ("0.00", "100.00")
    assert shop.card(GIFT)["wallets"]["gift"]["available"] == "300.00"
    shop.confirm(bought("r-3", line(1, "50.00"), card=None, **paid(shop)))
    shop.cancel("r-3")
    assert shop.card(GIFT)["wallets"]["gift"]["available"] == "300.00"


def test_a_cancelled_sale_leaves_nothing_on_the_card_unless_it_was_spent(shop: Shop) -> None:
    sell(shop, "r-1")
    assert no(shop.cancel("r-1")) is None
    assert shop.card(GIFT)["wallets"]["gift"]["available"] == "0.00"
    sell(shop, "r-2", OTHER)
    shop.confirm(bought("r-3", line(1, "0.01"), card=None, **paid(shop, OTHER)))
    assert no(shop.cancel("r-2")) is Reason.LOAD_SPENT


def test_a_gift_card_is_gone_when_its_time_is_over(shop: Shop) -> None:
    sell(shop, "r-1")
    shop.clock.move(days=3 * 365)  # 2029-12-04: its last day
    quote = shop.quote(bought("r-2", line(1, "10.00"), card=None, **paid(shop)))
    assert quote["gift_cards"][0]["paid"] == "10.00"
    shop.clock.move(days=1)
    quote = shop.quote(bought("r-2", line(1, "10.00"), card=None, **paid(shop)))
    assert quote["gift_cards"][0]["paid"] == "0.00"


def test_a_pin_is_asked_for_and_three_wrong_ones_wait(shop: Shop) -> None:
    sell(shop, "r-1")
    without: Any = {"gift_cards": [{"card": GIFT}]}
    assert no(shop.quote(bought("r-2", line(1, "1.00"), **without))) is Reason.PIN_MISSING
    own = bought("r-2", line(1, "1.00"), card=GIFT, redeem={"gift": "max"})
    assert no(shop.quote(own)) is Reason.PIN_MISSING
    wrong = str((int(pin(shop)) + 1) % 10_000).zfill(4)
    guess = bought("r-2", line(1, "1.00"), gift_cards=[{"card": GIFT, "pin": wrong}])
    assert [no(shop.quote(guess)) for _ in range(4)] == [
        *[Reason.PIN_WRONG] * 3,
        Reason.PIN_LOCKED,
    ]
    right = bought("r-2", line(1, "1.00"), **paid(shop))
    assert no(shop.confirm(right)) is Reason.PIN_LOCKED
    shop.clock.now += LOCKED
    assert no(shop.confirm(right)) is None


def test_a_receipt_sent_again_is_answered_whatever_became_of_the_card(shop: Shop) -> None:
    sell(shop, "r-1")
    body = bought("r-2", line(1, "500.00"), **paid(shop))
    first = shop.confirm(body)
    shop.block(GIFT)
    again = shop.confirm(body)
    assert again == {**first, "replayed": True}
    other = bought("r-2", line(1, "500.00"), **paid(shop, amount="1.00"))
    assert no(shop.confirm(other)) is Reason.ID_REUSED


def test_cards_that_can_not_pay_or_be_loaded_are_refused_with_the_reason(shop: Shop) -> None:
    def outcome(**more: object) -> Reason | None:
        return no(shop.quote(bought("r-9", line(1, "1.00"), card=None, **more)))

    assert outcome(gift_cards=[{"card": CARD}]) is Reason.CARD_NOT_PAYING
    assert outcome(gift_cards=[{"card": PURSE}]) is Reason.CARD_NOT_ISSUED
    assert outcome(**loaded(PLASTIC)) is Reason.CARD_NOT_LOADABLE
    assert outcome(**loaded(GIFT, "0.00")) is Reason.REQUEST_INVALID
    assert outcome(**loaded(GIFT[:-1] + str((int(GIFT[-1]) + 1) % 10))) is Reason.CARD_INVALID
    sell(shop, "r-1")
    assert outcome(gift_cards=paid(shop)["gift_cards"] * 2) is Reason.CARD_REPEATED
    shop.block(GIFT)
    assert outcome(**paid(shop)) is Reason.CARD_BLOCKED
    assert outcome(**loaded(GIFT)) is Reason.CARD_BLOCKED


def test_the_ledger_knows_the_cards_by_number_and_the_record_does_not(shop: Shop) -> None:
    sell(shop, "r-1")
    (record,) = shop.records()
    assert GIFT not in record.line
    (card,) = cards_said(record)
    number = shop.till.ledger.read(lambda view: view.card_number(card.id)).result()
    assert (card.kind, number) == ("gift", GIFT)


def test_headquarters_comes_to_the_same_from_the_records_alone(shop: Shop) -> None:
    sell(shop, "r-1")
    mixed = bought("r-2", line(1, "90.00", "2"), **paid(shop), **loaded(PURSE, "40.00"))
    shop.confirm(mixed)
    shop.give_back("r-2", back("b-1", (1, "1")))
    shop.confirm(bought("r-3", line(1, "10.00"), **paid(shop), **loaded(CARD, "9.00")))
    shop.cancel("r-3")
    types = [it.type for it in shop.records()]
    assert types == ["receipt", "receipt", "return", "receipt", "cancel"]
    assert [*differences(shop)] == [""] * 5


def test_what_was_paid_in_is_what_was_spent_and_what_is_left(shop: Shop) -> None:
    sell(shop, "r-1")
    sell(shop, "r-2", OTHER, "70.00")
    both = [*paid(shop)["gift_cards"], *paid(shop, OTHER)["gift_cards"]]
    shop.confirm(bought("r-3", line(1, "333.33", "2"), card=None, gift_cards=both))
    shop.give_back("r-3", back("b-1", (1, "1")))
    left = [shop.card(it)["wallets"]["gift"]["available"] for it in (GIFT, OTHER)]
    postings = [posting for record in shop.records() for posting in postings_of(record)]
    spent = sum(it.amount for it in postings if it.credit == REDEEMED)
    back_again = sum(it.amount for it in postings if it.debit == REDEEMED)
    assert sum(rub(it) for it in left) + spent - back_again == rub("570.00")


def test_a_cancelled_load_and_what_was_earned_beside_it_never_take_one_ruble_twice(
    tmp_path: Path,
) -> None:
    # 50.00 loaded and 10.00 earned are one lot of 60.00; 8.00 of it is spent: 52.00 - 50.00 is 2.00
    text = TEXT + rule("cashback", "points", 'earn = "purse", percent = "10%"')
    with shop_at(tmp_path / "earned.db", text) as shop:
        shop.confirm(bought("r-1", line(1, "100.00"), **loaded(CARD, "50.00")))
        spent = bought("r-2", line(1, "8.00", no_earn=True), redeem={"purse": "max"})
        assert shop.confirm(spent)["wallets"]["purse"]["available"] == "52.00"
        purse = shop.cancel("r-1")["wallets"]["purse"]
        assert (purse["available"], purse["debt"]) == ("0.00", "8.00")
        shop.confirm({"receipt": "r-3", **loaded(CARD, "50.00")})
        assert shop.card()["wallets"]["purse"]["available"] == "42.00"
        assert [*differences(shop)] == [""] * 4
        shop.check()


def test_of_two_loads_in_one_lot_each_can_be_cancelled_while_the_lot_holds_it(shop: Shop) -> None:
    sell(shop, "r-1", amount="500.00")
    sell(shop, "r-2", amount="300.00")
    shop.confirm(bought("r-3", line(1, "400.00"), card=None, **paid(shop)))
    assert no(shop.cancel("r-1")) is Reason.LOAD_SPENT
    assert no(shop.cancel("r-2")) is None
    assert shop.card(GIFT)["wallets"]["gift"]["available"] == "100.00"
    assert no(shop.cancel("r-3")) is None
    assert no(shop.cancel("r-1")) is None
    assert shop.card(GIFT)["wallets"]["gift"]["available"] == "0.00"


def test_money_of_a_card_with_a_pin_buys_no_reward_without_it(tmp_path: Path) -> None:
    coffee = 'units = 1, percent_off = "100%", cost = { gift = "5.00" }'
    text = TEXT + rule("coffee", "item", coffee)
    with shop_at(tmp_path / "rewards.db", text) as shop:
        sell(shop, "r-1")
        body = bought("r-2", line(1, "100.00"), card=GIFT, rewards={"coffee": "1"})
        assert no(shop.confirm(body)) is Reason.PIN_MISSING
        assert no(shop.confirm({**body, "rewards": {"tea": "1"}})) is Reason.REWARD_UNKNOWN
        assert shop.card(GIFT)["wallets"]["gift"]["available"] == "500.00"


def test_a_pin_guards_the_money_of_a_card_and_not_what_it_collects(tmp_path: Path) -> None:
    text = TEXT.replace('wallet = "purse"\n', 'wallet = "purse"\npin = true\n')
    text = text.replace('kind = "bonus"\nwallet = "purse"\npin = true', 'kind = "bonus"')
    with shop_at(tmp_path / "collects.db", text) as shop:
        shop.confirm(bought("r-1", line(1, "100.00"), card=PURSE, **loaded(PURSE)))
        points = bought("r-2", line(1, "100.00"), card=PURSE, redeem={"bonus": "max"})
        assert shop.confirm(points)["totals"]["redeemed"] == "5.00"
        money = bought("r-3", line(1, "100.00"), card=PURSE, redeem={"purse": "max"})
        assert no(shop.confirm(money)) is Reason.PIN_MISSING
        own = [{"card": PURSE, "pin": card_pin(shop.till.chain_key, "stored-value", PURSE)}]
        both = bought("r-4", line(1, "100.00"), card=PURSE, gift_cards=own)
        both["redeem"] = {"bonus": "max"}
        totals = shop.confirm(both)["totals"]
        assert (totals["redeemed"], totals["earned"]["bonus"]) == (
            "100.00",
            "4.76",
        )  # 5% of 95.25, 4.75 by points
        shop.give_back("r-4", back("b-1", (1, "0.5")))
        shop.confirm({**both, "receipt": "r-5"})
        shop.cancel("r-5")
        assert shop.card(PURSE)["wallets"]["purse"]["available"] == "452.38"
        assert [*differences(shop)] == [""] * 6
        shop.check()


def test_who_only_pays_onto_a_card_has_not_visited(tmp_path: Path) -> None:
    first = rule("first", "receipt", 'percent_off = "10%"', "when = { first_purchase = true }")
    tiers = """
[tiers]
measure = "visits"
levels = [{ id = "start", from = "0" }, { id = "regular", from = "2" }]
"""
    with shop_at(tmp_path / "visits.db", TEXT + first + tiers) as shop:
        for receipt in ("r-1", "r-2"):
            shop.confirm({"receipt": receipt, "card": CARD, **loaded(GIFT, "50.00")})
        shop.cancel("r-1")
        assert shop.card()["next_tier"] == {"id": "regular", "missing": "2"}
        bill = shop.confirm(bought("r-3", line(1, "100.00"), **loaded(GIFT, "50.00")))
        assert bill["totals"]["discount"] == "10.00"
        assert shop.card()["next_tier"] == {"id": "regular", "missing": "1"}
        assert [*differences(shop)] == [""] * 4
        shop.check()


def test_the_slip_tells_once_what_the_shoppers_own_card_holds(shop: Shop) -> None:
    answer = shop.confirm(bought("r-1", line(1, "100.00"), **loaded(CARD, "50.00")))
    assert answer["slip"] == ["bonus 5.00", "purse 50.00"]


def test_the_slip_tells_of_a_card_beside_only_what_it_was_for(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "100.00")))
    answer = shop.confirm({"receipt": "r-2", **loaded(CARD, "50.00")})
    assert answer["slip"] == ["purse: 50.00 left on the card"]
