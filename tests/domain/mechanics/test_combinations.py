"""`all`, `any`, `not`: conditions of conditions, and which of them is told."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import basket, discounts, line, program, quoted, rub, rule, seen

TIERS = """
[tiers]
levels = [{ id = "start", from = "0" }, { id = "silver", from = "20000.00" }]
"""
SILVER, SATURDAY, SUNDAY = '{ tier = ["silver"] }', '{ weekday = ["sat"] }', '{ weekday = ["sun"] }'
LARGE, VAST = '{ min_total = "100.00" }', '{ min_total = "1000.00" }'


def answer(when: str, tier: str = "start", price: str = "100.00") -> Quote:
    """A Saturday's receipt of 100.00."""
    found = program(TIERS + rule("ten", "receipt", 'percent_off = "10%"', f"when = {{ {when} }}"))
    return quoted(found, basket(line(1, price)), seen(tier=tier))


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (f"all = [{SATURDAY}, {LARGE}]", True),
        (f"all = [{SATURDAY}, {VAST}]", False),
        (f"any = [{SUNDAY}, {LARGE}]", True),
        (f"any = [{SUNDAY}, {VAST}]", False),
        (f"not = {SUNDAY}", True),
        (f"not = {SATURDAY}", False),
        ('not = { weekday = ["sat"], min_total = "1000.00" }', True),  # not both at once
        ('not = { weekday = ["sat"], min_total = "100.00" }', False),
        (f'min_total = "100.00", any = [{SUNDAY}, {SATURDAY}]', True),
        (f'min_total = "100.01", any = [{SUNDAY}, {SATURDAY}]', False),
        (f"any = [{{ all = [{SATURDAY}, {{ not = {SILVER} }}] }}, {SUNDAY}]", True),
        (f"any = [{{ all = [{SATURDAY}, {SILVER}] }}, {SUNDAY}]", False),
        (f"not = {{ any = [{SUNDAY}, {SILVER}] }}", True),
        (f"not = {{ any = [{SATURDAY}, {SILVER}] }}", False),
    ],
)
def test_they_mean_what_they_say(when: str, holds: bool) -> None:
    assert discounts(answer(when)) == [rub("10.00") if holds else 0]


@pytest.mark.parametrize(
    ("when", "why"),
    [
        # the nearest is told: 900.00 of 1000.00 are missing, of the tier all
        (f"any = [{SILVER}, {VAST}]", (Cause.MIN_TOTAL, rub("1000.00"), rub("100.00"))),
        (f"any = [{SUNDAY}, {SILVER}]", (Cause.WEEKDAY, "sun", "sat")),  # a tie: the first
        (
            f'any = [{VAST}, {{ min_total = "200.00" }}]',
            (Cause.MIN_TOTAL, rub("200.00"), rub("100.00")),
        ),
        (  # an alternative is as far as what is farthest in it
            f'any = [{{ min_total = "101.00", tier = ["silver"] }}, {VAST}]',
            (Cause.MIN_TOTAL, rub("1000.00"), rub("100.00")),
        ),
        (  # a word that is wrong is as far as goods of which there are none
            f'any = [{SUNDAY}, {{ basket = {{ tags = ["own"], min_pieces = 2 }} }}]',
            (Cause.WEEKDAY, "sun", "sat"),
        ),
        # the first of every four visits lacks three quarters of them
        (f"any = [{VAST}, {{ every_visit = 4 }}]", (Cause.EVERY_VISIT, "4", "1")),
        (f"all = [{SATURDAY}, {SILVER}, {VAST}]", (Cause.TIER, "silver", "start")),
        (
            'not = { min_total = "50.00", weekday = ["sat"] }',
            (Cause.EXCEPTED, "weekday, min_total", ""),
        ),
        (f"not = {{ any = [{SATURDAY}] }}", (Cause.EXCEPTED, "any", "")),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(when: str, why: tuple[Cause, int | str, int | str]) -> None:
    (told,) = answer(when).trace
    assert (told.cause, told.needs, told.has) == why
