"""Each condition of each rule, for whoever asks why."""

from collections.abc import Mapping

from loyaltyd.domain.engine.checks import Check, Unit
from loyaltyd.domain.engine.explanation import Explained, explained
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import WHOLE_SHARE, ceiling, decimal, quantity_text, share_text
from loyaltyd.till.answers import ConditionAnswer, LoweredAnswer, NearestAnswer, WhyAnswer
from loyaltyd.till.telling import Telling, why_answer

_Scales = Mapping[Unit, int]  # the decimals of what is no count


def explained_answers(telling: Telling) -> list[WhyAnswer]:
    """What became of each rule, with its conditions, in the order in which they worked."""
    return [_answer(it, telling) for it in explained(telling.asked, telling.quote)]


def _answer(found: Explained, telling: Telling) -> WhyAnswer:
    answer = why_answer(found.why, telling)
    scales = _scales(found.why.rule, telling.program)
    money = scales[Unit.MONEY]
    answer["conditions"] = [
        ConditionAnswer(
            key=it.key,
            met=it.met,
            unit=it.unit.value,
            needs=_text(it.needs, it.unit, scales),
            has=_text(it.has, it.unit, scales),
        )
        for it in found.checks
    ]
    if found.nearest is not None:
        answer["nearest"] = _nearest(found.nearest, scales)
    if found.lowered:
        answer["lines"] = [
            LoweredAnswer(line=it.line, of=decimal(it.of, money), amount=decimal(it.amount, money))
            for it in found.lowered
        ]
    return answer


def _scales(name: str, program: Program) -> _Scales:
    rule = program.rule(name)
    wallet = program.wallet(rule.wallet) if rule is not None else None
    return {Unit.MONEY: program.digits, Unit.POINTS: wallet.scale if wallet else 0}


def _nearest(check: Check, scales: _Scales) -> NearestAnswer:
    # Rounded up: what is missing is never none of it.
    share = ceiling(check.far.numerator * WHOLE_SHARE, check.far.denominator)
    answer = NearestAnswer(key=check.key, share=share_text(share))
    if isinstance(check.needs, int) and isinstance(check.has, int) and check.has < check.needs:
        answer["missing"] = _text(check.needs - check.has, check.unit, scales)
    return answer


def _text(value: int | str, unit: Unit, scales: _Scales) -> str:
    if isinstance(value, str):
        return value
    if unit in scales:
        return decimal(value, scales[unit])
    return quantity_text(value) if unit is Unit.WEIGHT else str(value)
