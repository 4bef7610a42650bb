"""Every bench of tools/bench runs and tells its ratios; how fast is nobody's verdict here."""

from __future__ import annotations

import json
import shutil

import pytest

from tools.bench.bench import BENCHES, lines
from tools.bench.measure import TINY, Limit, Size, against, alone, exactly, rounds_us


@pytest.mark.parametrize("name", BENCHES)
def test_each_bench_runs_and_tells_its_figures(name: str) -> None:
    if name == "syncs" and shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    figures = BENCHES[name](TINY)
    assert figures
    for figure in figures:
        assert (figure.ratio is None) == (figure.floor_value is None) == (not figure.floor)
        assert figure.ratio is None or figure.ratio > 0
    shown = [*lines(figures, as_json=False)]
    assert [line.startswith(figure.what) for line, figure in zip(shown, figures, strict=True)]
    told = [json.loads(line) for line in lines(figures, as_json=True)]
    assert [it["what"] for it in told] == [figure.what for figure in figures]


def test_a_receipt_costs_one_sync_and_a_quote_none_in_the_running_daemon() -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    counts = {it.what: it.value for it in BENCHES["syncs"](TINY)}
    assert counts["fdatasync per receipt"] == 1
    assert counts["fdatasync per quote"] == 0


def test_a_ratio_is_the_median_of_rounds_and_a_limit_holds_from_both_sides() -> None:
    limit = Limit(most=3.0)
    found = against("confirm", [2.0, 9.0, 30.0], ("commit", [1.0, 3.0, 5.0]), limit)
    assert (found.ratio, found.value, found.floor_value, found.met) == (3.0, 9.0, 3.0, True)
    assert against("confirm", [3.1], ("commit", [1.0]), limit).met is False
    least = Limit(least=3.0, source="goal")
    assert [alone("peer", value, "", least).met for value in (2.9, 3.0)] == [False, True]
    assert (str(limit), str(least)) == ("<= 3", ">= 3 (goal)")
    assert [alone("memory", value, "MiB", limit).met for value in (3.0, 3.1)] == [True, False]
    assert [exactly("syncs", value, 1).met for value in (1.0, 0.0, 2.0)] == [True, False, False]


def test_calls_take_turns_one_by_one_when_paced_and_in_blocks_otherwise() -> None:
    turns: list[str] = []
    calls = {"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}
    size = Size(rounds=2, calls=2, pause_s=0.0)
    assert {name: len(each) for name, each in rounds_us(calls, size).items()} == {"a": 2, "b": 2}
    assert "".join(turns) == "aabbaabb"
    turns.clear()
    rounds_us(calls, size, paced=True)
    assert "".join(turns) == "abababab"
