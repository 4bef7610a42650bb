"""What a coupon's code may be, and how two spellings of it compare."""

from __future__ import annotations

import re

import pytest

from loyaltyd.domain.coupon import CODE, CODE_LENGTH_MAX, coupon_code


@pytest.mark.parametrize(
    ("text", "fits"),
    [("A", True), ("ВЕСНА-10", True), ("A" * 64, True), ("A" * 65, False), ("", False)],
)
def test_a_code_has_up_to_64_characters(text: str, fits: bool) -> None:
    assert bool(re.fullmatch(CODE, text)) is fits
    assert CODE_LENGTH_MAX == 64


def test_a_code_that_was_typed_in_two_ways_is_one() -> None:
    composed, apart = "\u0439", "\u0438\u0306"  # й as one character and as two
    assert coupon_code(composed) == coupon_code(apart) == "\u0419"
