"""What people and programs are told of a quote: sentences in the till's language, exact amounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.domain.receipts import CARDS, EARN, HEAD, rule, wallet
from tests.till.shop import CARD, PLASTIC, Shop, bought, line, shop_at

CASHIER = '{ en = "{holder}: {amount}", ru = "{holder} {amount}" }'
SAY = f'say = {{ cashier = {CASHIER}, slip = {{ ru = "!" }} }}'
TEXT = (
    HEAD
    + wallet('name = { ru = "Бонусы", en = "Bonuses" }')
    + "[wallets.stamps]\nscale = 0\n"
    + rule("ten", "receipt", 'percent_off = "10%"', SAY)
    + rule("big", "receipt", 'amount_off = "5.00"', 'when = { min_total = "500.00" }')
    + EARN
    + rule("stamps", "points", 'earn = "stamps", percent = "10%"')
    + CARDS
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", TEXT) as opened:
        opened.issue({"card": CARD, "holder": {"name": "Анна"}})
        yield opened


def test_the_cashier_hears_whom_to_greet_and_then_the_rules_words(shop: Shop) -> None:
    said = shop.quote(bought("r", line(1, "100.00")))["messages"]
    assert said["cashier"] == ["Greet Анна", "Анна: 10.00"]
    assert said["customer"] == ["You earn 4.50", "You earn 9"]
    # a rule that speaks only Russian does so on an English till too
    assert said["slip"] == ["!", "Bonuses 4.50", "stamps 9"]


def test_a_russian_till_speaks_russian(shop: Shop) -> None:
    shop.till = replace(shop.till, language="ru")
    said = shop.quote(bought("r", line(1, "100.00")))["messages"]
    assert said["cashier"][1] == "Анна 10.00"
    assert said["slip"][1].startswith("Бонусы")
    assert "Greet" not in said["cashier"][0]


def test_a_counted_word_takes_its_form_in_the_language_of_its_text(tmp_path: Path) -> None:
    said = 'say = { slip = { ru = "{amount} {amount|балл|балла|баллов}" } }'
    text = HEAD + wallet() + rule("welcome", "points", 'earn = "bonus", points = "21.00"', said)
    with shop_at(tmp_path / "counted.db", text + CARDS) as english:
        assert english.quote(bought("r", line(1, "1.00")))["messages"]["slip"][0] == "21.00 балл"


def test_each_rule_says_why_in_amounts_of_its_own_decimals(shop: Shop) -> None:
    why = {it["rule"]: it for it in shop.quote(bought("r", line(1, "100.00")))["explain"]}
    assert [why["ten"]["applied"], why["ten"]["has"]] == [True, "10.00"]
    assert [why["big"]["cause"], why["big"]["needs"], why["big"]["has"]] == [
        *("min_total", "500.00", "90.00"),
    ]
    assert [why["base-earn"]["has"], why["stamps"]["has"]] == ["4.50", "9"]


def test_pieces_are_told_when_they_are_asked_for(shop: Shop) -> None:
    # semantics 6: whole unit prices. 27.01 off 270.14 in all leaves an odd cent on the first line
    body = bought("r", line(1, "88.89", "3"), line(2, "10.00", "0.347"), split=True)
    first, second = shop.quote(body)["lines"]
    assert first["net"] == "240.01"
    assert first["pieces"] == [
        {"quantity": "1", "price": "80.01"},
        {"quantity": "2", "price": "80.00"},
    ]
    assert second["pieces"] == [{"quantity": "0.347", "price": "8.99"}]
    assert "pieces" not in shop.quote({**body, "split": False})["lines"][0]


def test_every_wallet_is_listed_in_each_earned_zero_or_not(shop: Shop) -> None:
    answer = shop.quote(bought("r", line(1, "0.50")))
    assert answer["totals"]["earned"] == {"bonus": "0.02", "stamps": "0"}
    assert answer["lines"][0]["earned"] == {"bonus": "0.02", "stamps": "0"}
    assert answer["wallets"].keys() == {"bonus", "stamps"}


def test_a_receipt_without_a_card_greets_nobody_and_has_an_empty_slip(shop: Shop) -> None:
    answer = shop.quote(bought("r", line(1, "100.00"), card=None))
    assert answer["card"] is None
    assert answer["messages"]["slip"] == ["!"]
    assert answer["messages"]["cashier"] == ["…: 10.00"]
    assert next(it for it in answer["explain"] if it["rule"] == "base-earn")["cause"] == "no_card"


def test_a_rule_whose_goods_are_not_here_is_told_in_its_place(tmp_path: Path) -> None:
    tea = rule("tea", "item", 'percent_off = "5%"', 'on = { sku = ["tea"] }')
    late = rule("late", "points", 'earn = "stamps", percent = "1%"', 'on = { sku = ["tea"] }')
    with shop_at(tmp_path / "ledger.db", TEXT.replace(EARN, tea + EARN + late)) as shop:
        told = shop.quote(bought("r", line(1, "100.00"), card=PLASTIC))["explain"]
    names = ["tea", "card", "ten", "big", "base-earn", "late", "stamps"]
    assert [it["rule"] for it in told] == names
    assert told[0] == {
        "rule": "tea",
        "applied": False,
        "because": "none of its goods are here",
        "cause": "goods",
    }
