"""With the cable cut nothing changes at the till: each call is answered as without a link."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.commands import told
from tests.courier.courier_process import Courier, until
from tests.daemon.daemon_process import ANNA, BORIS, Answer, Caller, Daemon, Lane, basket, made_lane
from tests.roundtrip.hq_serve import office_at

RECEIPTS = 60
MOMENTS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def test_a_till_whose_headquarters_is_away_answers_as_one_that_has_none(tmp_path: Path) -> None:
    alone, cut_off = made_lane(tmp_path / "alone"), made_lane(tmp_path / "cut-off")
    office = office_at(tmp_path / "hq")
    key = told("hq", "pub", "--folder", office.folder).stdout
    (cut_off.folder / "hq.pub").write_text(key)
    with cut_off.config.open("a") as config:
        config.write(f'[link]\nfolder = "spool"\nhq_key = "hq.pub"\nurl = "{office.url}"\n')
        config.write('every = "1s"\n')
    with Daemon(alone) as first, Daemon(cut_off) as second, Courier(cut_off.config) as courier:
        first.answering()
        second.answering()
        until(lambda: "not_carried" in courier.events(), "the courier finds nobody")
        assert sold(cut_off) == sold(alone)
        until(lambda: waiting(cut_off) == sold_records(cut_off), "all that was sold waits")
        assert (first.stop(), second.stop()) == (0, 0)
    assert "acknowledged" not in courier.events()


def sold(lane: Lane) -> list[tuple[int, Answer]]:
    """What till software is answered all day: quotes, receipts, one of them again, returns."""
    answers = list[tuple[int, Answer]]()
    with Caller(lane.port) as till:
        for number in range(RECEIPTS):
            body = basket(f"r-{number}", (ANNA, BORIS)[number % 2], redeem={"bonus": "max"})
            answers.append(till.tell("/v1/quotes", body))
            answers.append(till.tell("/v1/receipts", body))
            if number % 7 == 0:
                answers.append(till.tell("/v1/receipts", body))
                goods = {"return": f"b-{number}", "lines": [{"line": 1, "quantity": "1"}]}
                answers.append(till.tell(f"/v1/receipts/r-{number}/returns", goods))
            answers.append(till.ask(f"/v1/cards/{ANNA}"))
    assert {status for status, _ in answers} == {200, 201}
    return [(status, timeless(answer)) for status, answer in answers]


def sold_records(lane: Lane) -> int:
    """How many records the till's ledger has, by the commands that IT has."""
    said = told("verify", "--config", lane.config).stdout
    (count,) = re.findall(r"(\d+) records", said)
    return int(count)


def waiting(lane: Lane) -> int:
    """How many records headquarters lacks, as the till's status says."""
    with Caller(lane.port) as till:
        link = till.ask("/v1/status")[1]["link"]
    assert (link["configured"], link["acked"]) == (True, 0)
    count: int = link["waiting"]
    return count


def timeless(answer: Answer) -> Answer:
    """An answer without what each till and each moment has of its own."""
    return {
        name: timeless(it) if isinstance(it, dict) else it
        for name, it in answer.items()
        if name not in {"quote", "valid_until"} and not MOMENTS.match(str(it))
    }
