"""Amounts are whole units of decimal text, and each rounding says which way it goes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.money import (
    AMOUNT_MAX,
    ceiling,
    decimal,
    half_up,
    minor_digits,
    part_of,
    quantity_text,
    rate,
    share,
    share_text,
    units,
)


@given(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.integers(0, 6))
def test_an_amount_reads_back_from_its_own_text(value: int, digits: int) -> None:
    assert units(decimal(value, digits), digits) == value


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", "1.", ".5", "1e3", "1,5", "NaN", "Infinity", "0x1", "١٢", "1_0", "1\n"],
)
def test_what_is_no_plain_decimal_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is no decimal number such as"):
        units(text, 2)


def test_an_amount_has_no_more_decimals_than_its_unit_and_stays_in_bounds() -> None:
    with pytest.raises(ValueError, match="more than 2 decimals"):
        units("1.000", 2)
    assert units("100000000000.00", 2) == AMOUNT_MAX
    with pytest.raises(ValueError, match="too large"):
        units("100000000000.01", 2)


def test_a_half_of_a_kopeck_goes_away_from_zero_on_either_side() -> None:
    halves = (1, 3, -1, -3)
    assert [half_up(it, 2) for it in halves] == [1, 2, -1, -2]
    assert (half_up(-254, 100), half_up(-255, 100), half_up(-249, 100)) == (-3, -3, -2)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_half_up_is_the_nearest_and_a_half_goes_away_from_zero(above: int, below: int) -> None:
    found, quota = half_up(above, below), Fraction(above, below)
    assert abs(found - quota) <= Fraction(1, 2)
    if abs(found - quota) == Fraction(1, 2):
        assert abs(found) > abs(quota)
    assert half_up(-above, below) == -found


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_a_ceiling_is_never_below_and_less_than_one_above(above: int, below: int) -> None:
    assert 0 <= ceiling(above, below) - Fraction(above, below) < 1


def test_a_share_is_exact_to_a_millionth() -> None:
    assert (share("30%"), share("7.5%"), share("0.0001%"), share("250%")) == (
        *(300_000, 75_000, 1, 2_500_000),
    )
    for text in ("30", "%", "-1%", "0.00001%", "5 %"):
        with pytest.raises(ValueError, match=r"is no percentage|below zero|decimal"):
            share(text)


def test_a_share_is_written_without_needless_zeros() -> None:
    assert [share_text(it) for it in (0, 1, 75_000, 300_000, 2_500_000)] == [
        *("0%", "0.0001%", "7.5%", "30%", "250%"),
    ]


def test_part_of_rounds_half_up() -> None:
    # 10% of 25.45 is 2.545: 2.55 (semantics 4)
    assert part_of(2545, share("10%")) == 255


def test_a_rate_is_exact_and_above_zero() -> None:
    assert rate("0.333333333") == Fraction(333_333_333, 10**9)
    assert rate("0.000000001") == Fraction(1, 10**9)
    for text in ("0", "-1", "x"):
        with pytest.raises(ValueError, match=r"must be above zero|is no decimal number"):
            rate(text)


def test_the_currencies_without_decimals_and_with_three_are_those_of_iso_4217() -> None:
    none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
    assert {minor_digits(it) for it in none.split()} == {0}
    three = "BHD IQD JOD KWD LYD OMR TND"
    assert {minor_digits(it) for it in three.split()} == {3}
    assert {minor_digits(it) for it in ("RUB", "EUR", "USD", "KZT", "BYN")} == {2}


def test_currencies_have_their_own_minor_digits() -> None:
    assert [minor_digits(it) for it in ("RUB", "JPY", "KWD")] == [2, 0, 3]


def test_a_quantity_is_written_without_needless_zeros() -> None:
    assert [quantity_text(it) for it in (2000, 347, 1500, 0, 10_000)] == [
        *("2", "0.347", "1.5", "0", "10"),
    ]
