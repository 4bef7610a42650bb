from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.store.aside import ledger_aside
from loyaltyd.till.backtest import Days, Report, backtest
from loyaltyd.till.backtest_answer import backtest_answer
from tests.domain.receipts import CARDS, EARN, HEAD, rule, wallet
from tests.till.shop import CARD, PLASTIC, Shop, back, bought, line, numbered, shop_at
from tests.till.test_beside import GIFT, TEXT, loaded, paid, sell

OTHER = numbered(7)
BIG = rule("big", "receipt", 'percent_off = "10%"', 'when = { min_total = "100.00" }')
PLAIN = HEAD + wallet() + EARN + BIG + CARDS
TIERS = """
[tiers]
levels = [{ id = "start", from = "0" }, { id = "silver", from = "150.00" }]
"""


def program(text: str, version: int = 2) -> Program:
    found = program_from(text.replace("version = 1", f"version = {version}"))
    assert isinstance(found, Program), found
    return found


def trial(shop: Shop, text: str, days: Days | None = None) -> Report:
    with ledger_aside(shop.till.ledger.path) as view:
        return backtest(view, program(text), days or Days(), lambda *_: None)


def tried(shop: Shop, text: str, days: Days | None = None) -> Any:
    with ledger_aside(shop.till.ledger.path) as view:
        report = backtest(view, program(text), days or Days(), lambda *_: None)
        return backtest_answer(report, program(text), view.stream)


def of_rule(answer: Any, name: str) -> tuple[Any, ...]:
    """How often it was applied and what it cost, then and now, and who gets more or less by it."""
    (found,) = (it for it in answer["rules"] if it["rule"] == name)
    sides = [(it["applied"], it["cost"]) for it in (found["then"], found["now"])]
    return (*sides, found["winners"], found["losers"])


