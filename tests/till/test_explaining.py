"""What a program reads of why: typed values, the same members for the same cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.domain.receipts import CARDS, EARN, HEAD, rule, wallet
from tests.till.shop import CARD, Body, bought, line, shop_at

TOBACCO = """
[classes.tobacco]
match = { category = ["tobacco/*"] }
discount = false
earn = false
because = "Federal law 15-FZ, article 16"
[classes.own]
match = { category = ["tobacco/own"] }
discount = false
"""
TEN = 'percent_off = "10%"'


def told(folder: Path, text: str, *lines: Body, explain: bool = False) -> dict[str, Any]:
    with shop_at(folder / "ledger.db", HEAD + wallet() + text + CARDS) as shop:
        shop.issue({"card": CARD})
        answer = shop.quote(bought("r", *lines, explain=explain))
        return {it["rule"]: it for it in answer["explain"]}


def test_conditions_come_when_they_are_asked_for(tmp_path: Path) -> None:
    when = (
        'when = { weekday = ["mon"], min_total = "1000.00", '
        'basket = { category = ["fruit/*"], min_pieces = 2, min_weight = "0.5" } }'
    )
    text = rule("r", "receipt", TEN, when)
    apples = line(1, "389.99", "0.347", category="fruit/apples", unit="kg")
    why = told(tmp_path, text, apples, explain=True)["r"]
    assert why["conditions"] == [
        {"key": "when.weekday", "met": False, "unit": "word", "needs": "mon", "has": "sat"},
        {"key": "when.basket.min_pieces", "met": False, "unit": "count", "needs": "2", "has": "0"},
        {
            "key": "when.basket.min_weight",
            "met": False,
            "unit": "weight",
            "needs": "0.5",
            "has": "0.347",
        },
        {
            "key": "when.min_total",
            "met": False,
            "unit": "money",
            "needs": "1000.00",
            "has": "135.33",
        },
    ]
    # 0.153 of 0.5
    assert why["nearest"] == {
        "key": "when.basket.min_weight",
        "share": "30.6%",
        "missing": "0.153",
    }
    assert why["cause"] == "weekday"


def test_a_share_that_is_missing_is_never_none_of_it(tmp_path: Path) -> None:
    text = rule("r", "receipt", TEN, 'when = { min_total = "30000000.00" }')
    why = told(tmp_path, text, line(1, "29999999.99"), explain=True)["r"]
    assert why["nearest"] == {"key": "when.min_total", "share": "0.0001%", "missing": "0.01"}


def test_a_word_misses_all_of_it_and_no_amount(tmp_path: Path) -> None:
    text = rule("r", "receipt", TEN, 'when = { weekday = ["mon"] }')
    why = told(tmp_path, text, line(1, "1.00"), explain=True)["r"]
    assert why["nearest"] == {"key": "when.weekday", "share": "100%"}


def test_without_the_question_the_conditions_stay_away(tmp_path: Path) -> None:
    text = rule("r", "receipt", TEN, 'when = { min_total = "1000.00" }')
    why = told(tmp_path, text, line(1, "1.00"))["r"]
    assert why.keys() == {"rule", "applied", "because", "cause", "needs", "has"}


def test_an_applied_rule_says_what_it_took_off_which_lines(tmp_path: Path) -> None:
    text = rule("r", "receipt", TEN)
    lines = (line(1, "100.00"), line(2, "50.00"))
    why = told(tmp_path, text + rule("s", "receipt", TEN), *lines, explain=True)
    assert why["r"]["lines"] == [
        {"line": 1, "of": "100.00", "amount": "10.00"},
        {"line": 2, "of": "50.00", "amount": "5.00"},
    ]
    assert why["s"]["lines"] == [
        {"line": 1, "of": "90.00", "amount": "9.00"},
        {"line": 2, "of": "45.00", "amount": "4.50"},
    ]
    assert "nearest" not in why["r"]


def test_a_rule_that_took_its_most_says_so(tmp_path: Path) -> None:
    text = rule("r", "receipt", 'percent_off = "10%", max = "30.00"')
    why = told(tmp_path, text, line(1, "300.00"))["r"]  # exactly the most
    assert (why["max"], why["because"]) == ("30.00", "took 30.00 off, the most that it may")
    less = told(tmp_path / "less", text, line(1, "299.90"))["r"]
    assert ("max" in less, less["because"]) == (False, "took 29.99 off")


def test_a_scale_that_took_its_most_says_so(tmp_path: Path) -> None:
    text = rule("r", "receipt", 'percent_off_by_total = [["100.00", "10%"]], max = "30.00"')
    assert told(tmp_path, text, line(1, "900.00"))["r"]["max"] == "30.00"


def test_the_law_that_keeps_a_rule_off_its_goods_is_told(tmp_path: Path) -> None:
    text = TOBACCO + rule("r", "receipt", TEN) + EARN
    why = told(tmp_path, text, line(1, "200.00", category="tobacco/own"))
    assert why["r"]["cause"] == "no_discount"
    assert why["r"]["needs"] == "tobacco, own"
    assert why["r"]["law"] == "Federal law 15-FZ, article 16"
    assert why["r"]["because"] == (
        "these goods may not be discounted: Federal law 15-FZ, article 16"
    )
    assert (why["base-earn"]["cause"], why["base-earn"]["needs"]) == ("no_earn", "tobacco")
    assert why["base-earn"]["law"] == "Federal law 15-FZ, article 16"


def test_goods_that_the_till_itself_bars_have_no_law(tmp_path: Path) -> None:
    why = told(tmp_path, rule("r", "receipt", TEN), line(1, "200.00", no_discount=True))["r"]
    assert why.keys() == {"rule", "applied", "because", "cause"}
    assert why["because"] == "these goods may not be discounted"


def test_the_rule_that_counts_instead_is_named_in_the_sentence(tmp_path: Path) -> None:
    less = rule("less", "receipt", 'percent_off = "5%"', 'group = "g"')
    more = rule("more", "receipt", TEN, 'group = "g"')
    why = told(tmp_path, "[groups.g]\n" + less + more, line(1, "100.00"))["less"]
    assert (why["cause"], why["needs"], why["has"]) == ("better_rule", "more", "5.00")
    assert why["because"] == "another offer counts instead: more"


def test_a_confirmed_receipt_is_the_same_whether_or_not_it_asked(tmp_path: Path) -> None:
    text = HEAD + wallet() + rule("r", "receipt", TEN) + CARDS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        shop.issue({"card": CARD})
        body = bought("r", line(1, "100.00"))
        first = shop.confirm({**body, "explain": True})
        again = shop.confirm(body)
        assert again == {**first, "replayed": True}
        assert all("conditions" not in it for it in first["explain"])
