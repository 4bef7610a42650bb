"""What nobody thought of stops no receipt but its own, and no thread; the page says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.hq import rerunning, server
from loyaltyd.hq.reevaluation import Reevaluation
from tests.hq.batch_files import file, trusting
from tests.hq.lanes import TEXT, acked, hq_at, lane_at, settled
from tests.hq.served import WAIT_S, ServedHq, served


@pytest.mark.parametrize("fault", [RuntimeError, MemoryError, RecursionError, ZeroDivisionError])
def test_a_receipt_that_nobody_thought_of_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def failing(*_: object) -> None:
        raise fault

    lane = lane_at(tmp_path / "till", receipts=1)
    with hq_at(tmp_path, lane, program=TEXT) as hq:
        monkeypatch.setattr(rerunning, "quote", failing)
        acked(hq, lane.file(1, 1))
        (found,) = settled(hq).overview(hq.clock()).differences
    assert found.what == f"can't be run: {fault.__name__}"


def test_a_step_that_fails_is_told_on_the_page_and_the_thread_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, mended, failed = Reevaluation.step, threading.Event(), threading.Event()

    def failing(self: Reevaluation) -> bool:
        if mended.is_set():
            return step(self)
        failed.set()
        raise ArithmeticError("of ours")

    monkeypatch.setattr(Reevaluation, "step", failing)
    monkeypatch.setattr(server, "MEND_S", 0.01)
    with served(trusting(tmp_path / "hq")) as hq:
        assert hq.sent(file(1, 4)).status == 200
        assert failed.wait(WAIT_S)
        assert _until(hq, "ArithmeticError")
        assert b"stands still: ArithmeticError" in hq.read("/").body
        mended.set()
        assert _until(hq, "")
        assert _until_run(hq, 4)


def _until(hq: ServedHq, said: str) -> bool:
    return _comes(hq, lambda answer: bool(answer["stands_still"] == said))


def _until_run(hq: ServedHq, seq: int) -> bool:
    return _comes(hq, lambda answer: bool(answer["tills"][0]["reevaluated"] == seq))


def _comes(hq: ServedHq, wanted: Callable[[Any], bool]) -> bool:
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        if wanted(hq.read("/v1/tills").json):
            return True
        pause.wait(0.05)
    return False
