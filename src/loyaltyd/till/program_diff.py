"""Two versions of a program side by side, as people and programs are told it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import decimal
from loyaltyd.domain.trying.cases import (
    EARNED,
    RULES,
    Case,
    Compared,
    Key,
    Told,
    answered,
    compared,
    digits_of,
)
from loyaltyd.domain.trying.program_diff import changes
from loyaltyd.domain.trying.samples import fitted

TOTALS: tuple[Key, ...] = (("discount",), ("redeemed",), ("payable",))


def diff_answer(
    old: tuple[Program, str], new: tuple[Program, str], cases: Iterable[Case]
) -> dict[str, Any]:
    """What changes between two programs, each with its text, and which receipts show it."""
    (before, before_text), (after, after_text) = old, new
    pairs = [
        compared(it, answered(fitted(it, before), before), answered(fitted(it, after), after))
        for it in cases
    ]
    return {
        "old": {"id": before.id, "version": before.version},
        "new": {"id": after.id, "version": after.version},
        "changes": [asdict(it) for it in changes(before_text, after_text)],
        "samples": len(pairs),
        "differing": [_pair_answer(it, before, after) for it in pairs if it.differs],
    }


def _pair_answer(pair: Compared, old: Program, new: Program) -> dict[str, Any]:
    return {
        "basket": pair.case.name,
        "old": _totals(pair.old, old),
        "new": _totals(pair.new, new),
        "rules": [
            {"rule": it, "old": _given(it, pair.old, old), "new": _given(it, pair.new, new)}
            for it in pair.rules
        ],
    }


def _totals(facts: Mapping[Key, Told], program: Program) -> dict[str, Any]:
    if ("refused",) in facts:
        return {"refused": facts["refused",]}
    found: dict[str, Any] = {key[0]: _told(facts, key, program) for key in TOTALS}
    found[EARNED] = {it.id: _told(facts, (EARNED, it.id), program) for it in program.wallets}
    return found


def _given(rule: str, facts: Mapping[Key, Told], program: Program) -> str:
    """What a rule gives; nothing when it is not applied."""
    return _told(facts, (RULES, rule), program) if facts.get((RULES, rule)) else ""


def _told(facts: Mapping[Key, Told], key: Key, program: Program) -> str:
    amount = facts.get(key, 0)
    return decimal(amount, digits_of(key, program)) if isinstance(amount, int) else amount
