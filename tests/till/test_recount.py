from __future__ import annotations

import datetime as dt

from loyaltyd.domain.books.standing import Counted
from loyaltyd.till.recount import Recount, points_counted

DAY = dt.date(2026, 12, 5)
EVER = (dt.date.min, dt.date.max)


def fact(name: str, amount: int, day: int = 5, account: str = "a") -> dict[str, object]:
    return {"account": account, "name": name, "date": f"2026-12-{day:02}", "amount": amount}


def test_only_the_names_that_are_asked_for_are_counted() -> None:
    counts = Recount({"visits"})
    counts.add([fact("visits", 1), fact("spend", 500)], "2026-12-05")
    assert counts.tally("a", "visits", *EVER) == (1, DAY)
    assert counts.tally("a", "spend", *EVER) == (0, None)


def test_a_rules_uses_are_counted_by_account_and_by_card() -> None:
    counts = Recount({"used/big"})
    counts.add([fact("used/big", 1), fact("used/big/card", 1), fact("used/other", 1)], "2026-12-05")
    assert counts.tally("a", "used/big", *EVER) == (1, DAY)
    assert counts.tally("a", "used/big/card", *EVER) == (1, DAY)
    assert counts.tally("a", "used/other", *EVER) == (0, None)


def test_both_ends_of_the_days_belong_to_a_tally() -> None:
    counts = Recount({"spend"})
    for day in (4, 5, 6, 7):
        counts.add([fact("spend", 10**day, day)], f"2026-12-{day:02}")
    assert counts.tally("a", "spend", DAY, dt.date(2026, 12, 6)) == (
        1_100_000,
        dt.date(2026, 12, 6),
    )


def test_what_came_to_be_known_after_the_last_day_is_left_out() -> None:
    counts = Recount({"returned"})
    counts.add([fact("returned", -300)], "2026-12-07")
    assert counts.tally("a", "returned", DAY, dt.date(2026, 12, 6)) == (0, None)
    assert counts.tally("a", "returned", DAY, dt.date(2026, 12, 7)) == (-300, None)


def test_accounts_are_apart_and_a_day_adds_up() -> None:
    counts = Recount({"spend"})
    counts.add([fact("spend", 1), fact("spend", 2), fact("spend", 4, account="b")], "2026-12-05")
    assert counts.tally("a", "spend", *EVER)[0] == 3
    assert counts.days("b", ["spend"]) == [Counted(date=DAY, since=DAY, amount=4)]


def test_points_that_no_program_measured_are_those_that_were_earned_or_taken_back() -> None:
    sold = {
        "counters": [fact("spend", 500), fact("visits", 1)],
        "result": {"earned": [{"wallet": "bonus", "amount": 25}]},
    }
    assert points_counted(sold, "bonus") == [fact("earned/bonus", 25)]
    back = {
        "counters": [fact("returned", -500)],
        "returned": {"clawed_back": [{"wallet": "bonus", "amount": 25}]},
    }
    assert points_counted(back, "bonus") == [fact("clawed_back/bonus", -25)]
    measured = {**sold, "counters": [*sold["counters"], fact("earned/bonus", 25)]}
    assert points_counted(measured, "bonus") == []
    assert points_counted({"result": {}}, "bonus") == []
