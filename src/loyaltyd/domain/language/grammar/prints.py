"""What a rule prints for another receipt: the key coupon of give, and those beside it."""

from typing import Annotated

from loyaltyd.domain.language.grammar.values import shaped, text
from loyaltyd.domain.toml import Table

NUMBERS = r"[0-9]{1,12}\*"


class PrintTable(Table):
    """The part of give that prints."""

    coupon: Annotated[
        str | None, text(shaped(NUMBERS, 'coupon cards such as "9902*"'), "9902*", NUMBERS)
    ] = None
    personal: bool = False
