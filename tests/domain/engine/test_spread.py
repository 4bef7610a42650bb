"""Shares sum to their amount, and each is within a unit of its quota (semantics 5)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.engine.spread import FIRST_LINES, LARGEST_REMAINDER, spread, spread_within

WAYS = (LARGEST_REMAINDER, FIRST_LINES)
weights_of_lines = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)
ways = st.sampled_from(WAYS)


def test_the_largest_remainder_gets_the_odd_kopeck() -> None:
    # semantics 5: 3.00 over 43/14/23
    assert spread(300, [43, 14, 23]) == [161, 53, 86]


def test_first_lines_rounds_half_down_and_gives_the_difference_to_the_first() -> None:
    # semantics 5: Sylius' way with the same numbers
    assert spread(300, [43, 14, 23], FIRST_LINES) == [162, 52, 86]


def test_a_hundred_over_three_thirds() -> None:
    # semantics 5
    assert spread(10000, [33333, 33333, 33334]) == [3333, 3333, 3334]


@pytest.mark.parametrize("way", WAYS)
def test_a_tie_goes_to_the_earlier_line(way: str) -> None:
    assert spread(1, [5, 5], way) == [1, 0]
    assert spread(3, [7, 7], way) == [2, 1]


def test_first_lines_takes_what_was_rounded_up_too_much_from_the_first() -> None:
    assert spread(2, [5, 5, 5]) == [1, 1, 0]
    assert spread(2, [5, 5, 5], FIRST_LINES) == [0, 1, 1]


def test_a_line_that_was_rounded_up_is_not_raised_again_above_itself() -> None:
    # quotas 0.9, 3.4, 3.4, 3.3: three round down by 1.1 in all, and the first has no room for it
    shares = spread(11, [9, 34, 34, 33], FIRST_LINES)
    assert shares == [1, 4, 3, 3]


@given(weights_of_lines, st.integers(0, 10**9), ways)
def test_shares_sum_to_the_amount_and_stay_within_a_unit_of_their_quotas(
    weights: list[int], amount: int, way: str
) -> None:
    shares = spread(amount, weights, way)
    total = sum(weights)
    assert sum(shares) == (amount if total else 0)
    for part, weight in zip(shares, weights, strict=True):
        assert part >= 0
        if weight == 0:
            assert part == 0
        else:
            assert abs(part - Fraction(amount * weight, total)) <= 1


@given(weights_of_lines, st.data(), ways)
def test_no_share_exceeds_its_line_when_the_amount_is_no_more_than_all_lines(
    weights: list[int], data: st.DataObject, way: str
) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    for part, weight in zip(spread(amount, weights, way), weights, strict=True):
        assert part <= weight


def test_what_a_full_line_refuses_goes_to_the_others() -> None:
    # semantics 9: 143.72 over 499.00 with room for 90.00, 60.00 and 159.59
    assert spread(14372, [49900, 6000, 15959]) == [9980, 1200, 3192]
    assert spread_within(14372, [49900, 6000, 15959], [9000, 6000, 15959]) == [9000, 1468, 3904]


lines_with_room = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=30
)


@given(lines_with_room, st.integers(0, 10**8), ways)
def test_a_spread_within_rooms_gives_all_that_there_is_room_for(
    lines: list[tuple[int, int]], amount: int, way: str
) -> None:
    weights, rooms = [it[0] for it in lines], [it[1] for it in lines]
    shares = spread_within(amount, weights, rooms, way)
    there_is = sum(room for weight, room in lines if weight)
    assert sum(shares) == min(amount, there_is)
    assert all(0 <= part <= room for part, room in zip(shares, rooms, strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_lines_that_rounding_fills_take_nothing_more_from_the_others(way: str) -> None:
    # quotas 0.6 five times and 1000: rounded up, all five would leave 998
    assert spread_within(1003, [6] * 5 + [10000], [1] * 5 + [10000], way)[-1] >= 999


@given(lines_with_room, st.data(), ways)
def test_a_share_within_rooms_is_within_a_unit_of_its_quota_too(
    lines: list[tuple[int, int]], data: st.DataObject, way: str
) -> None:
    weights, rooms = [it[0] for it in lines], [it[1] for it in lines]
    amount = data.draw(st.integers(0, sum(room for weight, room in lines if weight)))
    shares = spread_within(amount, weights, rooms, way)
    open_lines = [place for place, weight in enumerate(weights) if weight]
    left = amount
    while left and (
        full := [
            place
            for place in open_lines
            if left * weights[place] > rooms[place] * sum(weights[it] for it in open_lines)
        ]
    ):
        left -= sum(rooms[place] for place in full)
        open_lines = [place for place in open_lines if place not in full]
    for place in open_lines:
        quota = Fraction(left * weights[place], sum(weights[it] for it in open_lines))
        assert abs(shares[place] - quota) <= 1


@given(weights_of_lines, st.integers(0, 10**6), ways)
def test_room_enough_changes_nothing(weights: list[int], amount: int, way: str) -> None:
    plain = spread(amount, weights, way)
    assert spread_within(amount, weights, [10**7] * len(weights), way) == plain


def test_a_line_that_its_quota_fills_is_not_raised_above_its_room() -> None:
    # quotas 3, 1.5, 1.5: the first would be the one that the rounding raises
    assert spread(6, [2, 1, 1], FIRST_LINES) == [4, 1, 1]
    assert spread_within(6, [2, 1, 1], [3, 9, 9], FIRST_LINES) == [3, 2, 1]


def test_a_share_that_was_rounded_up_by_a_fifth_of_a_kopeck_is_not_raised_again() -> None:
    # quotas 0.8 and three times 0.4: 2 of 0.8 would be more than a unit off
    assert spread(2, [2, 1, 1, 1], FIRST_LINES) == [1, 1, 0, 0]


def test_lines_with_room_for_their_weight_alone_take_no_more_than_it() -> None:
    assert spread_within(9, [1, 2], [1, 2]) == [1, 2]