def test_the_program_of_the_time_comes_to_what_was_recorded(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        shop.confirm(bought("r-2", line(1, "99.99"), card=None))
        answer = tried(shop, PLAIN)
    assert answer["receipts"] == 2
    assert (answer["from"], answer["until"]) == ("2026-12-05", "2026-12-05")
    assert answer["totals"]["payable"] == {"then": "189.99", "now": "189.99", "difference": "0.00"}
    assert of_rule(answer, "big") == ((1, "10.00"), (1, "10.00"), 0, 0)
    assert of_rule(answer, "base-earn") == ((1, "4.50"), (1, "4.50"), 0, 0)
    assert answer["winners"]["receipts"] == {"more": 0, "less": 0, "same": 2}


def test_each_rule_is_told_with_what_it_costs_and_who_wins_and_loses(tmp_path: Path) -> None:
    # 20% from 150.00 in place of 10% from 100.00: of 100.00, 150.00 and 200.00 one loses, two win.
    text = PLAIN.replace('"10%"', '"20%"').replace('min_total = "100.00"', 'min_total = "150.00"')
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        for name, price, card in (("a", "100.00", CARD), ("b", "150.00", CARD)):
            shop.confirm(bought(name, line(1, price), card=card))
        shop.confirm(bought("c", line(1, "200.00"), card=OTHER))
        answer = tried(shop, text)
    # 10 + 15 + 20 then, 30 + 40 now
    assert of_rule(answer, "big") == ((3, "45.00"), (2, "70.00"), 2, 1)
    # 4.50 + 6.75 + 9.00 then, 5.00 + 6.00 + 8.00 now
    assert of_rule(answer, "base-earn") == ((3, "20.25"), (3, "19.00"), 1, 2)
    assert answer["totals"]["cost"] == {"then": "65.25", "now": "89.00", "difference": "23.75"}
    assert answer["winners"] == {
        "receipts": {"more": 2, "less": 1, "same": 0},
        "accounts": {"more": 2, "less": 0, "same": 0},  # the first card's two are +4.75
    }


def test_points_cost_what_their_wallet_pays(tmp_path: Path) -> None:
    half = HEAD + wallet().replace('"1.00"', '"0.50"') + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", HEAD + wallet() + EARN + CARDS) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        answer = tried(shop, half)
    assert answer["totals"]["earned"]["bonus"]["now"] == "5.00"
    assert of_rule(answer, "base-earn") == ((1, "5.00"), (1, "2.50"), 0, 1)


def test_several_rules_of_one_wallet_each_have_their_part(tmp_path: Path) -> None:
    more = rule("more", "points", 'earn = "bonus", percent = "2%"')
    with shop_at(tmp_path / "ledger.db", HEAD + wallet() + EARN + more + CARDS) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        answer = tried(shop, PLAIN)
        assert trial(shop, PLAIN).unlike == 0
    assert of_rule(answer, "base-earn")[0] == (1, "5.00")
    assert of_rule(answer, "more") == ((1, "2.00"), (0, "0.00"), 0, 1)


def test_a_discount_cards_own_percentage_is_a_rule_too(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        shop.confirm(bought("r-1", line(1, "50.00"), card=PLASTIC))
        answer = tried(shop, PLAIN.replace('discount = "5%"', 'discount = "7%"'))
    assert of_rule(answer, "card") == ((1, "2.50"), (1, "3.50"), 1, 0)


def test_only_receipts_of_the_days_asked_for_are_tried(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        for number in range(4):  # 5 to 8 December
            shop.confirm(bought(f"r-{number}", line(1, "10.00")))
            shop.clock.move(days=1)
        day = dt.date(2026, 12, 6)
        assert trial(shop, PLAIN, Days(first=day)).sums.receipts == 3
        assert trial(shop, PLAIN, Days(last=day)).sums.receipts == 2
        one = trial(shop, PLAIN, Days(first=day, last=day))
    assert (one.sums.receipts, one.first, one.last) == (1, "2026-12-06", "2026-12-06")


def test_a_cancelled_receipt_is_in_no_sum_and_a_return_takes_nothing_off(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        shop.confirm(bought("r-2", line(1, "200.00")))
        shop.cancel("r-2")
        shop.give_back("r-1", back("b-1", (1, "1")))
        report = trial(shop, PLAIN)
    assert (report.cancelled, report.sums.receipts, report.sums.now.gross) == (1, 1, 10000)


def test_what_the_program_would_refuse_is_counted_by_its_reason(tmp_path: Path) -> None:
    stars = '[wallets.stars]\nscale = 0\nredeem_rate = "1.00"\n'
    earn = rule("stars", "points", 'earn = "stars", points = "5"')
    with shop_at(tmp_path / "ledger.db", HEAD + wallet() + EARN + stars + earn + CARDS) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        shop.confirm(bought("r-2", line(1, "100.00"), redeem={"stars": "max"}))
        shop.confirm(bought("r-3", line(1, "100.00"), card=PLASTIC))
        without = CARDS.split("[[cards]]")
        answer = tried(shop, HEAD + wallet() + EARN + f"[[cards]]{without[1]}")
    assert answer["refused"] == {"card_unknown": 1, "wallet_unknown": 1}
    assert answer["receipts"] == 1
    assert "the program has no wallet stars: what is on it pays nothing" in answer["notes"]
    assert answer["totals"]["earned"]["stars"] == {"then": "5", "now": "0", "difference": "-5"}


def test_balances_are_those_that_a_receipt_was_recorded_with(tmp_path: Path) -> None:
    # 5.00 bonuses of the first receipt pay the second, though 50% would have given 50.00.
    generous = PLAIN.replace('percent = "5%"', 'percent = "50%"').replace(BIG, "")
    with shop_at(tmp_path / "ledger.db", PLAIN.replace(BIG, "")) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        shop.confirm(bought("r-2", line(1, "100.00"), redeem={"bonus": "max"}))
        answer = tried(shop, generous)
    assert answer["totals"]["redeemed"] == {"then": "5.00", "now": "5.00", "difference": "0.00"}


@pytest.mark.parametrize(
    ("when", "applied"),
    [
        ("first_purchase = true", 2),
        ("every_visit = 2", 1),
        ("days_since_visit = 1", 2),
        ("days_since_visit = 2", 0),
        ('spent = { min = "100.00" }', 2),
        ('spent = { min = "100.00", within = "1d" }', 1),
        ('spent = { min = "150.00", within = "2d" }', 1),
        ('spent = { min = "200.00" }', 0),
    ],
)
def test_a_past_that_receipts_dont_hold_is_added_up_from_the_records_before(
    tmp_path: Path, when: str, applied: int
) -> None:
    past = rule("past", "receipt", 'amount_off = "1.00"', f"when = {{ {when} }}")
    earn_only = HEAD + wallet() + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", earn_only) as shop:
        shop.confirm(bought("a", line(1, "100.00")))
        shop.clock.move(days=1)
        shop.confirm(bought("b", line(1, "50.00")))
        shop.confirm(bought("x", line(1, "500.00")))
        shop.cancel("x")
        shop.confirm(bought("other", line(1, "100.00"), card=OTHER))
        shop.clock.move(days=1)
        shop.confirm(bought("c", line(1, "70.00")))
        answer = tried(shop, earn_only + past)
    assert of_rule(answer, "past")[1][0] == applied


def test_goods_that_came_back_lower_what_was_spent(tmp_path: Path) -> None:
    past = rule("past", "receipt", 'amount_off = "1.00"', 'when = { spent = { min = "100.00" } }')
    earn_only = HEAD + wallet() + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", earn_only) as shop:
        shop.confirm(bought("a", line(1, "100.00")))
        shop.give_back("a", back("b-1", (1, "1")))
        shop.confirm(bought("b", line(1, "10.00")))
        assert of_rule(tried(shop, earn_only + past), "past")[1][0] == 0


def test_a_limit_counts_the_uses_that_this_program_makes_of_it(tmp_path: Path) -> None:
    limited = BIG.rstrip() + "\nlimit = { per_account = 2 }\n"
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        for number in range(4):
            shop.confirm(bought(f"r-{number}", line(1, "100.00")))
        shop.confirm(bought("other", line(1, "100.00"), card=OTHER))
        answer = tried(shop, PLAIN.replace(BIG, limited))
    assert of_rule(answer, "big") == ((5, "50.00"), (3, "30.00"), 0, 2)


@pytest.mark.parametrize(
    ("limit", "now"), [('budget = "25.00"', (3, "25.00")), ("per_cashier = 2", (2, "20.00"))]
)
def test_a_budget_and_a_cashiers_uses_are_counted_from_the_start(
    tmp_path: Path, limit: str, now: tuple[int, str]
) -> None:
    limited = BIG.rstrip() + f"\nlimit = {{ {limit} }}\n"
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        for number in range(4):
            body = bought(f"r-{number}", line(1, "100.00"), card=None, cashier="17")
            assert shop.confirm(body)["totals"]["discount"] == "10.00"
        answer = tried(shop, PLAIN.replace(BIG, limited))
    assert of_rule(answer, "big")[:2] == ((4, "40.00"), now)


def test_a_coupon_counts_the_uses_that_this_program_makes_of_it(tmp_path: Path) -> None:
    spring = 'when = { coupon = ["SPRING10"] }'
    text = HEAD + wallet() + EARN + CARDS
    free = text + rule("spring", "coupon", 'amount_off = "1.00"', spring)
    once = text + rule(
        "spring", "coupon", 'amount_off = "2.00"', f"{spring}\nlimit = {{ per_coupon = 1 }}"
    )
    with shop_at(tmp_path / "ledger.db", free) as shop:
        for name in "ab":
            shop.confirm(bought(name, line(1, "100.00"), coupons=["spring10"]))
        answer = tried(shop, once)
    assert of_rule(answer, "spring") == ((2, "2.00"), (1, "2.00"), 1, 1)
    assert answer["unjudged"] == []


def test_rules_for_coupons_that_the_receipts_program_didnt_know_are_named(tmp_path: Path) -> None:
    text = HEAD + wallet() + EARN + CARDS
    spring = rule("spring", "coupon", 'amount_off = "1.00"', 'when = { coupon = ["SPRING10"] }')
    with shop_at(tmp_path / "ledger.db", text) as shop:
        shop.confirm(bought("a", line(1, "100.00"), coupons=["SPRING10"]))
        answer = tried(shop, text + spring)
    assert answer["unjudged"] == ["spring"]
    assert of_rule(answer, "spring")[1] == (0, "0.00")
    assert any(it.endswith(": spring") for it in answer["notes"])


def test_a_tier_of_other_levels_is_worked_out_from_what_was_spent(tmp_path: Path) -> None:
    silver = rule("silver", "receipt", 'amount_off = "1.00"', 'when = { tier = ["silver"] }')
    earn_only = HEAD + wallet() + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", earn_only) as shop:
        for name in "abc":  # 100.00, 200.00: the third comes as silver
            shop.confirm(bought(name, line(1, "100.00")))
        answer = tried(shop, earn_only + TIERS + silver)
    assert of_rule(answer, "silver")[1] == (1, "1.00")


@pytest.mark.parametrize(
    ("measure", "floor", "applied"),
    [
        ('measure = "visits"', "2", 1),
        ('measure = "visits"', "3", 0),
        ('measure = "points"\nwallet = "bonus"', "5.00", 1),
        ('measure = "points"\nwallet = "bonus"', "5.01", 0),
    ],
)
def test_a_tier_of_another_measure_is_worked_out_from_what_was_recorded(
    tmp_path: Path, measure: str, floor: str, applied: int
) -> None:
    # a earns 5.00, b 5.00 that are taken back, c comes as silver where 5.00 or two visits are it
    tiers = TIERS.replace("[tiers]", f"[tiers]\n{measure}\ncounts_current = false")
    tiers = tiers.replace("150.00", floor)
    silver = rule("silver", "receipt", 'amount_off = "1.00"', 'when = { tier = ["silver"] }')
    earn_only = HEAD + wallet() + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", earn_only) as shop:
        shop.confirm(bought("b", line(1, "100.00")))
        shop.give_back("b", back("b-1", (1, "1")))
        shop.clock.move(days=40)
        shop.confirm(bought("a", line(1, "100.00")))
        shop.clock.move(days=40)
        shop.confirm(bought("c", line(1, "10.00")))
        answer = tried(shop, earn_only + tiers + silver)
    assert of_rule(answer, "silver")[1][0] == applied


def test_a_birthday_is_the_one_that_the_ledger_knows(tmp_path: Path) -> None:
    party = rule("party", "receipt", 'amount_off = "1.00"', 'when = { birthday = "-1d..+1d" }')
    earn_only = HEAD + wallet() + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", earn_only) as shop:
        shop.issue({"card": CARD, "holder": {"name": "Anna", "birthday": "1990-12-06"}})
        shop.confirm(bought("a", line(1, "100.00")))
        shop.confirm(bought("b", line(1, "100.00"), card=OTHER))
        answer = tried(shop, earn_only + party)
    assert of_rule(answer, "party")[1] == (1, "1.00")


def test_what_receipts_hold_of_the_past_is_taken_as_they_saw_it(tmp_path: Path) -> None:
    past = rule("past", "receipt", 'amount_off = "1.00"', "when = { every_visit = 2 }")
    text = HEAD + wallet() + EARN + past + CARDS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        for name in "abcd":
            shop.confirm(bought(name, line(1, "100.00")))
        answer = tried(shop, text.replace('amount_off = "1.00"', 'amount_off = "2.00"'))
    assert of_rule(answer, "past") == ((2, "2.00"), (2, "4.00"), 2, 0)


def test_a_program_of_another_currency_or_scale_cant_be_compared(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        with pytest.raises(ConfigError, match="in RUB"):
            trial(shop, PLAIN.replace("RUB", "EUR"))
        with pytest.raises(ConfigError, match='wallet "bonus" has scale 2'):
            trial(shop, PLAIN.replace("scale = 2", "scale = 1"))


def test_progress_is_told_up_to_the_last_record(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with shop_at(tmp_path / "ledger.db", PLAIN) as shop:
        shop.confirm(bought("a", line(1, "100.00")))
        with ledger_aside(shop.till.ledger.path) as view:
            backtest(view, program(PLAIN), Days(), lambda *it: told.append(it))
        end = shop.seq()
    assert told[-1] == (end, end)


def test_a_ledger_of_the_program_from_the_start_comes_to_what_the_backtest_says(
    tmp_path: Path,
) -> None:
    rules = (
        rule("third", "receipt", 'amount_off = "3.00"', "when = { every_visit = 3 }")
        + rule("back", "receipt", 'amount_off = "5.00"', "when = { days_since_visit = 2 }")
        + rule(
            "often",
            "points",
            'earn = "bonus", points = "7"',
            'limit = { per_card = 2, every = "3d" }',
        )
    )
    earn_only = HEAD + wallet() + EARN + CARDS
    totals: list[Any] = []
    for name, text in (("old", earn_only), ("new", earn_only + rules)):
        with shop_at(tmp_path / f"{name}.db", text) as shop:
            for number in range(12):
                card = (CARD, OTHER)[number % 5 == 0]
                shop.confirm(bought(f"r-{number}", line(1, f"{10 + number}.00"), card=card))
                shop.clock.move(days=number % 3)
            totals.append(tried(shop, earn_only + rules))
    old, new = totals
    for rule_name in ("third", "back", "often", "base-earn"):
        assert of_rule(old, rule_name)[1] == of_rule(new, rule_name)[0] != (0, "0.00")
    assert old["totals"]["cost"]["now"] == new["totals"]["cost"]["then"]


def test_cards_beside_the_shoppers_own_pay_as_the_program_tried_has_them(tmp_path: Path) -> None:
    renamed = TEXT.replace("wallets.gift]", "wallets.present]").replace(
        'wallet = "gift"', 'wallet = "present"'
    )
    with shop_at(tmp_path / "ledger.db", TEXT) as shop:
        sell(shop, "r-1")
        shop.confirm(bought("r-2", line(1, "100.00"), **paid(shop), **loaded(CARD, "7.00")))
        same, moved = tried(shop, TEXT), tried(shop, renamed)
        without = tried(shop, HEAD + wallet() + EARN + CARDS)
    assert same["totals"]["redeemed"] == {"then": "100.00", "now": "100.00", "difference": "0.00"}
    # what is on the card is of a wallet that it no longer pays from
    assert (moved["receipts"], moved["totals"]["redeemed"]["now"]) == (2, "0.00")
    assert (without["receipts"], without["refused"]) == (0, {"card_unknown": 2})
    assert GIFT not in str(without)


def test_cards_that_joined_days_and_reservations_change_nothing_of_it(tmp_path: Path) -> None:
    text = PLAIN + TIERS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        shop.open_day()
        shop.confirm(bought("r-1", line(1, "200.00")))
        shop.confirm(bought("r-2", line(1, "100.00"), card=OTHER))
        shop.reserve("hold", bought("r-3", line(1, "50.00"), redeem={"bonus": "1.00"}))
        shop.confirm_reserved("hold")
        shop.merge("t-1", OTHER, CARD)
        shop.give_back("r-2", back("b-1", (1, "1")))
        shop.replace(CARD, numbered(8))
        shop.confirm(bought("r-4", line(1, "60.00"), card=numbered(8), redeem={"bonus": "max"}))
        shop.clock.move(minutes=1)
        shop.close_day()
        answer = tried(shop, text)
    assert answer["receipts"] == 4
    assert answer["totals"]["payable"]["difference"] == "0.00"
    assert {it["difference"] for it in answer["totals"].values() if "difference" in it} == {"0.00"}
