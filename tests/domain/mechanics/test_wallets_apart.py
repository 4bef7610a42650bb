"""A group weighs the rules of one wallet against each other, and wallets never."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.explain import Cause
from tests.domain.receipts import (
    basket,
    cause,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)

STARS = "\n[wallets.stars]\nscale = 0\n"
GROUP = 'group = "g"'
RULES = (
    rule("five", "points", 'earn = "bonus", percent = "5%"', GROUP)
    + rule("star", "points", 'earn = "stars", per_unit = "1"', GROUP)
    + rule("seven", "points", 'earn = "bonus", percent = "7%"', GROUP)
    + rule("stars", "points", 'earn = "stars", per_amount = ["10.00", "1"]', GROUP)
)


@pytest.mark.parametrize(
    ("pick", "bonus", "stars"),
    [("best", "7.00", 10), ("first", "5.00", 1), ("all", "12.00", 11)],
)
def test_pick_counts_in_each_wallet_for_itself(pick: str, bonus: str, stars: int) -> None:
    text = wallet() + STARS + f'[groups.g]\npick = "{pick}"\n' + RULES
    answer = quoted(program(text), basket(line(1, "100.00")), seen())
    assert (earned_in(answer), earned_in(answer, "stars")) == (rub(bonus), stars)


def test_the_rule_that_lost_says_that_another_of_its_wallet_counts() -> None:
    text = wallet() + STARS + "[groups.g]\n" + RULES
    answer = quoted(program(text), basket(line(1, "100.00")), seen())
    assert (cause(answer, "five"), cause(answer, "star")) == (Cause.BETTER_RULE,) * 2


def test_of_two_that_give_the_same_the_first_counts() -> None:
    same = rule("five-too", "points", 'earn = "bonus", percent = "5%"', GROUP)
    five = rule("five", "points", 'earn = "bonus", percent = "5%"', GROUP)
    text = wallet() + "[groups.g]\n" + five + same
    answer = quoted(program(text), basket(line(1, "100.00")), seen())
    assert (cause(answer, "five"), cause(answer, "five-too")) == (
        Cause.APPLIED,
        Cause.BETTER_RULE,
    )


def test_where_all_count_all_were_applied() -> None:
    text = wallet() + STARS + '[groups.g]\npick = "all"\n' + RULES
    answer = quoted(program(text), basket(line(1, "100.00")), seen())
    assert [why.cause for why in answer.trace] == [Cause.APPLIED] * 4
