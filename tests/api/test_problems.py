"""Each reason and each error has its row, and the problem says what people and programs need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyaltyd.api.problems import ERRORS, ROWS, Problem, reason_of, response, said
from loyaltyd.domain.errors import LoyaltyError, StoreDamaged, StoreFull
from loyaltyd.domain.refusal import Reason, refused
from loyaltyd.messages import LANGUAGES


def errors(kind: type[LoyaltyError] = LoyaltyError) -> Iterator[type[LoyaltyError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


def test_each_reason_has_a_row_and_no_row_is_left_over() -> None:
    assert set(ROWS) == set(Reason)


def test_each_error_has_a_reason_that_is_503() -> None:
    for kind in errors():
        assert ROWS[reason_of(kind("x"))].status == 503
    assert set(ERRORS) <= set(errors())


def test_a_full_disk_is_told_apart_from_a_damaged_one() -> None:
    assert reason_of(StoreFull("x")) is Reason.LEDGER_FULL
    assert reason_of(StoreDamaged("x")) is Reason.LEDGER_UNAVAILABLE


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_problem_has_its_members_and_a_sentence(reason: Reason, language: str) -> None:
    body = said(Problem(refusal=refused(reason)), language)
    assert set(body) == {"type", "title", "status", "detail", "reason"}
    assert body["type"] == f"/docs#{reason}"
    assert len(body["detail"]) > 10
    assert 400 <= body["status"] <= 599


def test_what_may_heal_says_when_to_ask_again() -> None:
    for reason in (Reason.LEDGER_FULL, Reason.LEDGER_UNAVAILABLE, Reason.TOO_MANY_REQUESTS):
        answer = response(Problem(refusal=refused(reason)), "en")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
