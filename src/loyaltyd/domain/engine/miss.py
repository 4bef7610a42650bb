"""What a condition lacks."""

from dataclasses import dataclass
from fractions import Fraction

from loyaltyd.domain.engine.explain import Cause

WHOLLY = Fraction(1)  # how far one word is from another


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """What a condition needs and what there is: amounts in minor units, or words.

    far is the share of what is needed that is missing.
    """

    cause: Cause
    needs: int | str = ""
    has: int | str = ""
    far: Fraction = WHOLLY
