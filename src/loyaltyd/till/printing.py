"""The coupons that a receipt prints for another one, as the till is told them."""

from collections.abc import Mapping, Sequence

from loyaltyd import messages
from loyaltyd.domain.engine.printing import Printing
from loyaltyd.till.answers import CouponAnswer


def coupon_answers(prints: Sequence[Printing], numbers: Mapping[str, str]) -> list[CouponAnswer]:
    """Each coupon; numbers: rule → its number, none before the receipt is confirmed."""
    return [_answer(it, numbers.get(it.rule, "")) for it in prints]


def slip_lines(prints: Sequence[Printing], numbers: Mapping[str, str], language: str) -> list[str]:
    """What the slip says of each coupon whose number is made."""
    return [_line(it, numbers[it.rule], language) for it in prints if it.rule in numbers]


def promise_lines(
    prints: Sequence[Printing], numbers: Mapping[str, str], language: str
) -> list[str]:
    """What the shopper hears of each coupon that is still to be printed."""
    said = messages.said(language, messages.WILL_PRINT)
    return [said for it in prints if it.rule not in numbers]


def _answer(printing: Printing, number: str) -> CouponAnswer:
    answer = CouponAnswer(rule=printing.rule, active_from=printing.active_from.isoformat())
    if printing.expires_at is not None:
        answer["expires_at"] = printing.expires_at.isoformat()
    if number:
        answer["number"] = number
    return answer


def _line(printing: Printing, number: str, language: str) -> str:
    first, last = printing.active_from.isoformat(), printing.expires_at
    text = messages.PRINTED if last is None else messages.PRINTED_UNTIL
    until = "" if last is None else last.isoformat()
    return messages.said(language, text, coupon=number, first=first, last=until)
