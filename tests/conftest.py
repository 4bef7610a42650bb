"""What holds for every test: no deadlines for Hypothesis, no silent skips in CI."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
CI = os.environ.get("CI") == "true"

# The machine is shared: a slow example is no failure. CI repeats its examples.
settings.register_profile("house", deadline=None, derandomize=CI, print_blob=True)
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _skip_fails_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _skip_fails_in_ci((yield))


def _skip_fails_in_ci(report: Report) -> Report:
    """Fail what was skipped, xfail too: CI has all that a test needs, or is broken."""
    if CI and report.skipped:
        report.outcome = "failed"
        vars(report).pop("wasxfail", None)  # pytest would count it as no failure
        report.longrepr = f"skipped, which CI takes for a failure: {report.longrepr}"
    return report
