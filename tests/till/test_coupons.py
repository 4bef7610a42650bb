"""Coupons at a till: looked up in its ledger, used once, told of when they give nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.books.sale import sale_from
from loyaltyd.domain.card import card_id
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.refusal import Reason
from loyaltyd.hq.undoing import UNDOING, receipt_told, undoing_difference
from tests.domain.receipts import CARDS, HEAD, rule
from tests.till.shop import CARD, Shop, back, bought, line, no, numbered, shop_at
from tests.till.test_past import checked

SPRING = rule(
    "spring10",
    "coupon",
    'percent_off = "10%", max = "500.00"',
    'when = { coupon = "SPRING10" }\nlimit = { per_coupon = 1 }',
)
TEXT = HEAD + SPRING + CARDS
KEY = b"chain" * 8  # of the tests' shops


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def buys(shop: Shop, receipt: str, *coupons: str, card: str | None = None, **more: Any) -> Any:
    """A receipt of 100.00."""
    answer = shop.confirm(
        bought(receipt, line(1, "100.00"), card=card, coupons=list(coupons), **more)
    )
    assert no(answer) is None, answer
    return answer


def off(answer: Any) -> str:
    return str(answer["totals"]["discount"])


def test_a_code_is_used_up_by_whoever_brings_it_first(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        assert off(buys(shop, "r-1", "spring10")) == "10.00"
        again = buys(shop, "r-2", "SPRING10", card=CARD)
        assert off(again) == "0.00"
        said = "Coupon SPRING10: the coupon was used already: 1 of 1"
        assert again["messages"]["cashier"] == [said]
        checked(shop, TEXT)


def test_a_cancelled_receipt_gives_the_use_back_and_a_return_does_not(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        buys(shop, "r-1", "SPRING10")
        assert shop.cancel("r-1")["state"] == "cancelled"
        assert off(buys(shop, "r-2", "SPRING10")) == "10.00"
        assert no(shop.give_back("r-2", back("b-1", (1, "1")))) is None
        assert off(buys(shop, "r-3", "SPRING10")) == "0.00"
        checked(shop, TEXT)


def test_an_unknown_code_stops_no_sale_and_the_cashier_is_told(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        answer = buys(shop, "r-1", "SPRIN10", "2990000000019")
        assert answer["messages"]["cashier"] == [
            "Coupon SPRIN10: no such coupon",
            "Coupon 2990******019: no such coupon",
        ]
        assert off(answer) == "0.00"


def test_a_coupon_that_gives_nothing_says_what_is_missing(ledger: Path) -> None:
    text = TEXT.replace("when = {", 'when = { min_total = "200.00",')
    with shop_at(ledger, text) as shop:
        answer = buys(shop, "r-1", "SPRING10")
        said = "Coupon SPRING10: needs a total of 200.00, has 100.00"
        assert answer["messages"]["cashier"] == [said]
        (why,) = answer["explain"]
        assert (why["cause"], why["needs"], why["has"]) == ("min_total", "200.00", "100.00")


def test_a_coupon_for_goods_that_are_not_here_says_so(ledger: Path) -> None:
    text = HEAD + SPRING + 'on = { category = ["wine/*"] }\n' + CARDS
    with shop_at(ledger, text) as shop:
        answer = buys(shop, "r-1", "SPRING10")
        said = "Coupon SPRING10: none of its goods are here"
        assert answer["messages"]["cashier"] == [said]
        assert [it["cause"] for it in answer["explain"]] == ["goods"]
        other = buys(shop, "r-2")["explain"]
        assert [(it["cause"], it["needs"]) for it in other] == [("coupon", "SPRING10")]


def test_a_second_code_of_the_same_rule_is_not_needed(ledger: Path) -> None:
    text = TEXT.replace('"SPRING10" }', '["A", "B"] }')
    with shop_at(ledger, text) as shop:
        answer = buys(shop, "r-1", "a", "B")
        assert answer["messages"]["cashier"] == ["Coupon B is not needed: another one counts"]
        assert off(buys(shop, "r-2", "A", "B")) == "10.00"
        checked(shop, text)


def test_a_code_named_twice_is_one_coupon(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        answer = buys(shop, "r-1", "SPRING10", "Spring10")
        assert (off(answer), answer["messages"]["cashier"]) == ("10.00", [])
        assert len(sale_from(shop.records()[-1]).basket.coupons) == 1


def test_a_limit_with_a_span_starts_anew(ledger: Path) -> None:
    text = TEXT.replace("per_coupon = 1", 'per_coupon = 1, every = "1d"')
    with shop_at(ledger, text) as shop:
        found = [off(buys(shop, f"r-{n}", "SPRING10")) for n in range(2)]
        shop.clock.move(days=1)
        assert [*found, off(buys(shop, "r-3", "SPRING10"))] == ["10.00", "0.00", "10.00"]


def test_no_code_gets_into_a_record_only_the_id_that_stands_for_it(ledger: Path) -> None:
    with shop_at(ledger, TEXT) as shop:
        buys(shop, "r-1", "SECRET-77", "SPRING10")
        lines = [it.line for it in shop.records()]
        assert not any("SECRET-77" in it for it in lines)
        assert card_id(KEY, "coupon", "SPRING10") in lines[-1]


def test_a_confirm_holds_the_quotes_amounts_unless_the_coupon_was_used_meanwhile(
    ledger: Path,
) -> None:
    with shop_at(ledger, TEXT) as shop:
        body = bought("r-1", line(1, "100.00"), card=None, coupons=["SPRING10"])
        quotes = [shop.quote(body), shop.quote({**body, "receipt": "r-2"})]
        done = shop.confirm({**body, "quote": quotes[0]["quote"]})
        assert off(done) == "10.00"
        late = shop.confirm({**body, "receipt": "r-2", "quote": quotes[1]["quote"]})
        assert no(late) is Reason.QUOTE_CHANGED
        other = shop.confirm({**body, "receipt": "r-2", "coupons": [], "quote": quotes[1]["quote"]})
        assert no(other) is Reason.QUOTE_INVALID


def test_a_limit_per_account_still_needs_a_card(ledger: Path) -> None:
    text = TEXT.replace("per_coupon = 1", "per_coupon = 5, per_account = 1")
    with shop_at(ledger, text) as shop:
        assert off(buys(shop, "r-1", "SPRING10")) == "0.00"
        assert off(buys(shop, "r-2", "SPRING10", card=CARD)) == "10.00"
        assert off(buys(shop, "r-3", "SPRING10", card=CARD)) == "0.00"
        assert off(buys(shop, "r-4", "SPRING10", card=numbered(2))) == "10.00"
        checked(shop, text)


COUPONS = '[[cards]]\nkind = "coupon"\nprefix = "9900"\nlength = 13\n'
FIFTY = rule(
    "fifty",
    "coupon",
    'amount_off = "50.00"',
    'when = { coupon = "9900*" }\nlimit = { per_coupon = 1 }',
)
SINGLE = HEAD + COUPONS + FIFTY + CARDS
ONE, TWO = numbered(1, "9900"), numbered(2, "9900")


def test_each_coupon_card_is_used_once_and_nothing_is_kept_of_the_others(ledger: Path) -> None:
    with shop_at(ledger, SINGLE) as shop:
        assert [off(buys(shop, f"r-{n}", it)) for n, it in enumerate((ONE, ONE, TWO))] == [
            "50.00",
            "0.00",
            "50.00",
        ]
        assert ONE not in shop.records()[0].line
        checked(shop, SINGLE)


def test_a_coupon_that_must_be_issued_is_first_issued(ledger: Path) -> None:
    text = SINGLE.replace("length = 13\n", 'length = 13\nenrol = "issued-only"\n', 1)
    with shop_at(ledger, text) as shop:
        early = buys(shop, "r-1", ONE)
        said = "Coupon 9900******" + ONE[-3:] + ": the coupon was not issued"
        assert (off(early), early["messages"]["cashier"]) == ("0.00", [said])
        assert shop.issue({"card": ONE})["kind"] == "coupon"
        assert off(buys(shop, "r-2", ONE)) == "50.00"
        shop.issue({"card": TWO})
        shop.block(TWO)
        blocked = buys(shop, "r-3", TWO)
        assert (off(blocked), blocked["explain"][0]["cause"]) == ("0.00", "coupon_blocked")
        checked(shop, text)


def test_a_personal_coupon_is_issued_to_a_cards_account(ledger: Path) -> None:
    with shop_at(ledger, SINGLE) as shop:
        assert no(shop.issue({"card": ONE, "owner": CARD})) is Reason.CARD_UNKNOWN
        shop.issue({"card": CARD, "holder": {"name": "Anna"}})
        shop.issue({"card": numbered(2)})
        assert no(shop.issue({"card": ONE, "owner": CARD})) is None
        assert no(shop.issue({"card": ONE, "owner": numbered(2)})) is Reason.CARD_EXISTS
        assert shop.issue({"card": ONE, "owner": CARD})["replayed"] is True
        for receipt, card in (("r-1", None), ("r-2", numbered(2))):
            other = buys(shop, receipt, ONE, card=card)
            assert (off(other), other["explain"][0]["cause"]) == ("0.00", "coupon_of_another")
        assert off(buys(shop, "r-3", ONE, card=CARD)) == "50.00"
        checked(shop, SINGLE)


def test_only_a_coupon_has_an_owner(ledger: Path) -> None:
    with shop_at(ledger, SINGLE) as shop:
        shop.issue({"card": CARD})
        assert no(shop.issue({"card": numbered(2), "owner": CARD})) is Reason.REQUEST_INVALID
        shop.issue({"card": ONE})
        assert no(shop.issue({"card": TWO, "owner": ONE})) is Reason.CARD_UNKNOWN


def test_a_coupon_is_no_card_of_a_receipt(ledger: Path) -> None:
    with shop_at(ledger, SINGLE) as shop:
        body = bought("r-1", line(1, "100.00"), card=ONE)
        assert no(shop.quote(body)) is no(shop.confirm(body)) is Reason.COUPON_AS_CARD
        assert shop.card(ONE)["kind"] == "coupon"


CASH = HEAD + rule("cash", "receipt", 'percent_off = "2%"', 'when = { tender = ["cash"] }') + CARDS


def test_a_rule_on_tender_keeps_the_quote_when_it_is_paid_as_was_said(ledger: Path) -> None:
    with shop_at(ledger, CASH) as shop:
        body = bought("r-1", line(1, "100.00"), card=None, payments=[{"kind": "cash"}])
        quote = shop.quote(body)
        assert quote["totals"]["payable"] == "98.00"
        paid = {**body, "payments": [{"kind": "cash", "amount": "98.00"}]}
        assert off(shop.confirm({**paid, "quote": quote["quote"]})) == "2.00"
        checked(shop, CASH)


def test_a_quote_that_was_for_another_tender_has_changed(ledger: Path) -> None:
    with shop_at(ledger, CASH) as shop:
        body = bought("r-1", line(1, "100.00"), card=None)
        unknown = shop.quote(body)
        assert unknown["totals"]["payable"] == "100.00"
        assert unknown["explain"][0]["cause"] == "no_payments"
        cash = {**body, "payments": [{"kind": "cash", "amount": "100.00"}]}
        changed = shop.confirm({**cash, "quote": unknown["quote"]})
        assert no(changed) is Reason.QUOTE_CHANGED
        assert changed.quote["totals"]["payable"] == "98.00"
        card = {**body, "payments": [{"kind": "card", "amount": "100.00"}]}
        assert off(shop.confirm({**card, "quote": unknown["quote"]})) == "0.00"


def test_payments_of_a_receipt_still_add_up(ledger: Path) -> None:
    with shop_at(ledger, CASH) as shop:
        body = bought("r-1", line(1, "100.00"), card=None, payments=[{"kind": "cash"}])
        assert no(shop.confirm(body)) is Reason.PAYMENTS_MISMATCH


PRINTED = (
    HEAD
    + '[[cards]]\nkind = "coupon"\nprefix = "9902"\nlength = 13\nenrol = "printed"\n'
    + rule("fifty", "coupon", 'amount_off = "50.00"', 'when = { coupon = "9902*" }')
    + rule(
        "next-time",
        "points",
        'coupon = "9902*", activates = "1d", expires = "30d"',
        'when = { min_total = "80.00" }',
    )
    + CARDS
)


def printed(answer: Any) -> str:
    """The number that a receipt printed."""
    (found,) = answer["coupons"]
    assert found["rule"] == "next-time"
    return str(found["number"])


def test_a_receipt_prints_a_number_for_the_next_one_which_takes_it_once(ledger: Path) -> None:
    with shop_at(ledger, PRINTED) as shop:
        first = buys(shop, "r-1")
        number = printed(first)
        assert (len(number), number[:4]) == (13, "9902")
        assert first["slip"] == [f"Your coupon {number}, good from 2026-12-06, before 2027-01-04"]
        assert off(buys(shop, "r-2", number)) == "0.00"  # tomorrow
        shop.clock.move(days=1)
        assert off(buys(shop, "r-3", number)) == "50.00"
        again = buys(shop, "r-4", number)
        assert (off(again), again["explain"][0]["cause"]) == ("0.00", "coupon_used")
        assert not any(number in it.line for it in shop.records())
        checked(shop, PRINTED)


def test_the_number_is_the_receipts_own_and_told_again_when_it_is_sent_again(
    ledger: Path,
) -> None:
    with shop_at(ledger, PRINTED) as shop:
        body = bought("r-1", line(1, "100.00"), card=None)
        first = shop.confirm(body)
        assert shop.confirm(body)["coupons"] == first["coupons"] == shop.receipt("r-1")["coupons"]
        numbers = {printed(buys(shop, f"r-{n}")) for n in range(2, 8)}
        assert len(numbers | {printed(first)}) == 7


def test_a_quote_says_that_a_coupon_will_be_printed_and_confirm_keeps_its_word(
    ledger: Path,
) -> None:
    with shop_at(ledger, PRINTED) as shop:
        body = bought("r-1", line(1, "100.00"), card=None)
        quote = shop.quote(body)
        assert quote["coupons"] == [
            {"rule": "next-time", "active_from": "2026-12-06", "expires_at": "2027-01-04"}
        ]
        assert "A coupon for next time will be printed" in quote["messages"]["customer"]
        assert printed(shop.confirm({**body, "quote": quote["quote"]}))
        assert "coupons" not in shop.quote(bought("r-2", line(1, "10.00"), card=None))


def test_a_number_that_no_receipt_printed_is_none(ledger: Path) -> None:
    with shop_at(ledger, PRINTED) as shop:
        answer = buys(shop, "r-1", numbered(5, "9902"))
        assert (off(answer), answer["explain"][0]["cause"]) == ("0.00", "coupon_not_issued")


def test_a_coupon_that_ran_out_says_when(ledger: Path) -> None:
    with shop_at(ledger, PRINTED) as shop:
        number = printed(buys(shop, "r-1"))
        shop.clock.move(days=30)
        answer = buys(shop, "r-2", number)
        assert off(answer) == "0.00"
        (said,) = answer["messages"]["cashier"]
        assert said.endswith(": the coupon ran out on 2027-01-04")


def test_undoing_a_receipt_takes_its_unused_coupon_back(ledger: Path) -> None:
    with shop_at(ledger, PRINTED) as shop:
        numbers = [printed(buys(shop, f"r-{n}")) for n in range(3)]
        shop.cancel("r-0")
        assert no(shop.give_back("r-1", back("b-1", (1, "0.5")))) is None
        shop.clock.move(days=1)
        assert off(buys(shop, "s-0", numbers[0])) == "0.00"
        assert off(buys(shop, "s-1", numbers[1])) == "50.00"
        assert no(shop.give_back("r-1", back("b-2", (1, "0.5")))) is None  # used: it stays used
        assert no(shop.give_back("r-2", back("b-3", (1, "1")))) is None
        gone = buys(shop, "s-2", numbers[2])
        assert (off(gone), gone["explain"][0]["cause"]) == ("0.00", "coupon_not_issued")
        checked(shop, PRINTED)
        _undone(shop, PRINTED)


def test_a_cancelled_use_gives_the_printed_coupon_back(ledger: Path) -> None:
    with shop_at(ledger, PRINTED) as shop:
        number = printed(buys(shop, "r-1"))
        shop.clock.move(days=1)
        assert off(buys(shop, "r-2", number)) == "50.00"
        assert shop.cancel("r-2")["state"] == "cancelled"
        assert off(buys(shop, "r-3", number)) == "50.00"
        checked(shop, PRINTED)
        _undone(shop, PRINTED)


def test_a_personal_printed_coupon_is_the_accounts_that_it_was_printed_for(ledger: Path) -> None:
    text = PRINTED.replace('expires = "30d"', 'expires = "30d", personal = true')
    with shop_at(ledger, text) as shop:
        assert "coupons" not in buys(shop, "r-1")
        number = printed(buys(shop, "r-2", card=CARD))
        shop.clock.move(days=1)
        other = buys(shop, "r-3", number, card=numbered(2))
        assert (off(other), other["explain"][0]["cause"]) == ("0.00", "coupon_of_another")
        assert off(buys(shop, "r-4", number, card=CARD)) == "50.00"
        checked(shop, text)


def _undone(shop: Shop, text: str) -> None:
    """Headquarters find the same in each return and cancel."""
    found = program_from(text)
    assert isinstance(found, Program)
    records = shop.records()
    for place, record in enumerate(records):
        if record.type in UNDOING:
            ident = receipt_told(record)
            told = [it for it in records[:place] if receipt_told(it) == ident]
            assert undoing_difference(record, told, found) == ""
