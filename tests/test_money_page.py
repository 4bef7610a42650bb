"""The numbers of the help page on money, as the engine gives them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.basket import Basket, Line, Wish
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote, Result, quote
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import decimal, units
from loyaltyd.domain.place import Place

PAGE = Path(__file__).parents[1] / "src" / "loyaltyd" / "help" / "money.md"
AT = dt.datetime.fromisoformat("2026-12-05T13:00:00+03:00")
HEAD = 'id = "t"\nversion = 1\ncurrency = "RUB"\nstarts = 2026-01-01\n'
WALLET = (
    "[wallets.bonus]\nscale = {scale}\nredeem_rate = '1.00'\nmax_share = '{share}'\n"
    "[[rules]]\nid = 'earn'\nlayer = 'points'\ngive = {{ earn = 'bonus', percent = '5%' }}\n"
)
VODKA = (
    "[classes.vodka]\nmatch = { category = ['vodka'] }\n"
    "floor_price = [{ from = 2026-01-01, price = '409.00' }]\n"
    "[classes.tobacco]\nmatch = { category = ['tobacco'] }\ndiscount = false\n"
)
CARD = Card(id="c", kind="bonus", range="2990/13")


def rule(layer: str, give: str) -> str:
    name = give.partition(" ")[0]
    return f"[[rules]]\nid = '{name}'\nlayer = '{layer}'\ngive = {{ {give} }}\n"


def result(text: str, *goods: str, redeem: int | None = None) -> Result:
    """Quote a unit of each of goods ("499.00 vodka") to an account that has 10000.00 bonuses."""
    program = program_from(HEAD + text)
    assert isinstance(program, Program), program
    lot = Lot(wallet="bonus", active_from=AT.date(), expires_at=None, amount=1_000_000)
    wishes = () if redeem is None else (Wish(wallet="bonus", amount=redeem),)
    lines = tuple(line(number, good) for number, good in enumerate(goods, 1))
    found = quote(
        Basket(receipt="r", lines=lines, card=CARD.id, redeem=wishes),
        Seen(card=CARD, account=Account(id="a", lots=(lot,))),
        program,
        Place(store="s", till="1", group="", timezone="UTC", business_date=AT.date()),
        AT,
    )
    assert isinstance(found, Quote), found
    return found.result


def line(number: int, good: str) -> Line:
    price, _, category = good.partition(" ")
    return Line(line=number, sku="1", quantity=1000, price=units(price, 2), category=category)


def money(*amounts: int) -> list[str]:
    return [decimal(amount, 2) for amount in amounts]


def discounts(found: Result) -> list[str]:
    return money(*(line.discount for line in found.lines))


def shown(*numbers: str) -> bool:
    text = PAGE.read_text("utf-8")
    return all(number in text for number in numbers)


def test_the_discount_is_rounded_and_not_the_net() -> None:
    found = result(rule("item", "percent_off = '10%'"), "25.45")
    assert (discounts(found), money(found.payable)) == (["2.55"], ["22.90"])
    assert shown("10% of 25.45 is 2.55 off: 22.90 is left")


def test_a_rule_on_lines_rounds_each_and_a_rule_on_the_receipt_once() -> None:
    prices = ("1.06", "2.06", "3.06", "4.06")
    lines = discounts(result(rule("item", "percent_off = '10%'"), *prices))
    assert lines == ["0.11", "0.21", "0.31", "0.41"]
    whole = result(rule("receipt", "percent_off = '10%'"), *prices)
    assert money(sum(line.discount for line in whole.lines)) == ["1.02"]
    assert shown("0.11 + 0.21 + 0.31 + 0.41 = 1.04", "the same receipt: 1.02")


def test_what_is_spread_keeps_its_sum() -> None:
    found = result(rule("receipt", "amount_off = '3.00'"), "43.00", "14.00", "23.00")
    assert discounts(found) == ["1.61", "0.53", "0.86"]
    assert shown("3.00 over 43, 14, 23: 1.61, 0.53, 0.86")


def test_points_are_rounded_down_once() -> None:
    found = result(WALLET.format(scale=0, share="100%"), "99.90", "99.90", "99.90")
    assert [points.amount for points in found.earned] == [14]
    assert shown("5% of three lines of 99.90 is 14 points")


def test_a_floor_price_stops_a_discount_and_the_rest_goes_to_other_goods() -> None:
    goods = ("499.00 vodka", "60.00 bread", "159.59 cheese", "130.00 tobacco")
    found = result(rule("receipt", "percent_off = '20%'") + VODKA, *goods)
    assert discounts(found) == ["90.00", "14.68", "39.04", "0.00"]
    assert shown("20% of 718.59 with vodka at 499.00, floor 409.00: it gives 90.00", "143.72")


def test_rules_stack_in_the_files_order() -> None:
    percent, amount = (
        rule("receipt", "percent_off = '10%'"),
        rule("receipt", "amount_off = '100.00'"),
    )
    assert money(result(percent + amount, "1000.00").payable) == ["800.00"]
    assert money(result(amount + percent, "1000.00").payable) == ["810.00"]
    assert shown("off is 800.00; with\n100.00 off first it is 810.00")


def test_a_share_is_rounded_down_and_points_that_pay_earn_nothing() -> None:
    found = result(WALLET.format(scale=2, share="30%"), "1234.56", redeem=1_000_000)
    assert money(*(points.amount for points in found.spent)) == ["370.36"]
    off = WALLET.format(scale=2, share="100%") + rule("receipt", "amount_off = '100.00'")
    found = result(off, "1000.00", redeem=30000)
    assert money(*(points.amount for points in found.earned)) == ["30.00"]
    assert shown("30% of 1234.56 is 370.36", "100.00 off, 300.00 in points, 5%: 30.00")
