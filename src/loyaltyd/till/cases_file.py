"""The file of cases beside a program, and what is said of those that fail."""

import pathlib
from collections.abc import Iterator

from loyaltyd.domain.engine.hints import Asked
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.money import decimal
from loyaltyd.domain.refusal import Refusal
from loyaltyd.domain.trying.case_text import cases_from
from loyaltyd.domain.trying.cases import LINES, RULES, Case, Key, Told, Trial, digits_of
from loyaltyd.till.answers import WhyAnswer
from loyaltyd.till.program_file import text_in
from loyaltyd.till.telling import Telling, explain_answers

SUFFIX = ".cases.toml"


def cases_beside(program: pathlib.Path) -> pathlib.Path:
    """Where a program's cases stand."""
    return program.with_suffix(SUFFIX)


def cases_in(path: pathlib.Path, program: Program) -> tuple[Case, ...]:
    """Return the cases in the file at path; ConfigError has a line for each fault."""
    found = cases_from(text_in(path, "the file of cases"), program)
    faults = [it for it in found if not isinstance(it, Case)]
    if faults:
        raise ConfigError("\n".join(fault.said(str(path)) for fault in faults))
    return tuple(it for it in found if isinstance(it, Case))


def missed_lines(trial: Trial, program: Program, language: str) -> Iterator[str]:
    """A line for each value that isn't what the case wants; of a rule it says why."""
    reasons = {it["rule"]: it["because"] for it in explained(trial, program, language)}
    for missed in trial.missed:
        key = missed.key
        wanted, got = (_told(key, it, program) for it in (missed.wanted, missed.got))
        reason = reasons.get(key[1], "") if key[0] == RULES else ""
        why = f" ({reason})" if reason else ""
        yield f"{key_said(key)}: expected {wanted}, got {got}{why}"


def explained(trial: Trial, program: Program, language: str) -> list[WhyAnswer]:
    """What became of each rule; nothing when the receipt was refused."""
    if isinstance(trial.answer, Refusal):
        return []
    case = trial.case
    telling = Telling(
        quote=trial.answer,
        basket=case.basket,
        program=program,
        card=None,
        asked=Asked(
            basket=case.basket, seen=case.seen, program=program, place=case.place, at=case.at
        ),
        before=case.seen.account,
        after=case.seen.account,
        at=case.at,
        language=language,
    )
    return explain_answers(telling)


def key_said(key: Key) -> str:
    """A key as the file of cases writes it, with the line's number."""
    if key[0] == LINES:
        return ".".join((f"line {key[1]}", *key[2:]))
    return ".".join(key)


def _told(key: Key, told: Told, program: Program) -> str:
    if isinstance(told, bool):
        return "yes" if told else "no"
    return told if isinstance(told, str) else decimal(told, digits_of(key, program))
