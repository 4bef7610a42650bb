"""Goods come back: cash, points and what was earned, to the kopeck (semantics 13 to 19)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Beside, Seen, moved
from loyaltyd.domain.basket import Basket, Line, Wish
from loyaltyd.domain.books.returns import (
    Case,
    Returned,
    Reversal,
    goods_returned,
    reversal_body,
    sale_cancelled,
)
from loyaltyd.domain.books.sale import Sale, sale_postings
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Points
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot, counters_of
from loyaltyd.domain.record import ProgramRef
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    BONUS_CARD,
    DEMO,
    EARN,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.test_record import made

TODAY = SATURDAY.date()
WHOLE = '\n[wallets.bonus]\nscale = 0\nredeem_rate = "1.00"\n'


@dataclass(slots=True, kw_only=True)
class Shop:
    """One receipt, the account after it, and the returns made so far."""

    found: Program
    sale: Sale
    account: Account | None
    on: dt.date = TODAY
    earlier: list[Returned] = field(default_factory=list)

    @property
    def case(self) -> Case:
        return Case(
            sale=self.sale,
            earlier=tuple(self.earlier),
            account=self.account,
            program=self.found,
            on=self.on,
        )

    def take_back(self, **lines: str) -> Returned:
        """Return quantities of lines, as l1="0.5"; the account and the history move on."""
        wanted = {int(name[1:]): int(float(text) * 1000) for name, text in lines.items()}
        reversal = goods_returned(self.case, wanted)
        assert isinstance(reversal, Reversal), reversal
        return self.record(reversal)

    def record(self, reversal: Reversal) -> Returned:
        if self.account is not None:
            self.account = moved(self.account, reversal.postings)
        self.earlier.append(reversal.returned)
        return reversal.returned

    def balance(self) -> int:
        assert self.account is not None
        return sum(lot.amount for lot in self.account.lots) - self.account.debt("bonus")


def sold(found: Program, cart: Basket, who: Seen) -> Shop:
    """Ring cart up and confirm it."""
    result = quoted(found, cart, who).result
    postings = sale_postings(result, who, found, SATURDAY)
    ref = ProgramRef(id=found.id, version=found.version, hash=found.hash)
    sale = Sale(
        basket=cart,
        seen=who,
        place=PLACE,
        at=SATURDAY,
        program=ref,
        result=result,
        postings=postings,
    )
    account = moved(who.account, postings) if who.account else None
    return Shop(found=found, sale=sale, account=account)


def of(points: tuple[Points, ...], name: str = "bonus") -> int:
    return sum(it.amount for it in points if it.wallet == name)


def holder(*lots: tuple[dt.date | None, int]) -> Seen:
    held = tuple(
        Lot(wallet="bonus", active_from=dt.date(2026, 1, 1), expires_at=end, amount=amount)
        for end, amount in lots
    )
    return Seen(card=BONUS_CARD, account=Account(id="a" * 32, lots=held))


MARCH, JUNE = dt.date(2027, 3, 31), dt.date(2027, 6, 30)


def partly(keys: str = "") -> Shop:
    """Semantics 13: A 600 and B 400, 300 points spent of two lots, 5% on net."""
    cart = basket(line(1, "600.00"), line(2, "400.00"))
    cart = replace(cart, redeem=(Wish(wallet="bonus"),))
    return sold(program(WHOLE + keys + EARN), cart, holder((MARCH, 200), (JUNE, 100)))


def test_a_part_brings_back_its_cash_its_points_and_what_it_had_earned() -> None:
    # semantics 13: cash 280.00, points back 120, clawback 14; balance 35 -> 141
    shop = partly()
    assert [it.redeemed for it in shop.sale.result.lines] == [rub("180.00"), rub("120.00")]
    assert [of(it.earned) for it in shop.sale.result.lines] == [21, 14]
    assert shop.balance() == 35
    back = shop.take_back(l2="1")
    assert (back.refund, of(back.restored), of(back.clawed_back)) == (rub("280.00"), 120, 14)
    assert shop.balance() == 141


def test_spent_points_refill_their_lots_latest_expiry_first() -> None:
    # product.md, lots; semantics 13
    shop = partly()
    shop.take_back(l2="1")
    assert shop.account is not None
    lots = {lot.expires_at: lot.amount for lot in shop.account.lots}
    assert (lots[JUNE], lots[MARCH]) == (100, 20)
    shop.take_back(l1="1")
    assert {lot.expires_at: lot.amount for lot in shop.account.lots} == {JUNE: 100, MARCH: 200}


def test_spent_points_stay_spent_when_the_program_says_so() -> None:
    back = partly('restore = "none"').take_back(l2="1")
    assert (back.refund, of(back.restored)) == (rub("280.00"), 0)


@pytest.mark.parametrize(
    ("policy", "end"), [("original", dt.date(2027, 3, 31)), ("reissue", dt.date(2028, 1, 1))]
)
def test_points_restored_after_their_expiry_are_dead_unless_reissued(
    policy: str, end: dt.date
) -> None:
    # semantics 17
    shop = partly(f'restore = "{policy}"\nexpires = "9mo"\nclawback = "recompute"\n')
    shop.on = dt.date(2027, 4, 1)
    shop.take_back(l2="1", l1="1")
    assert shop.account is not None
    ends = {lot.expires_at for lot in shop.account.lots if lot.amount}
    assert end in ends


@pytest.mark.parametrize(("way", "taken"), [("recompute", 1), ("floor-of-refund", 0)])
@pytest.mark.parametrize("prices", [("16.90", "5.00"), ("21.00", "10.00")])
def test_a_clawback_recomputes_or_takes_the_floor_of_the_refund(
    way: str, taken: int, prices: tuple[str, str]
) -> None:
    # semantics 14: 21.90 earns 2, 16.90 earns 1; Barnes & Noble: 31 -> 3, 21 -> 2
    text = WHOLE + f'clawback = "{way}"\n' + EARN.replace("5%", "10%")
    shop = sold(program(text), basket(*(line(it, p) for it, p in enumerate(prices, 1))), seen())
    assert of(shop.take_back(l2="1").clawed_back) == taken


def test_the_last_return_takes_the_rest() -> None:
    text = WHOLE + 'clawback = "floor-of-refund"\n' + EARN.replace("5%", "10%")
    shop = sold(program(text), basket(line(1, "16.90"), line(2, "5.00")), seen())
    taken = [of(shop.take_back(l2="1").clawed_back), of(shop.take_back(l1="1").clawed_back)]
    assert (taken, shop.balance()) == ([0, 2], 0)


def test_units_come_back_by_cumulative_rounding() -> None:
    # semantics 14: 100.00 over 3 pieces returns 33.33, 33.34, 33.33
    found = program(rule("off", "receipt", 'amount_off = "0.02"'))
    shop = sold(found, basket(line(1, "33.34", "3")), NOBODY)
    assert [shop.take_back(l1="1").refund for _ in range(3)] == [3333, 3334, 3333]


def test_goods_of_nobody_had_counted_towards_no_tier() -> None:
    shop = sold(program(wallet() + EARN), basket(line(1, "9.00")), NOBODY)
    back = shop.take_back(l1="1")
    assert (shop.sale.result.spend, back.spend) == (0, 0)
    body = reversal_body("return", "x", shop.case, Reversal(returned=back))
    assert body["returned"] == {"lines": [{"line": 1, "quantity": 1000, "refund": rub("9.00")}]}


@pytest.mark.parametrize(
    ("policy", "taken", "balance"),
    [("allow", 150, -100), ("clamp", 50, 0), ("only-pending", 0, 50)],
)
def test_what_was_spent_meanwhile_becomes_debt_or_is_let_go(
    policy: str, taken: int, balance: int
) -> None:
    # semantics 18: earned 150, spent 100, full return
    text = WHOLE + f'debt = "{policy}"\n' + EARN.replace("5%", "15%")
    shop = sold(program(text), basket(line(1, "1000.00")), seen())
    assert shop.account is not None
    spent = tuple(replace(lot, amount=lot.amount - 100) for lot in shop.account.lots)
    shop.account = replace(shop.account, lots=spent)
    assert of(shop.take_back(l1="1").clawed_back) == taken
    assert shop.balance() == balance


@pytest.mark.parametrize("policy", ["allow", "clamp", "only-pending"])
def test_a_return_before_activation_cancels_the_waiting_lot_and_nothing_else(policy: str) -> None:
    # semantics 19
    text = wallet(f'activates = "14d"\ndebt = "{policy}"') + EARN
    shop = sold(program(text), basket(line(1, "100.00")), seen("7.00"))
    shop.take_back(l1="1")
    assert shop.account is not None
    held = [(it.active_from, it.amount) for it in shop.account.lots if it.amount]
    assert held == [(dt.date(2020, 1, 1), rub("7.00"))]


def test_one_milk_of_the_apis_example_comes_back() -> None:
    # api.md, Return: refund 56.64, restored 24.27, clawed back 10.40 - 7.56 = 2.84
    found = program_from(DEMO.read_text(encoding="utf-8"))
    assert isinstance(found, Program)
    cart = basket(
        line(1, "89.90", "2", category="dairy/milk"),
        line(2, "389.99", "0.347", category="fruit/apples"),
        redeem={"bonus": "max"},
    )
    shop = sold(found, cart, seen("250.00", tier="silver", measure="20000.00"))
    back = shop.take_back(l1="1")
    assert (back.refund, of(back.restored), of(back.clawed_back)) == (
        *(rub("56.64"), rub("24.27"), rub("2.84")),
    )
    assert [(it.line, it.refund, of(it.clawed_back)) for it in back.lines] == [(1, 5664, 284)]


def test_a_record_holds_the_account_the_coupons_and_the_cards_beside_as_they_were_seen() -> None:
    gift = Beside(card=BONUS_CARD, account=Account(id="b" * 32), wallet="bonus")
    coupon = Coupon(id="e" * 32, printed=True)
    case = replace(partly().case, coupons=(coupon,), beside=(gift,))
    body = reversal_body("return", "x", case, Reversal(returned=Returned()))
    assert value_from(Seen, body["seen"]) == Seen(
        account=case.account, coupons=(coupon,), beside=(gift,)
    )
    nobody = replace(case, account=None, coupons=(), beside=())
    assert "seen" not in reversal_body("return", "x", nobody, Reversal(returned=Returned()))


@pytest.mark.parametrize(("lines", "names"), [((), ["spend"]), (("5.00",), ["spend", "visits"])])
def test_a_cancelled_receipt_without_goods_was_no_visit(
    lines: tuple[str, ...], names: list[str]
) -> None:
    cart = basket(*(line(number, price) for number, price in enumerate(lines)))
    case = sold(program(wallet()), cart, seen()).case
    reversal = sale_cancelled(case)
    assert isinstance(reversal, Reversal)
    record = made("cancel", reversal_body("cancel", "r-1", case, reversal))
    assert [it["name"] for it in counters_of(record)] == names


def test_each_line_says_what_was_taken_back_of_what_its_pieces_had_earned() -> None:
    # 5%: 5.00 of four pieces, 10.00 of one, nothing of a line that may not earn
    cart = basket(line(1, "25.00", "4"), line(2, "200.00"), line(3, "9.00", flags=("no_earn",)))
    found = program(wallet() + EARN)
    for pieces, parts in (("4", [500, 1000]), ("1", [125, 1000])):
        back = sold(found, cart, seen()).take_back(l1=pieces, l2="1", l3="1")
        assert [it.clawed_back for it in back.lines] == [
            *((Points(wallet="bonus", amount=part),) for part in parts),
            (),
        ]


def test_lines_that_earned_nothing_share_what_their_return_takes_by_their_pieces() -> None:
    # 4.00 on the milk of a receipt of 150.00: the bread that comes back makes it too small
    dairy = 'on = { sku = ["sku-1"] }\nwhen = { min_total = "150.00" }'
    found = program(wallet() + rule("milk", "points", 'earn = "bonus", points = "4"', dairy))
    cart = basket(line(1, "100.00"), line(2, "40.00"), line(3, "10.00", "3"))
    back = sold(found, cart, seen()).take_back(l2="1", l3="3")
    assert [of(it.clawed_back) for it in back.lines] == [100, 300]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [({1: 1001}, Reason.RETURN_EXCEEDS_SOLD), ({3: 1000}, Reason.LINE_UNKNOWN)],
)
def test_no_more_comes_back_than_was_sold(wanted: dict[int, int], reason: Reason) -> None:
    answer = goods_returned(partly().case, wanted)
    assert isinstance(answer, Refusal)
    assert answer.reason is reason


def test_what_came_back_already_does_not_come_back_again() -> None:
    shop = partly()
    shop.take_back(l1="0.5")
    assert isinstance(goods_returned(shop.case, {1: 500}), Reversal)
    assert isinstance(goods_returned(shop.case, {1: 501}), Refusal)


def test_a_cancelled_receipt_leaves_the_account_as_it_was() -> None:
    shop = partly('restore = "none"\ndebt = "clamp"\n')
    reversal = sale_cancelled(shop.case)
    assert isinstance(reversal, Reversal)
    back = shop.record(reversal)
    assert (back.refund, of(back.restored), of(back.clawed_back)) == (rub("700.00"), 300, 35)
    assert back.spend == shop.sale.result.spend
    assert shop.account is not None
    assert {lot.expires_at: lot.amount for lot in shop.account.lots if lot.amount} == {
        JUNE: 100,
        MARCH: 200,
    }


def test_a_receipt_with_returns_is_not_cancelled() -> None:
    shop = partly()
    shop.take_back(l1="0.5")
    answer = sale_cancelled(shop.case)
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.RECEIPT_RETURNED


goods = st.lists(
    st.tuples(st.integers(0, 50_000), st.sampled_from([1000, 2000, 3000, 347])),
    min_size=1,
    max_size=4,
)
KEYS = [
    *("", 'max_share = "30%"', 'points_as = "tender"', 'clawback = "floor-of-refund"'),
    *('restore = "reissue"', 'earn_base = "gross"', 'earn_base = "none-if-redeemed"'),
]


@given(goods, st.integers(0, 30_000), st.sampled_from(KEYS), st.data())
@settings(max_examples=150)
def test_any_parts_give_back_what_the_whole_would(
    rung: list[tuple[int, int]], balance: int, keys: str, data: st.DataObject
) -> None:
    ten = rule("ten", "receipt", 'percent_off = "10%"')
    lines = tuple(
        Line(line=number, sku="x", price=price, quantity=quantity)
        for number, (price, quantity) in enumerate(rung)
    )
    cart = Basket(receipt="r", lines=lines, redeem=(Wish(wallet="bonus"),))
    who = holder((None, balance)) if balance else holder()
    shop = sold(program(wallet(keys) + ten + EARN), cart, who)
    left = {it.line: it.quantity for it in lines}
    while any(left.values()):
        number = data.draw(st.sampled_from([it for it, quantity in left.items() if quantity]))
        part = data.draw(st.integers(1, left[number]))
        left[number] -= part
        reversal = goods_returned(shop.case, {number: part})
        assert isinstance(reversal, Reversal)
        back = shop.record(reversal)
        assert min([back.refund, of(back.restored), of(back.clawed_back)]) >= 0
        if len(shop.earlier) > 12:
            rest = {it: quantity for it, quantity in left.items() if quantity}
            if rest:
                last = goods_returned(shop.case, rest)
                assert isinstance(last, Reversal)
                shop.record(last)
            break
    result = shop.sale.result
    assert sum(it.refund for it in shop.earlier) == result.payable
    assert sum(of(it.restored) for it in shop.earlier) == of(result.spent)
    assert sum(of(it.clawed_back) for it in shop.earlier) == of(result.earned)
    assert sum(it.spend for it in shop.earlier) == result.spend
    assert shop.balance() == balance
