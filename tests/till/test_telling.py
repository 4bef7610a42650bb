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


MILK = {"name": "Молоко 1 л", "category": "dairy/milk"}
DAIRY = 'on = { category = ["dairy/*"] }'
OVER = 'when = { min_total = "500.00" }'


@pytest.mark.parametrize(
    ("text", "rung_up", "english", "russian"),
    [
        (
            rule("r", "receipt", 'percent_off_by_total = [["3000.00", "5%"]]'),
            line(1, "2952.70"),
            "47.30 more gives 5%",
            "Ещё 47.30 — и скидка 5%",
        ),
        (
            rule("r", "receipt", 'amount_off = "50.00"', OVER),
            line(1, "452.70"),
            "47.30 more gives 50.00 off",
            "Ещё 47.30 — и скидка 50.00",
        ),
        (
            rule("r", "points", 'earn = "bonus", percent = "7.5%"', OVER),
            line(1, "452.70"),
            "47.30 more gives 7.5% in Bonuses",
            "Ещё 47.30 — и 7.5% на счёт «Бонусы»",
        ),
        (
            rule("r", "points", 'earn = "bonus", points = "20.00"', OVER),
            line(1, "452.70"),
            "47.30 more gives 20.00 in Bonuses",
            "Ещё 47.30 — и 20.00 на счёт «Бонусы»",
        ),
        (
            rule("r", "points", 'earn = "bonus", per_unit = "1"', OVER),
            line(1, "452.70"),
            "47.30 more gives more in Bonuses",
            "Ещё 47.30 — и больше на счёт «Бонусы»",
        ),
        (
            rule("r", "item", 'fixed_price = "400.00"', OVER),
            line(1, "452.70"),
            "47.30 more gives a price of 400.00",
            "Ещё 47.30 — и цена 400.00",
        ),
        (
            rule("r", "item", "buy = 4, free = 1", DAIRY),
            line(1, "89.90", "3", **MILK),
            "1 more piece of goods like “Молоко 1 л” gives 1 free",
            "Ещё 1 штука такого, как «Молоко 1 л», — и 1 бесплатно",
        ),
        (
            rule("r", "item", 'buy = 3, bundle = "99.00"'),
            line(1, "89.90", "2", **MILK),
            "1 more piece gives 3 for 99.00",
            "Ещё 1 штука — и 3 за 99.00",
        ),
        (
            rule("r", "item", 'percent_off_by_quantity = [[10, "5%"]]', DAIRY),
            line(1, "89.90", "8", **MILK),
            "2 more pieces of goods like “Молоко 1 л” give 5%",
            "Ещё 2 штуки такого, как «Молоко 1 л», — и скидка 5%",
        ),
        (
            rule(
                *("r", "receipt", 'percent_off = "5%"'),
                'when = { basket = { category = ["dairy/*"], min_amount = "500.00" } }',
            ),
            line(1, "452.70", **MILK),
            "47.30 more of goods like “Молоко 1 л” gives 5%",
            "Ещё такого, как «Молоко 1 л», на 47.30 — и скидка 5%",
        ),
    ],
)
def test_what_is_nearly_there_is_offered(
    tmp_path: Path, text: str, rung_up: dict[str, object], english: str, russian: str
) -> None:
    program = HEAD + wallet('name = { ru = "Бонусы", en = "Bonuses" }') + text + CARDS
    with shop_at(tmp_path / "near.db", program) as opened:
        opened.issue({"card": CARD})
        body = bought("r", rung_up)
        assert english in opened.quote(body)["messages"]["customer"]
        assert english not in opened.confirm(body)["messages"]["customer"]  # nothing more is bought
        opened.till = replace(opened.till, language="ru")
        assert russian in opened.quote({**body, "receipt": "r2"})["messages"]["customer"]
