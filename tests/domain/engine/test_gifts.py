"""What a rule gives, as it is written."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.gifts import PercentOff
from loyaltyd.domain.money import WHOLE_SHARE


@pytest.mark.parametrize(
    ("gift", "frees"),
    [
        (PercentOff(share=WHOLE_SHARE), True),
        (PercentOff(share=WHOLE_SHARE - 1), False),
        (PercentOff(share=WHOLE_SHARE, cap=50000), False),  # what is dearer costs the rest
    ],
)
def test_all_of_the_price_without_a_bound_frees_what_it_is_for(
    gift: PercentOff, frees: bool
) -> None:
    assert gift.frees is frees
